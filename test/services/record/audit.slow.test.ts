import { type Kysely, type RawBuilder, sql } from 'kysely';
import { afterAll, describe, expect, it } from 'vitest';
import { buildRecordAudit } from '../../../src/app/record-audit.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { AuditReport } from '../../../src/core/record-audit.ts';
import { HOUR_MS } from '../../../src/core/time.ts';
import { scoreForecast } from '../../../src/ml/scoring/ledger-score.ts';
import { fromHex, hexOf } from '../../../src/storage/bytes.ts';
import type { Connection } from '../../../src/storage/connection.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { openPostgres } from '../../../src/storage/postgres.ts';
import type { Database, ScoreSumsRow } from '../../../src/storage/schema.ts';
import { sumsOf, sumsToBytes } from '../../../src/storage/score-sums.ts';
import { openSqlite } from '../../../src/storage/sqlite.ts';
import { modelFile } from '../../contracts/models.ts';
import { START_MS } from '../../support/candles.ts';
import { rechain, unguarded } from '../../support/forge-record.ts';
import { clockAt, closeAt, fillHours, HOURS } from '../../support/hourly-record.ts';
import { describeInPostgres } from '../../support/postgres.ts';
import { sqliteFolder } from '../../support/sqlite-files.ts';

const LAST = 5 * HOURS;
/** How a sentence ends that tells of a hash which does not fit. */
const CHANGED = 'has been changed, or put in: its hash does not follow from what it holds and from the row before.';

/** A database, and the way past the program into it. */
interface ForgedDatabase {
  readonly url: string;
  connect(): Connection;
}

/** Scores an outcome anew by another price, in every column, as a forger would. */
async function forgeOutcome(db: Kysely<Database>, storage: Storage, sequence: number, actualPrice: number) {
  const [entry] = await storage.ledger.entries([sequence]);
  const forged = scoreForecast(entry!, { actualPrice, source: 'binance', scoredAtMs: 0, revision: 0 });
  await db
    .updateTable('outcomes')
    .set({
      actual_price: actualPrice,
      log_return: forged.logReturn,
      pinball: forged.pinball,
      climatology_pinball: forged.climatologyPinball,
      absolute_error: forged.absoluteError,
      direction_hit: forged.directionHit ? 1 : 0,
      brier: forged.brier,
      band: forged.band,
      level: forged.level,
    })
    .where('sequence', '=', sequence)
    .execute();
}

const numberOf = async (db: Kysely<Database>, sequence: number) =>
  (await db.selectFrom('outcomes').select('number').where('sequence', '=', sequence).executeTakeFirstOrThrow()).number;

function describeAudit(create: () => Promise<ForgedDatabase>): void {
  async function made() {
    const database = await create();
    const clock = { nowMs: START_MS };
    const storage = await openStorage(database.url, { now: clockAt(clock) });
    await fillHours(storage, clock);
    const connection = database.connect();
    const audit = async (onlyNew = false): Promise<AuditReport> => {
      const built = buildRecordAudit({ databaseUrl: database.url, storage, now: clockAt(clock) });
      try {
        return await built.run({ onlyNew });
      } finally {
        await built.close();
      }
    };
    const forge = (steps: (db: Kysely<Database>) => Promise<unknown>, chained = true) =>
      unguarded(connection, async () => {
        await steps(connection.db);
        if (chained) await rechain(connection.db);
      });
    const close = async () => {
      await connection.db.destroy();
      await storage.close();
    };
    return { db: connection.db, storage, clock, audit, forge, close };
  }

  it('compares the sums of scores with all rows in its threads', async () => {
    const { db, audit, close } = await made();
    expect((await audit()).problem).toBeNull();
    await db.updateTable('score_sums').set({ issued: 99 }).where('symbol', '=', 'BTC').execute();
    expect((await audit()).problem).toMatch(/^The sums of scheduled 1h forecasts of BTC by .* are not those of/);
    await close();
  });

  it('finds sums of scores that were forged by one part in a billion, left out, put in, or forged for all coins and kinds', async () => {
    const { db, audit, close } = await made();
    const stored = (await db.selectFrom('score_sums').selectAll().execute()).map(({ sums, ...row }) => ({
      ...row,
      sums: sums && fromHex(hexOf(sums)),
    }));
    const restore = async () => {
      await db.deleteFrom('score_sums').execute();
      await db.insertInto('score_sums').values(stored).execute();
    };
    const scheduled = (symbol: string) =>
      stored.find((row) => row.symbol === symbol && row.kind === 'scheduled' && row.scored > 1)!;
    const forged = (row: ScoreSumsRow) => {
      const sums = sumsOf(row.sums!, row.day_ms);
      return sumsToBytes({ ...sums, pinball: sums.pinball * (1 + 1e-9) });
    };
    const live = stored.find((row) => row.kind === 'asked' || row.kind === 'posted')!;
    const at = ({ kind, horizon, symbol, day_ms, model }: ScoreSumsRow) =>
      sql`kind = ${kind} and horizon = ${horizon} and symbol = ${symbol} and day_ms = ${day_ms} and model = ${model}`;
    const cases: readonly (readonly [RawBuilder<unknown>, RegExp])[] = [
      [
        sql`update score_sums set sums = ${forged(scheduled('BTC'))} where ${at(scheduled('BTC'))}`,
        /^The sums of scheduled 1h forecasts of BTC by .* on 2024-01-0\d are not those of its forecasts and outcomes\.$/,
      ],
      [
        sql`update score_sums set sums = ${forged(scheduled(''))} where ${at(scheduled(''))}`,
        /^The sums of scheduled 1h forecasts of all coins by .* are not those of/,
      ],
      [
        sql`delete from score_sums where ${at(scheduled('ETH'))}`,
        /^The sums of scheduled .* of ETH by .* are missing\.$/,
      ],
      [
        sql`update score_sums set issued = issued + 1 where ${at(live)}`,
        /^The sums of (asked|posted) .* are not those of/,
      ],
      [
        sql`insert into score_sums select kind, horizon, 'X', day_ms, model, issued, scored, sums from score_sums where ${at(scheduled(''))}`,
        /^There are sums of days without forecasts\.$/,
      ],
      [
        sql`insert into score_sums select 'live', horizon, 'X', day_ms - 864000000, model, issued, scored, sums from score_sums where ${at(scheduled(''))}`,
        /^There are sums of days without forecasts\.$/,
      ],
    ];
    for (const [statement, problem] of cases) {
      await statement.execute(db);
      expect((await audit()).faults).toMatchObject([{ in: 'sums', text: expect.stringMatching(problem) }]);
      await restore();
    }
    expect((await audit()).problem).toBeNull();
    await close();
  });

  it('finds nothing wrong with a record as the bot writes it, and counts what it compared', async () => {
    const { audit, close } = await made();
    const { problem, faults, counts, since } = await audit();
    expect({ problem, faults, since }).toEqual({ problem: null, faults: [], since: null });
    expect(counts.rows).toMatchObject({ forecasts: LAST, marks: 0, models: 1, checkpoints: HOURS / 5 });
    expect(counts.scores).toBe(counts.rows.outcomes);
    // Each scored outcome and each scheduled origin.
    expect(counts.prices).toBe(counts.rows.outcomes + 4 * HOURS);
    await close();
  });

  it('names the row that was changed, with its hash or the whole chain computed anew or not', async () => {
    const { db, storage, audit, forge, close } = await made();
    const expectFault = async (text: string | RegExp) => {
      const { problem } = await audit();
      if (typeof text === 'string') expect(problem).toBe(text);
      else expect(problem).toMatch(text);
    };
    const name = `Outcome ${await numberOf(db, 11)}, of forecast 11 (BTC 1h from 2024-01-01 02:00 UTC),`;
    const target = START_MS + 3 * HOUR_MS;
    const right = closeAt('BTC', target);

    await forge((to) => forgeOutcome(to, storage, 11, right * 1.01), false);
    await expectFault(`${name} ${CHANGED}`);
    await forge(async () => {});
    await expectFault(
      `${name} was scored by the price ${right * 1.01}, and the stored candle of binance at its target closed at ${right}: one of them has been changed.`,
    );
    // A better score for the right price.
    await forge(async (to) => {
      await forgeOutcome(to, storage, 11, right);
      await to.updateTable('outcomes').set({ pinball: 0.0001 }).where('sequence', '=', 11).execute();
    });
    await expectFault(/^Outcome \d+, of forecast 11 .* says pinball 0\.0001, and its forecast and its price .* give /);
    await forge((to) => forgeOutcome(to, storage, 11, right));
    expect((await audit()).problem).toBeNull();
    await close();
  });

  it('finds a candle that was changed so that it fits a forged score', async () => {
    const { storage, audit, forge, close } = await made();
    const target = START_MS + 3 * HOUR_MS;
    const forged = closeAt('BTC', target) * 1.05;
    await forge(async (to) => {
      await to
        .updateTable('candles')
        .set({ close: forged, high: forged })
        .where('symbol', '=', 'BTC')
        .where('open_time_ms', '=', target - HOUR_MS)
        .execute();
      const due = await to
        .selectFrom('ledger')
        .select('sequence')
        .where('symbol', '=', 'BTC')
        .where('target_ms', '=', target)
        .execute();
      for (const { sequence } of due) await forgeOutcome(to, storage, sequence, forged);
    });
    expect((await audit()).problem).toBe(
      `Forecast 16 (BTC 1h from 2024-01-01 03:00 UTC) starts from ${closeAt('BTC', target)}, and the stored candle of binance closed there at ${forged}: one of them has been changed.`,
    );
    await close();
  });

  it('finds outcomes of candles that are not there, before their target, of no forecast before, and out of order', async () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      [
        `delete from candles where symbol = 'ETH' and open_time_ms = ${START_MS + 2 * HOUR_MS}`,
        /of forecast 13 .* of a candle that is not stored/,
      ],
      [
        `update outcomes set scored_at_ms = scored_at_ms - ${HOUR_MS} where sequence = 11`,
        /of forecast 11 .* was scored at .*, before its target/,
      ],
      [
        `update outcomes set revision = 1 where sequence = 11`,
        /of forecast 11 .* is revision 1, and revision 0 does not stand before it/,
      ],
      [
        `update outcomes set actual_price = actual_price * 1.3 where source = 'binance 1m' and sequence = 10`,
        /^Outcome \d+, of forecast 10 .* says logReturn/,
      ],
    ];
    for (const [statement, problem] of cases) {
      const { audit, forge, close } = await made();
      await forge((to) => sql.raw(statement).execute(to));
      expect((await audit()).problem, statement).toMatch(problem);
      await close();
    }
  });

  it('finds a minute’s price that lies far off its hour', async () => {
    const { storage, audit, forge, close } = await made();
    await forge((to) => forgeOutcome(to, storage, 10, 40_000 * 1.3));
    expect((await audit()).problem).toMatch(
      /^Outcome \d+, of forecast 10 .* was scored by the price 52000, and the stored candle of binance at its target lies between /,
    );
    await close();
  });

  it('finds a forecast that was put in late, one of a model that was not recorded, and a second one of the schedule', async () => {
    const cases = [
      [
        `sequence = 6`,
        `'climatology'`,
        /^Forecast 151 \(BTC 1h from .*\) says that it was written at .*it was put in later/,
      ],
      [`sequence = ${LAST - 1}`, `'climatology'`, /^Forecast 151 .* is the second one of the schedule/],
      [
        `sequence = ${LAST}`,
        `'1h-20990101-ffffff'`,
        /^Forecast 151 .* names the model 1h-20990101-ffffff, which had not been recorded/,
      ],
    ] as const;
    for (const [where, model, problem] of cases) {
      const { audit, forge, close } = await made();
      await forge((to) =>
        sql
          .raw(
            `insert into ledger (sequence, cause, symbol, "interval", horizon, origin_ms, target_ms, last_price, quantiles, p_up, climatology, model, source, sentiment_share, issued_at_ms, hash)
             select ${LAST + 1}, cause, symbol, "interval", horizon, origin_ms, target_ms, last_price, quantiles, p_up, climatology, ${model}, source, sentiment_share, issued_at_ms, hash
             from ledger where ${where}`,
          )
          .execute(to),
      );
      expect((await audit()).problem, where).toMatch(problem);
      await close();
    }
  });

  it('compares models that are rows of PostgreSQL with what was recorded, and no rows beside SQLite', async () => {
    const { audit, storage, close } = await made();
    const [recorded] = await storage.audit.recordedModels();
    const { interval, version } = recorded!;
    await storage.models.add(interval, version, modelFile(1), null);
    const { problem, faults } = await audit();
    if (storage.kind === 'sqlite') expect(problem).toBeNull();
    else {
      expect(problem).toContain(
        `Model 1 (${version}): its row in the database is not the file that forecasts were made by`,
      );
      expect(faults).toHaveLength(1);
    }
    await close();
  });

  it('finds models and checkpoints that were changed or taken out, and rows that checkpoints name and are gone', async () => {
    const cases: readonly (readonly [string, boolean, RegExp])[] = [
      [`update model_cards set sha256 = hash`, false, /^Model 1 has been changed/],
      [`delete from checkpoints where number = 2`, false, /^Checkpoint 2 is missing/],
      [
        `update checkpoints set outcomes = 3 where number = 4`,
        true,
        /^Checkpoint 4 counts fewer rows than the one before/,
      ],
      [`delete from outcomes where number > 100`, false, /^Checkpoint \d+ names rows that are not there/],
    ];
    for (const [statements, chained, problem] of cases) {
      const { audit, forge, close } = await made();
      await forge(async (to) => {
        for (const statement of statements.split('; ')) await sql.raw(statement).execute(to);
      }, chained);
      expect((await audit()).problem, statements).toMatch(problem);
      await close();
    }
  });

  it('remembers what it verified: it finds ends that were cut off and a record that was written anew, and reads what is new', async () => {
    const { db, storage, clock, audit, forge, close } = await made();
    await audit();
    const verified = (await storage.audit.verified())!;
    expect(verified.heads.forecasts.number).toBe(LAST);
    await fillHours(storage, clock, { fromHour: HOURS, hours: 5 });
    expect((await audit(true)).problem).toBeNull();

    await forge(async (to) => {
      await to.deleteFrom('checkpoints').where('number', '>', 4).execute();
      await to
        .deleteFrom('outcomes')
        .where('sequence', '>', LAST - 30)
        .execute();
      await to
        .deleteFrom('ledger')
        .where('sequence', '>', LAST - 30)
        .execute();
      const { last } = await to
        .selectFrom('ledger')
        .select(({ fn }) => fn.max('sequence').as('last'))
        .executeTakeFirstOrThrow();
      const kept = await to.selectFrom('outcomes').select('number').orderBy('number').execute();
      // Outcomes in the middle are gone too: the forger counts them anew.
      for (const [i, { number }] of kept.entries())
        await to
          .updateTable('outcomes')
          .set({ number: i + 1 })
          .where('number', '=', number)
          .execute();
      const scored = kept.length;
      await to.updateTable('checkpoints').set({ forecasts: last }).where('forecasts', '>', last).execute();
      await to.updateTable('checkpoints').set({ outcomes: scored }).where('outcomes', '>', scored).execute();
    });
    expect((await audit(true)).problem).toMatch(
      /^Forecast 175 was there when the record was verified at 2024-01-02 .* UTC, and is not there any more: the end of the record has been cut off\.$/,
    );
    // Not forgotten by the failure, and hindsight is found by what was verified alone.
    expect((await audit(true)).faults.map((fault) => fault.in)).toEqual(['verified']);
    expect(await db.selectFrom('ledger').selectAll().execute()).toHaveLength(LAST - 30);
    await close();
  });

  it('finds a record that was rewritten with hindsight by the ends that it verified before', async () => {
    const { audit, forge, close } = await made();
    expect((await audit()).problem).toBeNull();
    await forge((to) => to.updateTable('ledger').set({ p_up: 0.5 }).where('sequence', '=', LAST).execute());
    expect((await audit(true)).problem).toMatch(
      /^Forecast 150 is another one than when the record was verified at .*: the record has been written anew\.$/,
    );
    await close();
  });
}

const folder = sqliteFolder();
afterAll(folder.remove);

describe('the audit of a SQLite file', () => {
  describeAudit(async () => {
    const file = folder.next();
    return { url: file.url, connect: () => openSqlite(file.url.slice('sqlite:'.length), 'the test database') };
  });

  it('finds triggers, constraints and indexes that were taken away, changed or added', async () => {
    const file = folder.next();
    const storage = await openStorage(file.url, { now: () => START_MS });
    expect(await storage.audit.schemaProblem()).toBeNull();
    await file.run('drop trigger outcomes_no_update');
    expect(await storage.audit.schemaProblem()).toBe(
      'The trigger outcomes_no_update of the database, which keeps rows of the record from being changed, is missing.',
    );
    await file.run(
      `create trigger outcomes_no_update before update on outcomes when 0 begin select raise(abort, 'outcomes is append-only'); end`,
    );
    expect(await storage.audit.schemaProblem()).toMatch(
      /^The trigger outcomes_no_update of the database has been changed/,
    );
    await file.run(`drop trigger outcomes_no_update;
      create trigger outcomes_no_update before update on outcomes begin select raise(abort, 'outcomes is append-only'); end`);
    expect(await storage.audit.schemaProblem()).toBeNull();
    await file.run('create trigger helpful after insert on ledger begin select 1; end');
    expect(await storage.audit.schemaProblem()).toMatch(/^There is a trigger helpful on the tables of the record/);
    await file.run('drop trigger helpful; drop index ledger_once');
    expect(await storage.audit.schemaProblem()).toMatch(/^The index ledger_once .* is missing\.$/);
    await storage.close();
  });
});

describeInPostgres('the audit of a PostgreSQL database', (server) => {
  describeAudit(async () => {
    const url = await server().createDatabase();
    return { url, connect: () => openPostgres(url, 'the test database', silentLogger) };
  });

  it('finds triggers that are switched off, constraints that are gone, and a function that lets everything pass', async () => {
    const url = await server().createDatabase();
    const storage = await openStorage(url, { now: () => START_MS });
    const { db } = openPostgres(url, 'the test database', silentLogger);
    expect(await storage.audit.schemaProblem()).toBeNull();
    await sql`alter table outcomes disable trigger outcomes_append_only`.execute(db);
    expect(await storage.audit.schemaProblem()).toMatch(/^The trigger outcomes_append_only .* is switched off\.$/);
    await sql`alter table outcomes enable trigger outcomes_append_only`.execute(db);
    await sql`create or replace function candlecast_append_only() returns trigger language plpgsql as 'begin return null; end'`.execute(
      db,
    );
    expect(await storage.audit.schemaProblem()).toMatch(/^The function candlecast_append_only .* has been changed/);
    await sql`alter table ledger drop constraint ledger_before_outcome`.execute(db);
    expect(await storage.audit.schemaProblem()).toMatch(/^The constraint ledger_before_outcome .* is missing\.$/);
    await db.destroy();
    await storage.close();
  });
});
