import { openStorage } from '../../src/storage/open-storage.ts';
import { describePersonalAlerts } from '../contracts/personal-alerts.ts';
import { describeInPostgres } from '../support/postgres.ts';

describeInPostgres('alerts that people set in PostgreSQL', (server) => {
  describePersonalAlerts(async () => {
    const url = await server().createDatabase();
    return [await openStorage(url, { now: () => 0 }), await openStorage(url, { now: () => 0 })];
  });
});
