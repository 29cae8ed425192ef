import { z } from 'zod';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { EVENT_KINDS, type EventKind, type EventSchedule } from '../../core/market-events.ts';
import { HOUR_MS } from '../../core/time.ts';
import { expectedMoves, PAIRS, type WidthLearner } from './width-learner.ts';

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
