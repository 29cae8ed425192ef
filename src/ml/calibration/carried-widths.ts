import { z } from 'zod';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { createEventSchedule, type ScheduledEvent } from '../../core/market-events.ts';
import { createWidthFactors, type WidthFactors, widthStateSchema } from './width-factors.ts';
import { type CoinRatios, learnInOrder, type WidthStream } from './width-stream.ts';
import type { WidthTable } from './width-table.ts';

/** Candles from one entry of the kept past to the next: factors move by a hundredth in that time. */
const KEPT_EVERY: Readonly<Record<Interval, number>> = { '1d': 7, '1h': 168 };

/** The market's factors (horizons × PAIRS) and the experts' shares (horizons × EXPERTS, left out where none were known) at a close of the past. */
const pastSchema = z.object({
  fromMs: z.number(),
  factors: z.array(z.number().positive()),
  shares: z.array(z.number().min(0).max(1)).optional(),
});

/** What is stored: the state, and what it was at closes of the past. */
export const carriedWidthsSchema = z.object({ state: widthStateSchema, past: z.array(pastSchema) });
export type CarriedWidths = z.infer<typeof carriedWidthsSchema>;

/** From what to learn on, up to when; plain data. */
export interface CarryOn
  extends Pick<WidthStream, 'interval' | 'steps' | 'fromMs' | 'toMs' | 'patternsFromMs' | 'learntUntilMs'> {
  readonly from: CarriedWidths | null;
  readonly events: readonly ScheduledEvent[];
  /** Closes of the past from this moment on are kept. */
  readonly keptFromMs: number;
}

/** Learns on from coins' forecasts; also says from how many closes. Takes seconds for years of many coins. */
export function carryOn(
  coins: readonly CoinRatios[],
  { from, events, keptFromMs, ...span }: CarryOn,
): { readonly carried: CarriedWidths; readonly closes: number } {
  const { interval, steps, fromMs } = span;
  const everyMs = KEPT_EVERY[interval] * INTERVAL_MS[interval];
  const factors = createWidthFactors(interval, steps, from?.state ?? null, createEventSchedule(events));
  const past = [...(from?.past ?? [])];
  let closes = 0;
  learnInOrder(factors, {
    ...span,
    coins,
    onMoment(momentMs) {
      if (momentMs > fromMs) closes++;
      const due = past.length === 0 || momentMs - past.at(-1)!.fromMs >= everyMs;
      if (due) past.push({ fromMs: momentMs, ...marketOf(factors, steps) });
    },
  });
  const kept = past.filter((entry) => entry.fromMs >= keptFromMs - everyMs);
  return { carried: { state: factors.state(), past: kept }, closes };
}

/** What all coins share, to four decimals: a coarse past of it is enough. */
function marketOf(factors: WidthFactors, steps: readonly number[]): Omit<z.infer<typeof pastSchema>, 'fromMs'> {
  const { market, experts } = factors.state();
  const rounded = (one: number) => Number(one.toFixed(4));
  return {
    factors: market.flat().map(rounded),
    ...(experts ? { shares: steps.flatMap((_, horizon) => factors.sharesAt(horizon).map(rounded)) } : {}),
  };
}

/** Closes just before a forecast whose factors are the coin's own: calibration issues again what it was stored before. */
const OWN_CLOSES = 3;

/** The past up to the end of what was learnt, then the factors and shares of the forecast itself and of the closes just before it. */
export function carriedTable(
  { state, past }: CarriedWidths,
  factors: WidthFactors,
  symbol: string,
  originMs: number,
  interval: Interval,
  steps: readonly number[],
): WidthTable {
  const start = { fromMs: state.untilMs, ...marketOf(factors, steps) };
  const known = past.length > 0 ? past : [start];
  const shares = steps.flatMap((_, horizon) => factors.sharesAt(horizon));
  const none = shares.map(() => 0);
  const own = Array.from({ length: OWN_CLOSES + 1 }, (_, i) => originMs - (OWN_CLOSES - i) * INTERVAL_MS[interval])
    // Before what is known all factors are one.
    .filter((ms) => ms === originMs || ms >= known[0]!.fromMs)
    .map((ms) => ({
      fromMs: ms,
      factors: steps.flatMap((_, horizon) => [...factors.factorsAt(ms, symbol, horizon)]),
      shares,
    }));
  const entries = [...known.filter(({ fromMs }) => fromMs < own[0]!.fromMs), ...own];
  return {
    fromMs: Float64Array.from(entries, ({ fromMs }) => fromMs),
    factors: Float32Array.from(entries.flatMap((entry) => entry.factors)),
    ...(state.experts ? { shares: Float32Array.from(entries.flatMap((entry) => entry.shares ?? none)) } : {}),
  };
}
