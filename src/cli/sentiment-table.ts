import type { EvaluationReport, SentimentAblation } from '../core/evaluation.ts';
import { textTable } from './text-table.ts';

const count = (n: number) => n.toLocaleString('en');
const signed = (value: number) => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(3)}`;
const COLUMNS = [
  ['all origins', 'all'],
  ['some sentiment known', 'known'],
  ['headlines known', 'headlines'],
] as const;

/** The part of a report that this needs. */
interface SentimentFacts extends Pick<EvaluationReport, 'sentiment' | 'horizons'> {
  readonly counts: Pick<EvaluationReport['counts'], 'forecastOrigins'>;
}

/** What sentiment was worth, for a terminal; empty unless it was given. */
export function sentimentText({ sentiment, counts, horizons }: SentimentFacts): string[] {
  if (!sentiment) return [];
  const heard = `Sentiment was known at ${count(sentiment.origins)} of ${count(counts.forecastOrigins)} origins, headlines at ${count(sentiment.headlineOrigins)}.`;
  if (!sentiment.learnt)
    return [`${heard} This model was trained without sentiment and takes none in: the files change nothing.`];
  const found = horizons.flatMap((horizon) =>
    horizon.sentiment ? [{ name: horizon.name, ...horizon.sentiment }] : [],
  );
  const table = textTable([
    ['Worth of sentiment, %', ...COLUMNS.map(([label]) => label)],
    ...found.flatMap((horizon) => [
      [`${horizon.name}`, ...COLUMNS.map(([, key]) => worth(horizon[key]))],
      ['  forecasts (coins)', ...COLUMNS.map(([, key]) => `${count(horizon[key].n)} (${horizon[key].coins})`)],
    ]),
  ]);
  const verdicts = found.map(({ name, known }) => `${name}: ${verdict(known)}`);
  return [
    `${table}\n${heard}\nWorth: percentage by which the mean pinball loss is below that of the same model with all sentiment masked, with its 95 % paired block-bootstrap interval.\n${verdicts.join(' ')}`,
  ];
}

function worth({ worthPct, pValue }: SentimentAblation): string {
  if (!worthPct || pValue === null) return '–';
  const p = pValue < 0.002 ? 'p<.002' : `p=${pValue.toFixed(3).slice(1)}`;
  return `${signed(worthPct.value)} (${signed(worthPct.low)} … ${signed(worthPct.high)}) ${p}`;
}

/** Interval and p-value must agree before anything is claimed; they are drawn differently and may differ at the edge. */
function verdict({ worthPct, pValue }: SentimentAblation): string {
  if (!worthPct || pValue === null) return 'nothing could be compared.';
  const sure = pValue < 0.05;
  if (sure && worthPct.low > 0) return 'it helped.';
  return sure && worthPct.high < 0 ? 'it did harm.' : 'no measurable worth.';
}
