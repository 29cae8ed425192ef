import { describe, expect, it } from 'vitest';
import { createCountProgress } from '../../src/cli/count-progress.ts';
import { textTable } from '../../src/cli/text-table.ts';

function watch(isTTY: boolean) {
  let nowMs = 0;
  let text = '';
  const output = { isTTY, write: (more: string) => (text += more) };
  const progress = createCountProgress(output, () => nowMs, 'coins');
  return {
    at(ms: number, done: number) {
      nowMs = ms;
      progress.show(done, 10);
      return text;
    },
    end: () => {
      progress.end();
      return text;
    },
  };
}

describe('progress over a count', () => {
  it('is a bar that rewrites itself on a terminal, with the time left', () => {
    const seen = watch(true);
    expect(seen.at(30_000, 5)).toBe('\r\x1b[2K████████████░░░░░░░░░░░░ 50 % 5 of 10 coins, 30 s left');
    expect(seen.end().endsWith('\r\x1b[2K')).toBe(true);
  });

  it('is a line at most every ten seconds elsewhere, and one at the end', () => {
    const seen = watch(false);
    seen.at(1_000, 1);
    seen.at(12_000, 4);
    seen.at(13_000, 5);
    expect(seen.at(14_000, 10)).toBe('40 % 4 of 10 coins, 18 s left\n100 % 10 of 10 coins, 0 s left\n');
    expect(seen.end()).not.toContain('\r');
  });
});

describe('a table of text', () => {
  it('puts names to the left and numbers to the right', () => {
    expect(
      textTable([
        ['', 'n'],
        ['one', '1'],
        ['x', '12'],
      ]),
    ).toBe('      n\none   1\nx    12');
  });
});
