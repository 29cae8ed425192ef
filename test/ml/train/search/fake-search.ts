import { seededRandom } from '../../../../src/core/random.ts';
import { DEFAULT_SIZE } from '../../../../src/ml/model/recipes.ts';
import { sampleTrials, type TrialParams } from '../../../../src/ml/train/search/space.ts';
import type { DailyLosses, SearchIdentity } from '../../../../src/ml/train/search/state.ts';
import type { TrialOutcome, TrialRequest } from '../../../../src/ml/train/search/trial.ts';
import { normals } from '../../../support/candles.ts';

export const TRIAL_DEFAULTS: TrialParams = { ...DEFAULT_SIZE, peakLearningRate: 2e-3, batch: 256, weightDecay: 0.01 };

/** A search over made-up data. */
export function fakeIdentity(trials = 9, seed = 1): SearchIdentity {
  return {
    data: 'a fingerprint',
    symbols: ['BTC', 'ETH'],
    interval: '1d',
    family: 'cnn-lstm',
    seed,
    trials: sampleTrials(trials, seed, 'cnn-lstm', TRIAL_DEFAULTS),
    fitUntilMs: null,
    stopUntilMs: null,
    windowVisits: 9_000,
    clipNorm: 1,
    looks: 10,
    patience: 4,
    medianShare: 0.4,
    build: 'simd',
  };
}

/** Daily losses of a net: climatology's, shared by all, times one minus its skill, plus its own luck with the days and its seed's. */
export function fakeLosses(skillPct: number, luckSeed: number, seedSpread = 0.15, days = 360): DailyLosses {
  const common = seededRandom(77);
  const luck = normals(luckSeed);
  const ofSeed = seedSpread * luck();
  const climatology = [0, 1, 2].map(() => Array.from({ length: days }, () => 1 + common()));
  const model = climatology.map((losses) =>
    losses.map((loss) => loss * (1 - (skillPct + ofSeed + 1.5 * luck()) / 100)),
  );
  return { model, climatology };
}

/** What a trial that is worth `skillPct` gives. */
export function fakeOutcome(skillPct: number | null, { losses, seed, share }: TrialRequest): TrialOutcome {
  return {
    skillPct,
    skillByHorizon: skillPct === null ? [] : [skillPct, skillPct, skillPct],
    visited: skillPct === null ? 0 : Math.round(9_000 * share),
    seconds: 1.5,
    parameters: 12_345,
    fitWindows: 10_000,
    validation: { windows: 700, fromMs: Date.UTC(2023, 0, 1), toMs: Date.UTC(2024, 0, 1) },
    losses: losses && skillPct !== null ? fakeLosses(skillPct, seed * 1_000 + Math.round(skillPct * 100)) : null,
  };
}
