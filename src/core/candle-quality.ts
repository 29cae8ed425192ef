import { type Candle, type CandleFlag, type CandleGap, INTERVAL_MS, type Interval } from './candle.ts';
import { utcDay } from './time.ts';

/** Preceding candles from which a candle's usual move is measured. */
const SCALE_WINDOW = 30;
/** Minimum number of moves to measure the usual one; with fewer, no candle is a glitch. */
const MIN_MOVES = 5;
/** Minimum size of a glitch, in usual moves. */
const GLITCH_MULTIPLE = 12;
/** Minimum log move of a glitch, also for a calm coin: real prices move that far and back. */
const MIN_JUMP: Readonly<Record<Interval, number>> = { '1h': 0.25, '1d': 0.45 };
const MIN_WICK: Readonly<Record<Interval, number>> = { '1h': 0.5, '1d': 0.9 };
/** A wick of fewer times the closes around it is none: below e to the power of the smallest of {@link MIN_WICK}. */
const LEAST_SPIKE = 1.5;
/** Largest difference between the neighbours of a glitch, as a share of the jump between them. */
const MAX_NET_SHARE = 0.25;
/** Candles in a row without any change, from which on they are stale. */
const STALE_FROM = 3;

/**
 * The gaps between `fromMs` and `toMs`, both included and both on the interval's grid.
 * Candles must ascend; those outside the range are left out of account. Nothing stored means one gap over everything.
 */
export function findGaps(
  candles: readonly Pick<Candle, 'openTimeMs'>[],
  interval: Interval,
  fromMs: number,
  toMs: number,
): CandleGap[] {
  const step = INTERVAL_MS[interval];
  const gaps: CandleGap[] = [];
  // Thousands of candles are looked at whenever a new one comes: most series are whole, which their number alone says, and nothing is allocated.
  const isFull = candles.length > 0 && candles[0]!.openTimeMs === fromMs && candles.at(-1)!.openTimeMs === toMs;
  if (isFull && candles.length === (toMs - fromMs) / step + 1) return gaps;
  let expectedMs = fromMs;
  for (let i = 0; i <= candles.length; i++) {
    const openTimeMs = i < candles.length ? candles[i]!.openTimeMs : toMs + step;
    if (i < candles.length && (openTimeMs < fromMs || openTimeMs > toMs)) continue;
    if (openTimeMs > expectedMs) {
      gaps.push({ fromMs: expectedMs, toMs: openTimeMs - step, missing: Math.round((openTimeMs - expectedMs) / step) });
    }
    expectedMs = openTimeMs + step;
  }
  return gaps;
}

/**
 * How many candles after a candle its flag may depend on. A jump is only known to be a glitch by the next candle, which
 * takes it back; wicks and stale candles are known at once.
 */
export const FLAG_LOOKAHEAD = 1;

/**
 * Returns the candles with `flag` set to `glitch`, `stale` or null.
 *
 * - `glitch`: the close jumps more than twelve times the usual move of the thirty candles before and the next close takes
 *   it back, so that both neighbours agree; or high or low alone spike that far away from the closes around them.
 * - `stale`: the third and every later candle in a row with the same close and no range, no volume, or an exact copy of
 *   the one before (a forward fill).
 *
 * The flag of candle t depends on candles up to t + {@link FLAG_LOOKAHEAD} and no later. To avoid look-ahead
 * at an origin, call this on the candles up to the origin only, never on the whole series at once: the newest candle then
 * has no later neighbour and is not flagged as a jump, exactly as at that time. Candles
 * must ascend; a neighbour across a gap is no neighbour.
 */
export function flagCandles<T extends Candle>(
  candles: readonly T[],
  interval: Interval,
): (Omit<T, 'flag'> & { readonly flag: CandleFlag | null })[] {
  const moves = closeMoves(candles, interval);
  let unmoved = 1;
  return candles.map((candle, i) => {
    unmoved = isUnmoved(candle, candles[i - 1]) ? unmoved + 1 : 1;
    const farthest = Math.max(jumpTakenBack(moves, i, interval), spike(candles, i, interval));
    const usual = farthest > 0 ? usualMove(moves, i) : null;
    const glitch = usual !== null && farthest > GLITCH_MULTIPLE * usual;
    const flag = glitch ? 'glitch' : unmoved >= STALE_FROM ? 'stale' : null;
    // Most have their flag already, and series of the same coin share them in memory.
    return hasFlag(candle, flag) ? candle : { ...candle, flag };
  });
}

function hasFlag<T extends Candle, F extends CandleFlag | null>(
  candle: T,
  flag: F,
): candle is T & { readonly flag: F } {
  return 'flag' in candle && candle.flag === flag;
}

/** Log moves from the close before; NaN for the first candle and across a gap. */
function closeMoves(candles: readonly Candle[], interval: Interval): Float64Array {
  const moves = new Float64Array(candles.length).fill(Number.NaN);
  for (let i = 1; i < candles.length; i++) {
    const [candle, previous] = [candles[i]!, candles[i - 1]!];
    const adjacent = candle.openTimeMs - previous.openTimeMs === INTERVAL_MS[interval];
    if (adjacent) moves[i] = Math.log(candle.close / previous.close);
  }
  return moves;
}

/** Whether a candle repeats the one before: the same close, and no range, no volume, or the same numbers throughout. */
function isUnmoved(candle: Candle, previous: Candle | undefined): boolean {
  if (!previous || candle.close !== previous.close) return false;
  const copied = candle.open === previous.open && candle.high === previous.high && candle.low === previous.low;
  return candle.high === candle.low || candle.volume === 0 || (copied && candle.volume === previous.volume);
}

/** Median size of the `window` moves before candle `i`, without the candle itself and later ones; null if too few. */
function usualMove(moves: Float64Array, i: number, window = SCALE_WINDOW): number | null {
  const sizes: number[] = [];
  for (let j = Math.max(0, i - window); j < Math.min(i, moves.length); j++) {
    if (!Number.isNaN(moves[j])) sizes.push(Math.abs(moves[j]!));
  }
  if (sizes.length < MIN_MOVES) return null;
  sizes.sort((a, b) => a - b);
  return sizes[sizes.length >> 1]!;
}

/** Size of the jump to candle `i` that the next one takes back, in logs; 0 where it is too small to matter. */
function jumpTakenBack(moves: Float64Array, i: number, interval: Interval): number {
  const there = moves[i]!;
  const back = moves[i + 1] ?? Number.NaN;
  if (Number.isNaN(there) || Number.isNaN(back) || Math.sign(there) === Math.sign(back)) return 0;
  const smaller = Math.min(Math.abs(there), Math.abs(back));
  return smaller > MIN_JUMP[interval] && Math.abs(there + back) < MAX_NET_SHARE * smaller ? smaller : 0;
}

/** How far high or low lie from both closes around, in logs; 0 where it is too small to matter. */
function spike(candles: readonly Candle[], i: number, interval: Interval): number {
  const { open, high, low, close } = candles[i]!;
  const before = candles[i - 1]?.close ?? open;
  const times = Math.max(high / Math.max(before, close), Math.min(before, close) / low);
  // Nearly all are this calm, and need no logarithm.
  if (times < LEAST_SPIKE) return 0;
  const farthest = Math.log(times);
  return farthest > MIN_WICK[interval] && Math.abs(Math.log(close / before)) < farthest ? farthest : 0;
}

/** Shares of a series, in per cent, from which it is not trusted; each also needs {@link MIN_CASES} cases. */
const MAX_GLITCH_PCT = 0.6;
const MAX_STALE_PCT = 5;
const MAX_SAME_CLOSE_PCT = 15;
const MAX_UNTRADED_PCT = 5;
const MAX_MISSING_PCT = 8;
const MIN_CASES = 3;
/** From this share on, a volume of zero means that the source gives no volumes. */
const VOLUME_UNKNOWN_PCT = 50;
/** A tenfold change from one candle to the next, of which four fifths (in logs) are still there in the median later. */
const LEVEL_BREAK = Math.log(10);
const LEVEL_KEPT = 0.8;
const LEVEL_WINDOW = 5;

/** A defect found by {@link seriesVerdict}. */
export interface SeriesFault {
  readonly code: 'glitches' | 'stale' | 'untraded' | 'missing' | 'level-break';
  /** A sentence for people. */
  readonly text: string;
}

/** A candle with its flag. */
type FlaggedCandle = Candle & { readonly flag: CandleFlag | null };

/** Whether a whole series may be learned and forecast from, and why not. */
export interface SeriesVerdict {
  readonly trusted: boolean;
  readonly faults: readonly SeriesFault[];
}

/**
 * Judges a whole series: too many glitches, stale or untraded candles, gaps, or a price level that changes tenfold at once and stays there, which is another token under this name, a
 * redenomination or a collapse. It reads every candle it is given, so it must be given none after the origin.
 * `flags` are the same candles as {@link flagCandles} gives them, where that is known already.
 */
export function seriesVerdict(
  candles: readonly Candle[],
  interval: Interval,
  flags: readonly FlaggedCandle[] = flagCandles(candles, interval),
): SeriesVerdict {
  const n = candles.length;
  const first = candles[0];
  const last = candles[n - 1];
  if (!first || !last) return { trusted: true, faults: [] };
  const count = (matches: (candle: FlaggedCandle, i: number) => boolean) => {
    const cases = flags.reduce((sum, flag, i) => sum + Number(matches(flag, i)), 0);
    return cases < MIN_CASES ? 0 : (100 * cases) / n;
  };
  const faults: SeriesFault[] = [];
  const judge = (code: SeriesFault['code'], pct: number, maxPct: number, what: string) => {
    if (pct > maxPct) faults.push({ code, text: `${pct.toFixed(1)} % of its candles ${what}.` });
  };

  judge(
    'glitches',
    count(({ flag }) => flag === 'glitch'),
    MAX_GLITCH_PCT,
    'hold prices that vanish at once',
  );
  judge(
    'stale',
    count(({ flag }) => flag === 'stale'),
    MAX_STALE_PCT,
    'only repeat the one before',
  );
  const samePct = count(({ close }, i) => i > 0 && close === candles[i - 1]!.close);
  judge('stale', samePct, MAX_SAME_CLOSE_PCT, 'close at exactly the price of the one before');
  const untradedPct = count(({ volume }) => volume === 0);
  if (untradedPct < VOLUME_UNKNOWN_PCT) judge('untraded', untradedPct, MAX_UNTRADED_PCT, 'saw no trade');
  const missing = findGaps(candles, interval, first.openTimeMs, last.openTimeMs).reduce(
    (sum, gap) => sum + gap.missing,
    0,
  );
  judge('missing', missing < MIN_CASES ? 0 : (100 * missing) / (n + missing), MAX_MISSING_PCT, 'are missing');

  const breakMs = levelBreakMs(candles);
  if (breakMs !== null) {
    const text = `Its price changes tenfold at once on ${utcDay(breakMs)} and stays there: another token, a redenomination or a collapse.`;
    faults.push({ code: 'level-break', text });
  }
  return { trusted: faults.length === 0, faults };
}

/** A coin of its own moves more than this in the median, in logs; tokens of currencies do not. */
const LEAST_MOVE: Readonly<Record<Interval, number>> = { '1h': 0.0003, '1d': 0.002 };
const MOVES_LOOKED_AT = 120;

/** Whether the newest prices barely move, as those of a token that is held at the value of a currency do. */
export function barelyMoves(candles: readonly Candle[], interval: Interval): boolean {
  return (
    (usualMove(closeMoves(candles.slice(-MOVES_LOOKED_AT), interval), MOVES_LOOKED_AT, MOVES_LOOKED_AT) ?? 1) <
    LEAST_MOVE[interval]
  );
}

function levelBreakMs(candles: readonly Candle[]): number | null {
  for (let i = 1; i < candles.length; i++) {
    if (Math.abs(Math.log(candles[i]!.close / candles[i - 1]!.close)) < LEVEL_BREAK) continue;
    const before = medianLogClose(candles, i - LEVEL_WINDOW, i);
    const after = medianLogClose(candles, i, i + LEVEL_WINDOW);
    if (Math.abs(after - before) >= LEVEL_KEPT * LEVEL_BREAK) return candles[i]!.openTimeMs;
  }
  return null;
}

function medianLogClose(candles: readonly Candle[], from: number, to: number): number {
  const closes = candles.slice(Math.max(0, from), to).map((candle) => Math.log(candle.close));
  closes.sort((a, b) => a - b);
  return closes[closes.length >> 1]!;
}
