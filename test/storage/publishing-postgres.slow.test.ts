import { beforeEach } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describePublishing } from '../contracts/publishing.ts';
import { describeInPostgres } from '../support/postgres.ts';

const now = () => 1_000;

describeInPostgres('publishing in PostgreSQL', (server) => {
  let url: string;
  beforeEach(async () => {
    url = await server().createDatabase();
  });
  describePublishing(() => openStorage(url, { now }), true);
});
