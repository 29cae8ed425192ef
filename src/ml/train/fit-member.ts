import { seededRandom, shuffle } from '../../core/random.ts';
import type { Clock } from '../../core/time.ts';
import type { AwaitableSession, Engine, EngineDataset, EpochPlan, NetworkSpec, Weights } from '../engine/types.ts';
import { initialWeights } from '../engine/weights.ts';
import { sentimentKnown } from '../features/sentiment-features.ts';
import { builtInEngine } from '../model/backend.ts';
import type { ValidationSet } from './validation-set.ts';

/** How one net is fitted. */
export interface FitOptions {
  /** Windows visited over the whole one-cycle run, at most; a window counts each time. */
  readonly windowVisits: number;
  readonly batch: number;
  readonly peakLearningRate: number;
  readonly weightDecay: number;
  /** Largest norm of a batch's gradient; larger ones are scaled down to it. */
  readonly clipNorm: number;
  /** Validation checks over the run, evenly spread. */
  readonly validationChecks: number;
  /** Validation checks without improvement after which training stops. */
  readonly patience: number;
  readonly threads: number;
  readonly build: 'auto' | 'simd' | 'relaxed';
}

/** Progress of one fit. */
export interface FitProgress {
  /** Windows visited so far. */
  readonly visited: number;
  /** Index of the validation check that comes next, or has just been made. */
  readonly check: number;
  readonly meanLoss: number;
  /** Skill over climatology at the newest check, per cent; null before the first. */
  readonly skillPct: number | null;
  readonly samplesPerSecond: number;
}

/** What the validation set chose in one fit, and what a refit repeats. */
export interface FitChoices {
  /** Validation checks after which the base stage stops. */
  readonly checks: number;
  /** The same of the sentiment gate's stage; 0 where the gate stays closed. */
  readonly gateChecks: number;
  /** Factor of the sentiment gate's values, 0 … 1. */
  readonly gateScale: number;
}

/** One fitted net: the weights that did best on the validation set. */
export interface FittedMember {
  readonly weights: Weights;
  /** Skill over climatology on the validation set, per cent. */
  readonly skillPct: number;
  /** Windows visited. */
  readonly visited: number;
  readonly choices: FitChoices;
}

/** One net fitted without a validation set. */
export type RefittedMember = Pick<FittedMember, 'weights' | 'visited'>;

/** Windows that the sentiment gate's stage visits, as a share of those of the base stage. */
const GATE_VISIT_SHARE = 0.25;
/** Minimum number of windows with known sentiment to fit the gate on; with fewer it stays closed. */
const MIN_GATE_WINDOWS = 500;
/** Factors of the gate's values that the validation set chooses among, besides 0. */
const GATE_SCALES = [0.25, 0.5, 0.75, 1];

/** Window visits of one net at most, those of the sentiment gate included. */
export const visitsOf = ({ windowVisits }: Pick<FitOptions, 'windowVisits'>, { sentiment }: NetworkSpec): number =>
  windowVisits + (sentiment ? Math.round(windowVisits * GATE_VISIT_SHARE) : 0);

/** What a fit needs besides the rule that ends it. */
export interface MemberRun {
  readonly spec: NetworkSpec;
  readonly dataset: EngineDataset;
  /** Last rows of the windows to fit on. */
  readonly windows: Int32Array;
  readonly seed: number;
  readonly options: FitOptions;
  readonly clock: Clock;
  readonly onProgress: (progress: FitProgress) => void;
  readonly cancel?: Int32Array | undefined;
  /** Default: the built-in engine. */
  readonly engine?: Engine | undefined;
}

/**
 * Fits one net with AdamW on a one-cycle learning rate and early stopping: the validation set is scored at even intervals, training
 * stops after `patience` checks without improvement, and the best weights seen are returned. A net with sentiment inputs is fitted in two stages: first
 * everything with sentiment masked, then only the sentiment gate, whose values the validation set scales by 0 … 1. So with every
 * feed down it forecasts, to the bit, what the same net without sentiment does. Blocks the calling thread or process. Throws as the engine does.
 */
export async function fitMember(run: MemberRun, validation: ValidationSet): Promise<FittedMember> {
  const { dataset, spec, seed } = run;
  const initial = initialWeights(spec, seed);
  const base = await fitUntilBest(baseStage(run, initial), validation, null);
  const closed = { ...base, weights: withGate(base.weights, initial, 0) };
  const choices = { checks: base.checks, gateChecks: 0, gateScale: 0 };
  const gate = gateStage(run, withGate(base.weights, initial, 1));
  if (!gate) return { ...(dataset.sentiment ? closed : base), choices };
  const opened = await fitUntilBest(gate, validation, closed);
  const visited = base.visited + (opened.checks > 0 ? opened.visited : 0);
  const session = startSession(run, dataset, opened.weights);
  try {
    let best = { ...closed, gateScale: 0 };
    for (const gateScale of opened.checks > 0 ? GATE_SCALES : []) {
      const weights = withGate(opened.weights, opened.weights, gateScale);
      session.setWeights(weights);
      const skillPct = validation.skill(session.predict(validation.windows));
      if (skillPct > best.skillPct) best = { ...best, weights, skillPct, gateScale };
    }
    const { weights, skillPct, gateScale } = best;
    const gateChecks = gateScale > 0 ? opened.checks : 0;
    return { weights, skillPct, visited, choices: { ...choices, gateChecks, gateScale } };
  } finally {
    await session.close();
  }
}

/**
 * Fits the net of the same seed again on other windows, usually with those of the validation period added, by the earlier choices: as many
 * checks in each stage, and the same gate scale. Blocks the calling thread or process. Throws `RangeError` when the options have fewer
 * checks than the choices ask for, and as the engine does.
 */
export async function refitMember(
  run: MemberRun,
  { checks, gateChecks, gateScale }: FitChoices,
): Promise<RefittedMember> {
  const initial = initialWeights(run.spec, run.seed);
  const base = await fitForChecks(baseStage(run, initial), checks);
  if (!run.dataset.sentiment) return base;
  const gate = gateChecks > 0 ? gateStage(run, withGate(base.weights, initial, 1)) : null;
  if (!gate) return { ...base, weights: withGate(base.weights, initial, 0) };
  const opened = await fitForChecks(gate, gateChecks);
  return { weights: withGate(opened.weights, opened.weights, gateScale), visited: base.visited + opened.visited };
}

/** One of the two stages of a fit. */
interface Stage extends Pick<MemberRun, 'windows' | 'seed' | 'options' | 'clock' | 'onProgress'> {
  readonly session: AwaitableSession;
  readonly only?: EpochPlan['only'];
}

const startSession = (
  { spec, seed, options: { threads, build }, cancel, engine = builtInEngine }: MemberRun,
  dataset: EngineDataset,
  weights: Weights,
): AwaitableSession => {
  const session = engine.createTrainingSession({
    spec,
    dataset,
    seed,
    threads,
    build,
    ...(cancel ? { cancel } : {}),
  });
  session.setWeights(weights);
  return session;
};

/** The stage that fits everything but the sentiment gate, with sentiment masked. */
function baseStage(run: MemberRun, initial: Weights): Stage {
  const { sentiment: _, ...withoutSentiment } = run.dataset;
  return { ...run, session: startSession(run, withoutSentiment, initial) };
}

/** The stage that fits the sentiment gate alone, on the windows where sentiment is known; null where there are too few. */
function gateStage(run: MemberRun, weights: Weights): Stage | null {
  const { dataset, options, spec } = run;
  const { sentiment } = dataset;
  if (!sentiment) return null;
  const windows = run.windows.filter((row) => sentimentKnown(sentiment, row, sentiment.length / dataset.rows));
  if (windows.length < MIN_GATE_WINDOWS) return null;
  return {
    ...run,
    session: startSession(run, dataset, weights),
    windows,
    options: { ...options, windowVisits: visitsOf(options, spec) - options.windowVisits },
    only: 'sentiment',
    onProgress: (progress) => run.onProgress({ ...progress, visited: options.windowVisits + progress.visited }),
  };
}

/** The weights of a net with the sentiment gate of another, its values multiplied by `scale`. */
function withGate(weights: Weights, gate: Weights, scale: number): Weights {
  return weights.map((tensor, i) => {
    if (!tensor.name.startsWith('sentiment_')) return tensor;
    const { data } = gate[i]!;
    return { ...tensor, data: tensor.name === 'sentiment_value/kernel' ? data.map((value) => value * scale) : data };
  });
}

/** The best weights of a stage, and the number of checks it took to reach them; 0 where the starting weights were best. */
type FittedStage = Pick<FittedMember, 'weights' | 'skillPct' | 'visited'> & { readonly checks: number };

/** Runs a stage with early stopping; `start` is returned unless a check finds better weights. Closes the session. */
async function fitUntilBest(
  stage: Stage,
  validation: ValidationSet,
  start: Omit<FittedStage, 'checks'> | null,
): Promise<FittedStage> {
  const { session, options } = stage;
  let best = start && { ...start, checks: 0 };
  let sinceBest = 0;
  try {
    for await (const { check, visited, report } of trainingCycle(stage)) {
      const skillPct = validation.skill(session.predict(validation.windows));
      report(skillPct);
      sinceBest++;
      if (!best || skillPct > best.skillPct) {
        best = { weights: session.weights(), skillPct, visited, checks: check + 1 };
        sinceBest = 0;
      }
      if (sinceBest >= options.patience) break;
    }
    return best!;
  } finally {
    await session.close();
  }
}

/** Runs a stage up to the given number of checks, without scoring. Closes the session. */
async function fitForChecks(stage: Stage, checks: number): Promise<RefittedMember> {
  const { session } = stage;
  try {
    for await (const { check, visited, report } of trainingCycle(stage)) {
      report(null);
      if (check + 1 === checks) return { weights: session.weights(), visited };
    }
    throw new RangeError(`A fit of ${stage.options.validationChecks} validation checks cannot stop after ${checks}.`);
  } finally {
    await session.close();
  }
}

/**
 * Trains one one-cycle run over the windows in random order and yields at each validation check; the caller reports the skill that
 * it found there.
 */
async function* trainingCycle({ session, windows: own, seed, options, clock, onProgress, only }: Stage) {
  const random = seededRandom(seed);
  const order = shuffle(Int32Array.from(own), random);
  const perCheck = Math.ceil(options.windowVisits / options.validationChecks / options.batch) * options.batch;
  const batches = perCheck / options.batch;
  const rates = oneCycle(batches * options.validationChecks, options.peakLearningRate);
  let at = 0;
  let skillPct: number | null = null;
  let trainingMs = 0;
  for (let check = 0; check < options.validationChecks; check++) {
    const windows = new Int32Array(perCheck);
    for (let i = 0; i < perCheck; i++) {
      if (at === order.length) {
        shuffle(order, random);
        at = 0;
      }
      windows[i] = order[at++]!;
    }
    const startedMs = clock();
    const plan = {
      windows,
      batch: options.batch,
      weightDecay: options.weightDecay,
      clipNorm: options.clipNorm,
      learningRates: rates.subarray(check * batches, (check + 1) * batches),
      only,
    };
    const reportProgress = (done: number, meanLoss: number, spentMs: number) => {
      const visited = check * perCheck + done;
      onProgress({
        visited,
        check,
        meanLoss,
        skillPct,
        samplesPerSecond: spentMs > 0 ? (1000 * visited) / spentMs : 0,
      });
    };
    const before = trainingMs;
    const { meanLoss } = await session.epoch(plan, (done, loss) =>
      reportProgress(done, loss, before + clock() - startedMs),
    );
    trainingMs += clock() - startedMs;
    const report = (found: number | null) => {
      skillPct = found;
      reportProgress(perCheck, meanLoss, trainingMs);
    };
    yield { check, visited: (check + 1) * perCheck, report };
  }
}

/**
 * Learning rate of every step of a one-cycle run (Smith & Topin 2018): from a tenth of the peak up to it over the first
 * 30 %, then down to a thousandth, both along a cosine.
 */
function oneCycle(steps: number, peak: number): Float32Array {
  const rise = Math.max(1, Math.floor(steps * 0.3));
  const ease = (from: number, to: number, share: number) => to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
  return Float32Array.from({ length: steps }, (_, step) =>
    step < rise
      ? ease(peak / 10, peak, step / rise)
      : ease(peak, peak / 1000, (step - rise) / Math.max(1, steps - rise)),
  );
}
