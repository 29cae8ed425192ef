import { INTERVAL_MS, INTERVALS, type Interval } from '../../core/candle.ts';
import { getOrMake } from '../../core/get-or-make.ts';
import { HORIZONS, type HorizonName } from '../../core/horizon.ts';
import { SCHEDULE_GRACE_MS } from '../../core/ledger.ts';
import type { Outage, ScheduleDay } from '../../core/public-record.ts';
import { DAY_MS } from '../../core/time.ts';
import type { RecordRow } from '../../storage/record-reader.ts';

/** Forecasts of one coin and horizon by the schedule. */
interface CoinSchedule {
  readonly symbol: string;
  readonly horizon: HorizonName;
  readonly firstMs: number;
  lastMs: number;
  issued: number;
  missing: number;
}

/** Which forecasts the schedule issued, and which it should have: of each coin at every close from its first forecast on. */
export interface ScheduleBook {
  /** Takes a forecast of the schedule; those of an interval come in the order of their origins. */
  add(row: Pick<RecordRow, 'symbol' | 'interval' | 'horizon' | 'originMs'>): void;
  /** Counts what is missing up to now, of the coins that are still tracked; call it once, after the last forecast. */
  finish(tracked: readonly string[], nowMs: number): void;
  coins(horizon: HorizonName): readonly Readonly<CoinSchedule>[];
  /** From the first day to the last, those without anything too. */
  days(horizon: HorizonName): readonly ScheduleDay[];
  outages(): readonly Outage[];
}

/** Makes an empty book. */
export function createScheduleBook(): ScheduleBook {
  const coins = new Map<string, CoinSchedule>();
  const days = new Map<HorizonName, Map<number, { issued: number; missing: number }>>();
  const outages: Outage[] = [];
  const lastClose = new Map<Interval, number>();

  function count(horizon: HorizonName, originMs: number, what: 'issued' | 'missing'): void {
    const ofHorizon = getOrMake(days, horizon, () => new Map());
    const dayMs = Math.floor(originMs / DAY_MS) * DAY_MS;
    const day = ofHorizon.get(dayMs) ?? { issued: 0, missing: 0 };
    ofHorizon.set(dayMs, day);
    day[what]++;
  }

  /** Counts the closes after the coin's last forecast and before `beforeMs`. */
  function countMissing(coin: CoinSchedule, beforeMs: number): void {
    const step = INTERVAL_MS[HORIZONS[coin.horizon].interval];
    for (let originMs = coin.lastMs + step; originMs < beforeMs; originMs += step) {
      coin.missing++;
      count(coin.horizon, originMs, 'missing');
    }
  }

  function noteOutage(interval: Interval, beforeMs: number, isGoingOn: boolean): void {
    const last = lastClose.get(interval);
    const step = INTERVAL_MS[interval];
    if (last === undefined || beforeMs - last <= step) return;
    const [fromMs, toMs] = [last + step, beforeMs - step];
    outages.push({ interval, fromMs, toMs, closes: (toMs - fromMs) / step + 1, isGoingOn });
  }

  return {
    add({ symbol, interval, horizon, originMs }) {
      const key = `${symbol} ${horizon}`;
      const coin = coins.get(key);
      if (!coin) coins.set(key, { symbol, horizon, firstMs: originMs, lastMs: originMs, issued: 1, missing: 0 });
      else {
        countMissing(coin, originMs);
        coin.issued++;
        coin.lastMs = Math.max(coin.lastMs, originMs);
      }
      count(horizon, originMs, 'issued');
      noteOutage(interval, originMs, false);
      lastClose.set(interval, Math.max(originMs, lastClose.get(interval) ?? 0));
    },

    finish(tracked, nowMs) {
      const isTracked = new Set(tracked);
      const dueBefore = (interval: Interval) => {
        const step = INTERVAL_MS[interval];
        return (Math.floor((nowMs - SCHEDULE_GRACE_MS[interval] - 1) / step) + 1) * step;
      };
      for (const coin of coins.values()) {
        if (isTracked.has(coin.symbol)) countMissing(coin, dueBefore(HORIZONS[coin.horizon].interval));
      }
      for (const interval of INTERVALS) {
        const isKept = [...coins.values()].some(
          ({ symbol, horizon }) => isTracked.has(symbol) && HORIZONS[horizon].interval === interval,
        );
        if (isKept) noteOutage(interval, dueBefore(interval), true);
      }
      outages.sort((a, b) => a.fromMs - b.fromMs || a.interval.localeCompare(b.interval));
    },

    coins: (horizon) => [...coins.values()].filter((coin) => coin.horizon === horizon),

    days(horizon) {
      const ofHorizon = days.get(horizon);
      if (!ofHorizon) return [];
      const times = [...ofHorizon.keys()];
      const all: ScheduleDay[] = [];
      const lastMs = Math.max(...times);
      for (let dayMs = Math.min(...times); dayMs <= lastMs; dayMs += DAY_MS) {
        all.push({ dayMs, ...(ofHorizon.get(dayMs) ?? { issued: 0, missing: 0 }) });
      }
      return all;
    },

    outages: () => outages,
  };
}
