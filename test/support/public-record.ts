import { INTERVAL_MS, type Interval, type SourcedCandle } from '../../src/core/candle.ts';
import { HORIZON_STEPS, HORIZONS, type HorizonName, horizonName } from '../../src/core/horizon.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import type { ModelChange, PublicRecord } from '../../src/core/public-record.ts';
import type { Checkpoint } from '../../src/core/record.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { baselineLosses } from '../../src/ml/scoring/baseline-losses.ts';
import { scoreForecast } from '../../src/ml/scoring/ledger-score.ts';
import { makePublicRecord } from '../../src/services/record/public-record.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { normals, START_MS } from './candles.ts';
import { spread, unissued } from './ledger.ts';

/** A record that was kept for a while, with its candles. */
export interface KeptRecord {
  readonly storage: Storage;
  readonly clock: { nowMs: number };
  readonly close: (symbol: string, timeMs: number) => number;
}

/** How a record is kept. */
export interface RecordPlan {
  readonly symbols: readonly string[];
  /** Days with daily forecasts, and how many of the last of them have hourly ones too. */
  readonly days: number;
  readonly hourlyDays: number;
  /** Moments at which the bot was down. */
  readonly isDown?: (timeMs: number) => boolean;
  /** The models that forecast, by interval and moment. */
  readonly modelAt?: (interval: Interval, timeMs: number) => string;
  readonly database?: string;
}

/** Candles before the first forecast, for the baselines. */
const BEFORE_DAYS = 120;

/**
 * Keeps a record over a made-up market whose volatility the forecasts know a little better than climatology does, with a question and a post a day, and
 * scores what came due.
 */
export async function keepRecord(plan: RecordPlan): Promise<KeptRecord> {
  const { symbols, days, hourlyDays, isDown = () => false } = plan;
  const modelAt = plan.modelAt ?? ((interval: Interval) => `${interval}-2026-01-01-aaaaaaaa`);
  const clock = { nowMs: START_MS };
  const storage = await openStorage(plan.database ?? 'sqlite::memory:', { now: () => clock.nowMs });
  const firstMs = START_MS - BEFORE_DAYS * DAY_MS;
  const hours = (BEFORE_DAYS + days + 8) * 24;
  const normal = normals(11);
  const sigmaAt = (hour: number) => 0.006 * (1 + 0.6 * Math.sin(hour / 400));
  const paths = new Map(symbols.map((symbol, i) => [symbol, [100 * 3 ** (i % 5)]]));
  for (let hour = 0; hour < hours; hour++) {
    const market = normal();
    for (const path of paths.values()) {
      path.push(path.at(-1)! * Math.exp(sigmaAt(hour) * (0.7 * market + 0.71 * normal())));
    }
  }
  const close = (symbol: string, timeMs: number) => paths.get(symbol)![(timeMs - firstMs) / HOUR_MS]!;

  async function record(interval: Interval, originMs: number): Promise<void> {
    const step = INTERVAL_MS[interval];
    clock.nowMs = originMs + MINUTE_MS;
    const forecasts = symbols.flatMap((symbol) =>
      HORIZON_STEPS[interval].map((steps) => {
        const lastPrice = close(symbol, originMs);
        const root = Math.sqrt((steps * step) / HOUR_MS);
        return unissued({
          symbol,
          horizon: horizonName(interval, steps) as HorizonName,
          originMs,
          lastPrice,
          model: modelAt(interval, originMs),
          quantiles: spread(lastPrice, sigmaAt((originMs - firstMs) / HOUR_MS) * root * 0.98, 0.0008 * root * normal()),
          climatology: spread(lastPrice, 0.0068 * root),
        });
      }),
    );
    await storage.ledger.append(forecasts, 'scheduled');
  }

  for (let day = 0; day < days; day++) {
    const dayMs = START_MS + day * DAY_MS;
    if (!isDown(dayMs)) await record('1d', dayMs);
    for (let hour = 0; hour < 24 && day >= days - hourlyDays; hour++) {
      if (!isDown(dayMs + hour * HOUR_MS)) await record('1h', dayMs + hour * HOUR_MS);
    }
    if (isDown(dayMs)) continue;
    for (const [cause, horizon] of [
      ['asked', '1d'],
      ['posted', '7d'],
    ] as const) {
      const [symbol, originMs] = [symbols[day % symbols.length]!, dayMs + 9 * HOUR_MS];
      clock.nowMs = originMs + 1_000;
      const lastPrice = close(symbol, originMs);
      const root = Math.sqrt(HORIZONS[horizon].steps * 24);
      const quantiles = spread(lastPrice, 0.006 * root);
      const climatology = spread(lastPrice, 0.0068 * root);
      await storage.ledger.append([unissued({ symbol, horizon, originMs, lastPrice, quantiles, climatology })], cause);
    }
  }
  clock.nowMs = START_MS + (days - 1) * DAY_MS + 23 * HOUR_MS + 16 * MINUTE_MS;

  for (const interval of ['1d', '1h'] as const) {
    const step = INTERVAL_MS[interval];
    for (const symbol of symbols) {
      const candles: SourcedCandle[] = [];
      for (let openTimeMs = firstMs; openTimeMs + step <= clock.nowMs; openTimeMs += step) {
        const [open, end] = [close(symbol, openTimeMs), close(symbol, openTimeMs + step)];
        const [high, low] = [Math.max(open, end) * 1.001, Math.min(open, end) * 0.999];
        candles.push({
          openTimeMs,
          open,
          high,
          low,
          close: end,
          volume: 1,
          source: 'binance',
          fetchedAtMs: openTimeMs + step,
          flag: null,
        });
      }
      await storage.candles.upsert(symbol, interval, candles);
    }
  }
  await scoreDue(storage, clock.nowMs, (entry) => close(entry.symbol, entry.targetMs));
  return { storage, clock, close };
}

/** Scores what is due. */
async function scoreDue(storage: Storage, nowMs: number, priceOf: (entry: LedgerEntry) => number): Promise<void> {
  for (let after = 0; ; ) {
    const due = await storage.ledger.unscored(0, nowMs, 10_000, after);
    await storage.outcomes.add(
      due.map((entry) =>
        scoreForecast(entry, { actualPrice: priceOf(entry), source: 'binance', scoredAtMs: nowMs, revision: 0 }),
      ),
    );
    const last = due.at(-1);
    if (!last) return;
    after = last.sequence;
  }
}

/** The public record of what was kept, with baselines scored in this thread. */
export function publicRecordOf(
  { storage, clock }: KeptRecord,
  {
    nowMs = clock.nowMs,
    checkpoint,
    changes = [],
  }: Partial<{
    readonly nowMs: number;
    readonly checkpoint: Checkpoint | null;
    readonly changes: readonly ModelChange[];
  }> = {},
): Promise<PublicRecord> {
  return makePublicRecord({
    record: checkpoint === undefined ? storage.record : { checkpoint: async () => checkpoint },
    reader: storage.recordReader,
    ledger: storage.ledger,
    candles: storage.candles,
    scorer: { losses: async ({ history, groups }) => baselineLosses(history, groups) },
    changes: async () => changes,
    schedule: storage.schedule,
    oddsSums: storage.oddsSums,
    simulated: false,
    version: '1.2.3',
    now: () => nowMs,
  });
}
