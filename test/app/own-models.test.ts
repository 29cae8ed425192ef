import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ownModels } from '../../src/app/own-models.ts';
import type { Logger } from '../../src/core/logger.ts';
import { createModelStore } from '../../src/storage/model-store.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { modelName } from '../contracts/models.ts';
import { emptyFolder } from '../support/candle-files.ts';
import { sqliteFolder } from '../support/sqlite-files.ts';
import { contents, fill } from '../support/two-models.ts';

const now = () => Date.UTC(2026, 0, 1);
let said: string[];
const logger: Logger = {
  debug: () => {},
  info: (_facts, message) => void said.push(message),
  warn: (_facts, message) => void said.push(`warning: ${message}`),
  error: (_facts, message) => void said.push(`error: ${message}`),
};
let folder: string;
beforeEach(() => {
  folder = emptyFolder();
  said = [];
});

describe('models beside a SQLite file', () => {
  const files = sqliteFolder();
  afterAll(files.remove);

  it('lie in the folder, into which those of a restored database are copied once', async () => {
    const storage: Storage = await openStorage(files.next().url, { now });
    await fill(storage.models);
    const store = await ownModels(storage, logger, folder);
    expect(await contents(store)).toEqual(await contents(storage.models));
    expect(await contents(createModelStore(folder))).toEqual(await contents(storage.models));
    rmSync(join(folder, '1d', `${modelName(1)}.json`));
    expect((await (await ownModels(storage, logger, folder)).list('1d')).map(({ version }) => version)).toEqual([
      modelName(2),
    ]);
    expect(said).toEqual([expect.stringContaining('models were copied from the database into')]);
    await storage.close();
  });
});
