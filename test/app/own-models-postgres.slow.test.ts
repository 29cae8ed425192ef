import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { ownModels } from '../../src/app/own-models.ts';
import type { Logger } from '../../src/core/logger.ts';
import { createModelStore } from '../../src/storage/model-store.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { modelName } from '../contracts/models.ts';
import { emptyFolder } from '../support/candle-files.ts';
import { describeInPostgres } from '../support/postgres.ts';
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

describeInPostgres('models of a bot whose database was changed to PostgreSQL', (server) => {
  it('are taken over once with pointer and log, to the byte, and the files stay', async () => {
    const files = createModelStore(folder);
    await fill(files);
    const before = await contents(files);
    const url = await server().createDatabase();
    const [one, two] = [await openStorage(url, { now }), await openStorage(url, { now })];
    // Two processes that start at once.
    const stores = await Promise.all([ownModels(one, logger, folder), ownModels(two, logger, folder)]);
    for (const store of stores) expect(await contents(store)).toEqual(before);
    expect(said).toEqual([expect.stringMatching(/models were copied from .* into the database.*files stay/)]);
    expect(await contents(files)).toEqual(before);
    // What happens afterwards is not undone by the next start.
    await stores[0]!.point('1d', { serving: null, previous: [], action: 'rollback', why: 'test', atMs: 9 });
    expect((await (await ownModels(two, logger, folder)).pointer('1d')).serving).toBeNull();
    expect(said).toHaveLength(1);
    await one.close();
    await two.close();
  });

  it('are taken over as far as they can be read, and not where none can be said to serve', async () => {
    const files = createModelStore(folder);
    await fill(files);
    writeFileSync(join(folder, '1d', `${modelName(1)}.json`), '{');
    const storage = await openStorage(await server().createDatabase(), { now });
    const store = await ownModels(storage, logger, folder);
    expect((await store.list('1d')).map(({ version }) => version)).toEqual([modelName(2)]);
    expect((await store.pointer('1d')).serving).toBe(modelName(2));
    expect(said).toEqual([expect.stringContaining('warning: a kept model cannot be read'), expect.anything()]);
    await storage.close();
    writeFileSync(join(folder, '1d', 'serving.json'), '{');
    const other = await openStorage(await server().createDatabase(), { now });
    expect(await (await ownModels(other, logger, folder)).list('1d')).toEqual([]);
    expect(said.at(-1)).toContain('which model serves cannot be read');
    await other.close();
  });
});
