import { seededRandom } from '../../../core/random.ts';
import type { Family, NetworkSize } from '../../model/recipes.ts';

/** What one trial of a search is trained with. */
export interface TrialParams extends NetworkSize {
  readonly peakLearningRate: number;
  readonly batch: number;
  readonly weightDecay: number;
}

/** Makes a value of a number in [0, 1). */
type Range = (share: number) => number;

/** Evenly spread over the logarithm, to three digits: what is printed is what was trained with. */
const logarithmic =
  (from: number, to: number): Range =>
  (share) =>
    Number((from * (to / from) ** share).toPrecision(3));
const among =
  (values: readonly number[]): Range =>
  (share) =>
    values[Math.floor(share * values.length)]!;

/** What is searched. Windows are multiples of 12, so that no family's pooling drops candles. */
const RANGES = {
  peakLearningRate: logarithmic(5e-4, 8e-3),
  batch: among([64, 128, 256, 512]),
  window: among([24, 36, 48, 60, 72, 96]),
  filters: among([12, 16, 24, 32, 48]),
  units: among([16, 24, 32, 48, 64]),
  dense: among([24, 32, 48, 64, 96]),
  dropout: among([0, 0.05, 0.1, 0.2, 0.3, 0.4]),
  weightDecay: logarithmic(1e-3, 0.1),
} as const satisfies Readonly<Record<keyof TrialParams, Range>>;

/** The names of what is searched, in the order they are shown. */
export const PARAM_NAMES = Object.keys(RANGES) as (keyof TrialParams)[];

/** Widths a family has no layer for: they stay at their default. */
const UNUSED: Readonly<Record<Family, readonly (keyof TrialParams)[]>> = {
  cnn: ['units'],
  lstm: ['filters'],
  gru: ['filters'],
  'cnn-lstm': [],
};

/**
 * Steps of Roberts' (2018) quasi-random sequence, which covers a box of any dimension evenly after any number of points:
 * powers of 1 ÷ φ, φ the positive root of x^(dimensions + 1) = x + 1.
 */
function sequenceSteps(dimensions: number): number[] {
  let root = 1.5;
  for (let i = 0; i < 60; i++) {
    const power = root ** dimensions;
    root -= (power * root - root - 1) / ((dimensions + 1) * power - 1);
  }
  return Array.from({ length: dimensions }, (_, i) => (1 / root) ** (i + 1));
}

/** The trials of a search: the default first, then points of a quasi-random sequence that starts where the seed says. */
export function sampleTrials(count: number, seed: number, family: Family, defaults: TrialParams): TrialParams[] {
  const random = seededRandom(seed);
  const starts = PARAM_NAMES.map(() => random());
  const steps = sequenceSteps(PARAM_NAMES.length);
  const fixed = UNUSED[family];
  return Array.from({ length: count }, (_, trial) => {
    if (trial === 0) return defaults;
    const entries = PARAM_NAMES.map((name, i) => {
      const share = (starts[i]! + trial * steps[i]!) % 1;
      return [name, fixed.includes(name) ? defaults[name] : RANGES[name](share)] as const;
    });
    return Object.fromEntries(entries) as unknown as TrialParams;
  });
}
