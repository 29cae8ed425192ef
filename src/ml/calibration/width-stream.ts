import { z } from 'zod';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { createEventSchedule, type ScheduledEvent } from '../../core/market-events.ts';
import { DAY_MS } from '../../core/time.ts';
import { CURVE, EXPERTS } from './expert-shares.ts';
import { createWidthFactors, type WidthFactors, widthStateSchema } from './width-factors.ts';
import { NO_WIDTHS, PAIRS, type WidthTable } from './widths.ts';

/** How one coin's forecasts came out; plain arrays, so that they travel between threads. */
export interface CoinRatios {
  readonly symbol: string;
  /** Origins, ascending, ms. */
  readonly originMs: Float64Array;
  /** Origins × horizons × PAIRS, as in `MaturedMoment`; NaN where the outcome is not known. */
  readonly ratios: Float32Array;
  /** Origins × horizons × CURVE instead, the outcome NaN where it is not known, where experts are averaged with the model; the ratios are empty then. */
  readonly curves?: Float32Array | undefined;
}

/** What is learnt from, and what happens on the way. */
export interface WidthStream {
  readonly interval: Interval;
  readonly steps: readonly number[];
  /** In any order. A symbol may stand in several, such as one for each part of its history. */
  readonly coins: readonly CoinRatios[];
  /** Forecasts that matured after this moment are learnt from, up to and with `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Forecasts that matured after this moment and before `fromMs` teach what recurs, and nothing else; by default there are none. */
  readonly patternsFromMs?: number | undefined;
  /** The end of the data that the model was made from; left out where it has seen none of this. */
  readonly learntUntilMs?: number;
  /** Time between two moments: the interval by default, or a part of it where forecasts start between the closes too. */
  readonly everyMs?: number;
  /** Called at every moment on that grid from `fromMs` to `toMs`, once all that matured by then has been learnt from. */
  readonly onMoment?: (momentMs: number) => void;
}

/**
 * Learns from the coins' forecasts in the order in which their targets were complete: at each close what matured there, the shortest horizon
 * first. A forecast from a moment may use the factors as `onMoment` finds them at it.
 */
export function learnInOrder(widths: WidthFactors, stream: WidthStream): void {
  const { interval, steps, fromMs, toMs, patternsFromMs = fromMs, learntUntilMs, onMoment } = stream;
  const step = INTERVAL_MS[interval];
  const { everyMs = step } = stream;
  const coins = [...stream.coins].sort((a, b) => (a.symbol < b.symbol ? -1 : Number(a.symbol > b.symbol)));
  const next = steps.map(() => new Int32Array(coins.length));
  const first = Math.ceil(fromMs / everyMs) * everyMs;
  for (let momentMs = Math.floor(patternsFromMs / step) * step + step; momentMs <= fromMs; momentMs += step) {
    for (let horizon = 0; horizon < steps.length; horizon++) {
      learnAt(horizon, momentMs - steps[horizon]! * step, widths.learnPatterns);
    }
  }
  for (let momentMs = first; momentMs <= toMs; momentMs += everyMs) {
    // What had matured at the first moment was learnt from before.
    for (let horizon = 0; horizon < steps.length && momentMs > fromMs && momentMs % step === 0; horizon++) {
      learnAt(horizon, momentMs - steps[horizon]! * step, widths.learn);
    }
    widths.advance(momentMs);
    onMoment?.(momentMs);
  }

  function learnAt(horizon: number, originMs: number, learn: WidthFactors['learn']): void {
    const symbols: string[] = [];
    const ratios: Float32Array[] = [];
    const curves: Float32Array[] = [];
    coins.forEach((coin, i) => {
      let at = next[horizon]![i]!;
      while (at < coin.originMs.length && coin.originMs[at]! < originMs) at++;
      next[horizon]![i] = at;
      if (coin.originMs[at] !== originMs) return;
      const [all, size] = coin.curves ? [coin.curves, CURVE] : [coin.ratios, PAIRS];
      const from = (at * steps.length + horizon) * size;
      if (Number.isNaN(all[from]!)) return;
      symbols.push(coin.symbol);
      (coin.curves ? curves : ratios).push(all.subarray(from, from + size));
    });
    if (symbols.length === 0) return;
    const inSample = learntUntilMs !== undefined && originMs < learntUntilMs;
    const moment = { originMs, horizon, symbols, ratios: joined(ratios), inSample };
    learn(curves.length > 0 ? { ...moment, curves: joined(curves) } : moment);
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.length * (parts[0]?.length ?? 0));
  parts.forEach((part, i) => {
    all.set(part, i * part.length);
  });
  return all;
}

/**
 * Learns as `learnInOrder` does and keeps the factors of every moment on the way. Returns the table of a coin; coins whose factors are needed
 * must be named.
 */
export function recordWidths(
  widths: WidthFactors,
  stream: Omit<WidthStream, 'onMoment'>,
  symbols: readonly string[],
): (symbol: string) => WidthTable {
  const { interval, steps, fromMs, toMs, everyMs = INTERVAL_MS[interval] } = stream;
  const firstMs = Math.ceil(fromMs / everyMs) * everyMs;
  const moments = Math.max(0, Math.floor((toMs - firstMs) / everyMs) + 1);
  const times = Float64Array.from({ length: moments }, (_, i) => firstMs + i * everyMs);
  // Shares are the same for all coins.
  const shares = stream.coins.some(({ curves }) => curves) ? new Float32Array(moments * steps.length * EXPERTS) : null;
  const table = (): WidthTable => ({
    fromMs: times,
    factors: new Float32Array(moments * steps.length * PAIRS),
    ...(shares ? { shares } : {}),
  });
  // Where all coins have the same factors, one table serves them all.
  const tables = new Map((widths.byCoin ? symbols : ['']).map((symbol) => [symbol, table()]));
  learnInOrder(widths, {
    ...stream,
    onMoment(momentMs) {
      const at = Math.round((momentMs - firstMs) / everyMs) * steps.length;
      for (let horizon = 0; horizon < steps.length; horizon++) {
        shares?.set(widths.sharesAt(horizon), (at + horizon) * EXPERTS);
      }
      for (const [symbol, { factors }] of tables) {
        for (let horizon = 0; horizon < steps.length; horizon++) {
          factors.set(widths.factorsAt(momentMs, symbol, horizon), (at + horizon) * PAIRS);
        }
      }
    },
  });
  return (symbol) => tables.get(widths.byCoin ? symbol : '') ?? NO_WIDTHS;
}

/** Origins that are learnt from before the first forecast that is served, where no state is there to start from. */
const WARM_UP_MS: Readonly<Record<Interval, number>> = { '1d': 365 * DAY_MS, '1h': 90 * DAY_MS };

/** How long before that what recurs is learnt from: announcements are few. */
const PATTERN_WARM_UP_MS: Readonly<Record<Interval, number>> = { '1d': 3 * 365 * DAY_MS, '1h': 365 * DAY_MS };

/** The moment after which forecasts teach what recurs, where the rest is learnt from `fromMs` on and there is no state to start from. */
export function patternsFromMs(interval: Interval, fromMs: number): number {
  return fromMs - PATTERN_WARM_UP_MS[interval];
}

/**
 * The moment after which a model's forecasts are learnt from, so that factors are ready at `servedFromMs`: the end of what the state on
 * its card has seen, or without one a while before the end of its data. A state, or data, from after that moment would look ahead and does not count.
 */
export function learnFromMs(
  interval: Interval,
  card: { readonly data: { readonly stopUntilMs: number }; readonly widths?: { readonly untilMs: number } | undefined },
  servedFromMs: number,
): number {
  if (card.widths && card.widths.untilMs <= servedFromMs) return card.widths.untilMs;
  return Math.min(card.data.stopUntilMs, servedFromMs) - WARM_UP_MS[interval];
}

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
