import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeAtomically } from '../../src/storage/atomic-write.ts';
import { emptyFolder } from '../support/candle-files.ts';

describe('writeAtomically', () => {
  it('makes the folders, replaces what was there, and leaves nothing beside it', async () => {
    const path = join(emptyFolder(), 'deep', 'file.json');
    await writeAtomically(path, 'old');
    await writeAtomically(path, new TextEncoder().encode('new'));
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(join(path, '..'))).toEqual(['file.json']);
  });

  it('shows readers one text or the other while several write', async () => {
    const path = join(emptyFolder(), 'file.txt');
    const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(200_000));
    await writeAtomically(path, texts[0]!);
    const writing = Promise.all(texts.map((text) => writeAtomically(path, text)));
    expect(texts).toContain(readFileSync(path, 'utf8'));
    await writing;
    expect(texts).toContain(readFileSync(path, 'utf8'));
  });

  it('keeps the old file and reports the first failure where it cannot write', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'file'), 'old');
    await expect(writeAtomically(join(folder, 'file', 'below'), 'new')).rejects.toMatchObject({ code: 'EEXIST' });
    mkdirSync(join(folder, 'taken', 'inside'), { recursive: true });
    await expect(writeAtomically(join(folder, 'taken'), 'new')).rejects.toThrow();
    expect(readdirSync(folder).sort()).toEqual(['file', 'taken']);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
  });
});
