import { expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { MINUTE_MS } from '../../../src/core/time.ts';
import { createStatusService, newestForecast, type StatusParts } from '../../../src/services/admin/status.ts';

const NOW_MS = Date.UTC(2026, 0, 1);

const statusOf = (jobs: StatusParts['jobs'], lastFailure: ReturnType<StatusParts['storage']['lastFailure']> = null) =>
  createStatusService({
    version: '1',
    node: 'v20',
    surface: 'discord',
    trackedSymbols: 1,
    newestForecastMs: async () => null,
    storage: {
      kind: 'sqlite',
      ping: async () => undefined,
      candles: { count: async () => 5 } as never,
      subscriptions: { overdue: async () => 2 } as never,
      posts: { overdue: async () => 3 } as never,
      lastFailure: () => lastFailure,
      unconfirmed: { all: async () => [] } as never,
    },
    models: { status: async () => [] } as unknown as StatusParts['models'],
    drift: async () => [],
    clock: () => ({ state: 'unknown', aheadMs: 0, hosts: [] }),
    sources: () => [],
    simulated: () => false,
    retrainings: async () => [],
    training: async () => null,
    jobs,
    now: () => NOW_MS,
  }).status();

it('tells a surface without jobs from jobs that cannot be read', async () => {
  expect(await statusOf(undefined)).toMatchObject({ jobs: [], jobsProblem: null, database: { ok: true } });
  const down = new CandlecastError('CC_DATABASE', 'The database is locked.');
  expect(await statusOf(() => Promise.reject(down))).toMatchObject({
    jobs: [],
    jobsProblem: 'The database is locked.',
  });
});

it('shows a failure of the database for a quarter of an hour, although it answers', async () => {
  const failedBefore = (ms: number) => statusOf(undefined, { atMs: NOW_MS - ms, message: 'The disk is full.' });
  const { database } = await failedBefore(14 * MINUTE_MS);
  expect(database).toMatchObject({ ok: true, problem: 'within the last 15 minutes: The disk is full.' });
  expect((await failedBefore(16 * MINUTE_MS)).database.problem).toBeNull();
});

it('knows the close of the newest recorded forecast over the first coins, and says so when that cannot be read', async () => {
  const origins: Readonly<Record<string, number>> = { 'BTC 1h': 5, 'ETH 1h': 7, 'ETH 1d': 2, 'ADA 1h': 99 };
  const newestFrom = async (symbol: string, horizon: string) => {
    const originMs = origins[`${symbol} ${horizon}`];
    return originMs === undefined ? null : { originMs };
  };
  const ledger = { newestFrom } as unknown as Parameters<typeof newestForecast>[0]['ledger'];
  expect(await newestForecast({ ledger }, ['BTC', 'ETH', 'SOL', 'ADA'], NOW_MS)).toBe(7);
  expect(await newestForecast({ ledger }, ['SOL'], NOW_MS)).toBeNull();
  expect((await statusOf(undefined)).newestForecastMs).toBeNull();
});
