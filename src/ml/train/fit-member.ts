import { seededRandom, shuffle } from '../../core/random.ts';
import type { Clock } from '../../core/time.ts';
import type { AwaitableSession, Engine, EngineDataset, EpochPlan, NetworkSpec, Weights } from '../engine/types.ts';
import { initialWeights } from '../engine/weights.ts';
import { sentimentKnown } from '../features/sentiment-features.ts';
import { builtInEngine } from '../model/backend.ts';
import type { ValidationSet } from './validation-set.ts';

/** How one net is fitted. */
export interface FitOptions {
  /** Windows seen over the whole one-cycle run, at most. */
  readonly windowVisits: number;
  readonly batch: number;
  readonly peakLearningRate: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
  /** Looks at the validation set over the run. */
  readonly looks: number;
  /** Looks without improvement after which training stops. */
  readonly patience: number;
  readonly threads: number;
  readonly build: 'auto' | 'simd' | 'relaxed';
}

/** Where a fit stands. */
export interface FitProgress {
  readonly visited: number;
  readonly look: number;
  readonly meanLoss: number;
  /** Skill over climatology at the newest look, per cent; null before the first. */
  readonly skillPct: number | null;
  readonly samplesPerSecond: number;
}

/** What the validation set chose in one fit: when each stage stops, and how much of what the gate lets through is kept. */
export interface FitChoices {
  readonly looks: number;
  readonly gateLooks: number;
  readonly kept: number;
}

/** What one fit gives: the weights that did best on the validation set. */
export interface FittedMember {
  readonly weights: Weights;
  readonly skillPct: number;
  readonly visited: number;
  readonly choices: FitChoices;
}

/** What a fit without a validation set gives. */
export type RefittedMember = Pick<FittedMember, 'weights' | 'visited'>;

/** Windows that the gate of sentiment visits, as a share of those of the rest of the net. */
const GATE_SHARE = 0.25;
/** Fewer windows at which sentiment is known teach the gate nothing: it stays closed. */
const FEWEST_HEARD = 500;
/** How much of what the gate lets through may be kept; the validation set chooses. */
const KEPT = [0.25, 0.5, 0.75, 1];

/** Window visits of one member at most, those of the gate included. */
export const visitsOf = ({ windowVisits }: Pick<FitOptions, 'windowVisits'>, { sentiment }: NetworkSpec): number =>
  windowVisits + (sentiment ? Math.round(windowVisits * GATE_SHARE) : 0);

/** What a fit is made of besides what decides when it ends. */
export interface MemberRun {
  readonly spec: NetworkSpec;
  readonly dataset: EngineDataset;
  readonly windows: Int32Array;
  readonly seed: number;
  readonly options: FitOptions;
  readonly clock: Clock;
  readonly onProgress: (progress: FitProgress) => void;
  readonly cancel?: Int32Array | undefined;
  readonly engine?: Engine | undefined;
}

/**
 * Fits one net with AdamW on a one-cycle rate, looks at the validation set at even steps, stops when it has not improved
 * for `patience` looks, and returns the best weights seen. A net that takes sentiment in first learns with all of it masked, so that it
 * stands alone; then nothing but its gate learns, and that stays as closed as the validation set wants it: with every feed down
 * it forecasts, to the bit, what the same net without sentiment does. Blocks the calling thread or process. Throws as the engine does.
 */
export async function trainMember(run: MemberRun, validation: ValidationSet): Promise<FittedMember> {
  const { dataset, spec, seed } = run;
  const initial = initialWeights(spec, seed);
  const base = await fitBest(baseStage(run, initial), validation, null);
  const shut = { ...base, weights: withGate(base.weights, initial, 0) };
  const choices = { looks: base.looks, gateLooks: 0, kept: 0 };
  const gate = gateStage(run, withGate(base.weights, initial, 1));
  if (!gate) return { ...(dataset.sentiment ? shut : base), choices };
  const opened = await fitBest(gate, validation, shut);
  const visited = base.visited + (opened.looks > 0 ? opened.visited : 0);
  const session = startSession(run, dataset, opened.weights);
  try {
    let best = { ...shut, kept: 0 };
    for (const kept of opened.looks > 0 ? KEPT : []) {
      const weights = withGate(opened.weights, opened.weights, kept);
      session.setWeights(weights);
      const skillPct = validation.skill(session.predict(validation.windows));
      if (skillPct > best.skillPct) best = { ...best, weights, skillPct, kept };
    }
    const { weights, skillPct, kept } = best;
    return { weights, skillPct, visited, choices: { ...choices, gateLooks: kept > 0 ? opened.looks : 0, kept } };
  } finally {
    await session.close();
  }
}

/**
 * Fits the net of the same seed again on other windows, those that decided among them as a rule, by what was chosen before: as many
 * looks, and as much of the gate. Blocks the calling thread or process. Throws as the engine does.
 */
export async function refitMember(run: MemberRun, { looks, gateLooks, kept }: FitChoices): Promise<RefittedMember> {
  const initial = initialWeights(run.spec, run.seed);
  const base = await fitFor(baseStage(run, initial), looks);
  if (!run.dataset.sentiment) return base;
  const gate = gateLooks > 0 ? gateStage(run, withGate(base.weights, initial, 1)) : null;
  if (!gate) return { ...base, weights: withGate(base.weights, initial, 0) };
  const opened = await fitFor(gate, gateLooks);
  return { weights: withGate(opened.weights, opened.weights, kept), visited: base.visited + opened.visited };
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

/** Everything but the gate of sentiment, all of which is masked. */
function baseStage(run: MemberRun, initial: Weights): Stage {
  const { sentiment: _, ...deaf } = run.dataset;
  return { ...run, session: startSession(run, deaf, initial) };
}

/** The gate alone, on the windows where sentiment is known; null where there are too few. */
function gateStage(run: MemberRun, weights: Weights): Stage | null {
  const { dataset, options, spec } = run;
  const { sentiment } = dataset;
  if (!sentiment) return null;
  const windows = run.windows.filter((row) => sentimentKnown(sentiment, row));
  if (windows.length < FEWEST_HEARD) return null;
  return {
    ...run,
    session: startSession(run, dataset, weights),
    windows,
    options: { ...options, windowVisits: visitsOf(options, spec) - options.windowVisits },
    only: 'sentiment',
    onProgress: (progress) => run.onProgress({ ...progress, visited: options.windowVisits + progress.visited }),
  };
}

/** The net's weights with another gate, whose values count `kept`. */
function withGate(weights: Weights, gate: Weights, kept: number): Weights {
  return weights.map((tensor, i) => {
    if (!tensor.name.startsWith('sentiment_')) return tensor;
    const { data } = gate[i]!;
    return { ...tensor, data: tensor.name === 'sentiment_value/kernel' ? data.map((value) => value * kept) : data };
  });
}

/** What a stage gives: `looks` of it were worth it. */
type FittedStage = Pick<FittedMember, 'weights' | 'skillPct' | 'visited'> & { readonly looks: number };

/** Runs a stage until the validation set has had enough; `start` is kept unless a look finds better. Closes the session. */
async function fitBest(
  stage: Stage,
  validation: ValidationSet,
  start: Omit<FittedStage, 'looks'> | null,
): Promise<FittedStage> {
  const { session, options } = stage;
  let best = start && { ...start, looks: 0 };
  let sinceBest = 0;
  try {
    for await (const { look, visited, report } of cycle(stage)) {
      const skillPct = validation.skill(session.predict(validation.windows));
      report(skillPct);
      sinceBest++;
      if (!best || skillPct > best.skillPct) {
        best = { weights: session.weights(), skillPct, visited, looks: look + 1 };
        sinceBest = 0;
      }
      if (sinceBest >= options.patience) break;
    }
    return best!;
  } finally {
    await session.close();
  }
}

/** Runs so many looks of a stage. Closes the session. */
async function fitFor(stage: Stage, looks: number): Promise<RefittedMember> {
  const { session } = stage;
  try {
    for await (const { look, visited, report } of cycle(stage)) {
      report(null);
      if (look + 1 === looks) return { weights: session.weights(), visited };
    }
    throw new RangeError(`A fit of ${stage.options.looks} looks cannot stop after ${looks}.`);
  } finally {
    await session.close();
  }
}

/** One run of the one-cycle rate over the windows in random order, look by look; `report` tells what a look found. */
async function* cycle({ session, windows: own, seed, options, clock, onProgress, only }: Stage) {
  const random = seededRandom(seed);
  const order = shuffle(Int32Array.from(own), random);
  const perLook = Math.ceil(options.windowVisits / options.looks / options.batch) * options.batch;
  const batches = perLook / options.batch;
  const rates = oneCycle(batches * options.looks, options.peakLearningRate);
  let at = 0;
  let skillPct: number | null = null;
  let trainingMs = 0;
  for (let look = 0; look < options.looks; look++) {
    const windows = new Int32Array(perLook);
    for (let i = 0; i < perLook; i++) {
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
      learningRates: rates.subarray(look * batches, (look + 1) * batches),
      only,
    };
    const tell = (done: number, meanLoss: number, spentMs: number) => {
      const visited = look * perLook + done;
      onProgress({
        visited,
        look,
        meanLoss,
        skillPct,
        samplesPerSecond: spentMs > 0 ? (1000 * visited) / spentMs : 0,
      });
    };
    const before = trainingMs;
    const { meanLoss } = await session.epoch(plan, (done, loss) => tell(done, loss, before + clock() - startedMs));
    trainingMs += clock() - startedMs;
    const report = (found: number | null) => {
      skillPct = found;
      tell(perLook, meanLoss, trainingMs);
    };
    yield { look, visited: (look + 1) * perLook, report };
  }
}

/**
 * Learning rate of every step of a one-cycle run (Smith & Topin 2018): from a tenth of the peak up to it over the first
 * 30 %, then down to a thousandth, both along a cosine.
 */
export function oneCycle(steps: number, peak: number): Float32Array {
  const rise = Math.max(1, Math.floor(steps * 0.3));
  const ease = (from: number, to: number, share: number) => to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
  return Float32Array.from({ length: steps }, (_, step) =>
    step < rise
      ? ease(peak / 10, peak, step / rise)
      : ease(peak, peak / 1000, (step - rise) / Math.max(1, steps - rise)),
  );
}
