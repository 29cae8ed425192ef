import type { Interval } from '../../core/candle.ts';

/** How much of the data a training run takes, so that it fits into memory. */
export interface MemoryPlan {
  readonly threads: number;
  /** Newest candles of each coin, at most. */
  readonly candles: number;
  /** Coins, the first of the list. */
  readonly coins: number;
}

/** A training run as it is wanted. */
export interface WantedRun extends Pick<MemoryPlan, 'threads' | 'candles'> {
  /** Candles there are of each coin, in the order in which coins are kept. */
  readonly lengths: readonly number[];
}

const MB = 2 ** 20;
/** Left for what the rest of the bot takes meanwhile: answers, charts, the judging of the new model. */
const RESERVE_BYTES = 48 * MB;
/**
 * What a run takes, measured by its process's largest resident memory (docs/performance.md): Node with the engine, each further thread, and each candle
 * in that process and, as the caller reads and sends it, in this one.
 */
const BASE_BYTES = 110 * MB;
const THREAD_BYTES = 25 * MB;
const CANDLE_BYTES = 1_500;
/** The same candle with what was said about the coin at its close. */
const SPOKEN_CANDLE_BYTES = 2_400;
/** Fewer candles of each coin, or fewer coins, make no model that could win. */
const MIN_CANDLES: Readonly<Record<Interval, number>> = { '1d': 900, '1h': 2_400 };
const MIN_COINS = 5;

/** Bytes that a run takes on coins of which there are so many candles. */
export function trainingBytes(
  { threads, candles, coins }: MemoryPlan,
  lengths: readonly number[],
  sentiment: boolean,
): number {
  const rows = lengths.slice(0, coins).reduce((sum, length) => sum + Math.min(length, candles), 0);
  return (
    RESERVE_BYTES + BASE_BYTES + (threads - 1) * THREAD_BYTES + rows * (sentiment ? SPOKEN_CANDLE_BYTES : CANDLE_BYTES)
  );
}

/**
 * Makes the wanted run fit into `availableBytes`: first with fewer threads, then with a shorter history of each coin, then with fewer coins. With
 * enough memory it is the wanted one itself. Null where not even the smallest run fits, or fewer coins are wanted than a model needs.
 */
export function fitIntoMemory(
  { threads, candles, lengths }: WantedRun,
  interval: Interval,
  sentiment: boolean,
  availableBytes: number,
): MemoryPlan | null {
  const fits = (plan: MemoryPlan) => trainingBytes(plan, lengths, sentiment) <= availableBytes;
  const wanted = { threads, candles, coins: lengths.length };
  for (let fewer = threads; fewer >= 1; fewer--) {
    const plan = { ...wanted, threads: fewer };
    if (fits(plan)) return plan;
  }
  const single = { ...wanted, threads: 1 };
  const least = Math.min(MIN_CANDLES[interval], candles);
  const shorter = most(least, candles, (count) => fits({ ...single, candles: count }));
  if (shorter !== null) return { ...single, candles: shorter };
  const coins = most(Math.min(MIN_COINS, lengths.length), lengths.length, (count) =>
    fits({ ...single, candles: least, coins: count }),
  );
  return coins === null || coins < MIN_COINS ? null : { ...single, candles: least, coins };
}

/** The largest number from `least` to `greatest` that fits, where smaller ones fit if it does; null where none does. */
function most(least: number, greatest: number, fits: (count: number) => boolean): number | null {
  if (!fits(least)) return null;
  let [low, high] = [least, greatest];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The least that a run of the interval takes. */
export function smallestTrainingBytes(interval: Interval, sentiment: boolean): number {
  const candles = MIN_CANDLES[interval];
  return trainingBytes({ threads: 1, candles, coins: MIN_COINS }, Array(MIN_COINS).fill(candles), sentiment);
}
