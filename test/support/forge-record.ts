import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { CallEvent } from '../../src/core/calls.ts';
import { type LedgerEntry, NO_HASH } from '../../src/core/ledger.ts';
import type { RecordedOutcome } from '../../src/core/record.ts';
import { ODDS_CHAIN } from '../../src/storage/asked-odds-repository.ts';
import { fromHex } from '../../src/storage/bytes.ts';
import { CALL_CHAIN } from '../../src/storage/call-repository.ts';
import { CHAIN_TABLES, hashesAt } from '../../src/storage/chain-ends.ts';
import type { Connection } from '../../src/storage/connection.ts';
import { type EventChain, type EventRow, eventsAfter } from '../../src/storage/event-chain.ts';
import {
  checkpointHash,
  entryHash,
  markHash,
  modelHash,
  outcomeHash,
  toCheckpoint,
  toEntry,
  toLedgerRow,
  toMark,
  toOutcomeRow,
  toRecordedModel,
  toRecordedOutcome,
} from '../../src/storage/ledger-row-mapping.ts';
import type { Database } from '../../src/storage/schema.ts';
import { rebuildSums } from '../../src/storage/score-sums-audit.ts';
import { openSqlite } from '../../src/storage/sqlite.ts';

const TABLES = Object.values(CHAIN_TABLES).map(([table]) => table);

/** How a record is rewritten. */
export interface Forgery {
  /** What becomes of a forecast; by default it stays. */
  readonly forecast?: (entry: Omit<LedgerEntry, 'hash'>) => Omit<LedgerEntry, 'hash'>;
  readonly outcome?: (outcome: Omit<RecordedOutcome, 'hash'>) => Omit<RecordedOutcome, 'hash'>;
  /** Forecasts after this one are cut off, with everything that hangs on them. */
  readonly lastForecast?: number;
}

/**
 * Rewrites the record in a SQLite file as its operator could: without the triggers, every hash of every chain computed anew and the sums of scores, by the program's
 * own functions, so that nothing in the file shows it. The triggers are put back.
 */
export async function forgeRecord(path: string, forgery: Forgery): Promise<void> {
  const { forecast, outcome, lastForecast } = forgery;
  const connection = openSqlite(path, 'the forged database', 10_000);
  const { db } = connection;
  try {
    await unguarded(connection, async () => {
      if (lastForecast !== undefined) await cutAfter(db, lastForecast);
      for (const row of forecast ? await db.selectFrom('ledger').selectAll().execute() : []) {
        const { hash, ...body } = toEntry(row);
        const made = toLedgerRow({ ...forecast!(body), hash });
        await db.updateTable('ledger').set(made).where('sequence', '=', row.sequence).execute();
      }
      for (const row of outcome ? await db.selectFrom('outcomes').selectAll().execute() : []) {
        const { hash, ...body } = toRecordedOutcome(row);
        const made = toOutcomeRow({ ...outcome!(body), hash });
        await db.updateTable('outcomes').set(made).where('number', '=', row.number).execute();
      }
      await rechain(db);
      await db.transaction().execute(rebuildSums);
    });
  } finally {
    await db.destroy();
  }
}

/** Runs steps while the triggers of the record are away, and puts them back. */
export async function unguarded({ db, kind }: Connection, steps: () => Promise<unknown>): Promise<void> {
  if (kind === 'postgres') {
    for (const table of TABLES) await sql`alter table ${sql.table(table)} disable trigger user`.execute(db);
    await steps();
    for (const table of TABLES) await sql`alter table ${sql.table(table)} enable trigger user`.execute(db);
    return;
  }
  const { rows } = await sql<{ name: string; sql: string }>`
    select name, sql from sqlite_master where type = 'trigger' and tbl_name in (${sql.join(TABLES)})`.execute(db);
  for (const { name } of rows) await sql`drop trigger ${sql.ref(name)}`.execute(db);
  await steps();
  for (const trigger of rows) await sql.raw(trigger.sql).execute(db);
}

/** Removes the forecasts after one with everything that hangs on them, and counts what is left anew; checkpoints over what is gone go too. */
async function cutAfter(db: Kysely<Database>, lastForecast: number): Promise<void> {
  const left = { marks: 0, outcomes: 0 };
  for (const [table, name] of [
    ['ledger_marks', 'marks'],
    ['outcomes', 'outcomes'],
  ] as const) {
    await db.deleteFrom(table).where('sequence', '>', lastForecast).execute();
    for (const { number } of await db.selectFrom(table).select('number').orderBy('number').execute()) {
      await db
        .updateTable(table)
        .set({ number: ++left[name] })
        .where('number', '=', number)
        .execute();
    }
  }
  await db.deleteFrom('ledger').where('sequence', '>', lastForecast).execute();
  await db
    .deleteFrom('checkpoints')
    .where((is) =>
      is.or([is('forecasts', '>', lastForecast), is('marks', '>', left.marks), is('outcomes', '>', left.outcomes)]),
    )
    .execute();
}

/** Computes every hash anew, as a forger would who wants the chains unbroken. The triggers must be away. */
export async function rechain(db: Kysely<Database>): Promise<void> {
  const set = (table: string, key: string, number: number, hash: string) =>
    sql`update ${sql.table(table)} set hash = ${fromHex(hash)} where ${sql.ref(key)} = ${number}`.execute(db);
  const forecasts = new Map<number, string>();
  let previous = NO_HASH;
  for (const row of await db.selectFrom('ledger').selectAll().orderBy('sequence').execute()) {
    const { hash: _, ...body } = toEntry(row);
    previous = entryHash(body, previous);
    forecasts.set(row.sequence, previous);
    await set('ledger', 'sequence', row.sequence, previous);
  }
  previous = NO_HASH;
  for (const row of await db.selectFrom('ledger_marks').selectAll().orderBy('number').execute()) {
    const { hash: _, ...body } = toMark({ ...row, row_hash: fromHex(forecasts.get(row.sequence)!) });
    previous = markHash(body, previous);
    await sql`update ledger_marks set row_hash = ${fromHex(body.rowHash)} where number = ${row.number}`.execute(db);
    await set('ledger_marks', 'number', row.number, previous);
  }
  previous = NO_HASH;
  for (const row of await db.selectFrom('outcomes').selectAll().orderBy('number').execute()) {
    const { hash: _, ...body } = toRecordedOutcome(row);
    previous = outcomeHash(body, previous);
    await set('outcomes', 'number', row.number, previous);
  }
  previous = NO_HASH;
  for (const row of await db.selectFrom('model_cards').selectAll().orderBy('number').execute()) {
    const { hash: _, ...body } = toRecordedModel(row);
    previous = modelHash(body, previous);
    await set('model_cards', 'number', row.number, previous);
  }
  for (const chain of [CALL_CHAIN, ODDS_CHAIN])
    await rechainEvents(db, chain as unknown as EventChain<EventRow, unknown, CallEvent>);
  previous = NO_HASH;
  for (const row of await db.selectFrom('checkpoints').selectAll().orderBy('number').execute()) {
    const { hash: _, ...body } = toCheckpoint(row);
    previous = checkpointHash(body, (await hashesAt(db, body))!, previous);
    await set('checkpoints', 'number', row.number, previous);
  }
}

/** The same of a chain of events, whose hashes are text. */
async function rechainEvents(db: Kysely<Database>, chain: EventChain<EventRow, unknown, CallEvent>): Promise<void> {
  let previous = NO_HASH;
  for (const row of await eventsAfter<EventRow>(db, chain, 0, 100_000)) {
    const before = previous;
    previous = createHash('sha256')
      .update(chain.canonical({ ...row, previous_hash: before }))
      .digest('hex');
    await sql`update ${sql.table(chain.table)} set previous_hash = ${before}, hash = ${previous} where number = ${row.number}`.execute(
      db,
    );
  }
}
