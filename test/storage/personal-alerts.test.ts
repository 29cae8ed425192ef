import { afterAll, describe } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describePersonalAlerts } from '../contracts/personal-alerts.ts';
import { sqliteFolder } from '../support/sqlite-files.ts';

describe('alerts that people set in SQLite', () => {
  const folder = sqliteFolder();
  afterAll(() => folder.remove());
  describePersonalAlerts(async () => {
    const { url } = folder.next();
    return [await openStorage(url, { now: () => 0 }), await openStorage(url, { now: () => 0 })];
  });
});
