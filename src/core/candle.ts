import { DAY_MS, HOUR_MS } from './time.ts';

/** The two candle lengths the project keeps. */
export const INTERVALS = ['1h', '1d'] as const;
export type Interval = (typeof INTERVALS)[number];

/** Length of an interval in ms. */
export const INTERVAL_MS: Readonly<Record<Interval, number>> = { '1h': HOUR_MS, '1d': DAY_MS };

/** One finished candle. Times are UTC; prices in US dollars (or a dollar stablecoin); volume in base units. */
export interface Candle {
  readonly openTimeMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** Why a candle that is formally valid should not be trusted. */
export type CandleFlag = 'glitch' | 'stale';

/** A candle with where it came from and what was found about it. */
export interface SourcedCandle extends Candle {
  /** Name of the source, such as `binance`. */
  readonly source: string;
  readonly fetchedAtMs: number;
  readonly flag: CandleFlag | null;
}

/** A gap in a series: from the open time of the first missing to that of the last, both included. */
export interface CandleGap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly missing: number;
}

/** The moment a candle is complete and may be used. */
export function closeTimeMs(candle: Pick<Candle, 'openTimeMs'>, interval: Interval): number {
  return candle.openTimeMs + INTERVAL_MS[interval];
}

/** Leaves out the newest candle if it is the one still open now; a candle that opens later stays, to be refused. */
export function withoutOpenCandle(candles: readonly Candle[], interval: Interval, nowMs: number): readonly Candle[] {
  const newest = candles.at(-1);
  const stillOpen = newest && newest.openTimeMs <= nowMs && closeTimeMs(newest, interval) > nowMs;
  return stillOpen ? candles.slice(0, -1) : candles;
}

/** Open time of the newest candle that is already complete at `nowMs`. */
export function lastFinalOpenMs(nowMs: number, interval: Interval): number {
  const step = INTERVAL_MS[interval];
  return Math.floor(nowMs / step) * step - step;
}
