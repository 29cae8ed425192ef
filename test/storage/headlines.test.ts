import { afterAll, beforeAll, describe } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describeHeadlineStorage } from '../contracts/headlines.ts';
import { findPostgres, type PostgresServer, startPostgres } from '../support/postgres.ts';

const now = () => Date.UTC(2026, 6, 1);

describe('headlines in SQLite', () => {
  describeHeadlineStorage(() => openStorage('sqlite::memory:', { now }));
});

describe.skipIf(!findPostgres())('headlines in PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.stop());
  describeHeadlineStorage(() => openStorage(server.url, { now }));
});
