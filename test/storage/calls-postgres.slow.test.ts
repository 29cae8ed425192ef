import { openStorage } from '../../src/storage/open-storage.ts';
import { describeCalls } from '../contracts/calls.ts';
import { describeInPostgres } from '../support/postgres.ts';

describeInPostgres('members’ calls in PostgreSQL', (server) => {
  describeCalls(async () => openStorage(await server().createDatabase(), { now: () => 0 }));
});
