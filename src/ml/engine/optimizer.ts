import type { EngineCore } from './engine-core.ts';
import { roundUp } from './layers/layer.ts';

const BETA1 = 0.9;
const BETA2 = 0.999;

/** A run of floats in the parameter vector that is updated as one. */
interface ParameterRun {
  readonly at: number;
  readonly count: number;
  readonly decays: boolean;
}

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

  /** Sets the moments to zero, as at the start of training. */
  reset(): void {
    const { layout, network, runner } = this.#core;
    this.#updates = 0;
    runner.run.kernels.clear(layout.moment1, network.plan.floats * 4);
    runner.run.kernels.clear(layout.moment2, network.plan.floats * 4);
  }

  /**
   * Applies `layout.gradient`, to all parameters or only to those of sentiment. Returns false, and changes nothing, when the gradient is
   * not finite.
   */
  update(learningRate: number, weightDecay: number, clipNorm: number, only?: 'sentiment'): boolean {
    const { layout, network, runner } = this.#core;
    const { kernels } = runner.run;
    const { floats } = network.plan;
    const runs = only ? this.#runsOf(only) : this.#everything();
    const squares = only
      ? runs.reduce((sum, { at, count }) => sum + kernels.sumSquares(layout.gradient + at * 4, count), 0)
      : kernels.sumSquares(layout.gradient, floats);
    const norm = Math.sqrt(squares);
    if (!Number.isFinite(norm)) return false;
    const clip = norm > clipNorm ? clipNorm / norm : 1;
    this.#updates++;
    const rate = learningRate / (1 - BETA1 ** this.#updates);
    const correction = 1 / Math.sqrt(1 - BETA2 ** this.#updates);
    const { params, gradient, moment1, moment2 } = layout;
    const keep = 1 - learningRate * weightDecay;
    for (const { at: place, count, decays } of runs) {
      const at = place * 4;
      const kept = decays ? keep : 1;
      kernels.adamw(params + at, gradient + at, moment1 + at, moment2 + at, count, rate, correction, kept, clip);
    }
    network.refresh(runner.run);
    return true;
  }

  /** Kernels, then what is not decayed. */
  #everything(): readonly ParameterRun[] {
    const { kernelFloats, biasFloats } = this.#core.network.plan;
    return [
      { at: 0, count: kernelFloats, decays: true },
      { at: kernelFloats, count: biasFloats, decays: false },
    ];
  }

  /** The tensors whose names begin so; their blocks are padded as the plan pads them. */
  #runsOf(prefix: string): readonly ParameterRun[] {
    const { kernelFloats, tensors } = this.#core.network.plan;
    return tensors
      .filter(({ name }) => name.startsWith(`${prefix}_`))
      .map(({ block }) => ({ at: block.at, count: roundUp(block.size, 16), decays: block.at < kernelFloats }));
  }
}
