import type { Interval } from '../../../core/candle.ts';
import { studentTQuantile } from '../../baselines/distributions.ts';
import { resampleBlocks, skillPct } from '../../scoring/block-bootstrap.ts';
import { BLOCK_PERIODS } from '../../scoring/evaluation-scores.ts';
import { challengerOf, planRungs, ranking } from './run-search.ts';
import type { TrialParams } from './space.ts';
import type { DailyLosses, SearchState } from './state.ts';

/** One line of the table of trials. */
export interface TrialLine {
  readonly trial: number;
  readonly params: TrialParams;
  readonly parameters: number;
  /** Validation skill over climatology in per cent at each rung it reached; null where it diverged. */
  readonly skillPct: readonly (number | null)[];
  readonly seconds: number;
}

/** A search as `--json` holds it. */
export interface SearchReport {
  readonly format: 1;
  readonly command: string;
  readonly interval: Interval;
  readonly family: string;
  readonly seed: number;
  readonly symbols: readonly string[];
  /** Origins by which trials were judged: the stopping period, ms. */
  readonly validation: { readonly windows: number; readonly fromMs: number; readonly toMs: number };
  readonly rungs: readonly { readonly trials: number; readonly windowVisits: number }[];
  /** Best first: by the last rung reached, then by the skill there. Trial 0 is the default. */
  readonly trials: readonly TrialLine[];
  /** The best trial besides the default; null when all of them diverged. */
  readonly best: number | null;
  /** That trial (challenger) and the default (reference) at full length with several seeds; null without a best one. */
  readonly comparison: NoiseReport | null;
  /** Seeds with which the default or the best diverged; they are not compared. */
  readonly diverged: readonly number[];
  readonly verdict: string;
  readonly caution: string;
}

const CAUTION =
  'These figures are optimistic: the trials were chosen on the very period they are scored on, and so was the moment each run stopped. Only an evaluation on later dates (npm run evaluate) says what a model is worth.';

const DAY_BLOCKS: Readonly<Record<Interval, number>> = { '1d': BLOCK_PERIODS['1d'], '1h': BLOCK_PERIODS['1h'] / 24 };

const points = (value: number) => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(2)}`;

/** Puts a finished search together. `seeds` are those of the comparison that was asked for. */
export function searchReport(state: SearchState, seeds: readonly number[], command: string): SearchReport {
  const { identity, scores } = state;
  const best = challengerOf(scores);
  const runs = (trial: number, seed: number) =>
    state.comparison.find((run) => run.trial === trial && run.seed === seed)?.losses ?? null;
  const found = seeds.map((seed) => ({ seed, reference: runs(0, seed), challenger: runs(best ?? 0, seed) }));
  const pairs = found.flatMap(({ seed, reference, challenger }) =>
    reference && challenger ? [{ seed, reference, challenger }] : [],
  );
  const comparison = best === null || pairs.length === 0 ? null : compareRuns(pairs, DAY_BLOCKS[identity.interval]);
  const lines = ranking(scores).map(({ trial }): TrialLine => {
    const own = scores.filter((score) => score.trial === trial).sort((a, b) => a.rung - b.rung);
    return {
      trial,
      params: identity.trials[trial]!,
      parameters: own[0]!.parameters,
      skillPct: own.map((score) => score.skillPct),
      seconds: own.reduce((sum, score) => sum + score.seconds, 0),
    };
  });
  return {
    format: 1,
    command,
    interval: identity.interval,
    family: identity.family,
    seed: identity.seed,
    symbols: identity.symbols,
    validation: scores[0]!.validation,
    rungs: planRungs(identity.trials.length).map(({ trials, share }) => ({
      trials,
      windowVisits: Math.round(identity.windowVisits * share),
    })),
    trials: lines,
    best,
    comparison,
    diverged: found.filter(({ reference, challenger }) => !reference || !challenger).map(({ seed }) => seed),
    verdict: verdictText(best, comparison),
    caution: CAUTION,
  };
}

/** The verdict in plain words. */
export function verdictText(best: number | null, comparison: NoiseReport | null): string {
  if (best === null) return 'Every trial but the default diverged: keep the default.';
  if (!comparison) return `Trial ${best} or the default diverged with every seed: nothing can be said about them.`;
  const { verdict, difference, low, high, seeds } = comparison;
  const sizes = `${points(difference)} points of skill (95 %: ${points(low)} … ${points(high)}, ${seeds.length} seeds)`;
  if (verdict === 'undecided') {
    return `Trial ${best} differs from the default by ${points(difference)} points of skill, but with fewer than three seeds nobody can tell whether that is more than seed noise: keep the default.`;
  }
  if (verdict === 'better')
    return `Trial ${best} is better than the default by ${sizes}: more than seed noise, on this validation period.`;
  if (verdict === 'worse')
    return `Trial ${best} is worse than the default by more than seed noise, ${sizes}: its place in the table was luck. Keep the default.`;
  const between = `The difference between trial ${best} and the default`;
  return comparison.beyondSeeds
    ? `${between} is more than seed noise but not more than what another stretch of time may turn round, ${sizes}: keep the default.`
    : `${between} is not more than seed noise, ${sizes}: keep the default.`;
}

/** Losses of both settings with one seed, on the same origins. */
export interface SeedPair {
  readonly seed: number;
  readonly reference: DailyLosses;
  readonly challenger: DailyLosses;
}

/** The verdict: the challenger is better, worse, or the difference is within noise. */
type Verdict = 'better' | 'worse' | 'noise' | 'undecided';

/** Skills are over climatology in per cent, mean over the horizons; differences are challenger − reference, in points. */
interface NoiseReport {
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
const MIN_PAIRS = 3;

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
