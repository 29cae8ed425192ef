import type { Selectable } from 'kysely';
import Sqlite from 'libsql';
import { type LedgerEntry, NO_HASH } from '../../src/core/ledger.ts';
import type { RecordedOutcome } from '../../src/core/record.ts';
import {
  checkpointHash,
  entryHash,
  markHash,
  modelHash,
  outcomeHash,
  toCheckpoint,
  toCheckpointRow,
  toEntry,
  toLedgerRow,
  toMark,
  toMarkRow,
  toModelRow,
  toOutcomeRow,
  toRecordedModel,
  toRecordedOutcome,
} from '../../src/storage/ledger-row-mapping.ts';
import type { CheckpointRow, LedgerMarkRow, LedgerRow, ModelCardRow, OutcomeRow } from '../../src/storage/schema.ts';

const TABLES = ['outcomes', 'ledger_marks', 'checkpoints', 'model_cards', 'ledger'] as const;

/** How a record is rewritten. */
export interface Forgery {
  /** What becomes of a forecast; by default it stays. */
  readonly forecast?: (entry: Omit<LedgerEntry, 'hash'>) => Omit<LedgerEntry, 'hash'>;
  readonly outcome?: (outcome: Omit<RecordedOutcome, 'hash'>) => Omit<RecordedOutcome, 'hash'>;
  /** Forecasts after this one are cut off, with everything that hangs on them. */
  readonly lastForecast?: number;
}

/**
 * Rewrites the record in a SQLite file as its operator could: without the triggers, every hash of every chain computed anew by the program's own
 * functions, so that nothing in the file shows it. The triggers are put back.
 */
export function forgeRecord(path: string, forgery: Forgery): void {
  const { forecast = (entry) => entry, outcome = (one) => one, lastForecast = Number.POSITIVE_INFINITY } = forgery;
  const database = new Sqlite(path, { timeout: 10_000 });
  const rows = <Row>(table: string, key: string) =>
    database.prepare(`select * from ${table} order by ${key}`).all() as Selectable<Row>[];
  const insert = (table: string, row: object) => {
    const columns = Object.keys(row);
    database
      .prepare(`insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`)
      .run(...Object.values(row).map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value)));
  };
  try {
    const triggers = database.prepare("select name, sql from sqlite_master where type = 'trigger'").all() as {
      name: string;
      sql: string;
    }[];
    const old = {
      forecasts: rows<LedgerRow>('ledger', 'sequence').map(toEntry),
      marks: rows<LedgerMarkRow>('ledger_marks', 'number').map(toMark),
      outcomes: rows<OutcomeRow>('outcomes', 'number').map(toRecordedOutcome),
      models: rows<ModelCardRow>('model_cards', 'number').map(toRecordedModel),
      checkpoints: rows<CheckpointRow>('checkpoints', 'number').map(toCheckpoint),
    };
    database.exec('pragma foreign_keys = off; begin immediate');
    for (const { name } of triggers) database.exec(`drop trigger ${name}`);
    for (const table of TABLES) database.exec(`delete from ${table}`);

    const hashes: Record<'forecasts' | 'marks' | 'outcomes' | 'models', string[]> = {
      forecasts: [NO_HASH],
      marks: [NO_HASH],
      outcomes: [NO_HASH],
      models: [NO_HASH],
    };
    for (const { hash: _old, ...body } of old.forecasts.filter(({ sequence }) => sequence <= lastForecast)) {
      const made = forecast(body);
      const hash = entryHash(made, hashes.forecasts.at(-1)!);
      hashes.forecasts.push(hash);
      insert('ledger', toLedgerRow({ ...made, hash }));
    }
    for (const { hash: _old, ...body } of old.marks.filter(({ sequence }) => sequence <= lastForecast)) {
      const made = { ...body, number: hashes.marks.length, rowHash: hashes.forecasts[body.sequence]! };
      const hash = markHash(made, hashes.marks.at(-1)!);
      hashes.marks.push(hash);
      insert('ledger_marks', toMarkRow({ ...made, hash }));
    }
    for (const { hash: _old, ...body } of old.outcomes.filter(({ sequence }) => sequence <= lastForecast)) {
      const made = outcome({ ...body, number: hashes.outcomes.length });
      const hash = outcomeHash(made, hashes.outcomes.at(-1)!);
      hashes.outcomes.push(hash);
      insert('outcomes', toOutcomeRow({ ...made, hash }));
    }
    for (const { hash: _old, ...body } of old.models) {
      const hash = modelHash(body, hashes.models.at(-1)!);
      hashes.models.push(hash);
      insert('model_cards', toModelRow({ ...body, hash }));
    }
    let [number, previousHash] = [0, NO_HASH];
    for (const { hash: _old, ...body } of old.checkpoints) {
      const at = {
        forecasts: hashes.forecasts[body.forecasts],
        marks: hashes.marks[body.marks],
        outcomes: hashes.outcomes[body.outcomes],
        models: hashes.models[body.models],
      };
      // A checkpoint over what was cut off goes with it.
      if (!at.forecasts || !at.marks || !at.outcomes || !at.models) continue;
      const made = { ...body, number: ++number };
      const { forecasts, marks, outcomes, models } = at;
      previousHash = checkpointHash(made, { forecasts, marks, outcomes, models }, previousHash);
      insert('checkpoints', toCheckpointRow({ ...made, hash: previousHash }));
    }
    for (const { sql } of triggers) database.exec(sql);
    database.exec('commit');
  } finally {
    database.close();
  }
}
