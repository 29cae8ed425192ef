import { LRUCache } from 'lru-cache';
import { INTERVAL_MS, type Interval } from '../core/candle.ts';
import { type Clock, HOUR_MS } from '../core/time.ts';
import type { Stretch } from '../sources/market/pages.ts';

/** Open times of a stretch that are not among those present, ascending. */
export function missingSlots(
  stretch: Stretch,
  interval: Interval,
  present: { has(openTimeMs: number): boolean },
): readonly number[] {
  const missing: number[] = [];
  for (let slot = stretch.fromMs; slot <= stretch.toMs; slot += INTERVAL_MS[interval]) {
    if (!present.has(slot)) missing.push(slot);
  }
  return missing;
}

/** Remembers which slots no source has, so that an exchange's outage of years ago is not looked for with every forecast. */
export interface HoleMemory {
  /** The slots that may be worth asking for. */
  unknown(symbol: string, interval: Interval, slots: readonly number[]): readonly number[];
  /** Notes slots that every source was asked for in vain; the newest two are left out, they may only be late. */
  remember(symbol: string, interval: Interval, slots: readonly number[]): void;
}

const REMEMBERED_MS = 6 * HOUR_MS;
const REMEMBERED_SLOTS = 500_000;

/** Makes an empty memory; what it holds is forgotten after six hours. */
export function createHoleMemory(now: Clock): HoleMemory {
  const kept = new LRUCache<string, { readonly slots: ReadonlySet<number>; readonly untilMs: number }>({
    maxSize: REMEMBERED_SLOTS,
    sizeCalculation: (entry) => entry.slots.size + 1,
  });
  const keyOf = (symbol: string, interval: Interval) => `${symbol} ${interval}`;
  const current = (key: string) => {
    const entry = kept.get(key);
    return entry && entry.untilMs > now() ? entry : null;
  };
  return {
    unknown(symbol, interval, slots) {
      const entry = current(keyOf(symbol, interval));
      return entry ? slots.filter((slot) => !entry.slots.has(slot)) : slots;
    },
    remember(symbol, interval, slots) {
      const settled = slots.filter((slot) => slot < now() - 3 * INTERVAL_MS[interval]);
      if (settled.length === 0) return;
      const key = keyOf(symbol, interval);
      const entry = current(key);
      const untilMs = entry?.untilMs ?? now() + REMEMBERED_MS;
      kept.set(key, { slots: new Set([...(entry?.slots ?? []), ...settled]), untilMs });
    },
  };
}
