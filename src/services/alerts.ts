import type { AlertOptions } from '../core/subscription.ts';
import { DAY_MS } from '../core/time.ts';

/** Where the alerts about one coin of a subscription stand. */
export interface AlertState {
  /** Origin of the forecast whose band is watched. */
  readonly originMs: number;
  readonly side: 'inside' | 'above' | 'below';
  /** Which way the odds lean beyond the threshold; null before they were seen. */
  readonly lean: 'none' | 'up' | 'down' | null;
  /** UTC day, in days since the epoch, and how many alerts it has had. */
  readonly day: number;
  readonly sent: number;
}

/** What is seen of a coin at one moment. */
export interface AlertSight {
  readonly nowMs: number;
  /** Newest price, which may be later than the forecast's origin; null where there is none. */
  readonly price: number | null;
  readonly originMs: number;
  readonly targetMs: number;
  readonly pUp: number;
  /** Edges of the 95 % band at the target. */
  readonly low: number;
  readonly high: number;
}

/** Something to say. */
export type AlertEvent =
  | { readonly kind: 'band'; readonly side: 'above' | 'below' }
  | { readonly kind: 'flip'; readonly lean: 'up' | 'down' };

/** The price has to come back inside by this share of the band before leaving it counts again. */
const BAND_HYSTERESIS = 0.1;
/** The odds have to fall this far below the threshold before crossing it counts again. */
const FLIP_HYSTERESIS = 0.03;

/**
 * One step of the alerts about one coin: the state that follows, and what happened. Nothing is said of where things stand when they
 * are first seen, nor beyond `allowed` events; the state moves on all the same, so that nothing is said late.
 */
export function stepAlerts(
  before: AlertState | null,
  sight: AlertSight,
  options: AlertOptions,
  allowed: number,
): { readonly state: AlertState; readonly events: readonly AlertEvent[] } {
  const day = Math.floor(sight.nowMs / DAY_MS);
  const events: AlertEvent[] = [];

  // A new forecast has a band of its own, which the price has not left yet.
  const sideBefore = before?.originMs === sight.originMs ? before.side : 'inside';
  const watched = options.bandBreak && sight.price !== null && sight.nowMs < sight.targetMs;
  const side = watched ? sideOf(sideBefore, sight.price!, sight.low, sight.high) : sideBefore;
  if (watched && side !== sideBefore && side !== 'inside') events.push({ kind: 'band', side });

  const leanBefore = before?.lean ?? null;
  const lean = options.flipAt === null ? null : leanOf(leanBefore ?? 'none', sight.pUp, options.flipAt);
  if (lean !== null && leanBefore !== null && lean !== leanBefore && lean !== 'none')
    events.push({ kind: 'flip', lean });

  const said = events.slice(0, Math.max(0, allowed));
  const sentBefore = before?.day === day ? before.sent : 0;
  return { state: { originMs: sight.originMs, side, lean, day, sent: sentBefore + said.length }, events: said };
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
    // With a threshold of one half both may hold; it then takes a clear step to the other side.
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
