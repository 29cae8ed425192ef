import { CandlecastError } from '../../core/errors.ts';
import { builtUrl } from '../../workers/worker-channel.ts';
import { checkDataset, checkPlan, checkWindows, requireWhole } from './checks.ts';
import { EngineCore } from './engine-core.ts';
import { batchGradient, placeWindows, TrainingData } from './gradient.ts';
import { SHARD } from './layers/layer.ts';
import { AdamW } from './optimizer.ts';
import type { HelperData } from './shard-worker.ts';
import { ThreadPool } from './thread-pool.ts';
import type { EpochPlan, SessionOptions, TrainingSession, Weights } from './types.ts';
import { initialWeights, parameterCount } from './weights.ts';
import type { Job } from './work-queue.ts';

/** Batches between two calls of `onBatch`. */
const REPORT_EVERY = 8;

/**
 * Copies the dataset into shared memory, starts `threads` − 1 helping threads and returns the session, with
 * `initialWeights(spec, seed)`. Throws `CC_ENGINE_SHAPE` when sizes do not fit, `CC_ENGINE_UNSUPPORTED` without SIMD and
 * `CC_ENGINE_MEMORY` when the dataset is too large.
 */
export function createTrainingSession(options: SessionOptions): TrainingSession {
  const { spec, dataset, threads, seed, build } = options;
  requireWhole('threads', threads, 1, 256);
  const sizes = { rows: dataset.rows, contextRows: dataset.rows, threads, training: true };
  checkDataset(spec, dataset);
  const core = new EngineCore(spec, sizes, build, seed);
  const data = new TrainingData(core, dataset);
  const helpers = Array.from({ length: threads - 1 }, (_, i): HelperData => {
    return { spec, sizes, memory: core.memory, module: core.module, thread: i + 1, seed };
  });
  const pool = new ThreadPool(core.runner.queue, builtUrl('./shard-worker.js', import.meta.url), helpers);
  const session = new Session(core, data, pool, threads, options.cancel);
  session.setWeights(initialWeights(spec, seed));
  return session;
}

class Session implements TrainingSession {
  readonly threads: number;
  readonly parameters: number;
  readonly #core: EngineCore;
  readonly #data: TrainingData;
  readonly #pool: ThreadPool;
  readonly #optimizer: AdamW;
  readonly #cancel: Int32Array | undefined;
  #step = 0;
  #ended: CandlecastError | null = null;

  constructor(core: EngineCore, data: TrainingData, pool: ThreadPool, threads: number, cancel: Int32Array | undefined) {
    this.#core = core;
    this.#data = data;
    this.#pool = pool;
    this.#optimizer = new AdamW(core);
    this.#cancel = cancel;
    this.threads = threads;
    this.parameters = parameterCount(core.network.spec);
  }

  setWeights(weights: Weights): void {
    this.#core.setWeights(weights);
    this.#optimizer.reset();
    this.#core.network.refresh(this.#core.runner.run);
  }

  weights(): Weights {
    return this.#core.weights();
  }

  epoch(plan: EpochPlan, onBatch?: (done: number, meanLoss: number) => void): { readonly meanLoss: number } {
    if (this.#ended) throw this.#ended;
    checkPlan(plan, this.#core.network.spec, this.#data.rows);
    this.#pool.check();
    try {
      return { meanLoss: this.#epoch(plan, onBatch) };
    } catch (error) {
      if (error instanceof CandlecastError) this.#end(error);
      throw error;
    }
  }

  predict(windows: Int32Array): Float32Array {
    const core = this.#core;
    checkWindows(windows, core.network.spec.window, this.#data.rows);
    const place = (first: number, count: number) => placeWindows(core, windows.subarray(first, first + count));
    return core.predict(windows.length, place, (count) => {
      const shards = Math.ceil(count / SHARD);
      const rest = { firstShard: 0, step: 0, dropout: false, scale: 0, auxiliaryScale: 0 };
      this.#work({ mode: 'predict', shards, windows: count, ...rest });
    });
  }

  async close(): Promise<void> {
    this.#ended ??= new CandlecastError('CC_TRAINING_CANCELLED', 'The training session is closed.');
    await this.#pool.close();
  }

  #epoch(plan: EpochPlan, onBatch?: (done: number, meanLoss: number) => void): number {
    const { windows, batch } = plan;
    let sum = 0;
    let done = 0;
    for (const [i, learningRate] of plan.learningRates.entries()) {
      if (this.#cancel && Atomics.load(this.#cancel, 0) === 1) {
        throw new CandlecastError('CC_TRAINING_CANCELLED', `Training was cancelled after ${done} windows.`);
      }
      const part = windows.subarray(i * batch, (i + 1) * batch);
      const options = { step: this.#step++, dropout: true };
      const loss = batchGradient(this.#core, this.#data, part, options, (job) => this.#work(job));
      const sound =
        Number.isFinite(loss) && this.#optimizer.update(learningRate, plan.weightDecay, plan.clipNorm, plan.only);
      if (!sound) {
        const context = { loss: String(loss), batch: i, learningRate };
        throw new CandlecastError('CC_TRAINING_DIVERGED', `The loss of batch ${i} is not finite.`, { context });
      }
      sum += loss * part.length;
      done += part.length;
      if (onBatch && ((i + 1) % REPORT_EVERY === 0 || done === windows.length)) onBatch(done, sum / done);
    }
    return sum / done;
  }

  #work(job: Job): void {
    const { runner } = this.#core;
    runner.queue.publish(job);
    runner.work();
    this.#pool.await(job.shards);
  }

  #end(error: CandlecastError): void {
    this.#ended = error;
    this.#pool.stop();
  }
}
