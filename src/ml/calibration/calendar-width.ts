import { z } from 'zod';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { EVENT_KINDS, type EventKind, type EventSchedule } from '../../core/market-events.ts';
import { DAY_MS, HOUR_MS } from '../../core/time.ts';
import { expectedMoves, PAIRS, type WidthLearner } from './widths.ts';

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
type WeekdayWidthState = z.infer<typeof weekdayWidthSchema>;

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

/** Kinds that widen forecasts, by how far those reach; at longer horizons, and of payrolls beyond an hour, nothing is gained (docs/recipe.md). */
const KINDS: readonly (readonly [horizonMs: number, kinds: readonly EventKind[]])[] = [
  [HOUR_MS, EVENT_KINDS],
  [4 * HOUR_MS, ['fomc', 'cpi', 'fomc-press']],
];

/** Weight of an event against that of the next one of its kind. */
const DECAY = 0.85;
/** Events of the usual size that are taken for granted before any is known; chosen on 2022 (docs/recipe.md). */
const PRIOR_EVENTS = 1;
/** Older events have less than a hundredth of the weight. */
const EVENTS_KEPT = 30;
/** Bounds of a factor. */
const LEAST = 0.5;
const MOST = 6;

const learntEvent = z.object({
  atMs: z.number(),
  /** Mean size of the moves in forecasts whose span held it, in units of what those expected, and their number. */
  move: z.number().nonnegative(),
  n: z.int().positive(),
});
type LearntEvent = z.infer<typeof learntEvent>;

/** What is known of past events: for each horizon and kind the last ones, ascending. */
export const eventWidthSchema = z.array(z.partialRecord(z.enum(EVENT_KINDS), z.array(learntEvent).max(EVENTS_KEPT)));
export type EventWidthState = z.infer<typeof eventWidthSchema>;

/** The kinds of events that widen a forecast of so many candles. */
export function eventKindsAt(interval: Interval, steps: number): readonly EventKind[] {
  return KINDS.find(([horizonMs]) => horizonMs === steps * INTERVAL_MS[interval])?.[1] ?? [];
}

/** The factor on the width of a forecast whose span holds an event of a kind, from the past events of that kind, ascending. */
function factorOf(past: readonly Pick<LearntEvent, 'move'>[]): number {
  let [sum, weight] = [0, 0];
  for (const { move } of past) {
    sum = DECAY * sum + move;
    weight = DECAY * weight + 1;
  }
  return Math.min(MOST, Math.max(LEAST, (PRIOR_EVENTS + sum) / (PRIOR_EVENTS + weight)));
}

/** For each horizon of a model, in its order, the factor of each kind that is used there. */
export type EventFactors = readonly Partial<Readonly<Record<EventKind, number>>>[];

/** The factors by kind at the horizon with an index; those of kinds that are not used there are left out. */
export function eventFactors(
  state: EventWidthState,
  interval: Interval,
  steps: readonly number[],
  horizon: number,
): Partial<Record<EventKind, number>> {
  const kinds = eventKindsAt(interval, steps[horizon]!);
  return Object.fromEntries(kinds.map((kind) => [kind, factorOf(state[horizon]?.[kind] ?? [])]));
}

/**
 * Learns how much larger moves are when an announcement of a kind falls into a forecast's span, from all coins and past announcements alone: one factor for each
 * horizon and kind, the mean of the moves at past events with weights that fall by 0.85 from one to the one before, and one event of the usual size for a start.
 */
export function createEventWidth(
  interval: Interval,
  steps: readonly number[],
  schedule: EventSchedule,
  from: EventWidthState | null,
): WidthLearner<EventWidthState> {
  const known = steps.map((_, horizon) => {
    const kinds = Object.entries(from?.[horizon] ?? {}) as [EventKind, LearntEvent[]][];
    return new Map<EventKind, LearntEvent[]>(kinds.map(([kind, events]) => [kind, [...events]]));
  });
  const eventIn = (originMs: number, horizon: number) =>
    schedule.within(originMs, steps[horizon]! * INTERVAL_MS[interval], eventKindsAt(interval, steps[horizon]!));
  return {
    apply(factors, originMs, _symbol, horizon) {
      const event = eventIn(originMs, horizon);
      if (!event) return;
      // An event that has begun to come out says nothing about itself.
      const past = known[horizon]!.get(event.kind)?.filter(({ atMs }) => atMs < event.atMs) ?? [];
      const factor = factorOf(past);
      for (let pair = 0; pair < PAIRS; pair++) factors[pair]! *= factor;
    },
    learn({ originMs, horizon, ratios }) {
      const event = eventIn(originMs, horizon);
      const moves = event ? expectedMoves(ratios) : [];
      if (!event || moves.length === 0) return;
      const events = known[horizon]!.get(event.kind) ?? [];
      known[horizon]!.set(event.kind, events);
      let last = events.find(({ atMs }) => atMs === event.atMs);
      if (!last) {
        last = { atMs: event.atMs, move: 0, n: 0 };
        events.push(last);
        events.sort((a, b) => a.atMs - b.atMs);
        if (events.length > EVENTS_KEPT) events.shift();
      }
      for (const move of moves) {
        last.n++;
        last.move += (move - last.move) / last.n;
      }
    },
    state: () =>
      known.map((byKind) =>
        Object.fromEntries([...byKind].map(([kind, events]) => [kind, events.map((event) => ({ ...event }))])),
      ),
  };
}
