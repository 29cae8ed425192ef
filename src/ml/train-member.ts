import { seededRandom, shuffle } from '../core/random.ts';
import type { Clock } from '../core/time.ts';
import { builtInEngine } from './backend.ts';
import type { Engine, EngineDataset, NetworkSpec, Weights } from './engine/types.ts';
import { initialWeights } from './engine/weights.ts';
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

/**
 * Fits one net with AdamW on a one-cycle rate, looks at the validation set at even steps, stops when it has not improved
 * for `patience` looks, and returns the best weights seen. Blocks the calling thread
 * or process. Throws as the engine does.
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
  const session = engine.createTrainingSession({
    spec,
    dataset,
    seed,
    threads: options.threads,
    build: options.build,
    ...(cancel ? { cancel } : {}),
  });
  try {
    session.setWeights(initialWeights(spec, seed));
    const random = seededRandom(seed);
    const order = shuffle(Int32Array.from(fitWindows), random);
    const perLook = Math.ceil(options.windowVisits / options.looks / options.batch) * options.batch;
    const batches = perLook / options.batch;
    const rates = oneCycle(batches * options.looks, options.peakLearningRate);
    let best: FittedMember | null = null;
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
