import { afterAll, describe } from 'vitest';
import { openStorage } from '../../../src/storage/open-storage.ts';
import { describeTrainings } from '../../contracts/trainings.ts';
import { sqliteFolder } from '../../support/sqlite-files.ts';

const START_MS = Date.UTC(2026, 0, 1);
describe('in a SQLite file', () => {
  const files = sqliteFolder();
  const { url } = files.next();
  afterAll(files.remove);
  describeTrainings(() => openStorage(url, { now: () => START_MS }));
});
