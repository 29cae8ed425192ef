import type { Interval } from '../../core/candle.ts';

/** How much of the data a training run takes, so that it fits into memory. */
export interface MemoryPlan {
  readonly threads: number;
  /** Newest candles of each coin. */
  readonly candles: number;
  /** Coins, the first of the list. */
  readonly coins: number;
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

/** Bytes that a run takes. */
export function trainingBytes({ threads, candles, coins }: MemoryPlan, sentiment: boolean): number {
  const each = sentiment ? SPOKEN_CANDLE_BYTES : CANDLE_BYTES;
  return RESERVE_BYTES + BASE_BYTES + (threads - 1) * THREAD_BYTES + coins * candles * each;
}

/**
 * Makes the wanted run fit into `availableBytes`: first with fewer threads, then with a shorter history of each coin, then with fewer coins. With
 * enough memory it is the wanted one itself. Null where not even the smallest run fits, or fewer coins are wanted than a model needs.
 */
export function fitIntoMemory(
  wanted: MemoryPlan,
  interval: Interval,
  sentiment: boolean,
  availableBytes: number,
): MemoryPlan | null {
  const fits = (plan: MemoryPlan) => trainingBytes(plan, sentiment) <= availableBytes;
  for (let threads = wanted.threads; threads >= 1; threads--) {
    const plan = { ...wanted, threads };
    if (fits(plan)) return plan;
  }
  const single = { ...wanted, threads: 1 };
  const left = availableBytes - trainingBytes({ ...single, candles: 0 }, sentiment);
  const rows = Math.max(0, Math.floor(left / (sentiment ? SPOKEN_CANDLE_BYTES : CANDLE_BYTES)));
  const least = Math.min(MIN_CANDLES[interval], wanted.candles);
  const candles = Math.floor(rows / wanted.coins);
  if (candles >= least) return { ...single, candles: Math.min(candles, wanted.candles) };
  const coins = Math.floor(rows / least);
  return coins >= MIN_COINS ? { ...single, candles: least, coins: Math.min(coins, wanted.coins) } : null;
}

/** The least that a run of the interval takes. */
export function smallestTrainingBytes(interval: Interval, sentiment: boolean): number {
  return trainingBytes({ threads: 1, candles: MIN_CANDLES[interval], coins: MIN_COINS }, sentiment);
}
