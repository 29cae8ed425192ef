import { afterAll } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describeLedger } from '../contracts/ledger.ts';
import { describeInPostgres, queryPostgres } from '../support/postgres.ts';
import { sqliteFolder } from '../support/sqlite-files.ts';

const TABLES = ['ledger', 'ledger_marks', 'outcomes'];
const folder = sqliteFolder();
afterAll(folder.remove);

describeInPostgres('in PostgreSQL', (server) => {
  describeLedger(async () => {
    const url = await server().createDatabase();
    return {
      open: (now) => openStorage(url, { now }),
      writeElsewhere: async (forecasts, nowMs) => {
        const storage = await openStorage(url, { now: () => nowMs });
        for (const forecast of forecasts) await storage.ledger.append([forecast], 'scheduled');
        await storage.close();
      },
      run: (statement) => queryPostgres(url, statement),
      disarm: async () => {
        for (const table of TABLES) await queryPostgres(url, `alter table ${table} disable trigger user`);
        await queryPostgres(url, 'alter table ledger_marks drop constraint ledger_marks_sequence_fkey');
      },
    };
  });
});
