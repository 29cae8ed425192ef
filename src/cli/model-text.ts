import type { Interval95 } from '../core/evaluation.ts';
import { horizonName } from '../core/horizon.ts';
import { learningSpanText, treeShareText } from '../core/model-info.ts';
import type { PairedResult, PromotionVerdict } from '../core/promotion.ts';
import { utcDay } from '../core/time.ts';
import type { HorizonRecord, ModelCard, RollingDaysRecord } from '../ml/model/card.ts';
import { countText, signed as signedWith, textTable } from './text-table.ts';

const signed = (value: number) => signedWith(value, 2, '-');
const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;

/** A model's card for a terminal: what it is, and how it scored beside its baselines. */
export function cardText(card: ModelCard): string {
  const { data, training, evaluation } = card;
  const trees = treeShareText(card.trees?.share, percent);
  const lines = [
    `Model ${card.version} (${card.family}, ${training.seeds.length} seeds, ${countText(training.parameters)} parameters each)`,
    `${data.symbols.length} coins, ${countText(data.windows)} windows since ${utcDay(data.fromMs)}; ${learningSpanText(data, utcDay)}; ${training.seconds} s.`,
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
  const row = (name: string, record: HorizonRecord) => [
    name,
    countText(record.n),
    String(record.coins),
    skillText(record.overClimatology),
    skillText(record.overEwma),
    record.model.coverage.map(percent).join(' '),
    record.model.rmse.toFixed(5),
    record.randomWalk.rmse.toFixed(5),
    record.model.mae.toFixed(5),
    record.randomWalk.mae.toFixed(5),
    percent(record.direction.hits),
    percent(record.direction.up),
  ];
  const nameOf = ({ steps }: HorizonRecord) => horizonName(card.interval, steps);
  const rows = evaluation.records.map((record) => row(nameOf(record), record));
  const [first] = evaluation.records;
  const dates = first ? ` Origins ${utcDay(first.fromMs)} to ${utcDay(first.toMs)}.` : '';
  return [
    ...lines,
    `${evaluation.description}${dates}`,
    textTable([header, ...rows]),
    ...rollingLines(evaluation.rollingDays, (named) =>
      textTable([header, ...named.map(([name, record]) => row(name ?? nameOf(record), record))]),
    ),
    ...sentimentLines(card),
    'Errors are of log returns; skill is the percentage by which the mean pinball loss is below the baseline’s, with its 95 % interval.',
  ].join('\n');
}

/** Days that end at every hour, and one day of both models; nothing where a card has no record of them. */
function rollingLines(
  rolling: RollingDaysRecord | undefined,
  table: (named: readonly (readonly [string | null, HorizonRecord])[]) => string,
): string[] {
  if (!rolling) return [];
  const { records, combinedDay, description } = rolling;
  const both = combinedDay ? [['1d, both models', combinedDay.record] as const] : [];
  const gain = combinedDay
    ? [
        `One day of both models over the daily one alone: ${skillText(combinedDay.overDaily)}; over the hourly one alone: ${skillText(combinedDay.overHourly)}.`,
      ]
    : [];
  return [
    `Days that end at every hour. ${description}`,
    table([...records.map((record) => [null, record] as const), ...both]),
    ...gain,
  ];
}

/** What sentiment was worth on the same period; nothing for a model that takes none in. */
function sentimentLines({ sentiment, evaluation, interval }: ModelCard): string[] {
  const found = evaluation?.sentiment ?? [];
  if (!sentiment) return [];
  if (found.length === 0) return ['Sentiment: its worth was not measured.'];
  const parts = found.map(({ steps, valuePct, lowPct, highPct, n }) => {
    const interval95 = `${signed(lowPct)} … ${signed(highPct)}`;
    return `${horizonName(interval, steps)} ${signed(valuePct)} % (${interval95}, n ${countText(n)})`;
  });
  return [`Sentiment lowered the loss, against the same model without it, by: ${parts.join('; ')}.`];
}

/** A verdict for a terminal: what was decided and why, the numbers, and what biases them. */
export function verdictText(version: string, verdict: PromotionVerdict): string {
  const head =
    verdict.outcome === 'promoted'
      ? `PROMOTED: ${version} serves from now on. ${verdict.reason}`
      : `KEPT, NOT SERVING: ${version}. ${verdict.reason}`;
  const lines = [head];
  if (verdict.fromMs !== null && verdict.toMs !== null && verdict.n > 0) {
    const against = verdict.against ? `the serving ${verdict.against} and ` : '';
    lines.push(
      `Measured beside ${against}climatology on the same origins, ${utcDay(verdict.fromMs)} to ${utcDay(verdict.toMs)}: n = ${countText(verdict.n)}, ${verdict.coins} coins.`,
    );
    const row = (name: string, n: number, one: Pick<PromotionVerdict, 'overServing' | 'overClimatology'>) => [
      name,
      countText(n),
      pairedText(one.overServing),
      pairedText(one.overClimatology),
    ];
    const interval = version.startsWith('1h') ? '1h' : '1d';
    lines.push(
      textTable([
        ['horizon', 'n', 'over the serving model', 'over climatology'],
        ...verdict.horizons.map((one) => row(horizonName(interval, one.steps), one.n, one)),
        row('all', verdict.n, verdict),
      ]),
    );
  }
  lines.push(...verdict.remarks);
  if (verdict.outcome === 'kept') {
    lines.push(`npm run model -- promote ${version} lets it serve all the same.`);
  }
  return lines.join('\n');
}

/** A skill in per cent with its 95 % interval. */
const skillText = ({ value, low, high }: Interval95) => `${signed(value)} % (${signed(low)} … ${signed(high)})`;

const pairedText = (result: PairedResult | null) =>
  result ? `${skillText(result.skillPct)}, p ${result.pValue.toFixed(3)}` : '–';
