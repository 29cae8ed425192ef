import { CandlecastError } from '../core/errors.ts';
import type { Clock } from '../core/time.ts';
import type { CalibrationOptions } from './calibration/calibrate.ts';
import { chooseClimatologyWeights } from './calibration/choose-weights.ts';
import type { MedianShare } from './calibration/median-share.ts';
import type { JoinedCoins } from './dataset.ts';
import { scaleContext, scaleSentiment, windowsBetween } from './dataset.ts';
import type { Engine, NetworkSpec, Weights } from './engine/types.ts';
import { stepNames } from './features/build.ts';
import { pickSentiment } from './features/sentiment-features.ts';
import type { Scaler } from './scaler.ts';
import { createValidationSet } from './scoring/validation-set.ts';
import type { FitOptions, FitProgress } from './train-member.ts';
import { trainMember } from './train-member.ts';

/** Windows of the validation set that are looked at; more would cost time and decide nothing else. */
export const VALIDATION_WINDOWS = 12_000;
/** Fewer windows than this teach a net nothing. */
const FEWEST_WINDOWS = 500;
/** Windows predicted at once. */
const CHUNK = 256;

/** How an ensemble is fitted: each net as FitOptions says, one for each seed. */
export interface EnsembleOptions extends FitOptions {
  readonly seeds: readonly number[];
  readonly medianShare: MedianShare;
  readonly conformalStep: number;
}

/** What fitting needs besides its options. */
export interface EnsembleRun {
  readonly joined: JoinedCoins;
  readonly spec: NetworkSpec;
  /** Origins before this are learnt from; those from here to `stopUntilMs` decide when to stop and how to blend. */
  readonly fitUntilMs: number;
  readonly stopUntilMs: number;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly cancel?: Int32Array | undefined;
  report(member: number, progress: FitProgress): void;
}

/** Fitted nets with everything that turns their outputs into forecasts. */
export interface FittedEnsemble {
  readonly members: readonly Weights[];
  readonly scaler: Scaler;
  /** Null where the nets take no sentiment in. */
  readonly sentimentScaler: Scaler | null;
  readonly calibration: CalibrationOptions;
  readonly windows: number;
  readonly visited: number;
}

/**
 * Fits one net for each seed and chooses the share of climatology on the stopping period. Scales the joined context and sentiment in
 * place. Throws `CC_TRAINING_DATA` when a period has too few windows, and as the engine does.
 */
export async function fitEnsemble(run: EnsembleRun, options: EnsembleOptions): Promise<FittedEnsemble> {
  const { joined, spec, fitUntilMs, stopUntilMs, engine, clock, cancel } = run;
  const { medianShare, conformalStep } = options;
  const fit = windowsBetween(joined, 0, fitUntilMs, fitUntilMs);
  const stop = windowsBetween(joined, fitUntilMs, stopUntilMs, stopUntilMs);
  requireEnough(fit, stop, fitUntilMs);
  const scaler = scaleContext(joined, fit);
  const sentimentScaler = scaleSentiment(joined, fit);
  const validation = createValidationSet(joined, stop, VALIDATION_WINDOWS, medianShare);
  const members: Weights[] = [];
  let visited = 0;
  for (const [member, seed] of options.seeds.entries()) {
    const report = (progress: FitProgress) => run.report(member, progress);
    const fitted = await trainMember(spec, joined.data, fit, validation, seed, options, clock, report, cancel, engine);
    members.push(fitted.weights);
    visited += fitted.visited;
  }
  // What calibration is, it is without sentiment: with every feed down the model is the one that never heard of any.
  const { sentiment: _, ...deaf } = joined.data;
  const scaled = predictWindows(engine, { ...joined, data: deaf }, spec, members, validation.windows);
  const climatologyWeight = chooseClimatologyWeights(joined, validation.windows, scaled, medianShare);
  return {
    members,
    scaler,
    sentimentScaler,
    calibration: { medianShare, climatologyWeight, conformalStep },
    windows: fit.length,
    visited,
  };
}

/** Throws `CC_TRAINING_DATA` when there are too few windows to fit on, or to stop on. */
export function requireEnough(fit: Int32Array, stop: Int32Array, fitUntilMs: number): void {
  if (fit.length >= FEWEST_WINDOWS && stop.length >= FEWEST_WINDOWS / 5) return;
  const day = new Date(fitUntilMs).toISOString().slice(0, 10);
  const need = `${FEWEST_WINDOWS} and ${FEWEST_WINDOWS / 5} are needed`;
  throw new CandlecastError(
    'CC_TRAINING_DATA',
    `There are ${fit.length} windows before ${day} and ${stop.length} after it; ${need}.`,
  );
}

/** The members' quantiles averaged, windows × horizons × levels in units of σ √steps; context and sentiment must be scaled. */
export function predictWindows(
  engine: Engine,
  joined: JoinedCoins,
  spec: NetworkSpec,
  members: readonly Weights[],
  windows: Int32Array,
): Float32Array {
  const { steps, context, sentiment } = joined.data;
  const { window } = spec;
  const width = joined.contextNames.length;
  const features = stepNames.length;
  const predictors = members.map((weights) => engine.createPredictor(spec, weights));
  const outputs = joined.steps.length * spec.head.levels.length;
  const all = new Float32Array(windows.length * outputs);
  for (let from = 0; from < windows.length; from += CHUNK) {
    const part = windows.subarray(from, from + CHUNK);
    const windowSteps = new Float32Array(part.length * window * features);
    const windowContext = new Float32Array(part.length * width);
    const own = sentiment && pickSentiment(sentiment, part);
    part.forEach((row, i) => {
      windowSteps.set(steps.subarray((row - window + 1) * features, (row + 1) * features), i * window * features);
      windowContext.set(context.subarray(row * width, (row + 1) * width), i * width);
    });
    for (const predictor of predictors) {
      const out = predictor.predict(part.length, windowSteps, windowContext, own);
      for (let i = 0; i < out.length; i++) all[from * outputs + i]! += out[i]! / members.length;
    }
  }
  return all;
}
