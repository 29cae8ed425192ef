import type { Interval } from '../core/candle.ts';
import { CandlecastError } from '../core/errors.ts';
import type { Clock } from '../core/time.ts';
import { DAY_MS } from '../core/time.ts';
import type { Backend } from './backend.ts';
import { builtInEngine } from './backend.ts';
import type { HorizonRecord, ModelCard } from './card.ts';
import type { JoinedCoins } from './dataset.ts';
import { joinCoins, scaleContext, windowsBetween } from './dataset.ts';
import type { Engine, NetworkSpec, Weights } from './engine/types.ts';
import { parameterCount } from './engine/weights.ts';
import type { CoinInput } from './features/build.ts';
import { stepNames, WINDOW } from './features/build.ts';
import type { CandleColumns } from './features/columns.ts';
import type { Family } from './recipes.ts';
import { networkSpec } from './recipes.ts';
import type { Scaler } from './scaler.ts';
import { evaluateWindows } from './scoring/evaluate-windows.ts';
import { createValidationSet } from './scoring/validation-set.ts';
import type { FitOptions, FitProgress } from './train-member.ts';
import { trainMember } from './train-member.ts';

const YEAR_MS = 365 * DAY_MS;
/** Windows of the validation set that are looked at; more would cost time and decide nothing else. */
const VALIDATION_WINDOWS = 12_000;
/** Fewer windows than this teach a net nothing. */
const FEWEST_WINDOWS = 500;

/** What a training run is asked for. */
export interface TrainOptions extends FitOptions {
  readonly interval: Interval;
  readonly family: Family;
  readonly seeds: readonly number[];
  /** Where it is computed: `wasm`, the default, in a thread; `tfjs-node` in a process. */
  readonly backend?: Backend;
  /** Origins before this are learnt from; those from here to `stopUntilMs` decide when to stop. Default: the last year of the data, or its last third where that is shorter. */
  readonly fitUntilMs?: number;
  readonly stopUntilMs?: number;
  /** Whether to score the recipe, shifted back by the stopping period, on that period unseen; doubles the time. */
  readonly rehearse: boolean;
  readonly description: string;
  readonly command: string;
  readonly gitCommit: string | null;
}

/** Where a training run stands. */
export interface TrainProgress extends FitProgress {
  readonly phase: 'features' | 'evaluation' | 'training';
  readonly member: number;
  readonly members: number;
  /** Share of the whole run, 0 … 1; the end may come sooner where nothing improves any more. */
  readonly done: number;
  readonly secondsLeft: number | null;
}

/** A finished model, ready to be written. */
export interface TrainedModel {
  readonly spec: NetworkSpec;
  readonly members: readonly Weights[];
  readonly card: Omit<ModelCard, 'version'>;
}

const idle = { visited: 0, look: 0, meanLoss: 0, skillPct: null, samplesPerSecond: 0 };

/**
 * Trains an ensemble on the given coins and scores it. Blocks the calling worker thread. Throws `CC_TRAINING_DATA` when
 * there is too little, and as the engine does.
 */
export async function trainModel(
  coins: readonly CoinInput[],
  btc: CandleColumns | null,
  options: TrainOptions,
  clock: Clock,
  onProgress: (progress: TrainProgress) => void,
  cancel?: Int32Array,
  engine: Engine = builtInEngine,
): Promise<TrainedModel> {
  const startedMs = clock();
  const members = options.seeds.length;
  onProgress({ ...idle, phase: 'features', member: 0, members, done: 0, secondsLeft: null });
  const joined = joinCoins(coins, btc, options.interval);
  const lastMs = joined.originMs.reduce((latest, origin) => Math.max(latest, origin), 0);
  const stopUntilMs = options.stopUntilMs ?? lastMs + 1;
  const firstMs = joined.originMs.reduce((first, origin) => Math.min(first, origin), lastMs);
  const fitUntilMs = options.fitUntilMs ?? stopUntilMs - Math.min(YEAR_MS, (stopUntilMs - firstMs) / 3);
  const spec = networkSpec(options.family, joined.contextNames.length, joined.steps.length);
  const total = options.windowVisits * members * (options.rehearse ? 2 : 1);
  const reporter = (phase: 'evaluation' | 'training', member: number) => (progress: FitProgress) => {
    const before = (phase === 'training' && options.rehearse ? members : 0) + member;
    const visited = before * options.windowVisits + progress.visited;
    const done = Math.min(visited / total, 1);
    const secondsLeft = progress.samplesPerSecond > 0 ? (total - visited) / progress.samplesPerSecond : null;
    onProgress({ ...progress, phase, member, members, done, secondsLeft });
  };

  const raw = options.rehearse ? joined.data.context.slice() : null;
  let records: HorizonRecord[] | null = null;
  if (raw) {
    const run = await fitEnsemble(
      joined,
      spec,
      2 * fitUntilMs - stopUntilMs,
      fitUntilMs,
      options,
      clock,
      (m) => reporter('evaluation', m),
      engine,
      cancel,
    );
    records = evaluateEnsemble(engine, joined, spec, run.weights, windowsBetween(joined, fitUntilMs, stopUntilMs));
    joined.data.context.set(raw);
  }
  const run = await fitEnsemble(
    joined,
    spec,
    fitUntilMs,
    stopUntilMs,
    options,
    clock,
    (m) => reporter('training', m),
    engine,
    cancel,
  );
  return {
    spec,
    members: run.weights,
    card: {
      format: 1,
      family: options.family,
      interval: options.interval,
      steps: [...joined.steps],
      stepNames: [...stepNames],
      scaler: run.scaler as ModelCard['scaler'],
      trainedAtMs: clock(),
      data: {
        description: options.description,
        symbols: joined.coins.map((coin) => coin.symbol),
        fromMs: firstMs,
        fitUntilMs,
        stopUntilMs: Math.min(stopUntilMs, lastMs),
        windows: run.windows,
      },
      training: {
        seeds: [...options.seeds],
        parameters: parameterCount(spec),
        windowVisits: run.visited,
        batch: options.batch,
        peakLearningRate: options.peakLearningRate,
        weightDecay: options.weightDecay,
        engineBuild: engine.name(options.build),
        seconds: Math.round((clock() - startedMs) / 1000),
        gitCommit: options.gitCommit,
        command: options.command,
      },
      evaluation: records && {
        description:
          'The same recipe with its dates moved back by the length of the stopping period, forecasting that period, which it had not seen.',
        records,
      },
    },
  };
}

async function fitEnsemble(
  joined: JoinedCoins,
  spec: NetworkSpec,
  fitUntilMs: number,
  stopUntilMs: number,
  options: TrainOptions,
  clock: Clock,
  report: (member: number) => (progress: FitProgress) => void,
  engine: Engine,
  cancel?: Int32Array,
): Promise<{ weights: Weights[]; scaler: Scaler; windows: number; visited: number }> {
  const fit = windowsBetween(joined, 0, fitUntilMs, fitUntilMs);
  const stop = windowsBetween(joined, fitUntilMs, stopUntilMs, stopUntilMs);
  if (fit.length < FEWEST_WINDOWS || stop.length < FEWEST_WINDOWS / 5) {
    throw new CandlecastError(
      'CC_TRAINING_DATA',
      `There are ${fit.length} windows before ${new Date(fitUntilMs).toISOString().slice(0, 10)} and ${stop.length} after it; ${FEWEST_WINDOWS} and ${FEWEST_WINDOWS / 5} are needed.`,
    );
  }
  const scaler = scaleContext(joined, fit);
  const validation = createValidationSet(joined, stop, VALIDATION_WINDOWS);
  const weights: Weights[] = [];
  let visited = 0;
  for (const [member, seed] of options.seeds.entries()) {
    const fitted = await trainMember(
      spec,
      joined.data,
      fit,
      validation,
      seed,
      options,
      clock,
      report(member),
      cancel,
      engine,
    );
    weights.push(fitted.weights);
    visited += fitted.visited;
  }
  return { weights, scaler, windows: fit.length, visited };
}

/** Quantiles averaged over the members, scored on the given windows. */
function evaluateEnsemble(
  engine: Engine,
  joined: JoinedCoins,
  spec: NetworkSpec,
  members: readonly Weights[],
  windows: Int32Array,
): HorizonRecord[] {
  const { steps, context } = joined.data;
  const width = joined.contextNames.length;
  const span = WINDOW * stepNames.length;
  const chunk = 256;
  const predictors = members.map((weights) => engine.createPredictor(spec, weights));
  const outputs = joined.steps.length * (spec.head.type === 'quantile' ? spec.head.levels.length : 0);
  const all = new Float32Array(windows.length * outputs);
  for (let from = 0; from < windows.length; from += chunk) {
    const n = Math.min(chunk, windows.length - from);
    const windowSteps = new Float32Array(n * span);
    const windowContext = new Float32Array(n * width);
    for (let i = 0; i < n; i++) {
      const row = windows[from + i]!;
      windowSteps.set(steps.subarray((row - WINDOW + 1) * stepNames.length, (row + 1) * stepNames.length), i * span);
      windowContext.set(context.subarray(row * width, (row + 1) * width), i * width);
    }
    for (const predictor of predictors) {
      const out = predictor.predict(n, windowSteps, windowContext);
      for (let i = 0; i < out.length; i++) all[from * outputs + i]! += out[i]! / members.length;
    }
  }
  return evaluateWindows(joined, windows, all);
}
