import type { EvaluationReport, SentimentAblation } from '../core/evaluation.ts';
import { textTable } from './text-table.ts';

const count = (n: number) => n.toLocaleString('en');
const signed = (value: number) => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(3)}`;
const COLUMNS = [
  ['all origins', 'all'],
  ['some sentiment known', 'known'],
  ['headlines known', 'headlines'],
] as const;

/** What sentiment was worth, for a terminal; empty unless it was given. */
export function sentimentText({ sentiment, counts, horizons }: EvaluationReport): string[] {
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

function verdict({ worthPct }: SentimentAblation): string {
  if (!worthPct) return 'nothing could be compared.';
  if (worthPct.low > 0) return 'it helped.';
  return worthPct.high < 0 ? 'it did harm.' : 'no measurable worth, its interval holds zero.';
}
