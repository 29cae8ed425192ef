import type { HorizonAccuracy } from '../../core/accuracy.ts';
import { INTERVAL_MS, INTERVALS } from '../../core/candle.ts';
import type { ClockCheck } from '../../core/clock-check.ts';
import type { SourceHealth } from '../../core/market.ts';
import type { ProcessReadings, RecordReading, StoredReadings } from '../../core/metrics.ts';
import type { GatewayState, JobStatus, ModelStatus } from '../../core/status.ts';
import { type Clock, MINUTE_MS } from '../../core/time.ts';
import type { Storage } from '../../storage/open-storage.ts';
import type { AccuracyService } from '../accuracy/accuracy.ts';

/** What an operator watches: values of this process, and what stands in the database. */
export interface Readings {
  /** From memory. */
  process(): ProcessReadings;
  /** From the database; a part that cannot be read is null. Never rejects. */
  stored(): Promise<StoredReadings>;
}

/** What the readings are taken from. */
export interface ReadingsParts {
  readonly storage: {
    readonly candles: Pick<Storage['candles'], 'span'>;
    readonly posts: Pick<Storage['posts'], 'open'>;
    readonly ledger: Pick<Storage['ledger'], 'head'>;
    readonly jobRuns: Pick<Storage['jobRuns'], 'lastSuccesses'>;
  };
  readonly symbols: readonly string[];
  readonly sources: () => readonly SourceHealth[];
  readonly clock: ClockCheck['differences'];
  /** Null where this process holds no gateway connection. */
  readonly gateway: () => GatewayState | null;
  /** How many posts should have gone out minutes ago; throws `CC_DATABASE`. */
  readonly overduePosts: () => Promise<number>;
  /** The jobs of this process; throws `CC_DATABASE`. */
  readonly jobs: () => Promise<readonly Pick<JobStatus, 'name' | 'overdueSinceMs'>[]>;
  readonly models: () => Promise<readonly ModelStatus[]>;
  readonly accuracy: Pick<AccuracyService, 'report'>;
  readonly now: Clock;
}

/** Candles come once an hour, and each coin is a statement of its own. */
const CANDLES_EVERY_MS = MINUTE_MS;
/** The record grows once an hour, and its intervals take a few tenths of a second. */
const RECORD_EVERY_MS = 10 * MINUTE_MS;

/** Makes the readings. */
export function createReadings(parts: ReadingsParts): Readings {
  const { storage, symbols, now } = parts;
  const newestCandles = kept(CANDLES_EVERY_MS, now, newestCloses);
  const record = kept(RECORD_EVERY_MS, now, async () => (await parts.accuracy.report({})).horizons.map(recordReading));

  /** For each interval, when the newest candle of the middle coin closed. */
  async function newestCloses() {
    const found = [];
    for (const interval of INTERVALS) {
      const closes: number[] = [];
      for (const symbol of symbols) {
        const span = await storage.candles.span(symbol, interval);
        if (span) closes.push(span.toMs + INTERVAL_MS[interval]);
      }
      closes.sort((a, b) => a - b);
      const middle = closes[Math.floor(closes.length / 2)];
      if (middle !== undefined) found.push({ interval, closedMs: middle });
    }
    return found;
  }

  async function jobs() {
    const nowMs = now();
    const [successes, own] = [await storage.jobRuns.lastSuccesses(nowMs), await parts.jobs()];
    const overdue = new Map(own.map(({ name, overdueSinceMs }) => [name, overdueSinceMs]));
    return [...new Set([...successes.keys(), ...overdue.keys()])].map((job) => {
      const sinceMs = overdue.get(job) ?? null;
      return { job, lastSuccessMs: successes.get(job) ?? null, overdueMs: sinceMs === null ? 0 : nowMs - sinceMs };
    });
  }

  return {
    process: () => ({ gateway: parts.gateway(), clock: parts.clock(), sources: parts.sources() }),
    async stored() {
      const models = async () =>
        (await parts.models()).flatMap(({ interval, version }) => (version === null ? [] : [{ interval, version }]));
      // One after another: a scrape must not take all connections of the pool.
      return {
        posts: await orNull(async () => ({
          open: await storage.posts.open(),
          overdue: await parts.overduePosts(),
        })),
        ledgerRows: await orNull(async () => (await storage.ledger.head())?.number ?? 0),
        jobs: await orNull(jobs),
        models: await orNull(models),
        candleAges: await orNull(async () =>
          (await newestCandles()).map(({ interval, closedMs }) => ({ interval, ageMs: now() - closedMs })),
        ),
        record: await orNull(record),
      };
    },
  };
}

/** The check of the database says why a part is missing. */
async function orNull<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch {
    return null;
  }
}

/** Reads a value anew after that long. */
function kept<T>(everyMs: number, now: Clock, read: () => Promise<T>): () => Promise<T> {
  let last: { readonly value: T; readonly atMs: number } | null = null;
  return async () => {
    if (last === null || Math.abs(now() - last.atMs) >= everyMs) last = { value: await read(), atMs: now() };
    return last.value;
  };
}

function recordReading({ horizon, n, enough, scores }: HorizonAccuracy): RecordReading {
  const skill = [
    ...(scores?.skillPct ? [{ baseline: 'climatology' as const, value: scores.skillPct.value / 100 }] : []),
    ...(scores && scores.noChange.mae > 0
      ? [{ baseline: 'no-change' as const, value: 1 - scores.mae / scores.noChange.mae }]
      : []),
  ];
  const coverage = (scores?.coverage ?? []).map(({ nominal, value, low, high }) => ({
    level: nominal,
    value,
    low,
    high,
  }));
  return { horizon, n, enough, coverage, skill };
}
