import { describe, expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { createReadings, type ReadingsParts } from '../../../src/services/admin/readings.ts';

const NOON = Date.UTC(2026, 10, 30, 12);

function setUp(more: Partial<ReadingsParts['storage']> = {}) {
  let nowMs = NOON;
  let reports = 0;
  /** Open time of the newest hour of each coin; ETH is the one in the middle. */
  const newest: Readonly<Record<string, number>> = { BTC: NOON - HOUR_MS, ETH: NOON - 2 * HOUR_MS, OLD: 0 };
  const readings = createReadings({
    storage: {
      candles: {
        span: async (symbol, interval) => (interval === '1h' ? { fromMs: 0, toMs: newest[symbol]! } : null),
      },
      posts: { open: async () => 3 },
      ledger: { head: async () => ({ number: 812, hash: 'a' }) },
      jobRuns: {
        lastSuccesses: async () =>
          new Map([
            ['publish', NOON - MINUTE_MS],
            ['retrain-1d', NOON - HOUR_MS],
          ]),
      },
      ...more,
    },
    symbols: ['BTC', 'ETH', 'OLD'],
    sources: () => [],
    clock: () => [{ against: 'Discord', aheadMs: 20 }],
    gateway: () => null,
    overduePosts: async () => 1,
    jobs: async () => [
      { name: 'publish', overdueSinceMs: null },
      { name: 'clean-up', overdueSinceMs: NOON - 10 * MINUTE_MS },
    ],
    models: async () => [
      { interval: '1d', version: 'a', trainedAtMs: 1, dataUntilMs: 1, family: 'lstm', problem: null },
      { interval: '1h', version: null, trainedAtMs: null, dataUntilMs: null, family: null, problem: 'It is damaged.' },
    ],
    accuracy: {
      report: async () => {
        reports++;
        throw new CandlecastError('CC_DATABASE', 'It is away.');
      },
    },
    now: () => nowMs,
  });
  return { readings, pass: (ms: number) => (nowMs += ms), reports: () => reports };
}

describe('what an operator watches', () => {
  it('is read from the database, jobs of all processes among it', async () => {
    const { readings } = setUp();
    expect(await readings.stored()).toMatchObject({
      posts: { open: 3, overdue: 1 },
      ledgerRows: 812,
      candleAges: [{ interval: '1h', ageMs: HOUR_MS }],
      models: [{ interval: '1d', version: 'a' }],
      jobs: [
        { job: 'publish', lastSuccessMs: NOON - MINUTE_MS, overdueMs: 0 },
        { job: 'retrain-1d', lastSuccessMs: NOON - HOUR_MS, overdueMs: 0 },
        { job: 'clean-up', lastSuccessMs: null, overdueMs: 10 * MINUTE_MS },
      ],
    });
    expect(readings.process()).toMatchObject({ gateway: null, clock: [{ against: 'Discord' }] });
  });

  it('misses only the parts that cannot be read', async () => {
    const { readings } = setUp({
      posts: {
        open: async () => {
          throw new CandlecastError('CC_DATABASE', 'It is away.');
        },
      },
    });
    expect(await readings.stored()).toMatchObject({ posts: null, record: null, ledgerRows: 812 });
  });

  it('counts the age of candles on between two readings of them', async () => {
    const { readings, pass } = setUp();
    await readings.stored();
    pass(30_000);
    expect((await readings.stored()).candleAges).toEqual([{ interval: '1h', ageMs: HOUR_MS + 30_000 }]);
  });
});
