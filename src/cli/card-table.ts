import { HORIZONS } from '../core/horizon.ts';
import { learningSpanText } from '../core/learning-span.ts';
import { treeShareText } from '../core/tree-share.ts';
import type { ModelCard } from '../ml/model/card.ts';
import { textTable } from './text-table.ts';

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
const signed = (value: number) => `${value >= 0 ? '+' : ''}${value.toFixed(2)}`;

/** A model's card for a terminal: what it is, and how it scored beside its baselines. */
export function cardText(card: ModelCard): string {
  const { data, training, evaluation } = card;
  const trees = treeShareText(card.trees?.share, percent);
  const lines = [
    `Model ${card.version} (${card.family}, ${training.seeds.length} seeds, ${training.parameters.toLocaleString('en')} parameters each)`,
    `${data.symbols.length} coins, ${data.windows.toLocaleString('en')} windows since ${day(data.fromMs)}; ${learningSpanText(data, day)}; ${training.seconds} s.`,
    ...(trees === null ? [] : [`${trees}.`]),
  ];
  if (!evaluation) return [...lines, 'Not evaluated: it has no record, and replies will say so.'].join('\n');
  const header = [
    'horizon',
    'n',
    'coins',
    'skill over climatology',
    'over EWMA',
    'inside 50/80/95 %',
    'RMSE',
    'random walk',
    'MAE',
    'random walk',
    'direction',
    'share up',
  ];
  const rows = evaluation.records.map((record) => {
    const name = horizonName(card.interval, record.steps);
    const skill = ({ value, low, high }: { value: number; low: number; high: number }) =>
      `${signed(value)} % (${signed(low)} … ${signed(high)})`;
    return [
      name,
      record.n.toLocaleString('en'),
      String(record.coins),
      skill(record.overClimatology),
      skill(record.overEwma),
      record.model.coverage.map(percent).join(' '),
      record.model.rmse.toFixed(5),
      record.randomWalk.rmse.toFixed(5),
      record.model.mae.toFixed(5),
      record.randomWalk.mae.toFixed(5),
      percent(record.direction.hits),
      percent(record.direction.up),
    ];
  });
  const [first] = evaluation.records;
  const dates = first ? ` Origins ${day(first.fromMs)} to ${day(first.toMs)}.` : '';
  return [
    ...lines,
    `${evaluation.description}${dates}`,
    textTable([header, ...rows]),
    ...sentimentLines(card),
    'Errors are of log returns; skill is the percentage by which the mean pinball loss is below the baseline’s, with its 95 % interval.',
  ].join('\n');
}

/** What sentiment was worth on the same period; nothing for a model that takes none in. */
function sentimentLines({ sentiment, evaluation, interval }: ModelCard): string[] {
  const found = evaluation?.sentiment ?? [];
  if (!sentiment) return [];
  if (found.length === 0) return ['Sentiment: its worth was not measured.'];
  const parts = found.map(({ steps, valuePct, lowPct, highPct, n }) => {
    const interval95 = `${signed(lowPct)} … ${signed(highPct)}`;
    return `${horizonName(interval, steps)} ${signed(valuePct)} % (${interval95}, n ${n.toLocaleString('en')})`;
  });
  return [`Sentiment lowered the loss, against the same model without it, by: ${parts.join('; ')}.`];
}

/** `1d`, `4h` …, or the number of candles where a horizon has no name. */
function horizonName(interval: ModelCard['interval'], steps: number): string {
  const known = Object.values(HORIZONS).find((horizon) => horizon.interval === interval && horizon.steps === steps);
  return known?.name ?? String(steps);
}
