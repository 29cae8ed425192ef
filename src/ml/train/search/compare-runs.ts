import { studentTQuantile } from '../../baselines/distributions.ts';
import { resampleBlocks, skillPct } from '../../scoring/block-bootstrap.ts';
import type { DailyLosses } from './state.ts';

/** Losses of both settings with one seed, on the same origins. */
export interface SeedPair {
  readonly seed: number;
  readonly reference: DailyLosses;
  readonly challenger: DailyLosses;
}

/** The verdict: the challenger is better, worse, or the difference is within noise. */
export type Verdict = 'better' | 'worse' | 'noise' | 'undecided';

/** Skills are over climatology in per cent, mean over the horizons; differences are challenger − reference, in points. */
export interface NoiseReport {
  readonly verdict: Verdict;
  readonly seeds: readonly {
    readonly seed: number;
    readonly reference: number;
    readonly challenger: number;
  }[];
  readonly reference: number;
  readonly challenger: number;
  readonly difference: number;
  /** 95 % interval over both sources of noise. */
  readonly low: number;
  readonly high: number;
  /** Standard errors from the seeds, and from the evaluation period. */
  readonly seedError: number;
  readonly timeError: number;
  /** Whether the difference is larger than the seeds explain; the evaluation period may still explain it. */
  readonly beyondSeeds: boolean;
}

/** Minimum number of pairs for an interval. */
export const MIN_PAIRS = 3;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** Standard deviation, n − 1. */
function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(total(values.map((value) => (value - centre) ** 2)) / (values.length - 1));
}

const skillOf = ({ model, climatology }: DailyLosses) =>
  mean(model.map((losses, at) => skillPct(total(losses), total(climatology[at]!))));

/**
 * Compares two settings over pairs of runs. Noise has two sources, the seed of a run and the period it is scored on: the first is the
 * spread of the paired differences, the second a bootstrap of the seeds' mean difference over blocks of `blockDays` days. Their errors
 * add as squares, on the careful side because both hold what seed and time do together; the interval is Student's t with the degrees
 * of freedom of Welch (1947) and Satterthwaite. `undecided` with fewer than three pairs, where there is no interval.
 */
export function compareRuns(pairs: readonly SeedPair[], blockDays: number): NoiseReport {
  const seeds = pairs.map(({ seed, reference, challenger }) => ({
    seed,
    reference: skillOf(reference),
    challenger: skillOf(challenger),
  }));
  const differences = seeds.map((one) => one.challenger - one.reference);
  const facts = {
    seeds,
    reference: mean(seeds.map((one) => one.reference)),
    challenger: mean(seeds.map((one) => one.challenger)),
    difference: mean(differences),
  };
  if (pairs.length < MIN_PAIRS) {
    return {
      ...facts,
      verdict: 'undecided',
      low: Number.NaN,
      high: Number.NaN,
      seedError: Number.NaN,
      timeError: Number.NaN,
      beyondSeeds: false,
    };
  }
  const seedError = deviation(differences) / Math.sqrt(pairs.length);
  const timeError = deviation(resampledDifferences(pairs, blockDays));
  const blocks = Math.max(2, Math.floor(pairs[0]!.reference.climatology[0]!.length / blockDays));
  const [seedSquare, timeSquare] = [seedError ** 2, timeError ** 2];
  const spread = seedSquare ** 2 / (pairs.length - 1) + timeSquare ** 2 / (blocks - 1);
  const freedom = spread > 0 ? (seedSquare + timeSquare) ** 2 / spread : 1;
  const reach = studentTQuantile(0.975, freedom) * Math.hypot(seedError, timeError);
  const low = facts.difference - reach;
  const high = facts.difference + reach;
  const verdict = low > 0 ? 'better' : high < 0 ? 'worse' : 'noise';
  const beyondSeeds = Math.abs(facts.difference) > studentTQuantile(0.975, pairs.length - 1) * seedError;
  return { ...facts, verdict, low, high, seedError, timeError, beyondSeeds };
}

/** The seeds' mean difference on resampled blocks of days. */
function resampledDifferences(pairs: readonly SeedPair[], blockDays: number): number[] {
  const horizons = pairs[0]!.reference.model.length;
  const columns = Array.from({ length: horizons }, (_, at) => {
    const climatology = pairs[0]!.reference.climatology[at]!;
    const gain = climatology.map((_, day) =>
      mean(pairs.map(({ reference, challenger }) => reference.model[at]![day]! - challenger.model[at]![day]!)),
    );
    return [gain, climatology];
  }).flat();
  const drawn: number[] = [];
  resampleBlocks(columns, blockDays, (sums) => {
    const gains = Array.from({ length: horizons }, (_, at) => (100 * sums[2 * at]!) / sums[2 * at + 1]!);
    if (gains.every(Number.isFinite)) drawn.push(mean(gains));
  });
  return drawn;
}
