import { z } from 'zod';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { DAY_MS, HOUR_MS } from '../../core/time.ts';
import { expectedMoves, PAIRS, type WidthLearner } from './width-learner.ts';

/** The pattern of a week is divided into this many parts: hours where origins are hourly, else days. */
const PARTS: Readonly<Record<Interval, number>> = { '1h': 7 * 24, '1d': 7 };
const WEEK_MS = 7 * DAY_MS;
/** The first Monday after the epoch, a Thursday. */
const MONDAY_MS = 4 * DAY_MS;
/** Horizons whose width follows the day of the week; three days and more hold most of the week. */
const LEAST_MS = 4 * HOUR_MS;
const MOST_MS = DAY_MS;

/** Weeks without a pattern that are taken for granted: of the market, and of a coin that follows the market. */
const MARKET_PRIOR = 40;
const COIN_PRIOR = 80;
/** Forecasts of the right width that a coin's mean move begins with. */
const MEAN_PRIOR = 20;
/** A larger move counts as this many expected ones. */
const MOST_MOVE = 6;
const MOST_COINS = 400;

const weekSchema = z.object({ sums: z.array(z.number().nonnegative()), counts: z.array(z.int().nonnegative()) });
type Week = z.infer<typeof weekSchema>;

/** For each horizon how large moves have been in each part of the week, in all and by coin; null where that is not learnt. */
export const weekdayWidthSchema = z.array(
  z.object({ market: weekSchema, coins: z.record(z.string(), weekSchema) }).nullable(),
);
export type WeekdayWidthState = z.infer<typeof weekdayWidthSchema>;

/** A coin's week, and the totals of its parts. */
interface CoinWeek {
  readonly week: Week;
  sum: number;
  count: number;
}

interface Pattern {
  readonly market: Week;
  readonly coins: Map<string, CoinWeek>;
}

/** Thousandths are enough, and keep a stored state short. */
const rounded = (value: number) => Math.round(value * 1_000) / 1_000;
const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const copyOf = ({ sums, counts }: Week): Week => ({ sums: [...sums], counts: [...counts] });
const emptyWeek = (parts: number): Week => ({
  sums: Array.from({ length: parts }, () => 0),
  counts: Array.from({ length: parts }, () => 0),
});
const coinWeek = (week: Week): CoinWeek => ({ week, sum: rounded(sumOf(week.sums)), count: sumOf(week.counts) });
const meanOf = ({ sum, count }: CoinWeek) => (MEAN_PRIOR + sum) / (MEAN_PRIOR + count);

/**
 * Learns how the size of moves follows the day of the week (of hourly models the hour of the week), of all coins and of each: the mean move in that part of the
 * week against the coin's own mean, a coin's drawn towards the market's and that towards one. Days are learnt from forecasts at midnight UTC; one that starts
 * later in a day takes its share of the next day's.
 */
export function createWeekdayWidth(
  interval: Interval,
  steps: readonly number[],
  from: WeekdayWidthState | null,
): WidthLearner<WeekdayWidthState> {
  const parts = PARTS[interval];
  const partMs = WEEK_MS / parts;
  const patterns = steps.map((ahead, horizon): Pattern | null => {
    const lengthMs = ahead * INTERVAL_MS[interval];
    if (lengthMs < LEAST_MS || lengthMs > MOST_MS) return null;
    const known = from?.[horizon];
    return {
      market: known ? copyOf(known.market) : emptyWeek(parts),
      coins: new Map(Object.entries(known?.coins ?? {}).map(([symbol, week]) => [symbol, coinWeek(copyOf(week))])),
    };
  });
  /** Place in the week: the part, and how far into it. */
  function placeOf(originMs: number): { readonly part: number; readonly share: number } {
    const at = (((originMs - MONDAY_MS) % WEEK_MS) + WEEK_MS) / partMs;
    return { part: Math.floor(at) % parts, share: at - Math.floor(at) };
  }
  function factorAt({ market, coins }: Pattern, symbol: string, part: number): number {
    const usual = (MARKET_PRIOR + market.sums[part]!) / (MARKET_PRIOR + market.counts[part]!);
    const coin = coins.get(symbol);
    if (!coin) return usual;
    return (COIN_PRIOR * usual + coin.week.sums[part]! / meanOf(coin)) / (COIN_PRIOR + coin.week.counts[part]!);
  }
  return {
    apply(factors, originMs, symbol, horizon) {
      const pattern = patterns[horizon];
      if (!pattern) return;
      const { part, share } = placeOf(originMs);
      const here = factorAt(pattern, symbol, part);
      const factor = share === 0 ? here : (1 - share) * here + share * factorAt(pattern, symbol, (part + 1) % parts);
      for (let pair = 0; pair < PAIRS; pair++) factors[pair]! *= factor;
    },
    learn({ originMs, horizon, symbols, ratios }) {
      const pattern = patterns[horizon];
      const { part, share } = placeOf(originMs);
      if (!pattern || share !== 0) return;
      let [sum, count] = [0, 0];
      symbols.forEach((symbol, i) => {
        const [move] = expectedMoves(ratios.subarray(i * PAIRS, (i + 1) * PAIRS));
        if (move === undefined) return;
        const coin = pattern.coins.get(symbol) ?? coinWeek(emptyWeek(parts));
        if (!pattern.coins.has(symbol) && pattern.coins.size >= MOST_COINS) return;
        pattern.coins.set(symbol, coin);
        const bounded = rounded(Math.min(move, MOST_MOVE));
        sum += bounded / meanOf(coin);
        count++;
        coin.week.sums[part] = rounded(coin.week.sums[part]! + bounded);
        coin.week.counts[part]!++;
        coin.sum = rounded(coin.sum + bounded);
        coin.count++;
      });
      if (count === 0) return;
      pattern.market.sums[part] = rounded(pattern.market.sums[part]! + sum / count);
      pattern.market.counts[part]!++;
    },
    state: () =>
      patterns.map(
        (pattern) =>
          pattern && {
            market: copyOf(pattern.market),
            coins: Object.fromEntries([...pattern.coins].map(([symbol, { week }]) => [symbol, copyOf(week)])),
          },
      ),
  };
}
