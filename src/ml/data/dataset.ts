import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { FLAG_LOOKAHEAD } from '../../core/candle-quality.ts';
import { CandlecastError } from '../../core/errors.ts';
import { HORIZON_STEPS } from '../../core/horizon.ts';
import { DAY_MS } from '../../core/time.ts';
import type { EngineDataset } from '../engine/types.ts';
import { buildFeatures, type CoinFeatures, type CoinInput, windowUsable } from '../features/build.ts';
import { type CandleColumns, rowOpenMs } from '../features/columns.ts';
import {
  applySentimentScaler,
  fitSentimentScaler,
  pickSentiment,
  SENTIMENT_INPUTS,
} from '../features/sentiment-features.ts';
import { applyScaler, fitScaler, type Scaler } from './scaler.ts';
import { makeTargets } from './targets.ts';

/** Where one coin's rows stand in the joined arrays. */
export interface CoinRows {
  readonly symbol: string;
  readonly firstRow: number;
  readonly features: CoinFeatures;
}

/** All coins' rows one after the other, unscaled, with the windows that may be used. The coins' own inputs are views of the same memory. */
export interface JoinedCoins {
  readonly interval: Interval;
  readonly steps: readonly number[];
  readonly coins: readonly CoinRows[];
  readonly contextNames: readonly string[];
  readonly data: EngineDataset;
  /** Candles in one window, last row of every usable one, and the close time of its last candle: the origin. */
  readonly window: number;
  readonly windows: Int32Array;
  readonly originMs: Float64Array;
}

/**
 * Builds features and targets of every coin and joins them for windows of `window` candles. Throws `CC_TRAINING_DATA` when
 * no window is usable.
 */
export function joinCoins(
  inputs: readonly CoinInput[],
  btc: CandleColumns | null,
  interval: Interval,
  window: number,
): JoinedCoins {
  const steps = HORIZON_STEPS[interval];
  const coins: CoinRows[] = [];
  let rows = 0;
  for (const input of inputs) {
    const features = buildFeatures(input, btc);
    coins.push({ symbol: input.symbol, firstRow: rows, features });
    rows += input.columns.rows;
  }
  const first = coins[0];
  if (!first) throw new CandlecastError('CC_TRAINING_DATA', 'There is no coin to learn from.');
  const width = first.features.steps.length / Math.max(first.features.series.columns.rows, 1);
  const contextWidth = first.features.contextNames.length;
  const data = {
    rows,
    steps: new Float32Array(rows * width),
    context: new Float32Array(rows * contextWidth),
    targets: new Float32Array(rows * steps.length),
    auxiliary: new Float32Array(rows * steps.length),
  };
  const sentiment = joinSentiment(coins, rows);
  for (const [i, { symbol, features, firstRow }] of coins.entries()) {
    const targets = makeTargets(features.series, steps);
    data.steps.set(features.steps, firstRow * width);
    data.context.set(features.context, firstRow * contextWidth);
    data.targets.set(targets.scaledReturns, firstRow * steps.length);
    data.auxiliary.set(targets.logRangeVolatility, firstRow * steps.length);
    const end = firstRow + features.series.columns.rows;
    const views = {
      steps: data.steps.subarray(firstRow * width, end * width),
      context: data.context.subarray(firstRow * contextWidth, end * contextWidth),
    };
    coins[i] = { symbol, firstRow, features: { ...features, ...views } };
  }
  const { contextNames } = first.features;
  const nothing = { windows: new Int32Array(), originMs: new Float64Array() };
  return withWindow(
    { interval, steps, coins, data: sentiment ? { ...data, sentiment } : data, contextNames, window, ...nothing },
    window,
  );
}

/** Every coin's sentiment, unscaled, rows × SENTIMENT_INPUTS; null where nothing is known of any. */
function joinSentiment(coins: readonly CoinRows[], rows: number): Float32Array | null {
  if (!coins.some(({ features }) => features.sentiment)) return null;
  const joined = new Float32Array(rows * SENTIMENT_INPUTS.length).fill(Number.NaN);
  for (const { features, firstRow } of coins) {
    if (!features.sentiment) continue;
    joined.set(pickSentiment(features.sentiment, SENTIMENT_INPUTS), firstRow * SENTIMENT_INPUTS.length);
  }
  return joined;
}

/** The same rows, shared, with the usable windows of another length. Throws `CC_TRAINING_DATA` when there are none. */
export function withWindow(joined: JoinedCoins, window: number): JoinedCoins {
  const windows: number[] = [];
  const originMs: number[] = [];
  for (const { features, firstRow } of joined.coins) {
    const { columns } = features.series;
    for (let row = 0; row < columns.rows; row++) {
      if (!windowUsable(features, row, window)) continue;
      windows.push(firstRow + row);
      originMs.push(rowOpenMs(columns, row) + INTERVAL_MS[joined.interval]);
    }
  }
  if (windows.length === 0)
    throw new CandlecastError('CC_TRAINING_DATA', `No coin has enough candles for a single window of ${window}.`);
  return { ...joined, window, windows: Int32Array.from(windows), originMs: Float64Array.from(originMs) };
}

/** The dates of a training run, ms: origins before `fitUntilMs` are fitted on, those from there to `stopUntilMs` are the validation set. */
export interface TrainingPeriods {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly fitUntilMs: number;
  readonly stopUntilMs: number;
  /** End of the data that was asked for: later than `stopUntilMs` where a part is held out. */
  readonly wholeUntilMs: number;
}

/** What decides the dates of a training run: `stopUntilMs` is the end of the data, of which the newest `heldOutMs` come after both periods. */
type AskedPeriods = { readonly [Name in 'fitUntilMs' | 'stopUntilMs' | 'heldOutMs']?: number | undefined };

/** The dates that were asked for; the stopping period is by default the last year, or the last third where that is shorter. */
export function trainingPeriods({ originMs }: JoinedCoins, asked: AskedPeriods): TrainingPeriods {
  const lastMs = originMs.reduce((latest, origin) => Math.max(latest, origin), 0);
  const firstMs = originMs.reduce((first, origin) => Math.min(first, origin), lastMs);
  const wholeUntilMs = asked.stopUntilMs ?? lastMs + 1;
  const stopUntilMs = wholeUntilMs - (asked.heldOutMs ?? 0);
  const fitUntilMs = asked.fitUntilMs ?? stopUntilMs - Math.min(365 * DAY_MS, (stopUntilMs - firstMs) / 3);
  return { firstMs, lastMs, fitUntilMs, stopUntilMs, wholeUntilMs };
}

/**
 * Windows whose origin lies in [fromMs, toMs) and, with `purgeMs`, whose farthest target is known before it, and with it whether the target's
 * candle counts: a flag takes later candles.
 */
export function windowsBetween(
  joined: JoinedCoins,
  fromMs: number,
  toMs: number,
  purgeMs = Number.POSITIVE_INFINITY,
): Int32Array {
  const reach = (Math.max(...joined.steps) + FLAG_LOOKAHEAD) * INTERVAL_MS[joined.interval];
  return joined.windows.filter((_, i) => {
    const origin = joined.originMs[i]!;
    return origin >= fromMs && origin < toMs && origin + reach <= purgeMs;
  });
}

/** Symbols of the coins that have any of the windows, in order. */
export function symbolsOf({ coins }: JoinedCoins, windows: Int32Array): string[] {
  let at = 0;
  return coins
    .filter(({ firstRow, features }) => {
      while (at < windows.length && windows[at]! < firstRow) at++;
      return at < windows.length && windows[at]! < firstRow + features.series.columns.rows;
    })
    .map(({ symbol }) => symbol);
}

/** The same rows with scaled context and sentiment, and what scaled them; the sentiment scaler is null where there is none. */
export interface ScaledCoins {
  readonly joined: JoinedCoins;
  readonly scaler: Scaler;
  readonly sentimentScaler: Scaler | null;
}

/** Scales copies of all rows by scalers that are fitted on the given windows' rows. */
export function scaleInputs(joined: JoinedCoins, fitWindows: Int32Array): ScaledCoins {
  const { context, sentiment } = joined.data;
  const scaler = fitScaler(joined.contextNames, context, fitWindows);
  const sentimentScaler = sentiment ? fitSentimentScaler(sentiment, fitWindows) : null;
  const data = {
    ...joined.data,
    context: applyScaler(scaler, context.slice()),
    ...(sentiment && sentimentScaler ? { sentiment: applySentimentScaler(sentimentScaler, sentiment.slice()) } : {}),
  };
  return { joined: { ...joined, data }, scaler, sentimentScaler };
}
