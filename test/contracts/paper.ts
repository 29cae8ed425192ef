import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { canonicalPaperEvent, type PaperAccount, type PaperPortfolio } from '../../src/core/paper.ts';
import { type Clock, DAY_MS } from '../../src/core/time.ts';
import type { Storage } from '../../src/storage/open-storage.ts';
import { START_MS } from '../support/candles.ts';

/** A way to open one new empty database as often as wanted, and to run statements on it past the program. */
export interface PaperDatabase {
  open(now: Clock): Promise<Storage>;
  /** Opens it a second time where two connections of one process may write; else gives the first back. */
  openOther(first: Storage, now: Clock): Promise<Storage>;
  run(statement: string): Promise<unknown>;
  /** Takes the triggers away, as somebody who wants to change history would. */
  disarm(): Promise<void>;
}

const portfolio = (changes: Partial<PaperPortfolio> = {}): PaperPortfolio => ({
  id: 'p1',
  guildId: 'g1',
  rule: 'pup-threshold',
  horizon: '1d',
  symbols: ['ETH', 'BTC'],
  capital: 10_000,
  startedBy: 'u1',
  startedMs: START_MS - 5_000,
  stoppedMs: null,
  ...changes,
});
const begin = { markedMs: START_MS, blocked: null };
const accounts = (equity: number): PaperAccount[] =>
  ['ETH', 'BTC'].map((symbol) => ({
    symbol,
    state: JSON.stringify({ equity }),
    holdUnits: 1 / 3,
    lastClose: equity / 7,
    standing: equity > 5_000 ? ['no-edge', 'stale-data'] : [],
  }));
const mark = (day: number) => ({
  timeMs: START_MS + day * DAY_MS,
  body: { kind: 'mark', equity: 10_000 + day / 3, hold: 9_999.99 } as const,
});
const trip = (day: number) => ({
  timeMs: START_MS + day * DAY_MS,
  body: { kind: 'trip', symbol: 'BTC', breaker: 'no-edge', untilMs: null } as const,
});
const day = (from: number) => ({
  fromMs: START_MS + from * DAY_MS,
  toMs: START_MS + (from + 1) * DAY_MS,
  blocked: null,
});

/** What every database keeps to about paper portfolios. */
export function describePaper(create: () => Promise<PaperDatabase>): void {
  let database: PaperDatabase;
  let storage: Storage;
  let other: Storage;
  beforeEach(async () => {
    database = await create();
    storage = await database.open(() => START_MS);
    other = await database.openOther(storage, () => START_MS);
  });
  afterEach(async () => {
    await storage.close();
    if (other !== storage) await other.close();
  });

  it('come back as they were begun, with their accounts', async () => {
    expect(await storage.paper.newest('g1')).toBeNull();
    expect(await storage.paper.start(portfolio(), { ...begin, blocked: 'no-edge' }, accounts(5_000))).toBe(true);
    const found = { ...portfolio(), markedMs: START_MS, blocked: 'no-edge' };
    expect(await other.paper.newest('g1')).toEqual(found);
    expect(await other.paper.active()).toEqual([found]);
    expect(await other.paper.accounts('p1')).toEqual([...accounts(5_000)].reverse());
    const [started] = await other.paper.events('p1', 'start', 5);
    expect(started).toMatchObject({
      number: 1,
      timeMs: portfolio().startedMs,
      body: { kind: 'start', capital: 10_000 },
    });
  });

  it('are one a server at a time, however many begin at once', async () => {
    const begun = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        (i % 2 ? storage : other).paper.start(portfolio({ id: `p${i}` }), begin, accounts(5_000)),
      ),
    );
    expect(begun.filter(Boolean)).toHaveLength(1);
    expect(await storage.paper.active()).toHaveLength(1);
    expect(await storage.paper.start(portfolio({ id: 'x', guildId: 'g2' }), begin, accounts(1))).toBe(true);
    expect(await storage.paper.verify()).toEqual({ events: 2, problem: null });
    // The same id would be another's record, so it is an error and no "already running".
    await expect(storage.paper.start(portfolio({ id: 'x', guildId: 'g3' }), begin, [])).rejects.toMatchObject({
      code: 'CC_DATABASE',
    });
  });

  it('go from close to close once, whichever process is faster, all or nothing', async () => {
    await storage.paper.start(portfolio(), begin, accounts(5_000));
    const tries = await Promise.all(
      [storage, other, storage, other].map(({ paper }, i) =>
        paper.advance('p1', day(0), accounts(5_001 + i), [mark(1)]),
      ),
    );
    expect(tries.filter(Boolean)).toHaveLength(1);
    const won = 5_001 + tries.indexOf(true);
    expect(await storage.paper.accounts('p1')).toEqual([...accounts(won)].reverse());
    expect(await storage.paper.events('p1', 'mark', 9)).toHaveLength(1);
    expect(await storage.paper.newest('g1')).toMatchObject({ markedMs: START_MS + DAY_MS });
    // An event that cannot be stored takes the accounts back with it.
    const unstorable = [{ timeMs: Number.NaN, body: mark(2).body }];
    await expect(storage.paper.advance('p1', day(1), accounts(9_000), unstorable)).rejects.toThrow();
    expect(await storage.paper.accounts('p1')).toEqual([...accounts(won)].reverse());
    expect(await other.paper.newest('g1')).toMatchObject({ markedMs: START_MS + DAY_MS });
    expect(await storage.paper.verify()).toEqual({ events: 2, problem: null });
  });

  it('end once, and go no further; the next one is another', async () => {
    await storage.paper.start(portfolio(), begin, accounts(5_000));
    const stops = await Promise.all([storage, other].map(({ paper }) => paper.stop('g1', START_MS + DAY_MS)));
    expect(stops.filter(Boolean)).toHaveLength(1);
    expect(await storage.paper.advance('p1', day(0), accounts(1), [mark(1)])).toBe(false);
    expect(await storage.paper.active()).toEqual([]);
    expect(await storage.paper.newest('g1')).toMatchObject({ id: 'p1', stoppedMs: START_MS + DAY_MS });
    expect((await storage.paper.events('p1', 'stop', 5)).map(({ body }) => body)).toEqual([{ kind: 'stop' }]);
    // One that runs goes before a newer one that has ended.
    for (const [id, startedMs] of [
      ['p2', START_MS + 2 * DAY_MS],
      ['p3', START_MS + DAY_MS],
    ] as const) {
      await storage.paper.start(portfolio({ id, startedMs }), begin, accounts(5_000));
      if (id === 'p2') await storage.paper.stop('g1', START_MS + 3 * DAY_MS);
    }
    expect(await storage.paper.newest('g1')).toMatchObject({ id: 'p3' });
  });

  it('tell trips until somebody noted that they were told', async () => {
    await storage.paper.start(portfolio(), begin, accounts(5_000));
    await storage.paper.advance('p1', day(0), accounts(1), [trip(1), mark(1)]);
    await storage.paper.advance('p1', day(1), accounts(1), [trip(2), mark(2)]);
    const unannounced = await other.paper.unannounced('p1');
    expect(unannounced.map(({ number, body }) => [number, body.kind])).toEqual([
      [2, 'trip'],
      [4, 'trip'],
    ]);
    await other.paper.markAnnounced('p1', 2);
    expect((await storage.paper.unannounced('p1')).map(({ number }) => number)).toEqual([4]);
    await storage.paper.markAnnounced('p1', 4);
    await other.paper.markAnnounced('p1', 2);
    expect(await storage.paper.unannounced('p1')).toEqual([]);
  });

  it('give their marks as close together as wanted, the newest always among them', async () => {
    await storage.paper.start(portfolio(), begin, accounts(5_000));
    for (let i = 0; i < 7; i++) await storage.paper.advance('p1', day(i), [], [mark(i + 1)]);
    const marks = async (every: number) =>
      (await storage.paper.marks('p1', START_MS + 7 * DAY_MS, every * DAY_MS)).map(
        ({ timeMs }) => (timeMs - START_MS) / DAY_MS,
      );
    expect(await marks(1)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await marks(3)).toEqual([1, 4, 7]);
    expect(await storage.paper.count('p1', 'mark')).toBe(7);
    expect((await storage.paper.events('p1', 'mark', 2)).map(({ number }) => number)).toEqual([8, 7]);
  });

  it('have a chain of events that anybody can compute, that nobody may change, and that shows who did', async () => {
    await storage.paper.start(portfolio(), begin, accounts(5_000));
    for (let i = 0; i < 3; i++) await storage.paper.advance('p1', day(i), [], [mark(i + 1)]);
    const events = [...(await storage.paper.events('p1', 'mark', 9))].reverse();
    for (const { hash, body, ...event } of events) {
      const text = canonicalPaperEvent({ ...event, body: JSON.stringify(body) });
      expect(hash).toBe(createHash('sha256').update(text).digest('hex'));
    }
    expect(events.slice(1).map(({ previousHash }) => previousHash)).toEqual(
      events.slice(0, -1).map(({ hash }) => hash),
    );
    await expect(database.run('delete from paper_events')).rejects.toThrow(/append-only/);
    await expect(database.run('update paper_events set time_ms = 1')).rejects.toThrow(/append-only/);
    expect(await storage.paper.verify()).toEqual({ events: 4, problem: null });
    await database.disarm();
    for (const [change, undo, problem] of [
      ["kind = 'fill'", "kind = 'mark'", /^Event 3 .* has been changed/],
      ['time_ms = time_ms + 1', 'time_ms = time_ms - 1', /^Event 3 .* has been changed/],
      ["previous_hash = 'x'", 'previous_hash = previous_hash', /^Event 3 .* does not follow/],
    ] as const) {
      await database.run(`update paper_events set ${change} where number = 3`);
      expect((await storage.paper.verify()).problem).toMatch(problem);
      await database.run(`update paper_events set ${undo} where number = 3`);
    }
    await database.run('delete from paper_events where number = 2');
    expect((await storage.paper.verify()).problem).toMatch(/^Event 2 .* is missing/);
  });
}
