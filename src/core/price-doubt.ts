import { type Candle, INTERVAL_MS, type Interval } from './candle.ts';

/**
 * Whether a new candle can be believed from one source alone. Moves are log returns. The limits follow from 158,000 days of 138 coins and
 * 895,000 hours of 37 coins up to 2023 (docs/decisions.md): one of some 2,000 real days and one of some 5,000 real hours is doubted.
 */

/** Why one source alone is not enough. */
export type DoubtKind = 'jump' | 'gap' | 'stuck';

/** A newest candle that its source alone does not prove. */
export interface Doubt {
  readonly kind: DoubtKind;
  /** From the close before to this close. */
  readonly move: number;
  /** From the close before to this open. */
  readonly gap: number;
}

interface Limits {
  /** Moves from which the usual one is measured: the recent, and the long run beside it, so that a calm week does not shrink it. */
  readonly recent: number;
  readonly long: number;
  /** A jump is larger than both: so many usual moves, and this move. */
  readonly usualMoves: number;
  readonly minMove: number;
  /** From these on, another source is asked for its opinion; without one, the candle is believed. */
  readonly lookMoves: number;
  readonly lookMove: number;
}

const LIMITS: Readonly<Record<Interval, Limits>> = {
  '1d': { recent: 30, long: 180, usualMoves: 20, minMove: 0.3, lookMoves: 4, lookMove: 0.08 },
  '1h': { recent: 48, long: 240, usualMoves: 16, minMove: 0.1, lookMoves: 8, lookMove: 0.04 },
};
/** Other coins that must have moved for a move of the market, and the largest one that is believed: 2020-03-12 was −0.6 in a day. */
const MIN_MARKET_COINS = 4;
const MAX_MARKET_MOVE: Readonly<Record<Interval, number>> = { '1h': 0.5, '1d': 0.7 };
/** Candles before the newest that the judgement needs. */
export const DOUBT_HISTORY: Readonly<Record<Interval, number>> = { '1d': 181, '1h': 241 };
/** With fewer moves, only a threefold change is a jump. */
const MIN_MOVES = 20;
const UNKNOWN_JUMP = Math.log(3);
/** Candles among which the largest gap between a close and the next open is looked for, and how far beyond it a gap is doubted. */
const GAP_WINDOW = 100;
const GAP_MULTIPLE = 3;
const MIN_GAP = 0.05;
const LOOK_GAP = 0.02;
/** A gap from here on is believed from a second source only: markets trade without a break, so a real price does not skip a quarter. */
const UNPROVABLE_GAP = 0.26;
/** From a doubling or halving on, a jump is believed by the next candle only where trading rose with it. */
const TRADED_JUMP = Math.log(2);
const TRADED_MULTIPLE = 2;
const VOLUME_WINDOW = 30;
/** A coin that stood still this often in the window before may do so again. */
const MAX_USUAL_STILL = 2;
/** Missing candles widen the limits by the square root of their number, up to this factor. */
const MAX_WIDENING = 4;
/** Prices of two sources agree within this, or within a quarter of the move in question. */
const AGREEMENT = 0.05;
const AGREEMENT_SHARE = 0.25;
const MAX_AGREEMENT = 0.25;

/**
 * Why a candle is doubted, or null. `before` are the believed candles before it, ascending, none later. `market` is the median move of
 * other coins over the same time, 0 where unknown: what moves with the market is no jump. A market trades without a break, so a gap between
 * neighbouring candles is doubted whatever the market did.
 */
export function doubtAbout(candle: Candle, before: readonly Candle[], interval: Interval, market = 0): Doubt | null {
  const previous = before.at(-1);
  if (!previous) return null;
  const move = Math.log(candle.close / previous.close);
  const gap = Math.log(candle.open / previous.close);
  if (isStuck(candle, before)) return { kind: 'stuck', move, gap };
  const wider = widening(candle, previous, interval);
  const own = (value: number) => beyondMarket(value, market);
  const skipped = wider > 1 ? own(gap) : Math.abs(gap);
  // The cheap comparisons first: nearly every candle ends there.
  const kept = skipped > MIN_GAP * wider && Math.abs(move) > MIN_GAP && Math.sign(move) === Math.sign(gap);
  if (kept && skipped > gapLimit(before, interval) * wider) return { kind: 'gap', move, gap };
  const { usualMoves, minMove } = LIMITS[interval];
  if (own(move) <= minMove * wider) return null;
  const usual = usualMove(before, interval);
  const limit = usual === null ? UNKNOWN_JUMP : usualMoves * usual;
  return own(move) > limit * wider ? { kind: 'jump', move, gap } : null;
}

/** Whether a candle that is not doubted is unusual enough to compare it with another source. */
export function deservesComparison(candle: Candle, before: readonly Candle[], interval: Interval): boolean {
  const previous = before.at(-1);
  if (!previous) return false;
  const { lookMoves, lookMove } = LIMITS[interval];
  const gap = Math.abs(Math.log(candle.open / previous.close));
  const move = Math.abs(Math.log(candle.close / previous.close));
  if (gap <= LOOK_GAP && move <= lookMove) return false;
  const usual = usualMove(before, interval);
  if (usual === null) return false;
  if (gap > Math.max(LOOK_GAP, (2 / GAP_MULTIPLE) * gapLimit(before, interval))) return true;
  return move > Math.max(lookMove, lookMoves * usual);
}

/**
 * Whether the candle after a doubted one, of the same source, proves it: trading went on from its close. A price that skipped a quarter is never
 * proven so, nor is a doubling without twice the usual trading: a source that has changed the coin or the unit repeats itself for ever.
 */
export function provenByNext(
  doubt: Doubt,
  candle: Candle,
  next: Candle,
  before: readonly Candle[],
  interval: Interval,
): boolean {
  const previous = before.at(-1)!;
  if (Math.abs(Math.log(next.open / candle.close)) > gapLimit(before, interval)) return false;
  // A halt of an exchange is followed by missing hours.
  if (doubt.kind === 'stuck') return next.volume > 0 && !standsStill(next, candle);
  if (next.openTimeMs - candle.openTimeMs !== INTERVAL_MS[interval] || standsStill(next, candle)) return false;
  if (Math.abs(doubt.gap) > UNPROVABLE_GAP * widening(candle, previous, interval)) return false;
  return Math.abs(doubt.move) <= TRADED_JUMP || tradedMore(candle, before);
}

/** The candles of two sources at one time, and where it is known at the time before. */
export interface ComparedCandles {
  readonly candle: Candle;
  /** The believed close before it. */
  readonly previousClose: number;
  readonly other: Candle;
  readonly otherPreviousClose: number | null;
}

/** Whether another source says the same: the same price, or the same move from a price that always differed. */
export function sourcesAgree({ candle, previousClose, other, otherPreviousClose }: ComparedCandles): boolean {
  const move = Math.log(candle.close / previousClose);
  const within = Math.min(MAX_AGREEMENT, Math.max(AGREEMENT, AGREEMENT_SHARE * Math.abs(move)));
  if (Math.abs(Math.log(candle.close / other.close)) <= within) return true;
  return otherPreviousClose !== null && Math.abs(move - Math.log(other.close / otherPreviousClose)) <= within;
}

/** Whether the price of one source at a moment may lie in the candle of another: inside its range, or as near as two sources that agree. */
export function isNearRange(price: number, { low, high }: Candle): boolean {
  return Math.log(price / high) <= AGREEMENT && Math.log(low / price) <= AGREEMENT;
}

/** Whether two neighbouring prices are several times apart, which no source of the same coin gets from one candle to the next. */
export function isSeveralTimesOff(price: number, neighbour: number): boolean {
  return Math.abs(Math.log(price / neighbour)) > UNKNOWN_JUMP;
}

/** Median of the log moves of other coins over one candle; 0 where they are too few or it is beyond belief. */
export function marketMoveOf(moves: readonly number[], interval: Interval): number {
  if (moves.length < MIN_MARKET_COINS) return 0;
  const move = median(moves);
  return Math.abs(move) <= MAX_MARKET_MOVE[interval] ? move : 0;
}

/** The part of a move that the market's does not explain: nothing between no move and the market's. */
function beyondMarket(move: number, market: number): number {
  if (Math.sign(move) === Math.sign(market) && Math.abs(move) <= Math.abs(market)) return 0;
  return Math.min(Math.abs(move), Math.abs(move - market));
}

function widening(candle: Candle, previous: Candle, interval: Interval): number {
  const steps = (candle.openTimeMs - previous.openTimeMs) / INTERVAL_MS[interval];
  return Math.min(MAX_WIDENING, Math.sqrt(Math.max(1, steps)));
}

/** No trade, or a price that stands still, of a coin that seldom does that. */
function isStuck(candle: Candle, before: readonly Candle[]): boolean {
  const still = (one: Candle, previous: Candle | undefined) =>
    one.volume === 0 || (previous !== undefined && standsStill(one, previous));
  if (!still(candle, before.at(-1))) return false;
  const window = before.slice(-GAP_WINDOW);
  if (window.length <= MIN_MOVES) return false;
  return window.filter((one, i) => still(one, window[i - 1])).length <= MAX_USUAL_STILL;
}

/**
 * Whether the price stands still from one candle to a later one: all four prices again, or none but the close. A source that stands still may go on
 * with volumes; then four equal prices mean it only where the later candle would have begun elsewhere than the earlier one ended, since coins whose
 * price has few digits have such hours.
 */
export function standsStill(later: Candle, from: Candle): boolean {
  if (later.high === later.low && later.close === from.close) return true;
  const copied = (['open', 'high', 'low', 'close'] as const).every((price) => later[price] === from[price]);
  return copied && (later.volume === from.volume || later.volume === 0 || later.open !== from.close);
}

/** The larger of the recent and seven tenths of the long-run median move; null with too few. */
function usualMove(before: readonly Candle[], interval: Interval): number | null {
  const { recent, long } = LIMITS[interval];
  const moves: number[] = [];
  for (let i = Math.max(1, before.length - long); i < before.length; i++) {
    const [candle, previous] = [before[i]!, before[i - 1]!];
    if (candle.openTimeMs - previous.openTimeMs === INTERVAL_MS[interval]) {
      moves.push(Math.abs(Math.log(candle.close / previous.close)));
    }
  }
  if (moves.length < MIN_MOVES) return null;
  return Math.max(median(moves.slice(-recent)), 0.7 * median(moves));
}

function gapLimit(before: readonly Candle[], interval: Interval): number {
  const window = before.slice(-GAP_WINDOW - 1);
  if (window.length <= MIN_MOVES) return UNPROVABLE_GAP;
  let largest = 0;
  for (let i = 1; i < window.length; i++) {
    const [candle, previous] = [window[i]!, window[i - 1]!];
    if (candle.openTimeMs - previous.openTimeMs !== INTERVAL_MS[interval]) continue;
    largest = Math.max(largest, Math.abs(Math.log(candle.open / previous.close)));
  }
  return Math.max(MIN_GAP, GAP_MULTIPLE * largest);
}

/** Twice the usual trading both in coins and in dollars: another unit of the same coin changes only one of them. */
function tradedMore(candle: Candle, before: readonly Candle[]): boolean {
  const window = before.slice(-VOLUME_WINDOW);
  const units = ({ volume }: Candle) => volume;
  const dollars = ({ volume, open, high, low, close }: Candle) => (volume * (open + high + low + close)) / 4;
  return [units, dollars].every((size) => {
    const usual = median(window.map(size));
    return usual > 0 && size(candle) >= TRADED_MULTIPLE * usual;
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
