import { afterAll, beforeAll, describe } from 'vitest';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { describeModels } from '../contracts/models.ts';
import { START_MS } from '../support/candles.ts';
import { sqliteFolder } from '../support/sqlite-files.ts';

const now = () => START_MS;
const EMPTIED = 'delete from models; delete from model_pointers';

describe('models in the tables of a SQLite file', () => {
  const folder = sqliteFolder();
  const file = folder.next();
  let storage: Storage;
  beforeAll(async () => {
    storage = await openStorage(file.url, { now });
  });
  afterAll(async () => {
    await storage.close();
    folder.remove();
  });
  describeModels(
    () => storage.models,
    () => file.run(EMPTIED),
  );
});
