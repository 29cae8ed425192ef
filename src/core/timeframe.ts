import { type Candle, INTERVAL_MS, type Interval, joined } from './candle.ts';
import type { CoinPrice } from './currency.ts';
import type { HorizonName } from './horizon.ts';
import { DAY_MS } from './time.ts';

/** How long the candles of a candle chart may be. */
export const TIMEFRAMES = ['1h', '4h', '1d', '1w'] as const;
export type Timeframe = (typeof TIMEFRAMES)[number];

/** What a timeframe's candles are put together from, and which forecast is drawn beside them. */
interface TimeframeShape {
  readonly interval: Interval;
  /** Candles of the interval that one of the timeframe holds. */
  readonly each: number;
  readonly fan: HorizonName;
}

export const TIMEFRAME_SHAPES: Readonly<Record<Timeframe, TimeframeShape>> = {
  '1h': { interval: '1h', each: 1, fan: '1d' },
  '4h': { interval: '1h', each: 4, fan: '3d' },
  '1d': { interval: '1d', each: 1, fan: '7d' },
  '1w': { interval: '1d', each: 7, fan: '7d' },
};

/** 1 January 1970 was a Thursday; weeks begin on Mondays. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
/** Smallest share of its hours or days that a candle is put together from; the last one has to be among them. */
const LEAST_SHARE = 0.75;

/** Length of a timeframe's candles in ms. */
export function timeframeMs(timeframe: Timeframe): number {
  const { interval, each } = TIMEFRAME_SHAPES[timeframe];
  return each * INTERVAL_MS[interval];
}

/** Open time of the candle that a moment lies in: full hours of UTC, multiples of four hours, midnights, Mondays. */
export function timeframeOpenMs(timeMs: number, timeframe: Timeframe): number {
  const stepMs = timeframeMs(timeframe);
  const shiftMs = timeframe === '1w' ? FIRST_MONDAY_MS : 0;
  return Math.floor((timeMs - shiftMs) / stepMs) * stepMs + shiftMs;
}

/**
 * The complete candles of a timeframe from those of its interval (ascending): open of the first, close of the last, highest high, lowest low,
 * volumes added up. A candle that is still open at `untilMs` is left out, and so is one with fewer than three quarters of its hours or days or
 * without the last of them, whose close is its own.
 */
export function timeframeCandles(candles: readonly Candle[], timeframe: Timeframe, untilMs: number): Candle[] {
  const { interval, each } = TIMEFRAME_SHAPES[timeframe];
  const stepMs = timeframeMs(timeframe);
  const result: Candle[] = [];
  for (let from = 0; from < candles.length; ) {
    const openTimeMs = timeframeOpenMs(candles[from]!.openTimeMs, timeframe);
    const endMs = openTimeMs + stepMs;
    let to = from + 1;
    while (to < candles.length && candles[to]!.openTimeMs < endMs) to++;
    const hasLast = candles[to - 1]!.openTimeMs + INTERVAL_MS[interval] === endMs;
    if (endMs <= untilMs && hasLast && to - from >= LEAST_SHARE * each)
      result.push(joined(openTimeMs, candles, from, to));
    from = to;
  }
  return result;
}

/** Candles that a moving average goes over, the short one first. */
export const AVERAGE_PERIODS = [20, 50] as const;

/** Simple moving averages: the mean of each value and the `period - 1` before it, null where there are fewer. */
export function movingAverage(values: readonly number[], period: number): (number | null)[] {
  return values.map((_, i) =>
    i + 1 < period ? null : values.slice(i + 1 - period, i + 1).reduce((sum, value) => sum + value / period, 0),
  );
}

/** One place on the time axis of a candle chart; the candle is null where none is known. */
export interface CandleSlot {
  readonly openTimeMs: number;
  readonly candle: Candle | null;
  /** The averages of {@link AVERAGE_PERIODS} up to this candle. */
  readonly averages: readonly (number | null)[];
}

/** The past of a coin as a candle chart shows it, in the currency of its price. */
export interface CandleHistory {
  readonly timeframe: Timeframe;
  /** The price now and its last day. */
  readonly price: CoinPrice;
  /** Ascending, without holes in time, the first with a candle; the last ends at the newest full step before the price. */
  readonly slots: readonly CandleSlot[];
  /** Complete candles of the timeframe that are known, those before the first slot among them. */
  readonly known: number;
  /** Close of the newest candle. */
  readonly untilMs: number;
  readonly source: string;
}
