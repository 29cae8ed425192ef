import { seededRandom, shuffle } from '../core/random.ts';
import type { Clock } from '../core/time.ts';
import { builtInEngine } from './backend.ts';
import type { AwaitableSession, Engine, EngineDataset, EpochPlan, NetworkSpec, Weights } from './engine/types.ts';
import { initialWeights } from './engine/weights.ts';
import { sentimentKnown } from './features/sentiment-features.ts';
import { oneCycle } from './schedule.ts';
import type { ValidationSet } from './scoring/validation-set.ts';

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

/** What one fit gives: the weights that did best on the validation set. */
export interface FittedMember {
  readonly weights: Weights;
  readonly skillPct: number;
  readonly visited: number;
}

/** Windows that the gate of sentiment visits, as a share of those of the rest of the net. */
const GATE_SHARE = 0.25;
/** Fewer windows at which sentiment is known teach the gate nothing: it stays closed. */
const FEWEST_HEARD = 500;
/** How much of what the gate lets through may be kept; the validation set chooses. */
const KEPT = [0.25, 0.5, 0.75, 1];

/** Window visits of one member at most, those of the gate included. */
export const visitsOf = ({ windowVisits }: Pick<FitOptions, 'windowVisits'>, { sentiment }: NetworkSpec): number =>
  windowVisits + (sentiment ? Math.round(windowVisits * GATE_SHARE) : 0);

/** What both stages of a fit share. */
interface Fit {
  readonly session: AwaitableSession;
  readonly windows: Int32Array;
  readonly validation: ValidationSet;
  readonly seed: number;
  readonly options: FitOptions;
  readonly clock: Clock;
  readonly onProgress: (progress: FitProgress) => void;
  /** What is kept unless a look finds better; null where every look does. */
  readonly best: FittedMember | null;
  readonly only?: EpochPlan['only'];
}

/**
 * Fits one net with AdamW on a one-cycle rate, looks at the validation set at even steps, stops when it has not improved
 * for `patience` looks, and returns the best weights seen. A net that takes sentiment in first learns with all of it masked, so that it
 * stands alone; then nothing but its gate learns, and that stays as closed as the validation set wants it: with every feed down
 * it forecasts, to the bit, what the same net without sentiment does. Blocks the calling thread or process. Throws as the engine does.
 */
export async function trainMember(
  spec: NetworkSpec,
  dataset: EngineDataset,
  fitWindows: Int32Array,
  validation: ValidationSet,
  seed: number,
  options: FitOptions,
  clock: Clock,
  onProgress: (progress: FitProgress) => void,
  cancel?: Int32Array,
  engine: Engine = builtInEngine,
): Promise<FittedMember> {
  const { sentiment, ...deaf } = dataset;
  const initial = initialWeights(spec, seed);
  const start = (data: EngineDataset, weights: Weights) => {
    const { threads, build } = options;
    const cancelling = cancel ? { cancel } : {};
    const session = engine.createTrainingSession({ spec, dataset: data, seed, threads, build, ...cancelling });
    session.setWeights(weights);
    return session;
  };
  const common = { validation, seed, clock, onProgress };
  const base = await runOneCycle({
    ...common,
    session: start(deaf, initial),
    windows: fitWindows,
    options,
    best: null,
  });
  if (!sentiment) return base;
  const shut = { ...base, weights: withGate(base.weights, initial, 0) };
  const heard = fitWindows.filter((row) => sentimentKnown(sentiment, row));
  if (heard.length < FEWEST_HEARD) return shut;
  const opened = await runOneCycle({
    ...common,
    session: start(dataset, withGate(base.weights, initial, 1)),
    windows: heard,
    options: { ...options, windowVisits: visitsOf(options, spec) - options.windowVisits },
    best: shut,
    only: 'sentiment',
    onProgress: (progress) => onProgress({ ...progress, visited: options.windowVisits + progress.visited }),
  });
  const visited = base.visited + opened.visited;
  const session = start(dataset, opened.weights);
  try {
    let best = shut;
    for (const kept of opened === shut ? [] : KEPT) {
      const weights = withGate(opened.weights, opened.weights, kept);
      session.setWeights(weights);
      const skillPct = validation.skill(session.predict(validation.windows));
      if (skillPct > best.skillPct) best = { weights, skillPct, visited };
    }
    return { ...best, visited };
  } finally {
    await session.close();
  }
}

/** The net's weights with another gate, whose values count `kept`. */
function withGate(weights: Weights, gate: Weights, kept: number): Weights {
  return weights.map((tensor, i) => {
    if (!tensor.name.startsWith('sentiment_')) return tensor;
    const { data } = gate[i]!;
    return { ...tensor, data: tensor.name === 'sentiment_value/kernel' ? data.map((value) => value * kept) : data };
  });
}

/** One run of the one-cycle rate over the windows; closes the session. */
async function runOneCycle({
  session,
  windows: own,
  validation,
  seed,
  options,
  clock,
  onProgress,
  only,
  ...start
}: Fit) {
  try {
    const random = seededRandom(seed);
    const order = shuffle(Int32Array.from(own), random);
    const perLook = Math.ceil(options.windowVisits / options.looks / options.batch) * options.batch;
    const batches = perLook / options.batch;
    const rates = oneCycle(batches * options.looks, options.peakLearningRate);
    let { best } = start;
    let at = 0;
    let skillPct: number | null = null;
    let trainingMs = 0;
    let sinceBest = 0;
    for (let look = 0; look < options.looks && sinceBest < options.patience; look++) {
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
      const report = (done: number, meanLoss: number) => {
        const seconds = (trainingMs + clock() - startedMs) / 1000;
        const visited = look * perLook + done;
        onProgress({ visited, look, meanLoss, skillPct, samplesPerSecond: seconds > 0 ? visited / seconds : 0 });
      };
      const { meanLoss } = await session.epoch(plan, report);
      trainingMs += clock() - startedMs;
      skillPct = validation.skill(session.predict(validation.windows));
      report(perLook, meanLoss);
      sinceBest++;
      if (!best || skillPct > best.skillPct) {
        best = { weights: session.weights(), skillPct, visited: (look + 1) * perLook };
        sinceBest = 0;
      }
    }
    return best!;
  } finally {
    await session.close();
  }
}
