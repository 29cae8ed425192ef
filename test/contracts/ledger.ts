import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LedgerEntry, NO_HASH, type UnissuedForecast } from '../../src/core/ledger.ts';
import { canonicalEntry } from '../../src/core/record.ts';
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import type { Storage } from '../../src/storage/open-storage.ts';
import { START_MS } from '../support/candles.ts';
import { outcomeOf, unissued, verdictOf } from '../support/ledger.ts';

/** A way to open one new empty database as often as wanted, and to run statements on it past the program. */
export interface LedgerDatabase {
  open(now: Clock): Promise<Storage>;
  /** Runs a statement as it is; rejects as the database does. */
  run(statement: string): Promise<unknown>;
  /** Writes forecasts one by one by the schedule from another connection, where it can be from another process. */
  writeElsewhere(forecasts: readonly UnissuedForecast[], nowMs: number): Promise<void>;
  /** Takes the triggers away, as somebody who wants to change history would. */
  disarm(): Promise<void>;
}

const all = (horizon: '1d' | '1h' = '1d') => ({
  horizon,
  symbol: null,
  model: null,
  fromMs: START_MS,
  toMs: START_MS + 9 * DAY_MS,
});

/** What every ledger keeps to, whatever database lies below. */
export function describeLedger(create: () => Promise<LedgerDatabase>): void {
  /** A database of its own, a clock that can be set, and the storage over them. */
  async function fresh(nowMs = START_MS + MINUTE_MS) {
    const database = await create();
    const clock = { nowMs };
    const storage = await database.open(() => clock.nowMs);
    opened.push(storage);
    return { database, clock, storage, ledger: storage.ledger, outcomes: storage.outcomes };
  }
  const opened: Storage[] = [];
  const closeAll = async () => {
    for (const storage of opened.splice(0)) await storage.close();
  };
  const rows = (storage: Storage, upTo: number) =>
    storage.ledger.entries(Array.from({ length: upTo }, (_, i) => i + 1));

  describe('the ledger', () => {
    afterEach(closeAll);

    it('gives back what was written, with the moment it was written and hashes anybody can compute', async () => {
      const { storage, ledger, clock } = await fresh();
      const first = unissued({ lastPrice: 1 / 81_000_007, sentimentShare: 0.1 });
      const second = unissued({ symbol: 'ETH', climatology: null, source: 'O’Source "1"' });
      expect(await ledger.append([first, second], 'scheduled')).toEqual(['appended', 'appended']);
      const [a, b] = (await rows(storage, 2)) as [LedgerEntry, LedgerEntry];
      expect(a).toMatchObject({ ...first, sequence: 1, cause: 'scheduled', issuedAtMs: clock.nowMs });
      expect(b).toMatchObject({ ...second, sequence: 2 });
      let previousHash = NO_HASH;
      for (const { hash, ...body } of [a, b]) {
        const entries = Object.entries({ ...body, previousHash });
        const sorted = JSON.stringify(Object.fromEntries(entries.sort(([x], [y]) => (x < y ? -1 : 1))));
        expect(canonicalEntry(body, previousHash)).toBe(sorted);
        expect(hash).toBe(createHash('sha256').update(sorted).digest('hex'));
        previousHash = hash;
      }
      expect(await ledger.head()).toEqual({ number: 2, hash: b.hash });
      expect(await verdictOf(ledger)).toMatchObject({ rows: 2, marks: 0, problem: null });
    });

    it('writes a forecast of one model once, whoever asks again, and another model’s beside it', async () => {
      const { ledger } = await fresh();
      expect(await ledger.append([unissued(), unissued()], 'on-demand')).toEqual(['appended', 'already']);
      expect(await ledger.append([unissued(), unissued({ model: 'other' })], 'on-demand')).toEqual([
        'already',
        'appended',
      ]);
    });

    it('records the models of forecasts before them, once, in the same transaction', async () => {
      const { database, ledger, storage } = await fresh();
      const model = { interval: '1d', version: '1d-2024-01-01', sha256: 'ab'.repeat(32) } as const;
      await expect(
        ledger.append([unissued({ lastPrice: null as unknown as number })], 'asked', [model]),
      ).rejects.toThrow();
      expect((await verdictOf(ledger)).models).toBe(0);
      await ledger.append([unissued()], 'scheduled', [model]);
      await ledger.append([unissued({ symbol: 'ETH' })], 'scheduled', [model]);
      await storage.record.addModel(model);
      expect(await verdictOf(ledger)).toMatchObject({ rows: 2, models: 1, problem: null });
      await expect(database.run('delete from model_cards')).rejects.toThrow(/append-only/);
    });

    it('marks what was asked for before the schedule came by, once, and keeps the row as it was', async () => {
      const { storage, ledger, clock } = await fresh();
      await ledger.append([unissued()], 'on-demand');
      const before = await rows(storage, 1);
      clock.nowMs += MINUTE_MS;
      expect(await ledger.scheduledAt('1d', START_MS)).toEqual(new Set());
      expect(await ledger.append([unissued()], 'scheduled')).toEqual(['marked']);
      expect(await ledger.append([unissued(), unissued({ model: 'newer' })], 'scheduled')).toEqual([
        'already',
        'already',
      ]);
      expect(await ledger.scheduledAt('1d', START_MS)).toEqual(new Set(['BTC 1d']));
      expect(await rows(storage, 1)).toEqual(before);
      expect(await verdictOf(ledger)).toMatchObject({ rows: 1, marks: 1, problem: null });
    });

    it('refuses what is late: by the schedule after its grace, by anybody once the target has come', async () => {
      const { ledger, clock } = await fresh(START_MS + 2 * HOUR_MS);
      expect(await ledger.append([unissued()], 'scheduled')).toEqual(['appended']);
      clock.nowMs += 1;
      expect(await ledger.append([unissued({ symbol: 'ETH' })], 'scheduled')).toEqual(['late']);
      clock.nowMs = START_MS + DAY_MS - 1;
      expect(await ledger.append([unissued({ symbol: 'ETH' })], 'on-demand')).toEqual(['appended']);
      clock.nowMs = START_MS + DAY_MS;
      expect(await ledger.append([unissued({ symbol: 'SOL' })], 'on-demand')).toEqual(['late']);
      expect(await ledger.append([unissued({ symbol: 'SOL', originMs: clock.nowMs + 1 })], 'on-demand')).toEqual([
        'late',
      ]);
      expect(await verdictOf(ledger)).toMatchObject({ rows: 2, problem: null });
    });

    it('keeps forecasts that count from the moment they were made apart from those of closes', async () => {
      const { storage, ledger, clock } = await fresh(START_MS);
      // Asked for at the very moment of the close, by the same model.
      expect(await ledger.append([unissued(), unissued()], 'asked')).toEqual(['appended', 'already']);
      expect(await ledger.append([unissued()], 'posted')).toEqual(['appended']);
      expect(await ledger.scheduledAt('1d', START_MS)).toEqual(new Set());
      expect(await ledger.append([unissued()], 'scheduled')).toEqual(['appended']);
      clock.nowMs = START_MS + 4 * HOUR_MS + 1;
      const later = unissued({ originMs: clock.nowMs, lastPrice: 120 });
      expect(await ledger.append([later], 'asked')).toEqual(['appended']);
      expect((await rows(storage, 4)).map(({ cause }) => cause)).toEqual(['asked', 'posted', 'scheduled', 'asked']);
      // Portfolios decide on forecasts from closes.
      expect(await ledger.newestFrom('BTC', '1d', START_MS + DAY_MS, START_MS + DAY_MS)).toMatchObject({ sequence: 3 });
      expect(await ledger.newestFrom('BTC', '1d', START_MS - 1, START_MS + DAY_MS)).toBeNull();
      expect(await verdictOf(ledger)).toMatchObject({ rows: 4, marks: 0, problem: null });
    });

    it('takes what was asked for or posted within five minutes of the moment it counts from', async () => {
      const { ledger, clock } = await fresh(START_MS + 5 * MINUTE_MS);
      expect(await ledger.append([unissued()], 'posted')).toEqual(['appended']);
      clock.nowMs += 1;
      expect(await ledger.append([unissued()], 'asked')).toEqual(['late']);
      expect(await ledger.append([unissued({ originMs: clock.nowMs + 1 })], 'asked')).toEqual(['late']);
    });

    it('chains what several processes write at once into one unbroken chain', async () => {
      const { database, clock, storage } = await fresh();
      const others = ['A', 'B'].map((name) => {
        const forecasts = Array.from({ length: 40 }, (_, i) => unissued({ symbol: `${name}${i}` }));
        return database.writeElsewhere(forecasts, clock.nowMs);
      });
      for (let i = 0; i < 40; i++) {
        expect(await storage.ledger.append([unissued({ symbol: `C${i}` })], 'scheduled')).toEqual(['appended']);
      }
      await Promise.all(others);
      expect(await verdictOf(storage.ledger)).toMatchObject({ rows: 120, problem: null });
    });

    it('seals whatever was added to any chain with a new checkpoint, and nothing twice', async () => {
      const { storage, ledger, outcomes, clock } = await fresh();
      expect(await storage.record.checkpoint()).toBeNull();
      const additions: readonly (() => Promise<unknown>)[] = [
        () => ledger.append([unissued()], 'on-demand'),
        () => ledger.append([unissued()], 'scheduled'),
        async () => outcomes.add([outcomeOf((await rows(storage, 1))[0]!, 101)]),
        () => storage.record.addModel({ interval: '1d', version: 'm', sha256: 'ab'.repeat(32) }),
      ];
      for (const [i, add] of additions.entries()) {
        await add();
        const made = await storage.record.checkpoint();
        expect(made).toMatchObject({ number: i + 1 });
        clock.nowMs += 1;
        expect(await storage.record.checkpoint()).toEqual(made);
      }
    });

    it('lets nobody change, remove or replace a row, a mark or an outcome', async () => {
      const { database, storage, ledger, outcomes } = await fresh();
      await ledger.append([unissued()], 'on-demand');
      await ledger.append([unissued()], 'scheduled');
      await outcomes.add([outcomeOf((await rows(storage, 1))[0]!, 101)]);
      await storage.record.addModel({ interval: '1d', version: 'm', sha256: 'ab'.repeat(32) });
      await storage.record.checkpoint();
      for (const table of ['model_cards', 'checkpoints']) {
        await expect(database.run(`delete from ${table}`)).rejects.toThrow(/append-only/);
        await expect(database.run(`update ${table} set number = 9`)).rejects.toThrow(/append-only/);
      }
      for (const table of ['ledger', 'ledger_marks', 'outcomes']) {
        await expect(database.run(`delete from ${table}`)).rejects.toThrow(/append-only/);
        await expect(database.run(`update ${table} set sequence = 9`)).rejects.toThrow(/append-only/);
      }
      expect(await verdictOf(ledger)).toMatchObject({ rows: 1, marks: 1, problem: null });
    });

    it('says which row was changed, removed or put in by somebody who took the triggers away', async () => {
      const changes: readonly (readonly [string, RegExp])[] = [
        [`update ledger set p_up = p_up + 1e-12 where sequence = 3`, /^Row 3 has been changed/],
        [`update ledger set quantiles = climatology where sequence = 2`, /^Row 2 has been changed/],
        [`update ledger set quantiles = hash where sequence = 2`, /^Row 2 has been changed/],
        [`update ledger set cause = 'scheduled' where sequence = 1`, /^Row 1 has been changed/],
        [`delete from ledger where sequence = 4`, /^Row 4 is missing/],
        [`delete from ledger_marks`, /^$/],
        [`update ledger_marks set sequence = 2 where number = 1`, /^Mark 1 has been changed/],
      ];
      for (const [change, problem] of changes) {
        const { database, ledger } = await fresh();
        await ledger.append([unissued()], 'on-demand');
        await ledger.append(
          ['A', 'B', 'C', 'D'].map((symbol) => unissued({ symbol })),
          'scheduled',
        );
        await ledger.append([unissued()], 'scheduled');
        await database.disarm();
        await database.run(change);
        const verdict = await verdictOf(ledger);
        // A chain cannot know that its end was cut off; the head that was written down elsewhere shows that.
        if (problem.source === '^$') expect(verdict).toMatchObject({ marks: 0, problem: null });
        else expect(verdict.problem).toMatch(problem);
        await closeAll();
      }
    });

    it('finds what is due and not scored, and no more', async () => {
      const { storage, ledger, outcomes } = await fresh();
      await ledger.append(
        [unissued(), unissued({ symbol: 'ETH' }), unissued({ symbol: 'ETH', horizon: '3d' })],
        'scheduled',
      );
      const due = START_MS + DAY_MS;
      expect(await ledger.unscored(0, due - 1, 10)).toEqual([]);
      expect((await ledger.unscored(0, due, 10)).map(({ sequence }) => sequence)).toEqual([1, 2]);
      expect((await ledger.unscored(0, due, 10, 1)).map(({ sequence }) => sequence)).toEqual([2]);
      expect(await ledger.unscored(due, due, 10)).toEqual([]);
      await outcomes.add([outcomeOf((await rows(storage, 1))[0]!, 99)]);
      expect((await ledger.unscored(0, due, 10)).map(({ sequence }) => sequence)).toEqual([2]);
    });

    it('takes ten thousand rows in seconds', async () => {
      const { ledger } = await fresh();
      const many = Array.from({ length: 10_000 }, (_, i) => unissued({ symbol: `C${i}` }));
      const startMs = performance.now();
      expect(new Set(await ledger.append(many, 'scheduled'))).toEqual(new Set(['appended']));
      expect(await verdictOf(ledger)).toMatchObject({ rows: 10_000, problem: null });
      expect(performance.now() - startMs).toBeLessThan(30_000);
    });
  });

  describe('outcomes', () => {
    afterAll(closeAll);
    let storage: Storage;
    const clock = { nowMs: START_MS };
    beforeAll(async () => {
      const made = await fresh();
      storage = made.storage;
      // Three days of two coins; ETH was asked for first on the second day, SOL never by the schedule.
      for (const day of [0, 1, 2]) {
        made.clock.nowMs = START_MS + day * DAY_MS + MINUTE_MS;
        const originMs = START_MS + day * DAY_MS;
        if (day === 1) await storage.ledger.append([unissued({ symbol: 'ETH', originMs })], 'on-demand');
        await storage.ledger.append(
          [unissued({ originMs, model: `m${day}` }), unissued({ symbol: 'ETH', originMs })],
          'scheduled',
        );
        await storage.ledger.append([unissued({ symbol: 'SOL', originMs })], 'on-demand');
      }
      clock.nowMs = START_MS + 2.5 * DAY_MS;
      const entries = await rows(storage, 9);
      const scored = entries.filter(({ symbol, originMs }) => symbol !== 'BTC' || originMs === START_MS);
      await storage.outcomes.add(
        scored.filter(({ targetMs }) => targetMs <= clock.nowMs).map((entry) => outcomeOf(entry, 103)),
      );
    });

    const totals = (more = {}) => storage.outcomes.totals({ ...all(), ...more }, clock.nowMs);

    it('are added once; a revision stands beside the first score and takes its place in sums', async () => {
      const [first] = await storage.ledger.entries([1]);
      expect(await storage.outcomes.add([outcomeOf(first!, 150)])).toBe(0);
      expect(await storage.outcomes.add([outcomeOf(first!, 90, 1), outcomeOf(first!, 90, 1)].slice(0, 1))).toBe(1);
      const recent = await storage.outcomes.recent(0);
      expect(recent.find(({ sequence }) => sequence === 1)).toMatchObject({
        revision: 1,
        actualPrice: 90,
        symbol: 'BTC',
      });
      const [sums] = (await totals({ symbol: 'BTC' })).sums;
      expect(sums).toMatchObject({ dayMs: START_MS, n: 1, revised: 1, up: 0 });
      expect(sums!.noChangeAbsolute).toBeCloseTo(Math.abs(Math.log(0.9)), 12);
    });

    it('are read again with those that have come since, and without those that are too old', async () => {
      const read = async (sinceMs: number, interval?: '1h' | '1d') =>
        (await storage.outcomes.recent(sinceMs, interval))
          .map(({ sequence, revision }) => `${sequence} ${revision}`)
          .sort();
      const before = await read(0);
      expect(before.length).toBeGreaterThan(1);
      expect(await read(0)).toEqual(before);
      const [first] = await storage.ledger.entries([1]);
      await storage.outcomes.add([outcomeOf(first!, 90, 1)]);
      expect(await read(0)).toEqual(before.map((one) => (one === '1 0' ? '1 1' : one)));
      expect(await read(first!.targetMs + 1)).not.toContain('1 1');
      expect(await read(0)).toContain('1 1');
      expect(await read(0, first!.interval)).toContain('1 1');
      expect(await read(0, first!.interval === '1h' ? '1d' : '1h')).not.toContain('1 1');
      await storage.outcomes.add([outcomeOf(first!, 95, 2)]);
      expect(await read(0, first!.interval)).toContain('1 2');
    });

    it('are counted by what became of them, with what was only asked for apart', async () => {
      expect(await totals()).toMatchObject({
        scored: 3,
        coins: 2,
        waiting: 2,
        unscored: 1,
        onDemand: 3,
      });
      expect(await totals({ model: 'm1' })).toMatchObject({ scored: 0, unscored: 1 });
      expect(await totals({ fromMs: START_MS + 1 })).toMatchObject({ scored: 1, onDemand: 2 });
    });

    it('sum up the schedule alone, by day and model', async () => {
      const { sums } = await totals();
      expect(sums.map(({ dayMs, n }) => [(dayMs - START_MS) / DAY_MS, n])).toEqual([
        [0, 1],
        [0, 1],
        [1, 1],
      ]);
      for (const sum of sums) for (const value of Object.values(sum)) expect(typeof value).not.toBe('string');
      expect(await storage.sumsProblem()).toBeNull();
    });

    it('name the best, the worst and the newest call, and every one of a grid of origins', async () => {
      const { best, worst } = await totals();
      expect((await storage.outcomes.scoredEntry(worst!))?.entry).toMatchObject({ symbol: 'BTC', originMs: START_MS });
      expect((await storage.outcomes.scoredEntry(best!))?.entry).toMatchObject({ symbol: 'ETH', originMs: START_MS });
      expect(await storage.outcomes.scoredEntry(5)).toBeNull();
      const newest = await storage.outcomes.newest(all());
      expect(newest?.entry).toMatchObject({ symbol: 'ETH', originMs: START_MS + DAY_MS });
      expect((await storage.outcomes.newest({ ...all(), toMs: START_MS }))?.entry).toMatchObject({
        originMs: START_MS,
      });
      expect(await storage.outcomes.newest({ ...all(), symbol: 'SOL' })).toBeNull();
      const every = await storage.outcomes.every(all(), 2 * DAY_MS);
      const onGrid = (START_MS / DAY_MS) % 2 === 0 ? [1, 3] : [4];
      expect(every.map(({ entry }) => entry.originMs % (2 * DAY_MS))).toEqual(every.map(() => 0));
      expect(every.length).toBe(onGrid.length === 2 ? 2 : 1);
    });
  });

  describe('outcomes of what was asked for and posted', () => {
    afterAll(closeAll);
    let storage: Storage;
    const morning = START_MS + 9 * HOUR_MS;
    const filter = { ...all(), fromMs: START_MS, toMs: START_MS + 30 * DAY_MS };
    beforeAll(async () => {
      const made = await fresh();
      storage = made.storage;
      const write = async (atMs: number, cause: 'asked' | 'posted' | 'scheduled', symbol = 'BTC', model = 'm') => {
        made.clock.nowMs = atMs;
        expect(await storage.ledger.append([unissued({ originMs: atMs, symbol, model })], cause)).toEqual(['appended']);
      };
      await write(START_MS, 'scheduled');
      // A burst within one hour, and the hour after it.
      for (const minute of [1, 2, 3]) await write(morning + minute * MINUTE_MS, 'asked');
      await write(morning + 4 * MINUTE_MS, 'posted');
      await write(morning + 5 * MINUTE_MS, 'asked', 'ETH');
      await write(morning + HOUR_MS, 'posted');
      await write(morning + HOUR_MS, 'asked');
      await write(morning + 9 * DAY_MS, 'asked', 'ETH', 'm2');
      await write(morning + 10 * DAY_MS, 'asked', 'ETH');
      const entries = await rows(storage, 8);
      const scored = entries.filter(({ sequence }) => sequence !== 6);
      await storage.outcomes.add(scored.map((entry) => outcomeOf(entry, 100 + entry.sequence)));
      await storage.outcomes.add([outcomeOf(entries[1]!, 90, 1)]);
    });

    it('are the first of each coin and hour, summed by day', async () => {
      const sumsOf = async (more = {}) => (await storage.liveOutcomes.totals({ ...filter, ...more }, 0)).sums;
      const sums = await sumsOf();
      // Rows 2 (revised: a fall) and 7; row 8, made at the same moment, and the burst do not count.
      expect(sums.map(({ dayMs, n, revised, up }) => ({ dayMs, n, revised, up }))).toEqual([
        { dayMs: START_MS, n: 2, revised: 1, up: 1 },
      ]);
      expect(await sumsOf({ symbol: 'ETH' })).toEqual([]);
      // Rows before the days asked for still stand in front of those of their hour.
      expect(await sumsOf({ fromMs: morning + 2 * MINUTE_MS })).toMatchObject([{ n: 1 }]);
      expect(await storage.sumsProblem()).toBeNull();
    });

    it('are counted: every row by cause, and those that count by what became of them', async () => {
      const at = (dueMs: number, more = {}) => storage.liveOutcomes.totals({ ...filter, ...more }, dueMs);
      expect(await at(morning + 11 * DAY_MS)).toMatchObject({ asked: 7, posted: 2, coins: 1, waiting: 0, unscored: 3 });
      expect(await at(morning + 10.5 * DAY_MS)).toMatchObject({ waiting: 1, unscored: 2 });
      expect(await at(morning, { symbol: 'ETH', model: 'm2' })).toMatchObject({ asked: 1, posted: 0, waiting: 1 });
      expect(await at(0, { fromMs: morning + 20 * DAY_MS })).toEqual({
        sums: [],
        asked: 0,
        posted: 0,
        coins: 0,
        waiting: 0,
        unscored: 0,
      });
    });

    it('stay out of everything that is said about the schedule', async () => {
      const { outcomes } = storage;
      expect(await outcomes.totals(filter, morning + 20 * DAY_MS)).toMatchObject({
        sums: [{ dayMs: START_MS, n: 1 }],
        best: 1,
        worst: 1,
        scored: 1,
        coins: 1,
        waiting: 0,
        unscored: 0,
        onDemand: 0,
      });
      expect(await outcomes.newest(filter)).toMatchObject({ entry: { sequence: 1 } });
      expect(await outcomes.every(filter, HOUR_MS)).toHaveLength(1);
      // One close of one coin was due; it was tracked for one day.
      await storage.schedule.track('1d', [], START_MS + DAY_MS);
      expect(await storage.schedule.missing(filter, morning + 20 * DAY_MS)).toMatchObject({ expected: 1, missing: 0 });
      expect(new Set((await outcomes.recent(0)).map(({ cause }) => cause))).toEqual(
        new Set(['scheduled', 'asked', 'posted']),
      );
    });

    it('name the newest scored forecast of a post', async () => {
      const newest = (symbol: string, sinceMs = 0) => storage.liveOutcomes.newestPosted(symbol, '1d', sinceMs);
      expect(await newest('BTC')).toMatchObject({ entry: { sequence: 7, cause: 'posted' }, outcome: { revision: 0 } });
      expect(await newest('BTC', morning + 2 * HOUR_MS)).toBeNull();
      expect(await newest('ETH')).toBeNull();
    });

    it('name a forecast of a post that is due and has no score', async () => {
      const made = await fresh();
      const { ledger, outcomes, liveOutcomes } = made.storage;
      made.clock.nowMs = morning;
      await ledger.append([unissued({ originMs: morning })], 'posted');
      await ledger.append([unissued({ originMs: morning, model: 'm2' })], 'asked');
      const [entry] = await rows(made.storage, 1);
      const found = (fromMs: number, toMs: number) => liveOutcomes.postedFor('BTC', '1d', fromMs, toMs);
      const { targetMs } = entry!;
      expect(await found(targetMs, targetMs)).toEqual(entry);
      expect(await found(targetMs + 1, targetMs + HOUR_MS)).toBeNull();
      expect(await liveOutcomes.postedFor('ETH', '1d', targetMs, targetMs)).toBeNull();
      made.clock.nowMs = targetMs + 1;
      await outcomes.add([outcomeOf(entry!, 90)]);
      expect(await found(targetMs, targetMs)).toBeNull();
    });
  });
}
