import { describe, expect, it } from 'vitest';
import type { FitPart } from '../../../src/ml/train/fit-ensemble.ts';
import type { FitProgress } from '../../../src/ml/train/fit-member.ts';
import { createTrainCount, type TrainProgress } from '../../../src/ml/train/progress.ts';

const VISITS = 1_000;
const at = (visited: number): FitProgress => ({ visited, check: 0, meanLoss: 1, skillPct: 2, samplesPerSecond: 100 });
type Asked = Parameters<typeof createTrainCount>[0];

/** Goes through a whole run as `trainModel` does, every part to its end, and gives what was said. */
function wholeRun(options: Asked): TrainProgress[] {
  const said: TrainProgress[] = [];
  const count = createTrainCount(options, VISITS, (progress) => said.push(progress));
  const phases = { true: ['evaluation', 'training'], false: ['training'], only: ['evaluation'] } as const;
  for (const phase of phases[`${options.outOfSampleRefit}`]) {
    const report = count(phase);
    const nets = (part: FitPart) => {
      for (const member of options.seeds.keys()) {
        // A little more than it was given, as whole batches come to.
        for (const visited of [100, 500, 1_024]) report(part, member, at(visited));
      }
    };
    const afterTwin = options.heldOutMs !== undefined && phase === 'training';
    if (!afterTwin) nets('nets');
    if (options.refit || options.heldOutMs !== undefined) nets('refit');
    if (options.treeShare.some((share) => share > 0)) {
      for (const done of [0.1, 0.5, 1]) report('trees', 0, { done });
    }
  }
  return said;
}

const withTwin: Asked = { outOfSampleRefit: true, heldOutMs: 1, refit: false, treeShare: [0.5], seeds: [1, 2] };
const cases = [true, false, 'only'].flatMap((outOfSampleRefit) =>
  [true, false].flatMap((refit) =>
    [[], [0, 0, 0], [0.5, 0, 0.5]].map((treeShare) => ({ outOfSampleRefit, refit, treeShare, seeds: [1, 2] }) as Asked),
  ),
);

describe('where a training run stands', () => {
  it.each([...cases, withTwin])('rises from 0 to 1 over all parts: %o', (options) => {
    const said = wholeRun(options);
    const shares = said.map(({ done }) => done);
    expect(shares[0]).toBeGreaterThan(0);
    expect(shares[0]).toBeLessThan(0.1);
    for (const [i, share] of shares.entries()) if (i > 0) expect(share).toBeGreaterThan(shares[i - 1]!);
    expect(shares.at(-1)).toBe(1);
    const left = said.map(({ secondsLeft }) => secondsLeft!);
    expect(left).toEqual([...left].sort((a, b) => b - a));
    expect(left.at(-1)).toBe(0);
  });

  it('counts no second search for the step to stop at after a twin', () => {
    const parts = wholeRun(withTwin).map(({ phase, part }) => `${phase} ${part}`);
    expect([...new Set(parts)]).toEqual([
      'evaluation nets',
      'evaluation refit',
      'evaluation trees',
      'training refit',
      'training trees',
    ]);
  });

  it('gives every part the share of the run that its visits are', () => {
    const said = wholeRun({ outOfSampleRefit: true, refit: true, treeShare: [1], seeds: [1, 2] });
    const ends = said.filter((_, i) => said[i + 1]?.part !== said[i]!.part || said[i + 1]?.phase !== said[i]!.phase);
    expect(ends.map(({ phase, part, done }) => [phase, part, done])).toEqual([
      ['evaluation', 'nets', 0.2],
      ['evaluation', 'refit', 0.4],
      ['evaluation', 'trees', 0.5],
      ['training', 'nets', 0.7],
      ['training', 'refit', 0.9],
      ['training', 'trees', 1],
    ]);
  });

  it('knows no time left before any speed is known, and keeps the last one where trees have none', () => {
    const said: TrainProgress[] = [];
    const options: Asked = { outOfSampleRefit: false, refit: false, treeShare: [1], seeds: [1] };
    const report = createTrainCount(options, VISITS, (progress) => said.push(progress))('training');
    report('nets', 0, { ...at(0), samplesPerSecond: 0 });
    report('nets', 0, at(1_000));
    report('trees', 0, { done: 0.5 });
    expect(said.map(({ secondsLeft }) => secondsLeft)).toEqual([null, 10, 5]);
    expect(said.map(({ visited }) => visited)).toEqual([0, 1_000, 500]);
  });
});
