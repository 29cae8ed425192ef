import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parameterCount } from '../../src/ml/engine/weights.ts';
import { contextNames } from '../../src/ml/features/build.ts';
import { FAMILIES, networkSpec } from '../../src/ml/model/recipes.ts';
import { readComparisonFile } from '../../src/storage/comparison-file.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/families.md'), 'utf8');

describe('docs/families.md', () => {
  it('is what scripts/families-page.mjs makes of the shipped comparison', () => {
    const made = execFileSync(process.execPath, [join(root, 'scripts/families-page.mjs'), '--print'], {
      encoding: 'utf8',
    });
    expect(page).toBe(made);
  });

  it('has every family at every horizon, from a comparison that can be read, of the recipes as they are', async () => {
    const comparison = await readComparisonFile(join(root, 'models/comparison-1d.json'));
    expect(comparison?.families.map(({ family }) => family)).toEqual([...FAMILIES]);
    for (const { family, parameters, horizons } of comparison!.families) {
      const spec = networkSpec(FAMILIES.find((known) => known === family)!, contextNames('1d').length, horizons.length);
      expect(parameters).toBe(parameterCount(spec));
      for (const { skillPct, median } of horizons) {
        const skill = `${skillPct.value < 0 ? '−' : '+'}${Math.abs(skillPct.value).toFixed(1)}`;
        expect(page).toContain(`| ${family} | ${skill} (`);
        expect(page).toContain(`${(100 * median.mae).toFixed(2)} / `);
      }
    }
  });
});
