import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ownModels } from '../../src/app/own-models.ts';
import type { Logger } from '../../src/core/logger.ts';
import { createModelStore, type ModelStore } from '../../src/storage/model-store.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { keptVerdict, modelFile, modelName } from '../contracts/models.ts';
import { emptyFolder } from '../support/candle-files.ts';
import { sqliteFolder } from '../support/sqlite-files.ts';

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

/** Keeps two models, of which the second serves and the first did. */
async function fill(store: ModelStore): Promise<void> {
  for (const n of [1, 2]) {
    await store.add('1d', modelName(n), modelFile(n), keptVerdict(n), modelFile(n + 4));
    const { serving, previous } = await store.pointer('1d');
    const before = [...previous, serving];
    await store.point('1d', { serving: modelName(n), previous: before, action: 'promote', why: `test ${n}`, atMs: n });
  }
}

/** All of an interval that can be seen from outside. */
async function contents(store: ModelStore) {
  const models = await store.list('1d');
  const files = models.map(async ({ version }) => [
    await store.read('1d', version),
    await store.readTwin('1d', version),
  ]);
  const plain = (await Promise.all(files)).flat().map((file) => file && [file.modelJson, ...file.weightData]);
  return { pointer: await store.pointer('1d'), models, plain };
}

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
