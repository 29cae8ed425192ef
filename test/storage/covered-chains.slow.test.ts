import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scoreCall } from '../../src/core/calls.ts';
import { NO_HASH } from '../../src/core/ledger.ts';
import { type Checkpoint, canonicalCheckpoint, headOf } from '../../src/core/record.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { judgeWitnesses } from '../../src/services/record/judge-witnesses.ts';
import { hashesAt } from '../../src/storage/chain-ends.ts';
import { checkpointHash, toCheckpointRow } from '../../src/storage/ledger-row-mapping.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { openSqlite } from '../../src/storage/sqlite.ts';
import { sampleCall } from '../contracts/calls.ts';
import { sampleOdds } from '../contracts/odds.ts';
import { START_MS } from '../support/candles.ts';
import { rechain, unguarded } from '../support/forge-record.ts';
import { unissued } from '../support/ledger.ts';

const folder = mkdtempSync(join(tmpdir(), 'candlecast-covered-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const ann = { guildId: 'g', userId: 'ann' };
const END_MS = START_MS + 2 * DAY_MS;
const call = sampleCall({ originMs: START_MS, targetMs: START_MS + DAY_MS });

/** A record with a call and odds that have ended, and checkpoints before, between and after. */
const original = join(folder, 'original.db');
let heads: Checkpoint[];
beforeAll(async () => {
  let nowMs = START_MS;
  const storage = await openStorage(`sqlite:${original}`, { now: () => nowMs });
  await storage.ledger.append([unissued()], 'scheduled');
  heads = [(await storage.record.checkpoint())!];
  await storage.calls.add(ann, call, START_MS + 1);
  await storage.askedOdds.add(sampleOdds(), START_MS + 1);
  nowMs += MINUTE_MS;
  heads.push((await storage.record.checkpoint())!);
  nowMs = END_MS;
  const event = { kind: 'outcome', scores: scoreCall(call, 103, 'binance 1m') } as const;
  await storage.calls.end([{ number: 1, event }], END_MS);
  await storage.askedOdds.end([{ number: 1, event: { kind: 'void', reason: 'no-price' } }], END_MS);
  heads.push((await storage.record.checkpoint())!);
  await storage.close();
});

/** A copy of it. */
function copied(name: string): string {
  const path = join(folder, `${name}.db`);
  copyFileSync(original, path);
  return `sqlite:${path}`;
}

/** Changes the database past its triggers; with every hash made again where `whole`. */
async function changed(url: string, statement: string, whole: boolean): Promise<void> {
  const connection = openSqlite(url.slice('sqlite:'.length), 'the forged database', 10_000);
  await unguarded(connection, async () => {
    await sql.raw(statement).execute(connection.db);
    if (whole) await rechain(connection.db);
  });
  await connection.db.destroy();
}

async function withStorage<T>(url: string, step: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openStorage(url, { now: () => END_MS });
  try {
    return await step(storage);
  } finally {
    await storage.close();
  }
}

const problemOf = (url: string) => withStorage(url, async ({ ledger }) => (await ledger.verify()).problem);
/** What posts that carried the heads say. */
function judged(url: string) {
  const posts = heads.map((head, i) => ({
    url: `post ${i + 1}`,
    channelId: 'c',
    sentMs: head.atMs + 1_000,
    editedMs: null,
    isReply: false,
    head: headOf(head),
  }));
  return withStorage(url, ({ witnesses }) => judgeWitnesses(posts, witnesses));
}

it('a checkpoint holds the ends of calls and odds: each of their rows makes a new head', async () => {
  const url = copied('right');
  expect(heads.map(({ number, calls, odds }) => [number, calls, odds])).toEqual([
    [1, 0, 0],
    [2, 1, 1],
    [3, 2, 2],
  ]);
  expect(new Set(heads.map(({ hash }) => hash)).size).toBe(3);
  expect(await problemOf(url)).toBeNull();
  expect(await judged(url)).toMatchObject({ messages: 3, faults: 0 });
});

it.each([
  [
    'a call that was changed',
    `update call_events set body = replace(body, '0.7', '0.9') where number = 1`,
    'Row 1 of the calls has been changed.',
  ],
  [
    'odds that were changed',
    `update odds_events set body = replace(body, '0.2', '0.9') where number = 1`,
    'Row 1 of the odds has been changed.',
  ],
  [
    'the end of calls that was cut off',
    'delete from call_events where number = 2',
    'Checkpoint 3 names rows that are not there any more.',
  ],
  [
    'the end of odds that was cut off',
    'delete from odds_events where number = 2',
    'Checkpoint 3 names rows that are not there any more.',
  ],
])('the verification names %s', async (name, statement, problem) => {
  const url = copied(name);
  await changed(url, statement, false);
  expect(await problemOf(url)).toBe(problem);
});

it.each([
  [
    'a call',
    `update call_events set body = replace(body, '"pUp":0.7', '"pUp":0.9') where number = 1`,
    'has scores that do not follow',
    1,
  ],
  [
    'a score',
    `update call_events set body = replace(body, '"bot":0.2', '"bot":0.3') where number = 2`,
    'has scores that do not follow',
    2,
  ],
  [
    'a time',
    `update call_events set at_ms = at_ms - ${DAY_MS + HOUR_MS} where number = 2`,
    'was written before its moment',
    2,
  ],
  ['odds', `update odds_events set body = replace(body, '"above":0.2', '"above":0.9') where number = 1`, null, 1],
])(
  '%s that was rewritten with every hash is known by its scores or by what was posted',
  async (name, statement, problem, first) => {
    const url = copied(`rewritten ${name}`);
    await changed(url, statement, true);
    const found = await problemOf(url);
    if (problem === null) expect(found).toBeNull();
    else expect(found).toContain(problem);
    const { fault, lastGood } = await judged(url);
    expect(fault).toMatchObject({ kind: 'changed' });
    expect(fault!.text).toContain(`rows of calls from ${first} on or of odds from ${first} on`);
    expect(lastGood?.url).toBe(`post ${first}`);
  },
);

it('a call that was put in afterwards, and says that it is older, is in no head that was posted then', async () => {
  const url = copied('backdated');
  await withStorage(url, ({ calls }) =>
    calls.add(ann, sampleCall({ symbol: 'ETH', originMs: START_MS, targetMs: START_MS + DAY_MS }), START_MS + 1),
  );
  expect(await problemOf(url)).toBe('Row 3 of the calls says that it was written before rows that stand before it.');
  expect((await judged(url)).fault).toMatchObject({
    kind: 'backdated',
    text: expect.stringMatching(/^Row 3 of the calls says that it was written at/),
  });
});

it('checkpoints of earlier versions keep their text, stay verifiable, and are followed by one that holds calls and odds', async () => {
  const hashes = { forecasts: 'f', marks: 'm', outcomes: 'o', models: 'd', calls: 'c', odds: 'q' };
  const numbers = { number: 7, atMs: 1, forecasts: 2, marks: 3, outcomes: 4, models: 5 };
  expect(canonicalCheckpoint({ ...numbers, calls: null, odds: null }, hashes, 'p')).toBe(
    '{"atMs":1,"forecasts":2,"forecastsHash":"f","marks":3,"marksHash":"m","models":5,"modelsHash":"d","number":7,"outcomes":4,"outcomesHash":"o","previousHash":"p"}',
  );
  const url = copied('earlier');
  await changed(url, 'delete from checkpoints', false);
  const { db } = openSqlite(url.slice('sqlite:'.length), 'the database', 10_000);
  const body = { number: 1, atMs: START_MS, forecasts: 1, marks: 0, outcomes: 0, models: 0, calls: null, odds: null };
  const hash = checkpointHash(body, (await hashesAt(db, body))!, NO_HASH);
  await db
    .insertInto('checkpoints')
    .values(toCheckpointRow({ ...body, hash }))
    .execute();
  await db.destroy();
  expect(await problemOf(url)).toBeNull();
  expect(await withStorage(url, ({ record }) => record.checkpoint())).toMatchObject({ number: 2, calls: 2, odds: 2 });
  expect(await problemOf(url)).toBeNull();
  await changed(url, 'update checkpoints set calls = null where number = 2', false);
  expect(await problemOf(url)).toBe('Checkpoint 2 has been changed, or does not follow the one before it.');
});
