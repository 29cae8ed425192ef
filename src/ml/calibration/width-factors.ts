import { z } from 'zod';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { type EventSchedule, NO_EVENTS } from '../../core/market-events.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { createEventWidth, createWeekdayWidth, eventWidthSchema, weekdayWidthSchema } from './calendar-width.ts';
import { createExpertShares, curveRatios, expertStateSchema } from './expert-shares.ts';
import { type MaturedMoment, PAIRS, type WidthLearner } from './widths.ts';

const factorsSchema = z.array(z.array(z.number().positive()).length(PAIRS)).min(1);

/** What all learners have learnt; plain data, part of a model's card and of the database. */
export const widthStateSchema = z.object({
  /** Every forecast whose target was complete by this moment has been learnt from, ms. */
  untilMs: z.number(),
  /** Factors of the whole market: horizons × PAIRS. */
  market: factorsSchema,
  /** How moves follow the day of the week; left out by states from before that was learnt. */
  weekdays: weekdayWidthSchema.optional(),
  /** Past announcements; left out by states from before they were learnt from. */
  events: eventWidthSchema.optional(),
  /** How experts have done beside the model; left out by states from before they were averaged with it. */
  experts: expertStateSchema.optional(),
});
export type WidthState = z.infer<typeof widthStateSchema>;

/** The factors on the distance of every quantile from the median, learnt from all coins in the order of time. */
export interface WidthFactors {
  /** Every forecast whose target was complete by this moment has been learnt from, ms. */
  readonly untilMs: number;
  /** Whether factors differ between coins. */
  readonly byCoin: boolean;
  /** The factors (PAIRS) of a forecast that starts at `originMs`, from what has been learnt so far. */
  factorsAt(originMs: number, symbol: string, horizon: number): Float32Array;
  /** The shares of the experts in a forecast from now on; all zero before anything was learnt from curves. */
  sharesAt(horizon: number): readonly number[];
  /** Learns from one moment. Moments must come in the order of the time at which they matured, each after all that matured before it. */
  learn(moment: MaturedMoment): void;
  /**
   * Learns only what recurs (days of the week, announcements) from a moment before those of `learn`. The market's factors would learn from forecasts of the training
   * data that bands are narrower than they will be; how moves differ from one hour to another is the same there.
   */
  learnPatterns(moment: MaturedMoment): void;
  /** Says that all forecasts that matured by `untilMs` have been learnt from. */
  advance(untilMs: number): void;
  state(): WidthState;
}

/**
 * Makes width factors of a model's horizons in candles, which know the announcements of a schedule; without a state all of them are one. Throws `RangeError` for
 * a state of other horizons.
 */
export function createWidthFactors(
  interval: Interval,
  steps: readonly number[],
  from: WidthState | null = null,
  schedule: EventSchedule = NO_EVENTS,
): WidthFactors {
  if (from && from.market.length !== steps.length) {
    throw new RangeError(`The widths are of ${from.market.length} horizons, not ${steps.length}.`);
  }
  const market = createMarketWidth(interval, steps, from?.market ?? null);
  const events = createEventWidth(interval, steps, schedule, from?.events ?? null);
  const weekdays = createWeekdayWidth(interval, steps, from?.weekdays ?? null);
  const learners: readonly WidthLearner<unknown>[] = [market, weekdays, events];
  const experts = createExpertShares(interval, steps, from?.experts ?? null);
  let averaged = from?.experts !== undefined;
  let untilMs = from?.untilMs ?? Number.NEGATIVE_INFINITY;
  const factors = new Float64Array(PAIRS);
  return {
    get untilMs() {
      return untilMs;
    },
    byCoin: true,
    factorsAt(originMs, symbol, horizon) {
      factors.fill(1);
      for (const learner of learners) learner.apply(factors, originMs, symbol, horizon);
      return Float32Array.from(factors);
    },
    sharesAt: (horizon) => (averaged ? experts.sharesAt(horizon) : [0, 0]),
    learn(moment) {
      const { originMs, horizon, curves, inSample } = moment;
      untilMs = Math.max(untilMs, originMs + steps[horizon]! * INTERVAL_MS[interval]);
      learnWith(learners, withRatios(moment));
      if (!curves) return;
      averaged = true;
      if (!inSample) experts.learn(horizon, curves);
    },
    learnPatterns: (moment) => learnWith([weekdays, events], withRatios(moment)),
    advance(toMs) {
      untilMs = Math.max(untilMs, toMs);
    },
    state: () => ({
      untilMs,
      market: market.state(),
      weekdays: weekdays.state(),
      events: events.state(),
      ...(averaged ? { experts: experts.state() } : {}),
    }),
  };

  /** The moment with the ratios of the average as it stands, where there are curves. */
  function withRatios(moment: MaturedMoment): MaturedMoment {
    const { curves, horizon } = moment;
    return curves ? { ...moment, ratios: curveRatios(curves, experts.sharesAt(horizon)) } : moment;
  }

  function learnWith(list: readonly WidthLearner<unknown>[], moment: MaturedMoment): void {
    const { originMs, horizon, symbols } = moment;
    let left = moment;
    for (const learner of list) {
      const last = learner === list.at(-1);
      const divided = last ? null : left.ratios.slice();
      // With the factors before this moment is learnt from, as they stood when all of its outcomes were open.
      symbols.forEach((symbol, i) => {
        if (!divided) return;
        factors.fill(1);
        learner.apply(factors, originMs, symbol, horizon);
        for (let pair = 0; pair < PAIRS; pair++) divided[i * PAIRS + pair]! /= factors[pair]!;
      });
      learner.learn(left);
      if (divided) left = { ...left, ratios: divided };
    }
  }
}

/** Largest change of a factor after one moment at a horizon of one candle; at longer ones it is divided by √horizon. */
const STEP: Readonly<Record<Interval, number>> = { '1d': 0.01, '1h': 0.001 };
/** By how much of that the factors of all other horizons together move too: hourly ones gain by it, daily ones do not. */
const SHARED: Readonly<Record<Interval, number>> = { '1d': 0, '1h': 1 };
/** A moment of this many coins counts half as much as one of very many: few coins say little about the market. */
const HALF_COUNTED = 5;
/** Bounds of a factor. */
const LEAST = 0.5;
const MOST = 2;

/** Share of outcomes that each pair's band should hold. */
const NOMINAL = Float64Array.from({ length: PAIRS }, (_, pair) => 1 - 2 * QUANTILE_LEVELS[pair]!);

/**
 * Learns how wide the bands of the whole market should be: one factor for each horizon and pair of levels, moved after each moment by the share of
 * outcomes that the pair's band should have held less the share that it did hold (adaptive conformal inference, Gibbs & Candès 2021, over all
 * coins at once). It depends on no coin and no time of day.
 */
function createMarketWidth(
  interval: Interval,
  steps: readonly number[],
  from: readonly (readonly number[])[] | null,
): WidthLearner<number[][]> {
  const known = steps.map((_, horizon) => Float64Array.from(from?.[horizon] ?? new Float64Array(PAIRS).fill(1)));
  return {
    apply(factors, _originMs, _symbol, horizon) {
      for (let pair = 0; pair < PAIRS; pair++) factors[pair]! *= known[horizon]![pair]!;
    },
    learn({ horizon, symbols, ratios }) {
      const coins = symbols.length;
      if (coins === 0) return;
      const factors = known[horizon]!;
      const step = (STEP[interval] / Math.sqrt(steps[horizon]!)) * (coins / (coins + HALF_COUNTED));
      for (let pair = 0; pair < PAIRS; pair++) {
        let inside = 0;
        for (let at = pair; at < ratios.length; at += PAIRS) if (ratios[at]! <= factors[pair]!) inside++;
        const move = step * (NOMINAL[pair]! - inside / coins);
        known.forEach((others, at) => {
          const share = at === horizon ? 1 : SHARED[interval] / (steps.length - 1);
          others[pair] = Math.min(MOST, Math.max(LEAST, others[pair]! + share * move));
        });
      }
    },
    state: () => known.map((factors) => Array.from(factors)),
  };
}
