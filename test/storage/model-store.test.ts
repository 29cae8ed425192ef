import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createModelStore, type ModelStore, readModelFile, writeModelFile } from '../../src/storage/model-store.ts';
import { describeModels, modelFile as file, modelName as names, keptVerdict as verdict } from '../contracts/models.ts';
import { emptyFolder } from '../support/candle-files.ts';

let folder: string;
let store: ModelStore;
beforeEach(() => {
  folder = emptyFolder();
  store = createModelStore(folder);
});

const files = () => readdirSync(join(folder, '1d')).sort();
const promote = (serving: string | null, previous: readonly (string | null)[]) =>
  store.point('1d', { serving, previous, action: 'promote', why: 'test', atMs: 5 });

describe('models in a folder', () => {
  let place: string;
  describeModels(
    () => createModelStore(place),
    async () => {
      place = emptyFolder();
    },
  );
});

describe('the model store', () => {
  it('lets the shipped model serve while nothing has been promoted', async () => {
    expect(await store.pointer('1d')).toMatchObject({ serving: null, previous: [] });
    expect(await store.list('1d')).toEqual([]);
    expect(await store.stamp('1d')).toBe('');
  });

  it('keeps a model with its verdict and gives both back', async () => {
    await store.add('1d', names(1), file(1), verdict(7));
    expect(await store.list('1d')).toEqual([{ version: names(1), addedAtMs: 7, verdict: verdict(7) }]);
    expect((await store.read('1d', names(1))).weightData[0]).toBe(1);
    expect(await store.list('1h')).toEqual([]);
  });

  it('keeps a twin beside its model for as long as that, and lists it as no model of its own', async () => {
    await store.add('1d', names(1), file(1), verdict(1), file(9));
    expect((await store.readTwin('1d', names(1)))!.weightData[0]).toBe(9);
    expect((await store.read('1d', names(1))).weightData[0]).toBe(1);
    expect((await store.list('1d')).map(({ version }) => version)).toEqual([names(1)]);
    for (let n = 2; n <= 7; n++) await store.add('1d', names(n), file(n), verdict(n));
    expect(await store.readTwin('1d', names(1))).toBeNull();
    expect(await store.readTwin('1d', names(7))).toBeNull();
    expect(files().filter((name) => name.includes('twin') || name.startsWith(names(1)))).toEqual([]);
  });

  it('remembers what served before and why it changed, and shows every change in its stamp', async () => {
    await promote('a', [null]);
    const first = await store.stamp('1d');
    await store.point('1d', { serving: null, previous: [], action: 'rollback', why: 'it drifted', atMs: 9 });
    expect(await store.stamp('1d')).not.toBe(first);
    const { serving, previous, log } = await createModelStore(folder).pointer('1d');
    expect({ serving, previous }).toEqual({ serving: null, previous: [] });
    expect(log.at(-1)).toEqual({ atMs: 9, action: 'rollback', from: 'a', to: null, why: 'it drifted' });
  });

  it('keeps five models, the one that serves and the one before it among them, and leaves no file of the others', async () => {
    for (const n of [1, 2]) await store.add('1d', names(n), file(n), verdict(n));
    await promote(names(2), [names(1)]);
    for (const n of [3, 4, 5, 6, 7, 8]) await store.add('1d', names(n), file(n), verdict(n));
    const kept = [8, 7, 6, 2, 1].map(names);
    expect((await store.list('1d')).map((one) => one.version)).toEqual(kept);
    expect(files().filter((name) => /-2024010[345]-/.test(name))).toEqual([]);
    expect(files()).toHaveLength(5 * 3 + 1);
  });

  it('leaves no half-written file behind, and says so when its pointer is damaged', async () => {
    await promote('a', [null]);
    expect(files()).toEqual(['serving.json']);
    writeFileSync(join(folder, '1d', 'serving.json'), readFileSync(join(folder, '1d', 'serving.json')).subarray(0, 20));
    await expect(store.pointer('1d')).rejects.toMatchObject({ code: 'CC_MODEL_DAMAGED' });
    await promote('b', [null]);
    expect((await store.pointer('1d')).serving).toBe('b');
  });

  it('lists a model whose record is lost, without a verdict', async () => {
    await store.add('1d', names(1), file(1), verdict(7));
    rmSync(join(folder, '1d', `${names(1)}.record.json`));
    expect(await store.list('1d')).toEqual([{ version: names(1), addedAtMs: expect.any(Number), verdict: null }]);
  });

  it('takes no name that leads out of its folder', async () => {
    for (const name of ['../1h/x', '..', 'a/b', 'a.record', '']) {
      await expect(store.read('1d', name)).rejects.toMatchObject({ code: 'CC_MODEL_MISSING' });
      await expect(store.add('1d', name, file(1), null)).rejects.toMatchObject({ code: 'CC_FILE' });
    }
  });
});

describe('model files', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'candlecast-models-'));
    path = join(folder, '1d.json');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const model = (fill: number) => ({
    modelJson: JSON.stringify({
      format: 'layers-model',
      weightsManifest: [{ paths: ['weights.bin'], weights: [] }],
      mark: fill,
    }),
    weightData: new Uint8Array(1000).fill(fill),
  });

  it('come back as they were written, in folders that did not exist', async () => {
    const deep = join(folder, 'a/b/1d.json');
    await writeModelFile(deep, model(7));
    const { modelJson, weightData } = await readModelFile(deep);
    expect(JSON.parse(modelJson)).toMatchObject({ mark: 7 });
    expect(new Uint8Array(weightData)).toEqual(model(7).weightData);
  });

  it('leave one pair behind when written over, and no staging files', async () => {
    await writeModelFile(path, model(1));
    await writeModelFile(path, model(2));
    expect((await readdir(folder)).sort()).toEqual([expect.stringMatching(/^1d\.[0-9a-f]{12}\.bin$/), '1d.json']);
    expect(new Uint8Array((await readModelFile(path)).weightData)).toEqual(model(2).weightData);
  });

  it('do not touch the weights of another model in the same folder', async () => {
    await writeModelFile(join(folder, '1h.json'), model(5));
    await writeModelFile(path, model(1));
    expect((await readModelFile(join(folder, '1h.json'))).weightData[0]).toBe(5);
  });

  it('are never seen half: every read during many writes is one whole model', async () => {
    await writeModelFile(path, model(0));
    const writing = (async () => {
      for (let i = 1; i <= 6; i++) await writeModelFile(path, model(i));
    })();
    let reads = 0;
    let going = true;
    const ended = writing.finally(() => {
      going = false;
    });
    for (; going; reads++) {
      const { modelJson, weightData } = await readModelFile(path);
      const { mark } = JSON.parse(modelJson) as { mark: number };
      expect(new Set(weightData)).toEqual(new Set([mark]));
    }
    await ended;
    expect(reads).toBeGreaterThan(1);
  });

  it('tell absent from damaged', async () => {
    await expect(readModelFile(path)).rejects.toMatchObject({ code: 'CC_MODEL_MISSING' });
    await writeModelFile(path, model(3));
    const [weights] = (await readdir(folder)).filter((name) => name.endsWith('.bin'));
    await rm(join(folder, weights!));
    await expect(readModelFile(path)).rejects.toMatchObject({ code: 'CC_MODEL_DAMAGED' });
    await writeFile(path, '{ "weightsManifest": [{ "paths": ["../../etc/passwd.bin"] }] }');
    await expect(readModelFile(path)).rejects.toMatchObject({ code: 'CC_MODEL_DAMAGED' });
    await writeFile(path, 'no json');
    await expect(readModelFile(path)).rejects.toMatchObject({ code: 'CC_MODEL_DAMAGED' });
  });

  it('stay as they were when a write fails', async () => {
    await writeModelFile(path, model(4));
    const before = await readFile(path, 'utf8');
    await expect(writeModelFile(join(path, 'below-a-file.json'), model(9))).rejects.toMatchObject({ code: 'CC_FILE' });
    expect(await readFile(path, 'utf8')).toBe(before);
    expect((await readdir(folder)).filter((name) => name.includes('tmp'))).toEqual([]);
  });
});
