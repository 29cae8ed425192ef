import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { asCandlecastError, CandlecastError, ERROR_CATALOGUE, errorLine } from '../../src/core/errors.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
const rows = [...page.matchAll(/^\| `(CC_[A-Z_]+)` \| (.+?) \| (.+?) \|$/gm)].map(([, code, meaning, remedy]) => ({
  code,
  meaning,
  remedy,
}));

describe('docs/errors.md', () => {
  it('lists every code with its meaning and remedy, in the order of the catalogue', () => {
    const expected = Object.entries(ERROR_CATALOGUE).map(([code, { meaning, remedy }]) => ({ code, meaning, remedy }));
    expect(rows).toEqual(expected);
  });
});

describe('the error catalogue', () => {
  it('holds no code that is never used', () => {
    const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('errors.ts'))
      .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
      .join('\n');
    expect(Object.keys(ERROR_CATALOGUE).filter((code) => !source.includes(code) && code !== 'CC_INTERNAL')).toEqual([]);
  });
});

describe('errors', () => {
  it('say code, what happened and the remedy in one line', () => {
    const error = new CandlecastError('CC_FILE', 'The folder x\n cannot be read.', { remedy: 'Look again.' });
    expect(errorLine(error)).toBe('CC_FILE: The folder x cannot be read. Look again.');
  });

  it('wrap what is not of the family without losing it', () => {
    const cause = new TypeError('boom');
    const wrapped = asCandlecastError(cause);
    expect([wrapped.code, wrapped.cause]).toEqual(['CC_INTERNAL', cause]);
    expect(errorLine(cause)).toContain('(boom)');
    expect(asCandlecastError(wrapped)).toBe(wrapped);
  });
});
