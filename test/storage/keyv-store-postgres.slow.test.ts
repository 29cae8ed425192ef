import { silentLogger } from '../../src/core/logger.ts';
import { openPostgres } from '../../src/storage/postgres.ts';
import { describeKeyvStore } from '../contracts/keyv-store.ts';
import { describeInPostgres } from '../support/postgres.ts';

describeInPostgres('the Keyv store in PostgreSQL', (server) => {
  describeKeyvStore(async () => openPostgres(server().url, 'PostgreSQL', silentLogger));
});
