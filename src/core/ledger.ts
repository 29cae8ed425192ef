import { INTERVAL_MS, type Interval } from './candle.ts';
import type { HorizonName } from './horizon.ts';
import { HOUR_MS, MINUTE_MS } from './time.ts';

/**
 * Why a forecast was recorded. `scheduled`: from a close, by the schedule. `on-demand`: from a close, asked for by somebody before the
 * schedule came by; only earlier versions wrote these. `asked` and `posted`: counted from the moment it was made, shown to
 * somebody who asked, or in a post.
 */
export type LedgerCause = 'scheduled' | 'on-demand' | LiveCause;

/** The causes of forecasts that count from the moment they were made. */
export const LIVE_CAUSES = ['asked', 'posted'] as const;
export type LiveCause = (typeof LIVE_CAUSES)[number];

/** Whether a forecast counts from the moment it was made; the others count from a close. */
export function isLive(cause: LedgerCause): cause is LiveCause {
  return LIVE_CAUSES.some((live) => live === cause);
}

/** A forecast as recorded before its outcome is known. Prices in US dollars. */
export interface LedgerForecast {
  readonly symbol: string;
  readonly interval: Interval;
  readonly horizon: HorizonName;
  readonly originMs: number;
  readonly targetMs: number;
  readonly lastPrice: number;
  /** Prices at QUANTILE_LEVELS. */
  readonly quantiles: readonly number[];
  readonly pUp: number;
  /** Climatology issued at the same origin, prices at QUANTILE_LEVELS; null with too little history. */
  readonly climatology: readonly number[] | null;
  readonly model: string;
  readonly source: string;
  /** Share of sentiment in its explanation, 0 … 1; null where the model has no sentiment input. */
  readonly sentimentShare: number | null;
  /** Time of recording, by the clock of the writing process. */
  readonly issuedAtMs: number;
}

/** A forecast to be recorded; its time of recording is set during the write. */
export type UnissuedForecast = Omit<LedgerForecast, 'issuedAtMs'>;

/** One row of the ledger. Rows are never changed or removed; each is chained to the one before by its hash. */
export interface LedgerEntry extends LedgerForecast {
  /** From 1, without gaps. */
  readonly sequence: number;
  readonly cause: LedgerCause;
  /** SHA-256 of `canonicalEntry`, 64 hexadecimal digits. */
  readonly hash: string;
}

/**
 * Marks a forecast issued on demand before its scheduled time: from then on it belongs to the scheduled record.
 * Marks are a chain of their own and hold the hash of the row they mark.
 */
export interface ScheduledMark {
  /** From 1, without gaps. */
  readonly number: number;
  /** The ledger's row. */
  readonly sequence: number;
  readonly rowHash: string;
  readonly markedAtMs: number;
  readonly hash: string;
}

/** The outcome of a forecast and its scores. A corrected candle adds a revision; the first score stays unchanged. */
export interface Outcome {
  readonly sequence: number;
  /** 0 for the first score. */
  readonly revision: number;
  readonly actualPrice: number;
  /** Where the target's candle came from; of a forecast that counts from the moment it was made with that candle's interval, as `binance 1m`. */
  readonly source: string;
  readonly scoredAtMs: number;
  /** Log return from the last price to the actual one. */
  readonly logReturn: number;
  /** Mean pinball loss of the log return over 0.05 … 0.95. */
  readonly pinball: number;
  readonly climatologyPinball: number | null;
  /** Absolute error of the median's log return; squared, it is the squared error. */
  readonly absoluteError: number;
  /** Mean absolute log return over the horizon before the origin, by climatology: the denominator of MASE. */
  readonly naiveScale: number | null;
  /** Whether the median was on the outcome's side of no change. */
  readonly directionHit: boolean;
  /** (P(up) − outcome)², the outcome 1 for a rise and 0 for none. */
  readonly brier: number;
  /** Narrowest of the 50, 80 and 95 % bands that held; null when none did. */
  readonly band: 50 | 80 | 95 | null;
  /** Level of the outcome in the forecast distribution, 0 … 1. */
  readonly level: number;
}

/** The hash before the first row. */
export const NO_HASH = '0'.repeat(64);

/**
 * A scheduled forecast counts only when it is written within this time of its origin. Later ones are missing: they are counted and
 * reported, never added, since part of their outcome is known by then.
 */
export const SCHEDULE_GRACE_MS: Readonly<Record<Interval, number>> = { '1h': 15 * MINUTE_MS, '1d': 2 * HOUR_MS };

/**
 * Why a scheduled forecast was not written: its newest price was not confirmed; no source had the candle; the database did not take it; it came too
 * late to count; the clock was wrong; no model could forecast the coin; something else.
 */
export const MISS_REASONS = ['unconfirmed', 'no-candle', 'database', 'late', 'clock', 'model', 'other'] as const;
export type MissReason = (typeof MISS_REASONS)[number];

/** A scheduled forecast that was due and not written. */
export interface MissedForecast extends Pick<LedgerForecast, 'symbol' | 'horizon' | 'originMs'> {
  readonly reason: MissReason;
}

/** A forecast that counts from the moment it was made is written within this time of it: a message is sent at once, or not from that forecast. */
export const LIVE_GRACE_MS = 5 * MINUTE_MS;

/** Clocks of several processes may differ by so much; rows of the record are written in the order of their times otherwise. */
export const CLOCK_TOLERANCE_MS = 10 * MINUTE_MS;

/** Whether a forecast may be recorded at a time: after its origin, before its target, and within the grace period of its cause. */
export function isWithinWriteWindow(
  { interval, originMs, targetMs }: Pick<LedgerForecast, 'interval' | 'originMs' | 'targetMs'>,
  cause: LedgerCause,
  nowMs: number,
): boolean {
  if (nowMs < originMs || nowMs >= targetMs) return false;
  if (cause === 'on-demand') return true;
  return nowMs - originMs <= (isLive(cause) ? LIVE_GRACE_MS : SCHEDULE_GRACE_MS[interval]);
}

/** A time in which a coin was tracked: from its first close on, up to before another; null: still. */
export interface TrackedTime {
  readonly fromMs: number;
  readonly untilMs: number | null;
}

/** How many closes from one moment to another, both included, a scheduled forecast was due at while the coin was tracked, as far as it is too late for one by now. */
export function closesDue(
  { fromMs: firstMs, untilMs }: TrackedTime,
  interval: Interval,
  fromMs: number,
  toMs: number,
  nowMs: number,
): number {
  const step = INTERVAL_MS[interval];
  const first = Math.ceil(Math.max(firstMs, fromMs) / step);
  const last = Math.floor(Math.min(untilMs === null ? toMs : untilMs - 1, toMs, lastDueMs(interval, nowMs)) / step);
  return Math.max(0, last - first + 1);
}

/** The last moment of whose close no scheduled forecast may be written any more. */
export const lastDueMs = (interval: Interval, nowMs: number): number => nowMs - SCHEDULE_GRACE_MS[interval] - 1;

/** Which forecasts of the ledger: origins from `fromMs` to `toMs`, both included. Null: every coin, every model. */
export interface LedgerFilter {
  readonly horizon: HorizonName;
  readonly symbol: string | null;
  readonly model: string | null;
  readonly fromMs: number;
  readonly toMs: number;
}
