import type { AlertOptions } from '../../core/subscription.ts';
import { CLOCK_TOLERANCE_MS, DAY_MS, HOUR_MS } from '../../core/time.ts';

/** The band of one forecast, prices in US dollars. */
interface WatchedBand {
  readonly originMs: number;
  readonly targetMs: number;
  /** Edges of the 95 % band at the target. */
  readonly low: number;
  readonly high: number;
}

/** The state of the alerts about one coin of a subscription, kept between checks. */
export interface AlertState {
  /** The alert settings; when they change, the state starts anew. */
  readonly basis: string;
  /** Kept until its target: every check brings a new forecast, whose band starts at the price and so is hardly ever left. */
  readonly watched: WatchedBand;
  readonly side: 'inside' | 'above' | 'below';
  /** Which way the odds lean beyond the threshold; null before the first check. */
  readonly lean: 'none' | 'up' | 'down' | null;
  /** UTC day, in days since the epoch, and how many alerts it has had. */
  readonly day: number;
  readonly sent: number;
}

/** The newest forecast and price of a coin at one moment. */
export interface AlertObservation {
  readonly nowMs: number;
  readonly basis: string;
  /** The price now and its moment; null where there is none that is fresh. */
  readonly price: { readonly value: number; readonly atMs: number } | null;
  /** Of the newest forecast. */
  readonly pUp: number;
  readonly band: WatchedBand;
}

/** An event that causes an alert. */
type AlertEvent =
  | { readonly kind: 'band'; readonly side: 'above' | 'below'; readonly band: WatchedBand }
  | { readonly kind: 'flip'; readonly lean: 'up' | 'down' };

/** The price has to come back inside by this share of the band before leaving it counts again. */
const BAND_HYSTERESIS = 0.1;

/** The odds have to fall this far below the threshold before crossing it counts again. */
const FLIP_HYSTERESIS = 0.03;

/** Without a price, a band is watched for so long after its target: the price of the target may be late. */
const LATE_MS = 2 * HOUR_MS;

/**
 * One step of the alerts about one coin: the next state, and the events to report. The first check reports nothing, and no step more than
 * `allowed` events; the state moves on all the same, so that nothing is reported late.
 */
export function stepAlerts(
  before: AlertState | null,
  observation: AlertObservation,
  options: AlertOptions,
  allowed: number,
): { readonly state: AlertState; readonly events: readonly AlertEvent[] } {
  const day = Math.floor(observation.nowMs / DAY_MS);
  const events: AlertEvent[] = [];
  // A band from a time to come was watched by a clock that was ahead.
  const isOurs =
    before?.basis === observation.basis && before.watched.originMs <= observation.nowMs + CLOCK_TOLERANCE_MS;
  const known = isOurs ? before : null;

  const watched = known?.watched ?? observation.band;
  const { price } = observation;
  let side = known?.side ?? 'inside';
  if (options.bandBreak && price && price.atMs >= watched.originMs && price.atMs <= watched.targetMs) {
    const after = sideOf(side, price.value, watched.low, watched.high);
    if (known && after !== side && after !== 'inside') events.push({ kind: 'band', side: after, band: watched });
    side = after;
  }
  const over = (price?.atMs ?? observation.nowMs - LATE_MS) >= watched.targetMs;
  const next = over && observation.band.originMs > watched.originMs ? observation.band : watched;
  if (next !== watched) side = 'inside';

  const leanBefore = known?.lean ?? null;
  const lean = options.flipAt === null ? null : leanOf(leanBefore ?? 'none', observation.pUp, options.flipAt);
  if (lean !== null && leanBefore !== null && lean !== leanBefore && lean !== 'none')
    events.push({ kind: 'flip', lean });

  const reported = events.slice(0, Math.max(0, allowed));
  const sentBefore = before?.day === day ? before.sent : 0;
  const state = { basis: observation.basis, watched: next, side, lean, day, sent: sentBefore + reported.length };
  return { state, events: reported };
}

function sideOf(before: AlertState['side'], price: number, low: number, high: number): AlertState['side'] {
  if (price > high) return 'above';
  if (price < low) return 'below';
  const margin = (high - low) * BAND_HYSTERESIS;
  if (before === 'above' && price > high - margin) return 'above';
  if (before === 'below' && price < low + margin) return 'below';
  return 'inside';
}

function leanOf(before: 'none' | 'up' | 'down', pUp: number, threshold: number): 'none' | 'up' | 'down' {
  if (pUp >= threshold) {
    // With a threshold of one half both directions may hold; the hysteresis then decides.
    if (before === 'down' && 1 - pUp > threshold - FLIP_HYSTERESIS) return 'down';
    return 'up';
  }
  if (1 - pUp >= threshold) {
    if (before === 'up' && pUp > threshold - FLIP_HYSTERESIS) return 'up';
    return 'down';
  }
  if (before === 'up' && pUp > threshold - FLIP_HYSTERESIS) return 'up';
  if (before === 'down' && 1 - pUp > threshold - FLIP_HYSTERESIS) return 'down';
  return 'none';
}
