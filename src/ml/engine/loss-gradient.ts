import { batchGradient } from './batch-gradient.ts';
import { EngineCore } from './engine-core.ts';
import type { KernelBuild } from './kernels.ts';
import { checkDataset, checkWindows, TrainingData } from './training-data.ts';
import type { EngineDataset, NetworkSpec, Weights } from './types.ts';

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
    core.runner.board.publish(job);
    core.runner.work();
  });
  return { loss, gradient: core.read(core.floats(core.layout.gradient, core.network.plan.floats)) };
}
