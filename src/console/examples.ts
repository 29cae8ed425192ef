import type { Example } from './api-types.ts';
import type { CatalogueEntry } from './catalogue.ts';

const MAX_EXAMPLES = 3;

/** Lines worth a newcomer's first click, best first. */
const PREFERRED: readonly Example[] = [
  { line: '/forecast symbol:BTC horizon:1d', label: 'Where Bitcoin may stand tomorrow' },
  { line: '/forecast symbol:ETH horizon:7d', label: 'The week ahead for Ethereum' },
  { line: '/accuracy', label: 'How past forecasts turned out' },
  { line: '/status', label: 'Sources, models and the database' },
  { line: '/help', label: 'Everything you can ask' },
];

/** The same where the clock can be moved: the quickest way to see what a server gets day by day, and how it scores. */
const WITH_A_CLOCK: readonly Example[] = [
  PREFERRED[0]!,
  {
    line: '/subscribe channel:forecasts symbols:BTC,ETH time:09:00',
    label: 'A post every morning: save it, then press Next day',
  },
  ...PREFERRED.slice(2),
];

/** Returns up to three lines for the welcome message that the given commands can answer. */
export function chooseExamples(entries: readonly CatalogueEntry[], movable = false): readonly Example[] {
  const known = (movable ? WITH_A_CLOCK : PREFERRED).filter(({ line }) =>
    entries.some((entry) => answers(entry, line)),
  );
  const others = entries
    .filter((entry) => entry.options.every((option) => !option.required))
    .map((entry) => ({ line: `/${entry.name}`, label: entry.description }))
    .filter(({ line }) => !known.some((example) => example.line === line));
  return [...known, ...others].slice(0, MAX_EXAMPLES);
}

function answers(entry: CatalogueEntry, line: string): boolean {
  const [name, ...options] = line.slice(1).split(' ');
  const given = options.map((option) => option.split(':')[0]);
  return (
    entry.name === name &&
    given.every((wanted) => entry.options.some((option) => option.name === wanted)) &&
    entry.options.every((option) => !option.required || given.includes(option.name))
  );
}
