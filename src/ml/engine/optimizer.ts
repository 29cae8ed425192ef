import type { EngineCore } from './engine-core.ts';

const BETA1 = 0.9;
const BETA2 = 0.999;

/**
 * AdamW with decoupled decay on the kernels and the gradient's global norm bounded (Loshchilov & Hutter 2019). Runs on one
 * thread: with tens of thousands of parameters the pass takes less time than another barrier would.
 */
export class AdamW {
  readonly #core: EngineCore;
  #updates = 0;

  constructor(core: EngineCore) {
    this.#core = core;
  }

  /** Forgets the moments, as at the start of training. */
  reset(): void {
    const { layout, network, runner } = this.#core;
    this.#updates = 0;
    runner.run.kernels.clear(layout.moment1, network.plan.floats * 4);
    runner.run.kernels.clear(layout.moment2, network.plan.floats * 4);
  }

  /** Applies `layout.gradient`. Returns false, and changes nothing, when the gradient is not finite. */
  update(learningRate: number, weightDecay: number, clipNorm: number): boolean {
    const { layout, network, runner } = this.#core;
    const { kernels } = runner.run;
    const { kernelFloats, biasFloats, floats } = network.plan;
    const norm = Math.sqrt(kernels.sumSquares(layout.gradient, floats));
    if (!Number.isFinite(norm)) return false;
    const clip = norm > clipNorm ? clipNorm / norm : 1;
    this.#updates++;
    const rate = learningRate / (1 - BETA1 ** this.#updates);
    const correction = 1 / Math.sqrt(1 - BETA2 ** this.#updates);
    const { params, gradient, moment1, moment2 } = layout;
    const keep = 1 - learningRate * weightDecay;
    kernels.adamw(params, gradient, moment1, moment2, kernelFloats, rate, correction, keep, clip);
    const at = kernelFloats * 4;
    kernels.adamw(params + at, gradient + at, moment1 + at, moment2 + at, biasFloats, rate, correction, 1, clip);
    network.refresh(runner.run);
    return true;
  }
}
