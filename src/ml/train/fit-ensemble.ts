import { CandlecastError } from '../../core/errors.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { type Clock, utcDay } from '../../core/time.ts';
import type { CalibrationOptions, MedianShare } from '../calibration/calibrate.ts';
import { type JoinedCoins, type ScaledCoins, scaleInputs, windowsBetween } from '../data/dataset.ts';
import type { Scaler } from '../data/scaler.ts';
import { collectGarbage } from '../engine/memory-layout.ts';
import type { Engine, NetworkSpec, Weights } from '../engine/types.ts';
import { stepNames } from '../features/build.ts';
import { type BlendedTrees, createEnsemblePredictor, type Ensemble, requireShares } from '../forecast/ensemble.ts';
import { fitTrees, type TreeOptions } from '../trees/fit-trees.ts';
import {
  type FitChoices,
  type FitOptions,
  type FitProgress,
  fitMember,
  type MemberRun,
  refitMember,
} from './fit-member.ts';
import { chooseClimatologyWeights, createValidationSet } from './validation-set.ts';

/** Maximum number of windows in a validation set; more cost time and change no choice. */
export const VALIDATION_WINDOWS = 12_000;
/** Minimum number of windows to fit on; the stopping period needs a fifth of it. */
const MIN_WINDOWS = 500;
/** Windows predicted at once. */
const CHUNK = 256;

/** Options of an ensemble's fit: those of one net, with one net for each seed, and those of calibration and trees. */
export interface EnsembleOptions extends FitOptions {
  readonly seeds: readonly number[];
  /** Share of the ensemble's median that calibration keeps, 0 … 1. */
  readonly medianShare: MedianShare;
  /** Step of the adaptive conformal calibration; see `CalibrationOptions`. */
  readonly conformalStep: number;
  /** Share of boosted trees in every quantile, 0 … 1, by horizon; all zero, or none at all, for nets alone. */
  readonly treeShare: readonly number[];
  /** How the trees grow, where there are any. */
  readonly trees: TreeOptions;
  /**
   * Whether the nets are fitted again from their initial weights with the windows of the stopping period added. What that period chose
   * is kept: when to stop, the scale of the sentiment gate, and the weight of climatology (chosen without the trees).
   */
  readonly refit: boolean;
}

/** A part of an ensemble's fit: nets with early stopping, nets fitted again, trees. */
export type FitPart = 'nets' | 'refit' | 'trees';

/** What fitting needs besides its options. */
export interface EnsembleRun {
  readonly joined: JoinedCoins;
  readonly spec: NetworkSpec;
  /** Origins before this are fitted on; those from here to `stopUntilMs` are the validation set, and are fitted on too where nets are refitted. */
  readonly fitUntilMs: number;
  readonly stopUntilMs: number;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly cancel?: Int32Array | undefined;
  /** Receives the progress of a net, or of the trees, of which only `done` (0 … 1) is known. */
  report(part: FitPart, member: number, progress: FitProgress | { readonly done: number }): void;
}

/** A fitted ensemble with the scalers and calibration that turn its outputs into forecasts. */
export interface FittedEnsemble extends Ensemble {
  readonly scaler: Scaler;
  /** Null where the nets have no sentiment inputs. */
  readonly sentimentScaler: Scaler | null;
  readonly calibration: CalibrationOptions;
  readonly trees: BlendedTrees | null;
  /** Windows that the final nets were fitted on, and window visits of all fits. */
  readonly windows: Int32Array;
  readonly visited: number;
}

/** Nets with the scaled inputs and windows that they were fitted on. */
interface FittedNets {
  readonly members: readonly Weights[];
  readonly scaled: ScaledCoins;
  readonly windows: Int32Array;
}

/** What the stopping period chose. */
interface StoppingChoices {
  readonly choices: readonly FitChoices[];
  readonly climatologyWeight: readonly number[];
  readonly visited: number;
  /** The nets of this fit; null where they are fitted again, so that their copy of the inputs is freed before the next is made. */
  readonly nets: FittedNets | null;
}

/**
 * Fits one net for each seed, chooses the weight of climatology on the stopping period, fits the nets again with that period if `refit` is set, and
 * fits the trees where they have a share. Throws `CC_TRAINING_DATA` when a period has too few windows, `CC_ENGINE_SHAPE` when trees have
 * shares for other horizons, and as the engine and `fitTrees` do.
 */
export async function fitEnsemble(run: EnsembleRun, options: EnsembleOptions): Promise<FittedEnsemble> {
  // Checked before hours of fitting, not after.
  if (hasTrees(options.treeShare)) requireShares(options.treeShare, run.joined.steps.length);
  const chosen = await fitWithStopping(run, options);
  return finishEnsemble(run, options, chosen);
}

/**
 * Fits two ensembles by the same choices, which the stopping period makes: the twin with all windows before `run.stopUntilMs`, and the whole with
 * those before `untilMs`. `onTwin` takes the twin before the whole is fitted, whose progress goes to `report`. Throws as `fitEnsemble`.
 */
export async function fitWithTwin(
  run: EnsembleRun,
  options: EnsembleOptions,
  untilMs: number,
  report: EnsembleRun['report'],
  onTwin: (twin: FittedEnsemble) => void,
): Promise<FittedEnsemble> {
  const refitted = { ...options, refit: true };
  if (hasTrees(options.treeShare)) requireShares(options.treeShare, run.joined.steps.length);
  const chosen = await fitWithStopping(run, refitted);
  onTwin(await finishEnsemble(run, refitted, chosen));
  return finishEnsemble({ ...run, stopUntilMs: untilMs, report }, refitted, { ...chosen, visited: 0 });
}

/** Puts an ensemble together from what the stopping period chose, with its nets fitted again unless they are kept. */
async function finishEnsemble(
  run: EnsembleRun,
  options: EnsembleOptions,
  { choices, climatologyWeight, visited, nets: kept }: StoppingChoices,
): Promise<FittedEnsemble> {
  const { medianShare, conformalStep } = options;
  const { visited: again, ...nets } = kept ? { ...kept, visited: 0 } : await refitAll(run, options, choices);
  const { scaler, sentimentScaler } = nets.scaled;
  return {
    spec: run.spec,
    members: nets.members,
    trees: await fitEnsembleTrees(run, options, nets),
    scaler,
    sentimentScaler,
    calibration: { medianShare, climatologyWeight, conformalStep },
    windows: nets.windows,
    visited: visited + again,
  };
}

/** Whether trees have any share, and so have to be fitted. */
export const hasTrees = (treeShare: readonly number[]): boolean => treeShare.some((share) => share > 0);

/** Puts together the fit of one net. */
function memberRun(
  { spec, clock, cancel, engine, report }: EnsembleRun,
  part: FitPart,
  { joined }: ScaledCoins,
  windows: Int32Array,
  options: EnsembleOptions,
  member: number,
): MemberRun {
  const onProgress = (progress: FitProgress) => report(part, member, progress);
  return {
    spec,
    dataset: joined.data,
    windows,
    seed: options.seeds[member]!,
    options,
    clock,
    onProgress,
    cancel,
    engine,
  };
}

/** Fits the nets on the windows before `fitUntilMs` with early stopping on those after, and chooses the weight of climatology there. */
async function fitWithStopping(run: EnsembleRun, options: EnsembleOptions): Promise<StoppingChoices> {
  const { joined, spec, fitUntilMs, stopUntilMs, engine } = run;
  const { medianShare } = options;
  const windows = windowsBetween(joined, 0, fitUntilMs, fitUntilMs);
  const stop = windowsBetween(joined, fitUntilMs, stopUntilMs, stopUntilMs);
  requireEnough(windows, stop, fitUntilMs);
  const scaled = scaleInputs(joined, windows);
  const validation = createValidationSet(joined, stop, VALIDATION_WINDOWS, medianShare);
  const members: Weights[] = [];
  const choices: FitChoices[] = [];
  let visited = 0;
  for (const member of options.seeds.keys()) {
    const fitted = await fitMember(memberRun(run, 'nets', scaled, windows, options, member), validation);
    members.push(fitted.weights);
    choices.push(fitted.choices);
    visited += fitted.visited;
  }
  // Calibration is chosen without sentiment, so that with every feed down the model is the same as one without sentiment inputs.
  const { sentiment: _, ...withoutSentiment } = scaled.joined.data;
  const raw = predictWindows(engine, { ...joined, data: withoutSentiment }, { spec, members }, validation.windows);
  const climatologyWeight = chooseClimatologyWeights(joined, validation.windows, raw, medianShare);
  return { choices, climatologyWeight, visited, nets: options.refit ? null : { members, scaled, windows } };
}

/** Fits the nets again on all windows before `stopUntilMs` by the choices made before. */
async function refitAll(
  run: EnsembleRun,
  options: EnsembleOptions,
  choices: readonly FitChoices[],
): Promise<FittedNets & { readonly visited: number }> {
  const windows = windowsBetween(run.joined, 0, run.stopUntilMs, run.stopUntilMs);
  const scaled = scaleInputs(run.joined, windows);
  const members: Weights[] = [];
  let visited = 0;
  for (const [member, chosen] of choices.entries()) {
    const fitted = await refitMember(memberRun(run, 'refit', scaled, windows, options, member), chosen);
    members.push(fitted.weights);
    visited += fitted.visited;
  }
  return { members, scaled, windows, visited };
}

/** Fits the trees on the windows that the nets were fitted on; null where they have no share. */
async function fitEnsembleTrees(
  { report, cancel, joined }: EnsembleRun,
  { treeShare, trees, seeds }: EnsembleOptions,
  { scaled, windows }: FittedNets,
): Promise<BlendedTrees | null> {
  if (!hasTrees(treeShare)) return null;
  // The nets' memories are no longer needed.
  collectGarbage();
  const { context, targets, auxiliary } = scaled.joined.data;
  const model = await fitTrees({
    inputs: context,
    width: joined.contextNames.length,
    rows: windows,
    targets,
    auxiliary,
    horizons: joined.steps.length,
    levels: QUANTILE_LEVELS,
    options: trees,
    seed: seeds[0]!,
    onProgress: (done, total) => report('trees', 0, { done: done / total }),
    cancel,
  });
  return { model, share: treeShare };
}

/** Throws `CC_TRAINING_DATA` when there are too few windows to fit on, or to stop on. */
export function requireEnough(fit: Int32Array, stop: Int32Array, fitUntilMs: number): void {
  if (fit.length >= MIN_WINDOWS && stop.length >= MIN_WINDOWS / 5) return;
  const need = `${MIN_WINDOWS} and ${MIN_WINDOWS / 5} are needed`;
  throw new CandlecastError(
    'CC_TRAINING_DATA',
    `There are ${fit.length} windows before ${utcDay(fitUntilMs)} and ${stop.length} after it; ${need}.`,
  );
}

/** The ensemble's quantiles, windows × horizons × levels in units of σ √steps; context and sentiment must be scaled. */
export function predictWindows(
  engine: Engine,
  joined: JoinedCoins,
  ensemble: Ensemble,
  windows: Int32Array,
): Float32Array {
  const { steps, context, sentiment } = joined.data;
  const { window } = ensemble.spec;
  const width = joined.contextNames.length;
  const features = stepNames.length;
  const predictor = createEnsemblePredictor(ensemble, engine.createPredictor);
  const outputs = joined.steps.length * QUANTILE_LEVELS.length;
  const all = new Float32Array(windows.length * outputs);
  for (let from = 0; from < windows.length; from += CHUNK) {
    const part = windows.subarray(from, from + CHUNK);
    const windowSteps = new Float32Array(part.length * window * features);
    const windowContext = new Float32Array(part.length * width);
    const spoken = sentiment ? sentiment.length / joined.data.rows : 0;
    const own = sentiment && new Float32Array(part.length * spoken);
    part.forEach((row, i) => {
      windowSteps.set(steps.subarray((row - window + 1) * features, (row + 1) * features), i * window * features);
      windowContext.set(context.subarray(row * width, (row + 1) * width), i * width);
      own?.set(sentiment!.subarray(row * spoken, (row + 1) * spoken), i * spoken);
    });
    all.set(predictor.predict(part.length, windowSteps, windowContext, own), from * outputs);
  }
  return all;
}
