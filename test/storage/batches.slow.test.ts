import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../src/core/logger.ts';
import { MINUTE_MS } from '../../src/core/time.ts';
import { createAlertService } from '../../src/services/alerts/alerts.ts';
import { createPublishingService } from '../../src/services/subscriptions/publishing.ts';
import { runBatch } from '../../src/storage/connection.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { openSqlite } from '../../src/storage/sqlite.ts';
import { describeBatches } from '../contracts/batches.ts';
import { sampleSubscription } from '../support/subscriptions.ts';

const folder = mkdtempSync(join(tmpdir(), 'candlecast-together-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

const countMessages = () => {
  const post = vi.spyOn(Worker.prototype, 'postMessage');
  return () => post.mock.calls.length;
};

describe('statements together in a SQLite file', () => {
  let files = 0;
  describeBatches(async () => {
    const connection = openSqlite(join(folder, `${++files}.db`), 'a test');
    await migrate(connection);
    return connection;
  });

  it('are one message to its thread', async () => {
    const { db } = openSqlite(join(folder, 'messages.db'), 'a test');
    await db
      .selectFrom('sqlite_master' as 'turns')
      .selectAll()
      .execute();
    const messages = countMessages();
    const select = db.selectFrom('sqlite_master' as 'turns').selectAll();
    await runBatch(db, [select, select, select]);
    expect(messages()).toBe(1);
    await db.destroy();
  });
});

describe('statements together in memory', () => {
  describeBatches(async () => {
    const connection = openSqlite(':memory:', 'a test');
    await migrate(connection);
    return connection;
  });
});

describe('a minute in which nothing is due', () => {
  const NINE_MS = Date.UTC(2026, 10, 22, 9);

  it('asks the database for nothing once it is known that nobody has written, and sees what is written then', async () => {
    let nowMs = NINE_MS;
    const now = () => nowMs;
    const url = `sqlite:${join(folder, 'quiet.db')}`;
    const [storage, other] = [await openStorage(url, { now }), await openStorage(url, { now })];
    const { subscriptions, posts, leases, alertStates } = storage;
    const sent: string[] = [];
    const publishing = createPublishingService<string>({
      subscriptions,
      posts,
      turn: { hold: async () => true, release: async () => undefined },
      owner: 'me',
      now,
      receiverNow: now,
      logger: silentLogger,
      makeMessage: async ({ kind }) => kind,
      port: {
        send: async (channelId) => ({ kind: 'sent', messageId: String(sent.push(channelId)) }),
        findPrivate: async () => ({ kind: 'absent' }),
        find: async () => ({ kind: 'absent' }),
        crosspost: async () => ({ kind: 'sent', messageId: '' }),
        notify: async () => ({ kind: 'sent', messageId: '' }),
      },
    });
    const alerts = createAlertService({
      subscriptions,
      alertStates,
      leases,
      forecast: () => Promise.reject(new Error('nobody wants alerts')),
      record: async () => undefined,
      owner: 'me',
      logger: silentLogger,
    });
    const minute = async () => {
      nowMs += MINUTE_MS;
      await publishing.plan(nowMs);
      await alerts.checkAlerts(nowMs);
      await publishing.publishDue(new AbortController().signal);
    };
    /** As the run of a job does at its beginning: a transaction tells whether others have written. */
    const claim = () => leases.acquire('job', 'me', nowMs, nowMs + 1);
    const NO_ALERTS = { bandBreak: false, flipAt: null };
    const due = { state: 'active', report: 'daily', localTime: '10:00', timeZone: 'UTC', alerts: NO_ALERTS } as const;
    await subscriptions.insert(sampleSubscription({ ...due, id: 'a', channelId: 'a', nextDueMs: NINE_MS + 99e5 }), 20);

    await claim();
    await minute();
    await claim();
    const messages = countMessages();
    await minute();
    expect(messages()).toBe(0);

    const early = { ...due, channelId: 'b', nextDueMs: nowMs + MINUTE_MS };
    await other.subscriptions.insert(sampleSubscription({ ...early, id: 'b' }), 20);
    await claim();
    await minute();
    expect(sent).toEqual(['b']);

    await subscriptions.insert(sampleSubscription({ ...early, id: 'c', channelId: 'c', nextDueMs: nowMs }), 20);
    await minute();
    expect(sent).toEqual(['b', 'c']);
    for (const one of [storage, other]) await one.close();
  });
});
