import { EngineCore, ROUND_WINDOWS } from './engine-core.ts';
import type { KernelBuild } from './kernels.ts';
import { SHARD } from './layers/layer.ts';
import { ROUND } from './memory-layout.ts';
import { checkDataset, checkWindows, TrainingData } from './training-data.ts';
import type { EngineDataset, NetworkSpec, Weights } from './types.ts';
import type { Job } from './work-queue.ts';

/** Puts the row numbers of a round's windows where the shards look for them. */
export function placeWindows(core: EngineCore, windows: Int32Array): void {
  core.ints(core.layout.ends, windows.length).set(windows);
  core.ints(core.layout.contextEnds, windows.length).set(windows);
}

/**
 * The gradient of a batch's mean loss into `layout.gradient`; returns the loss. The batch is cut into shards of 32 windows with gradient
 * buffers of their own, which are summed in their order, so the result does not depend on who runs them: `work` has a round's
 * shards run.
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
 * network against other implementations, and for looking into one that does not learn.
 * Throws `CC_ENGINE_SHAPE` when anything does not fit.
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
