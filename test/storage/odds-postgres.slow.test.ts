import { openStorage } from '../../src/storage/open-storage.ts';
import { describeOdds } from '../contracts/odds.ts';
import { describeInPostgres } from '../support/postgres.ts';

describeInPostgres('odds in PostgreSQL', (server) => {
  describeOdds(async (now) => openStorage(await server().createDatabase(), { now }));
});
