import { expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { createStatusService, type StatusParts } from '../../../src/services/admin/status.ts';

const statusOf = (jobs: StatusParts['jobs']) =>
  createStatusService({
    version: '1',
    node: 'v20',
    surface: 'discord',
    trackedSymbols: 1,
    storage: {
      kind: 'sqlite',
      ping: async () => undefined,
      candles: { count: async () => 5 } as never,
      subscriptions: { overdue: async () => 2 } as never,
      posts: { overdue: async () => 3 } as never,
    },
    models: { status: async () => [] } as unknown as StatusParts['models'],
    drift: async () => [],
    clock: () => ({ state: 'unknown', aheadMs: 0, hosts: [] }),
    sources: () => [],
    simulated: () => false,
    training: () => null,
    jobs,
    now: () => 0,
  }).status();

it('tells a surface without jobs from jobs that cannot be read', async () => {
  expect(await statusOf(undefined)).toMatchObject({ jobs: [], jobsProblem: null, database: { ok: true } });
  const down = new CandlecastError('CC_DATABASE', 'The database is locked.');
  expect(await statusOf(() => Promise.reject(down))).toMatchObject({
    jobs: [],
    jobsProblem: 'The database is locked.',
  });
});
