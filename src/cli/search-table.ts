import type { SearchReport, TrialLine } from '../ml/train/search/report.ts';
import { PARAM_NAMES } from '../ml/train/search/space.ts';
import { secondsText } from './progress.ts';
import { textTable } from './text-table.ts';
import { paramOptions } from './train-options.ts';

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const percent = (value: number | null | undefined) =>
  value === undefined ? '' : value === null ? 'diverged' : `${value >= 0 ? '+' : ''}${value.toFixed(2)}`;

const HEADINGS: Readonly<Record<(typeof PARAM_NAMES)[number], string>> = {
  peakLearningRate: 'rate',
  batch: 'batch',
  window: 'window',
  filters: 'filters',
  units: 'units',
  dense: 'dense',
  dropout: 'dropout',
  weightDecay: 'decay',
};

const nameOf = ({ trial }: TrialLine) => (trial === 0 ? '0 (default)' : String(trial));

/** A search for a terminal: every trial, the best beside the default, and what can be concluded. */
export function searchText(report: SearchReport): string {
  const { validation, rungs, comparison, best } = report;
  const header = [
    'trial',
    ...PARAM_NAMES.map((name) => HEADINGS[name]),
    'parameters',
    ...rungs.map(({ windowVisits }) => `${windowVisits.toLocaleString('en')} visits`),
    'time',
  ];
  const rows = report.trials.map((line) => [
    nameOf(line),
    ...PARAM_NAMES.map((name) => String(line.params[name])),
    line.parameters.toLocaleString('en'),
    ...rungs.map((_, rung) => percent(line.skillPct[rung])),
    secondsText(line.seconds),
  ]);
  const judged = `${validation.windows.toLocaleString('en')} origins from ${day(validation.fromMs)} to ${day(validation.toMs - 1)}`;
  const parts = [
    `${report.trials.length} trials of ${report.family} on ${report.symbols.length} coins of ${report.interval} candles, seed ${report.seed}. Skill of one net over climatology in per cent, on ${judged}; best first.`,
    textTable([header, ...rows]),
  ];
  if (comparison) {
    const seeds = comparison.seeds.map((one) => [
      `seed ${one.seed}`,
      percent(one.reference),
      percent(one.challenger),
      percent(one.challenger - one.reference),
    ]);
    const means = ['mean', ...[comparison.reference, comparison.challenger, comparison.difference].map(percent)];
    parts.push(
      '',
      'Both again at full length, with seeds that were not used for choosing:',
      textTable([['', 'default', `trial ${best}`, 'difference'], ...seeds, means]),
      `Standard error of the difference: ${comparison.seedError.toFixed(2)} from the seeds, ${comparison.timeError.toFixed(2)} from the stretch of time.`,
    );
  }
  if (report.diverged.length > 0) parts.push(`Diverged and left out: seed ${report.diverged.join(', ')}.`);
  parts.push('', report.verdict, report.caution);
  const line = report.trials.find(({ trial }) => trial === best);
  if (line && comparison?.verdict === 'better') {
    parts.push(`To train with it: --family ${report.family} ${paramOptions(line.params)}`);
  }
  return parts.join('\n');
}
