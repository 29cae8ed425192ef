import { describe, expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { createReadiness, type ReadinessParts } from '../../../src/services/admin/readiness.ts';

const MODEL = { trainedAtMs: 1, dataUntilMs: 1, family: 'lstm', problem: null };
const models = [
  { interval: '1h', version: '1h-a', ...MODEL },
  { interval: '1d', version: '1d-a', ...MODEL },
] as const;
const never = () => new Promise<never>(() => {});

/** A process in which all is well, with what a test changes. */
function setUp(more: Partial<ReadinessParts> = {}) {
  let nowMs = 0;
  let pings = 0;
  const readiness = createReadiness({
    discord: { wanted: true, status: () => ({ shards: { ready: 2, total: 2 }, problems: [] }) },
    pingDatabase: async () => void pings++,
    models: async () => models,
    clock: () => ({ state: 'right', aheadMs: 0, hosts: ['Discord'] }),
    jobs: async () => [{ name: 'publish', overdueSinceMs: null }],
    monotonic: () => nowMs,
    // Time passes only while something is waited for.
    sleep: async (ms, signal) => {
      await new Promise(setImmediate);
      signal?.throwIfAborted();
      nowMs += ms;
    },
    ...more,
  });
  const failing = async () =>
    Object.entries(await readiness())
      .filter(([, { ok }]) => !ok)
      .map(([name, { reason }]) => `${name}: ${reason}`);
  return { readiness, failing, pass: (ms: number) => (nowMs += ms), pings: () => pings };
}

describe('a process', () => {
  it('is ready when everything that it needs is there, and says so of each', async () => {
    expect(await setUp().readiness()).toEqual({
      gateway: { ok: true, reason: '2 of 2 shards are connected.' },
      database: { ok: true, reason: 'The database answers.' },
      model: { ok: true, reason: 'Serving: 1h-a, 1d-a.' },
      clock: { ok: true, reason: 'The clock is right.' },
      jobs: { ok: true, reason: '1 jobs are on time.' },
    });
  });

  it.each<[string, Partial<ReadinessParts>, string]>([
    [
      'a shard is away',
      { discord: { wanted: true, status: () => ({ shards: { ready: 1, total: 2 }, problems: [] }) } },
      'gateway: 1 of 2 shards are connected.',
    ],
    [
      'Discord is away',
      { discord: { wanted: true, status: () => ({ shards: { ready: 0, total: 0 }, problems: ['It is down.'] }) } },
      'gateway: No shard is connected: It is down.',
    ],
    [
      'it has not connected yet',
      { discord: { wanted: true, status: () => null } },
      'gateway: Not connected to Discord yet.',
    ],
    [
      'the database refuses',
      {
        pingDatabase: async () => {
          throw new CandlecastError('CC_DATABASE', 'Cannot write to the database.');
        },
      },
      'database: Cannot write to the database.',
    ],
    ['the database is silent', { pingDatabase: never }, 'database: The database takes more than 0.7 s.'],
    [
      'a model is missing',
      { models: async () => [models[0], { ...models[1], version: null, problem: 'It is damaged.' }] },
      'model: No model of 1d: It is damaged.',
    ],
    [
      'the clock is minutes off',
      { clock: () => ({ state: 'wrong', aheadMs: 180_000, hosts: ['a', 'b'] }) },
      'clock: The clock is 3 min ahead, so nothing is recorded.',
    ],
    ['a job is overdue', { jobs: async () => [{ name: 'publish', overdueSinceMs: 5 }] }, 'jobs: Overdue: publish.'],
  ])('is not ready while %s', async (_, parts, expected) => {
    expect(await setUp(parts).failing()).toEqual([expected]);
  });

  it('is ready without what its role does not have, and with what only costs quality', async () => {
    const { failing } = setUp({
      discord: { wanted: false, status: () => null },
      jobs: async () => [],
      clock: () => ({ state: 'off', aheadMs: 9_000, hosts: ['a'] }),
      models: async () => [models[0], { ...models[1], problem: 'Another stands in.' }],
    });
    expect(await failing()).toEqual([]);
  });

  it('asks the database once for all who ask within two seconds, and says how long it is silent', async () => {
    const { readiness, pass, pings } = setUp();
    await Promise.all([readiness(), readiness()]);
    await readiness();
    expect(pings()).toBe(1);
    pass(2_000);
    await readiness();
    expect(pings()).toBe(2);

    const silent = setUp({ pingDatabase: never });
    await silent.readiness();
    silent.pass(5_000);
    expect((await silent.readiness())['database']!.reason).toBe('The database takes more than 6.4 s.');
  });

  it('stays ready for seconds while its database is slow, and no longer', async () => {
    let answers = true;
    const { readiness, pass } = setUp({ pingDatabase: () => (answers ? Promise.resolve() : never()) });
    await readiness();
    answers = false;
    pass(3_000);
    expect((await readiness())['database']!.ok).toBe(true);
    pass(2_000);
    expect((await readiness())['database']).toEqual({ ok: false, reason: 'The database takes more than 3.4 s.' });
  });

  it('is not ready at once when its database says that it cannot', async () => {
    let answers = true;
    const pingDatabase = async () => {
      if (!answers) throw new CandlecastError('CC_DATABASE', 'The disk is full.');
    };
    const { readiness, pass } = setUp({ pingDatabase });
    await readiness();
    answers = false;
    pass(3_000);
    expect((await readiness())['database']).toEqual({ ok: false, reason: 'The disk is full.' });
  });
});
