import { afterAll } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describePaper } from '../contracts/paper.ts';
import { describeInPostgres, queryPostgres } from '../support/postgres.ts';
import { sqliteFolder } from '../support/sqlite-files.ts';

const folder = sqliteFolder();
afterAll(folder.remove);

describeInPostgres('paper portfolios in PostgreSQL', (server) => {
  describePaper(async () => {
    const url = await server().createDatabase();
    return {
      open: (now) => openStorage(url, { now }),
      openOther: (_, now) => openStorage(url, { now }),
      run: (statement) => queryPostgres(url, statement),
      disarm: () => queryPostgres(url, 'alter table paper_events disable trigger user'),
    };
  });
});
