import { openStorage } from '../../src/storage/open-storage.ts';
import { describeHeadlineStorage } from '../contracts/headlines.ts';
import { describeInPostgres } from '../support/postgres.ts';

const now = () => Date.UTC(2026, 6, 1);

describeInPostgres('headlines in PostgreSQL', (server) => {
  describeHeadlineStorage(() => openStorage(server().url, { now }));
});
