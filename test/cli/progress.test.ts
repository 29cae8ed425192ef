import { describe, expect, it } from 'vitest';
import { createCountProgress, createTrainProgress, trainProgressText } from '../../src/cli/progress.ts';
import { textTable } from '../../src/cli/text-table.ts';
import type { TrainProgress } from '../../src/ml/train/progress.ts';

const progress: TrainProgress = {
  phase: 'training',
  part: 'nets',
  member: 1,
  members: 3,
  visited: 500,
  check: 4,
  meanLoss: 0.31234,
  skillPct: 2.5,
  samplesPerSecond: 12_345.6,
  done: 0.25,
  secondsLeft: 3_725,
};

describe('a line of training progress', () => {
  it('names the net, its validation check, loss, skill and speed, and the time left', () => {
    expect(trainProgressText(progress)).toBe(
      'training, net 2/3, check 5 · loss 0.3123 · skill +2.50 % · 12,346 samples/s · at most 1 h 02 min left',
    );
    expect(trainProgressText({ ...progress, phase: 'evaluation', secondsLeft: null, skillPct: -1 })).toBe(
      'out-of-sample refit for the evaluation, net 2/3, check 5 · loss 0.3123 · skill -1.00 % · 12,346 samples/s',
    );
  });

  it('says of nets that learn again that they do, and claims no skill', () => {
    expect(trainProgressText({ ...progress, part: 'refit', skillPct: null })).toBe(
      'training, net 2/3 with the newest candles, check 5 · loss 0.3123 · 12,346 samples/s · at most 1 h 02 min left',
    );
  });

  it('says of trees only that they grow, and nothing of the nets before them', () => {
    expect(trainProgressText({ ...progress, part: 'trees', secondsLeft: 65 })).toBe(
      'training, trees · at most 1 min 05 s left',
    );
  });
});

describe('training progress in a log', () => {
  it('has a line at once for each part of each phase, and then at most one in ten seconds', () => {
    let nowMs = 0;
    let text = '';
    const { show } = createTrainProgress({ write: (more) => (text += more) }, () => nowMs);
    const { phase } = progress;
    for (const part of ['nets', 'refit', 'trees'] as const) {
      for (const more of [0, 1_000, 9_000]) {
        nowMs += more;
        show({ ...progress, phase, part });
      }
    }
    const heads = text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/,? check| ·/)[0]);
    expect(heads).toEqual([
      ...['25 % training, net 2/3', '25 % training, net 2/3'],
      ...['25 % training, net 2/3 with the newest candles', '25 % training, net 2/3 with the newest candles'],
      ...['25 % training, trees', '25 % training, trees'],
    ]);
  });
});

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
