import { describe, expect, it } from 'vitest';
import { treeShareText } from '../../src/core/tree-share.ts';

const percent = (fraction: number) => `${100 * fraction} %`;

describe('the share of trees, in words', () => {
  it('is one number where it is the same at every horizon, else one for each', () => {
    expect(treeShareText([0.5, 0.5, 0.5], percent)).toBe(
      'Boosted trees give 50 % of every quantile, the nets the rest',
    );
    expect(treeShareText([0.5, 0.25, 0], percent)).toContain('50 % / 25 % / 0 % of every quantile');
  });

  it('is nothing where there are none', () => {
    for (const shares of [null, undefined, [], [0, 0, 0]]) expect(treeShareText(shares, percent)).toBeNull();
  });
});
