import { afterAll } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describePrivacy } from '../contracts/privacy.ts';
import { describeInPostgres } from '../support/postgres.ts';
import { sqliteFolder } from '../support/sqlite-files.ts';

const folder = sqliteFolder();
afterAll(folder.remove);

describeInPostgres('what PostgreSQL keeps about people and servers', (server) => {
  describePrivacy(async () => openStorage(await server().createDatabase(), { now: () => 0 }));
});
