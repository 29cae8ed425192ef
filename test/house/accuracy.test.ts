import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { modelCardSchema } from '../../src/ml/model/card.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const shown = /<!-- accuracy: [^>]*-->\n\n([\s\S]*?)\n<!-- \/accuracy -->/.exec(readme)?.[1] ?? '';
const cards = ['1h', '1d']
  .map((interval) => join(root, 'models', `${interval}.json`))
  .filter((path) => existsSync(path))
  .map((path) => modelCardSchema.parse(JSON.parse(readFileSync(path, 'utf8')).userDefinedMetadata.metadata.card));

describe('the accuracy in README.md', () => {
  it('is what scripts/accuracy-table.mjs makes of the shipped models’ cards', () => {
    const made = execFileSync(process.execPath, [join(root, 'scripts/accuracy-table.mjs'), '--print'], {
      encoding: 'utf8',
    });
    expect(shown).toBe(made);
  });

  it('names every shipped model, and has a row with n and skill for every horizon it was evaluated at', () => {
    expect(cards.length).toBeGreaterThan(0);
    const rows = shown.split('\n').filter((line) => /^\| \d+[hd] \|/.test(line));
    const records = cards.flatMap((card) => card.evaluation?.records ?? []);
    for (const card of cards) expect(shown).toContain(card.version);
    expect(rows).toHaveLength(records.length);
    records.forEach((record, i) => {
      expect(rows[i]).toContain(`| ${record.n.toLocaleString('en')}, ${record.coins} coins |`);
      expect(rows[i]).toContain(Math.abs(record.overClimatology.value).toFixed(1));
      expect(rows[i]!.includes('no measurable edge')).toBe(record.overClimatology.low <= 0);
    });
  });
});
