import { INTERVAL_MS, INTERVALS, type Interval } from '../../core/candle.ts';
import { getOrMake } from '../../core/get-or-make.ts';
import { HORIZONS, type HorizonName } from '../../core/horizon.ts';
import { closesDue, lastDueMs } from '../../core/ledger.ts';
import type { Outage, ScheduleDay } from '../../core/public-record.ts';
import { DAY_MS } from '../../core/time.ts';
import type { RecordRow } from '../../storage/record-reader.ts';
import type { TrackedCoin } from '../../storage/schedule-repository.ts';

/** Which forecasts the schedule issued, beside those that were due while their coins were tracked, as `/accuracy` counts them. */
export interface ScheduleTally {
  /** Takes a forecast of the schedule; those of an interval come in the order of their origins. */
  add(row: Pick<RecordRow, 'symbol' | 'interval' | 'horizon' | 'originMs'>): void;
  /** How many were due and never issued, of one coin or of all. */
  missing(horizon: HorizonName, symbol?: string): number;
  /** From the first day to the last, those without anything too. */
  days(horizon: HorizonName): readonly ScheduleDay[];
  /** Runs of closes without a forecast of any coin, the earlier first; the last may go on. */
  outages(): readonly Outage[];
}

/** Makes an empty tally. */
export function createScheduleTally(tracked: readonly TrackedCoin[], nowMs: number): ScheduleTally {
  /** Forecasts that count against those that were due, by horizon and coin. */
  const settled = new Map<HorizonName, Map<string, number>>();
  const issued = new Map<HorizonName, Map<number, { issued: number; settled: number }>>();
  const past: Outage[] = [];
  const lastClose = new Map<Interval, number>();

  const dueOf = (interval: Interval, symbol: string | undefined, fromMs: number, toMs: number) =>
    tracked
      .filter((coin) => coin.interval === interval && (symbol === undefined || coin.symbol === symbol))
      .reduce((sum, coin) => sum + closesDue(coin, interval, fromMs, toMs, nowMs), 0);

  function outage(interval: Interval, beforeMs: number, isGoingOn: boolean): Outage[] {
    const last = lastClose.get(interval);
    const step = INTERVAL_MS[interval];
    if (last === undefined || beforeMs - last <= step) return [];
    const [fromMs, toMs] = [last + step, beforeMs - step];
    return [{ interval, fromMs, toMs, closes: (toMs - fromMs) / step + 1, isGoingOn }];
  }

  return {
    add({ symbol, interval, horizon, originMs }) {
      const isSettled = originMs <= lastDueMs(interval, nowMs);
      if (isSettled) {
        const ofCoins = getOrMake(settled, horizon, () => new Map());
        ofCoins.set(symbol, (ofCoins.get(symbol) ?? 0) + 1);
      }
      const ofDays = getOrMake(issued, horizon, () => new Map());
      const dayMs = Math.floor(originMs / DAY_MS) * DAY_MS;
      const day = getOrMake(ofDays, dayMs, () => ({ issued: 0, settled: 0 }));
      day.issued++;
      if (isSettled) day.settled++;
      past.push(...outage(interval, originMs, false));
      lastClose.set(interval, Math.max(originMs, lastClose.get(interval) ?? 0));
    },

    missing(horizon, symbol) {
      const due = dueOf(HORIZONS[horizon].interval, symbol, 0, nowMs);
      const own = settled.get(horizon) ?? new Map<string, number>();
      const there = symbol === undefined ? [...own.values()].reduce((sum, n) => sum + n, 0) : (own.get(symbol) ?? 0);
      return Math.max(0, due - there);
    },

    days(horizon) {
      const ofDays = issued.get(horizon);
      if (!ofDays) return [];
      const { interval } = HORIZONS[horizon];
      const all: ScheduleDay[] = [];
      const times = [...ofDays.keys()];
      const newestMs = Math.max(...times);
      const lastMs = Math.max(newestMs, lastDueMs(interval, nowMs));
      for (let dayMs = Math.min(...times); dayMs <= lastMs; dayMs += DAY_MS) {
        const own = ofDays.get(dayMs) ?? { issued: 0, settled: 0 };
        const missing = Math.max(0, dueOf(interval, undefined, dayMs, dayMs + DAY_MS - 1) - own.settled);
        if (dayMs <= newestMs || missing > 0) all.push({ dayMs, issued: own.issued, missing });
      }
      return all;
    },

    outages() {
      const current = INTERVALS.flatMap((interval) => {
        const isTracked = tracked.some((coin) => coin.interval === interval && coin.untilMs === null);
        const step = INTERVAL_MS[interval];
        return isTracked ? outage(interval, (Math.floor(lastDueMs(interval, nowMs) / step) + 1) * step, true) : [];
      });
      return [...past, ...current].sort((a, b) => a.fromMs - b.fromMs || a.interval.localeCompare(b.interval));
    },
  };
}
