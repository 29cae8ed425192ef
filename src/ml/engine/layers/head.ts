import type { HeadSpec } from '../types.ts';
import { Dense } from './dense.ts';
import {
  type Activations,
  type Builder,
  gradientRowsOf,
  type ParameterBlock,
  type Run,
  roundUp,
  rowsOf,
} from './layer.ts';

/** Where the loss's targets lie, and the weight of each pinball and Huber loss. */
export interface LossSource {
  /** Address of the row number of each sample. */
  readonly ends: number;
  readonly targets: number;
  readonly auxiliary: number;
  readonly scale: number;
  readonly auxiliaryScale: number;
}

/** Outputs of the linear layer per horizon of the quantile head: location, left and right log-scale, tail, [auxiliary]. */
export const outputsPerHorizon = (head: HeadSpec & { type: 'quantile' }): number => (head.auxiliary ? 5 : 4);

/** Numbers a head's linear layer gives. */
export const headWidth = (head: HeadSpec): number =>
  head.type === 'quantile' ? head.horizons * outputsPerHorizon(head) : head.levels.length;

/** Horizons of a head; one for the linear head. */
export const horizonsOf = (head: HeadSpec): number => (head.type === 'quantile' ? head.horizons : 1);

/** Numbers a network forecasts per sample. */
export const outputCount = (head: HeadSpec): number =>
  (head.type === 'quantile' ? head.horizons : 1) * head.levels.length;

/** Place of the median among the levels. */
export const medianIndex = (levels: readonly number[]): number =>
  levels.findIndex((level) => Math.abs(level - 0.5) < 1e-9);

/** The fixed weight of the tail on the increment between levels k and k + 1: |mid-level − 0.5| · 2 − 0.5. */
export const tailWeight = (levels: readonly number[], k: number): number =>
  Math.abs((levels[k]! + levels[k + 1]!) / 2 - 0.5) * 2 - 0.5;

/** The head: its linear layer, the curve of increments or none, and the loss. */
export class Head {
  readonly #dense: Dense;
  readonly #spec: HeadSpec;
  readonly #span: number;
  readonly #base: ParameterBlock | null = null;
  readonly #table: number;
  readonly #scratch: number;

  constructor(builder: Builder, spec: HeadSpec, input: Activations) {
    this.#spec = spec;
    this.#dense = new Dense(builder, 'head', input, { units: headWidth(spec), activation: 'linear' });
    const increments = spec.levels.length - 1;
    this.#span = roundUp(Math.max(increments, 1), 4);
    if (spec.type === 'quantile') {
      const base = builder.plan.bias(spec.horizons * this.#span);
      builder.plan.tensor('head/base', [spec.horizons, increments], base, (h, k) => h! * this.#span + k!);
      this.#base = base;
    }
    this.#table = builder.room(4 * this.#span + 4);
    this.#scratch = builder.room(4 * this.#span + 4);
  }

  /** Writes the head's constants into a fresh workspace. */
  prepare(memory: ArrayBufferLike, workspace: number): void {
    const { levels } = this.#spec;
    const table = new Float32Array(memory, workspace + this.#table, 4 * this.#span + 4);
    const median = medianIndex(levels);
    for (let k = 0; k + 1 < levels.length; k++) {
      table[k] = tailWeight(levels, k);
      table[this.#span + k] = k < median ? 1 : 0;
      table[2 * this.#span + k] = k < median ? 0 : 1;
    }
    table.set(levels, 3 * this.#span);
  }

  /** Runs the head and writes samples × outputs floats at `out`. */
  predict(run: Run, samples: number, out: number): void {
    const spec = this.#spec;
    const z = this.#dense.output;
    this.#dense.forward(run);
    if (spec.type === 'quantile') {
      run.kernels.quantileForward(
        rowsOf(run, z),
        z.stride,
        outputsPerHorizon(spec),
        run.params + this.#base!.at * 4,
        run.workspace + this.#table,
        this.#span,
        spec.levels.length,
        medianIndex(spec.levels),
        spec.horizons,
        samples,
        run.workspace + this.#scratch,
        out,
      );
      return;
    }
    for (let s = 0; s < samples; s++) {
      const from = rowsOf(run, z) + s * z.stride * 4;
      const bytes = spec.levels.length * 4;
      new Uint8Array(run.memory, out + s * bytes, bytes).set(new Uint8Array(run.memory, from, bytes));
    }
  }

  /** Runs the head forward and back; returns the shard's share of the loss. */
  lossAndGradient(run: Run, samples: number, source: LossSource): number {
    const spec = this.#spec;
    const { kernels } = run;
    const z = this.#dense.output;
    this.#dense.forward(run);
    const dz = gradientRowsOf(run, z);
    kernels.clear(dz, run.samples * z.width * 4);
    const loss =
      spec.type === 'quantile'
        ? kernels.quantileLoss(
            rowsOf(run, z),
            z.stride,
            outputsPerHorizon(spec),
            run.params + this.#base!.at * 4,
            run.workspace + this.#table,
            this.#span,
            spec.levels.length,
            medianIndex(spec.levels),
            spec.horizons,
            samples,
            run.workspace + this.#scratch,
            source.ends,
            source.targets,
            source.scale,
            source.auxiliary,
            source.auxiliaryScale,
            dz,
            z.width,
            run.gradient + this.#base!.at * 4,
          )
        : kernels.linearLoss(
            rowsOf(run, z),
            z.stride,
            run.workspace + this.#table + 12 * this.#span,
            spec.levels.length,
            samples,
            source.ends,
            source.targets,
            source.scale,
            dz,
            z.width,
          );
    this.#dense.backward(run);
    return loss;
  }

  refresh(run: Run): void {
    this.#dense.refresh(run);
  }
}
