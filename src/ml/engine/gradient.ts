import { checkDataset, checkWindows } from './checks.ts';
import { EngineCore, ROUND_WINDOWS } from './engine-core.ts';
import type { KernelBuild } from './kernels.ts';
import { horizonsOf } from './layers/head.ts';
import { SHARD } from './layers/layer.ts';
import { ROUND } from './memory-layout.ts';
import type { EngineDataset, NetworkSpec, Weights } from './types.ts';
import type { Job } from './work-queue.ts';

/** The dataset within the engine's memory: copied in once; the caller's arrays are no longer needed. */
export class TrainingData {
  readonly rows: number;
  readonly #horizons: number;
  readonly #levels: number;
  readonly #auxiliaryWeight: number;
  readonly #targets: Float32Array;
  readonly #auxiliary: Float32Array;

  constructor(core: EngineCore, dataset: EngineDataset) {
    const { layout } = core;
    const { spec } = core.network;
    const { head } = spec;
    this.rows = dataset.rows;
    this.#horizons = horizonsOf(head);
    this.#levels = head.levels.length;
    this.#auxiliaryWeight = head.type === 'quantile' && head.auxiliary ? head.auxiliaryWeight : 0;
    this.#targets = core.floats(layout.targets, dataset.targets.length);
    this.#auxiliary = core.floats(layout.auxiliary, dataset.auxiliary.length);
    this.#targets.set(dataset.targets);
    this.#auxiliary.set(dataset.auxiliary);
    core.floats(layout.steps, dataset.steps.length).set(dataset.steps);
    core.floats(layout.context, dataset.context.length).set(dataset.context);
    if (dataset.sentiment) core.floats(layout.sentiment, dataset.sentiment.length).set(dataset.sentiment);
  }

  /** The weights of one pinball and of one Huber loss with which the batch's loss is a mean over the known targets. */
  lossScales(windows: Int32Array): { readonly scale: number; readonly auxiliaryScale: number } {
    const targets = this.#known(this.#targets, windows);
    const auxiliary = this.#auxiliaryWeight > 0 ? this.#known(this.#auxiliary, windows) : 0;
    return {
      scale: targets > 0 ? 1 / (targets * this.#levels) : 0,
      auxiliaryScale: auxiliary > 0 ? this.#auxiliaryWeight / auxiliary : 0,
    };
  }

  #known(values: Float32Array, windows: Int32Array): number {
    let known = 0;
    for (const row of windows) {
      for (let i = row * this.#horizons; i < (row + 1) * this.#horizons; i++) {
        if (!Number.isNaN(values[i]!)) known++;
      }
    }
    return known;
  }
}

/** Writes the row numbers of a round's windows to the memory that the shards read them from. */
export function placeWindows(core: EngineCore, windows: Int32Array): void {
  core.ints(core.layout.ends, windows.length).set(windows);
  core.ints(core.layout.contextEnds, windows.length).set(windows);
}

/**
 * The gradient of a batch's mean loss into `layout.gradient`; returns the loss. The batch is cut into shards of 32 windows with gradient
 * buffers of their own, which are summed in their order, so the result does not depend on which thread runs them. `work` runs a round's
 * shards.
 */
export function batchGradient(
  core: EngineCore,
  data: TrainingData,
  windows: Int32Array,
  options: { readonly step: number; readonly dropout: boolean },
  work: (job: Job) => void,
): number {
  const { layout, network, runner } = core;
  const { floats } = network.plan;
  const { scale, auxiliaryScale } = data.lossScales(windows);
  let loss = 0;
  for (let first = 0; first < windows.length; first += ROUND_WINDOWS) {
    const round = windows.subarray(first, first + ROUND_WINDOWS);
    const shards = Math.ceil(round.length / SHARD);
    placeWindows(core, round);
    work({
      mode: 'train',
      shards,
      windows: round.length,
      firstShard: (first / ROUND_WINDOWS) * ROUND,
      scale,
      auxiliaryScale,
      ...options,
    });
    loss += runner.queue.loss(shards);
    runner.run.kernels.sumShards(layout.gradient, layout.shardGradients, floats, shards, floats, first > 0 ? 1 : 0);
  }
  return loss;
}

/**
 * Loss of the given windows as one batch, and its gradient with respect to every tensor, with dropout off. For checking a
 * network against other implementations.
 * Throws `CC_ENGINE_SHAPE` when a size does not fit.
 */
export function lossGradient(
  spec: NetworkSpec,
  weights: Weights,
  dataset: EngineDataset,
  windows: Int32Array,
  build: 'auto' | KernelBuild = 'simd',
): { readonly loss: number; readonly gradient: Weights } {
  checkDataset(spec, dataset);
  checkWindows(windows, spec.window, dataset.rows);
  const sizes = { rows: dataset.rows, contextRows: dataset.rows, threads: 1, training: true };
  const core = new EngineCore(spec, sizes, build, 0);
  const data = new TrainingData(core, dataset);
  core.setWeights(weights);
  core.network.refresh(core.runner.run);
  const loss = batchGradient(core, data, windows, { step: 0, dropout: false }, (job) => {
    core.runner.queue.publish(job);
    core.runner.work();
  });
  return { loss, gradient: core.read(core.floats(core.layout.gradient, core.network.plan.floats)) };
}
