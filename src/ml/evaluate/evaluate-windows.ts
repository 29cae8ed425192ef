import { INTERVAL_MS } from '../../core/candle.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { climatologyBaseline } from '../baselines/climatology.ts';
import { ewmaBaseline } from '../baselines/random-walk.ts';
import type { CoinRows, JoinedCoins } from '../data/dataset.ts';
import { horizonReturn } from '../data/targets.ts';
import { rowOpenMs } from '../features/columns.ts';
import { sentimentKnown } from '../features/sentiment-features.ts';
import type { RollingForecaster } from '../forecast/rolling-forecaster.ts';
import type { HorizonRecord, SentimentWorth } from '../model/card.ts';
import { evaluationScores } from '../scoring/evaluation-scores.ts';
import { recordOf } from '../scoring/horizon-record.ts';
import { addForecast, createScoreBook, type ScoreBook } from '../scoring/score-book.ts';

const LEVELS = QUANTILE_LEVELS.length;
/** The baselines in a card's record, in order. */
const BESIDE = [climatologyBaseline, ewmaBaseline] as const;

/**
 * Scores a forecaster on the given windows of the joined coins, beside climatology, EWMA and the random walk on the very
 * same windows. Windows without a known outcome or baseline are left out.
 */
export function evaluateWindows(
  joined: JoinedCoins,
  windows: Int32Array,
  forecaster: RollingForecaster,
): HorizonRecord[] {
  const { books, originMs } = scoreWindows(joined, windows, forecaster, BESIDE);
  return joined.steps.map((steps, at) => recordOf(steps, evaluationScores(books[at]!, joined.interval, originMs)));
}

/**
 * The worth of sentiment: the paired difference between a forecaster and itself with all sentiment masked, on those of the windows at which some is known (in the joined
 * sentiment, scaled). Paired, with its block-bootstrap interval; no horizon without forecasts.
 */
export function ablateWindows(
  joined: JoinedCoins,
  windows: Int32Array,
  forecaster: RollingForecaster,
  masked: RollingForecaster,
): SentimentWorth[] {
  const { sentiment } = joined.data;
  const known = sentiment
    ? windows.filter((row) => sentimentKnown(sentiment, row, sentiment.length / joined.data.rows))
    : new Int32Array();
  const { books, originMs } = scoreWindows(joined, known, forecaster, [masked]);
  return joined.steps.flatMap((steps, at) => {
    const { n, baselines } = evaluationScores(books[at]!, joined.interval, originMs);
    const worth = baselines[0]!.skillPct;
    return worth && n > 0 ? [{ steps, valuePct: worth.value, lowPct: worth.low, highPct: worth.high, n }] : [];
  });
}

function scoreWindows(
  joined: JoinedCoins,
  windows: Int32Array,
  forecaster: RollingForecaster,
  beside: readonly RollingForecaster[],
): { readonly books: readonly ScoreBook[]; readonly originMs: Float64Array } {
  const step = INTERVAL_MS[joined.interval];
  const wanted = new Uint8Array(joined.data.rows);
  for (const row of windows) wanted[row] = 1;
  const coins = joined.coins.map((coin) => {
    const { close } = coin.features.series.columns;
    return { coin, rows: Int32Array.from(close.keys()).filter((row) => wanted[coin.firstRow + row]) };
  });
  const originOf = ({ features }: CoinRows, row: number) => rowOpenMs(features.series.columns, row) + step;
  const ends = coins.flatMap(({ coin, rows }) =>
    rows.length > 0 ? [originOf(coin, rows[0]!), originOf(coin, rows.at(-1)!)] : [],
  );
  const fromMs = ends.length > 0 ? Math.min(...ends) : 0;
  const periods = ends.length > 0 ? Math.round((Math.max(...ends) - fromMs) / step) + 1 : 0;
  const names = beside.map((baseline) => baseline.name);
  const books = joined.steps.map(() => createScoreBook(periods, names));
  for (const { coin, rows } of coins) {
    if (rows.length === 0) continue;
    const firstPeriod = Math.round((originOf(coin, 0) - fromMs) / step);
    addCoin(books, joined.steps, coin, rows, firstPeriod, [forecaster, ...beside]);
  }
  const originMs = Float64Array.from({ length: periods }, (_, period) => fromMs + period * step);
  return { books, originMs };
}

function addCoin(
  books: readonly ScoreBook[],
  steps: readonly number[],
  { symbol, features }: CoinRows,
  rows: Int32Array,
  firstPeriod: number,
  forecasters: readonly RollingForecaster[],
): void {
  const { close } = features.series.columns;
  const forecasts = forecasters.map((forecaster) => forecaster.forecast(features, steps, rows));
  rows.forEach((row, index) => {
    steps.forEach((ahead, at) => {
      const outcome = horizonReturn(close, row, ahead);
      const from = (index * steps.length + at) * LEVELS;
      const [model, ...baselines] = forecasts.map((values) => values.subarray(from, from + LEVELS));
      if ([outcome, model![0]!, ...baselines.map((values) => values[0]!)].some(Number.isNaN)) return;
      addForecast(books[at]!, { symbol, period: firstPeriod + row, outcome, model: model!, baselines });
    });
  });
}
