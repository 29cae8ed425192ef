import { afterAll, describe } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describePrivacy } from '../contracts/privacy.ts';
import { sqliteFolder } from '../support/sqlite-files.ts';

const folder = sqliteFolder();
afterAll(folder.remove);

describe('what a SQLite file keeps about people and servers', () => {
  describePrivacy(() => openStorage(folder.next().url, { now: () => 0 }));
});
