// Writes the scores of the shipped models into README.md, between two markers, from the cards inside models/*.json.
// `--print` shows them instead. Run it after shipping a model; a test holds README.md and the cards together.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { day, signed, table } from './page-format.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const START = '<!-- accuracy: written by scripts/accuracy-table.mjs -->';
const END = '<!-- /accuracy -->';
const NAMES = {
  '1h': { candles: 'Hourly', horizons: { 1: '1h', 4: '4h', 24: '24h' } },
  '1d': { candles: 'Daily', horizons: { 1: '1d', 3: '3d', 7: '7d' } },
};

/** Last whole day before an end at midnight, which the card may hold give or take a millisecond. */
const lastDay = (ms) => day(ms - 60_000);
const count = (n) => n.toLocaleString('en');
const percent = (fraction, digits = 1) => (100 * fraction).toFixed(digits);
const skill = ({ value, low, high }) => `${signed(value, 1)} (${signed(low, 1)} to ${signed(high, 1)})`;

function row(record, horizon) {
  const { model, randomWalk, direction } = record;
  return [
    horizon,
    `${skill(record.overClimatology)}${record.overClimatology.low > 0 ? '' : ', no measurable edge'}`,
    skill(record.overEwma),
    model.coverage.map((share) => percent(share)).join(' / '),
    `${percent(model.mae, 2)} / ${percent(randomWalk.mae, 2)}`,
    `${percent(model.rmse, 2)} / ${percent(randomWalk.rmse, 2)}`,
    `${percent(direction.hits)} (${percent(direction.up)})`,
    `${count(record.n)}, ${record.coins} coins`,
  ];
}

function section({ version, interval, data, training, trees, evaluation }) {
  const { candles, horizons } = NAMES[interval];
  const made = `**${candles} candles**, model \`${version}\`: ${training.seeds.length} nets of ${count(training.parameters)} parameters, ${trees ? 'with trees beside them, ' : ''}fitted on ${data.symbols.length} coins up to ${lastDay(data.fitUntilMs)}${data.fitUntilMs < data.stopUntilMs ? `, stopped on candles up to ${lastDay(data.stopUntilMs)}` : ''}.`;
  if (!evaluation?.records.length) return `${made} It has not been evaluated.\n`;
  const fromMs = Math.min(...evaluation.records.map((record) => record.fromMs));
  const toMs = Math.max(...evaluation.records.map((record) => record.toMs));
  const head = [
    'horizon',
    'skill over climatology, %',
    'skill over EWMA, %',
    'inside the 50 / 80 / 95 % range, %',
    'MAE / random walk’s, %',
    'RMSE / random walk’s, %',
    'direction right (went up), %',
    'n',
  ];
  const rows = evaluation.records.map((record) => row(record, horizons[record.steps] ?? `${record.steps} steps`));
  return `${made} ${evaluation.description} Forecasts made from ${day(fromMs)} to ${day(toMs)}:\n\n${table(head, rows)}\n`;
}

const cards = Object.keys(NAMES)
  .map((interval) => `${root}models/${interval}.json`)
  .filter((path) => existsSync(path))
  .map((path) => JSON.parse(readFileSync(path, 'utf8')).userDefinedMetadata.metadata.card);
const text = cards.length > 0 ? cards.map(section).join('\n') : 'No model is shipped.\n';

if (process.argv.includes('--print')) {
  process.stdout.write(text);
} else {
  const readme = readFileSync(`${root}README.md`, 'utf8');
  const [before, rest] = readme.split(START);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`README.md has no "${START}" … "${END}".`);
  writeFileSync(`${root}README.md`, `${before}${START}\n\n${text}\n${END}${after}`);
}
