import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { labelOf, scoreOf } from '../../src/sentiment/score.ts';

const folder = fileURLToPath(new URL('../../../shared/data/sentiment/', import.meta.url));

/** Floors a little under what docs/sentiment.md shows. */
const FLOORS = { sentfin_headlines: 0.77, surge_crypto_reddit: 0.75, fpb_50agree: 0.685 };

/** Mean of the F1 of every class that occurs among the true labels. */
function macroF1(truth: readonly number[], given: readonly number[]): number {
  const classes = [...new Set(truth)];
  const scores = classes.map((one) => {
    const hits = truth.filter((label, i) => label === one && given[i] === one).length;
    const either = truth.filter((label) => label === one).length + given.filter((label) => label === one).length;
    return either === 0 ? 0 : (2 * hits) / either;
  });
  return scores.reduce((sum, f1) => sum + f1, 0) / classes.length;
}

const absent = !existsSync(`${folder}sentfin_headlines.csv`);

// The sets belong to others and are not part of the repository.
describe.skipIf(absent)('on labelled sets, which lie beside the repository', () => {
  it.each(Object.entries(FLOORS))('%s: macro-F1 is %d or more', (name, floor) => {
    const rows = parse(readFileSync(`${folder}${name}.csv`), { columns: true, bom: true }) as {
      text: string;
      label: string;
    }[];
    expect(rows.length).toBeGreaterThan(500);
    const truth = rows.map((row) => Number(row.label));
    const given = rows.map((row) => labelOf(scoreOf(row.text)));
    expect(macroF1(truth, given)).toBeGreaterThanOrEqual(floor);
  });
});
