import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CandlecastError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { type Metrics, noMetrics } from '../../src/core/metrics.ts';
import { MINUTE_MS } from '../../src/core/time.ts';
import { scopeFacts } from '../../src/core/under-way.ts';
import type { Job } from '../../src/jobs/job.ts';
import { createScheduler } from '../../src/jobs/scheduler.ts';
import { createPublishingService } from '../../src/services/subscriptions/publishing.ts';
import type { SendOutcome } from '../../src/services/subscriptions/publishing-port.ts';
import { createHttpClient } from '../../src/sources/http.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { ManualSleep } from '../discord/manual-sleep.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { json, startServer, text } from '../support/http-server.ts';
import { sampleSubscription } from '../support/subscriptions.ts';

const NINE = Date.UTC(2026, 10, 30, 9);

let nowMs: number;
let storage: Storage;
let seen: string[];
let metrics: Metrics;
beforeEach(async () => {
  nowMs = NINE;
  seen = [];
  storage = await openStorage('sqlite::memory:', { now: () => nowMs });
  metrics = {
    ...noMetrics,
    post: (kind, outcome) => seen.push(`${kind} ${outcome}`),
    postLateness: (ms) => seen.push(`late by ${ms}`),
    jobRun: (job, outcome) => seen.push(`${job} ${outcome}`),
    sourceRequest: (source, outcome) => seen.push(`${source} ${outcome}`),
  };
});
afterEach(() => storage.close());

describe('what is reported', () => {
  it('of posts is each try, and how late those came that somebody expects', async () => {
    const outcomes: SendOutcome[] = [
      { kind: 'busy', reason: 'slow down', retryAfterMs: null, maybeSent: false },
      { kind: 'sent', messageId: 'm' },
    ];
    const publishing = createPublishingService<string>({
      subscriptions: storage.subscriptions,
      posts: storage.posts,
      turn: { hold: async () => true, release: async () => undefined },
      port: {
        send: async () => outcomes.shift()!,
        findPrivate: async () => ({ kind: 'absent' }),
        find: async () => ({ kind: 'absent' }),
        crosspost: async (_channelId, messageId) => ({ kind: 'sent', messageId }),
        notify: async () => ({ kind: 'sent', messageId: 'dm' }),
      },
      makeMessage: async () => 'post',
      owner: 'one',
      now: () => nowMs,
      logger: silentLogger,
      metrics,
    });
    await storage.subscriptions.insert(sampleSubscription({ nextDueMs: NINE }), 5);
    await publishing.plan(nowMs);
    const { signal } = new AbortController();
    await publishing.publishDue(signal);
    nowMs += MINUTE_MS;
    await publishing.publishDue(signal);
    expect(seen).toEqual(['daily delayed', 'daily sent', `late by ${MINUTE_MS}`]);
  });

  it('of jobs is each run, which has an id of its own', async () => {
    const runs: unknown[] = [];
    const job: Job = {
      name: 'noting',
      schedule: '0 * * * *',
      timeZone: 'UTC',
      lane: 'upkeep',
      timeLimitMs: MINUTE_MS,
      retries: 0,
      jitterMs: 0,
      atFirstStart: true,
      async run() {
        runs.push(scopeFacts());
        if (runs.length === 2) throw new CandlecastError('CC_DATABASE', 'It is away.');
        return 'Done.';
      },
    };
    let turn = 0;
    const scheduler = createScheduler({
      jobs: [job],
      runs: storage.jobRuns,
      owner: 'one',
      now: () => nowMs,
      sleep: new ManualSleep().sleep,
      random: () => (turn++ % 29) / 32,
      logger: silentLogger,
      metrics,
    });
    await scheduler.runDue();
    nowMs += 60 * MINUTE_MS;
    await scheduler.runDue();
    expect(seen).toEqual(['noting ok', 'noting failed']);
    const ids = runs.map((facts) => (facts as { readonly run: string }).run);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[0-9A-Z]{8}$/);
  });

  it('of sources is how each request ended, and none that was not sent', async () => {
    const answers = [json({ price: 3 }), json({ price: 'none' }), text('no', 404), text('slow down', 429)];
    const server = await startServer((...exchange) => answers.shift()!(...exchange));
    const clock = fakeClock(NINE);
    const http = createHttpClient({
      source: 'testex',
      baseUrl: server.url,
      ...clock,
      random: () => 0.5,
      maxRetries: 0,
      metrics,
    });
    const get = () => http.getJson({ path: '/price', schema: z.object({ price: z.number() }) }).catch(() => undefined);
    for (let i = 0; i < 4; i++) await get();
    // It has asked to slow down, so that nothing is sent.
    await get();
    expect(seen).toEqual(['testex ok', 'testex bad-data', 'testex http', 'testex rate-limited']);
  });
});
