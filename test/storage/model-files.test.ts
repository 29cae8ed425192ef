import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readModelFile, writeModelFile } from '../../src/storage/model-files.ts';

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

describe('model files', () => {
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
