import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readComparisonFile, writeComparisonFile } from '../../src/storage/comparison-file.ts';
import { believableComparison } from '../render/models/believable-models.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlecast-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the file of a comparison', () => {
  it('gives back what was written, also over an older one, and leaves nothing beside it', async () => {
    const path = join(folder, 'made/comparison-1d.json');
    await writeComparisonFile(path, { ...believableComparison, threads: 7 });
    await writeComparisonFile(path, believableComparison);
    expect(await readComparisonFile(path)).toEqual(believableComparison);
    expect(await readdir(join(folder, 'made'))).toEqual(['comparison-1d.json']);
  });

  it('is null where there is none', async () => {
    expect(await readComparisonFile(join(folder, 'none.json'))).toBeNull();
  });

  it.each([
    ['no JSON', '{'],
    ['another format', JSON.stringify({ ...believableComparison, format: 2 })],
    ['a score that is missing', JSON.stringify({ ...believableComparison, families: [{ family: 'cnn' }] })],
  ])('is refused with %s', async (_, text) => {
    const path = join(folder, 'bad.json');
    await writeFile(path, text);
    await expect(readComparisonFile(path)).rejects.toMatchObject({ code: 'CC_FILE' });
  });

  it('is an error where it cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(writeComparisonFile(join(folder, 'file/x.json'), believableComparison)).rejects.toMatchObject({
      code: 'CC_FILE',
    });
  });
});
