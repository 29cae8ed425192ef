import { openStorage } from '../../src/storage/open-storage.ts';
import { describeWatches } from '../contracts/watches.ts';
import { describeInPostgres } from '../support/postgres.ts';

describeInPostgres('watched coins in PostgreSQL', (server) => {
  describeWatches(async () => openStorage(await server().createDatabase(), { now: () => 0 }));
});
