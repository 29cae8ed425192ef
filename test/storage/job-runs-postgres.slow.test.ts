import { openStorage } from '../../src/storage/open-storage.ts';
import { describeAlarms } from '../contracts/alarms.ts';
import { describeJobRuns } from '../contracts/job-runs.ts';
import { describeServerSettings } from '../contracts/server-settings.ts';
import { START_MS } from '../support/candles.ts';
import { describeInPostgres } from '../support/postgres.ts';

const now = () => START_MS;

describeInPostgres('in PostgreSQL', (server) => {
  describeJobRuns(() => openStorage(server().url, { now }));
  describeAlarms(() => openStorage(server().url, { now }));
  describeServerSettings(() => openStorage(server().url, { now }));
});
