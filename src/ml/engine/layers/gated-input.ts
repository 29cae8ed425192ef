import type { NetworkSpec, SentimentSpec } from '../types.ts';
import { type Builder, type ParameterBlock, panelPlace, type RowSource, type Run, roundUp } from './layer.ts';

/** Numbers of sentiment per sample; 0 where a network takes none. */
export const sentimentInputs = (spec: NetworkSpec): number => spec.sentiment?.inputs ?? 0;

/** Turns a 32-bit hash into a share of 1. */
const UNIT = 2 ** -32;

/** Makes the modality's masks independent of those of the dropout layers. */
const SALT = 0x5e47;

function hash(keyA: number, keyB: number, sample: number): number {
  let h = Math.imul(sample + 1, 0x9e3779b1) + (keyA ^ SALT);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  h = (h ^ (h >>> 16)) + keyB;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * A second modality behind a learned gate (a gated linear unit, Dauphin et al. 2017): adds σ(x · W_g + b_g) ∘ (v · W_v) to a dense layer's
 * sums before their activation; v is x without its last columns, the masks. A row of zeros adds exactly 0, so it means "missing"; in
 * training whole rows are dropped at random, decided by seed, batch, shard and sample alone.
 */
export class GatedInput {
  readonly #width: number;
  readonly #inputs: number;
  readonly #values: number;
  readonly #rate: number;
  /** Floats per row of x, and of v. */
  readonly #depth: number;
  readonly #valueDepth: number;
  readonly #rows: number;
  readonly #valueRows: number;
  readonly #gate: number;
  readonly #value: number;
  readonly #gateKernel: ParameterBlock;
  readonly #gateBias: ParameterBlock;
  readonly #valueKernel: ParameterBlock;

  constructor(builder: Builder, { inputs, masks, dropout }: SentimentSpec, units: number, shard: number) {
    const { plan } = builder;
    const width = roundUp(units, 8);
    const values = inputs - masks;
    const depth = roundUp(inputs, 8);
    const valueDepth = roundUp(values, 8);
    this.#width = width;
    this.#inputs = inputs;
    this.#values = values;
    this.#rate = dropout;
    this.#depth = depth;
    this.#valueDepth = valueDepth;
    this.#rows = builder.room(shard * depth);
    this.#valueRows = builder.room(shard * valueDepth);
    this.#gate = builder.room(shard * width);
    this.#value = builder.room(shard * width);
    this.#gateKernel = plan.kernel(depth, width);
    this.#gateBias = plan.bias(width);
    this.#valueKernel = plan.kernel(valueDepth, width);
    const place = (rows: number) => (input: number | undefined, unit: number | undefined) =>
      panelPlace(rows, input!, unit!);
    plan.tensor('sentiment_gate/kernel', [inputs, units], this.#gateKernel, place(depth));
    plan.tensor('sentiment_gate/bias', [units], this.#gateBias, (unit) => unit!);
    plan.tensor('sentiment_value/kernel', [values, units], this.#valueKernel, place(valueDepth));
  }

  /** Reads the shard's rows; in training some of them are set to zero, as if they were missing. */
  read(run: Run, { rows, features, ends }: RowSource): void {
    const to = run.workspace + this.#rows;
    const depth = this.#depth;
    run.kernels.gather(rows, features, ends, run.samples, 1, to, depth, depth);
    const x = new Float32Array(run.memory, to, run.samples * depth);
    if (run.dropout !== null && this.#rate > 0) {
      const [keyA, keyB] = run.dropout;
      for (let sample = 0; sample < run.samples; sample++) {
        if (hash(keyA, keyB, sample) * UNIT >= this.#rate) continue;
        x.fill(0, sample * depth, sample * depth + this.#inputs);
      }
    }
    const valueDepth = this.#valueDepth;
    const v = new Float32Array(run.memory, run.workspace + this.#valueRows, run.samples * valueDepth);
    for (let sample = 0; sample < run.samples; sample++) {
      v.set(x.subarray(sample * depth, sample * depth + this.#values), sample * valueDepth);
    }
  }

  /** Adds to the sums at `y`, rows `stride` floats apart. */
  add(run: Run, y: number, stride: number): void {
    const { kernels, samples } = run;
    const [x, v] = [run.workspace + this.#rows, run.workspace + this.#valueRows];
    const [gate, value] = [run.workspace + this.#gate, run.workspace + this.#value];
    const [depth, valueDepth] = [this.#depth, this.#valueDepth];
    const width = this.#width;
    const at = (block: ParameterBlock) => run.params + block.at * 4;
    const bias = at(this.#gateBias);
    kernels.matmul(x, depth, 1, 0, depth, at(this.#gateKernel), bias, 0, gate, width, samples, width);
    const into = at(this.#valueKernel);
    kernels.matmul(v, valueDepth, 1, 0, valueDepth, into, run.zeros, 0, value, width, samples, width);
    kernels.gateForward(gate, value, y, stride, width, samples);
  }

  /** From the gradient of the sums to the parameters'; the modality itself needs no gradient. */
  backward(run: Run, dy: number, stride: number): void {
    const { kernels, samples } = run;
    const [x, v] = [run.workspace + this.#rows, run.workspace + this.#valueRows];
    const [gate, value] = [run.workspace + this.#gate, run.workspace + this.#value];
    const [depth, valueDepth] = [this.#depth, this.#valueDepth];
    const width = this.#width;
    const at = (block: ParameterBlock) => run.gradient + block.at * 4;
    kernels.gateBackward(gate, value, dy, stride, width, samples);
    kernels.columnSums(gate, width, width, samples, at(this.#gateBias));
    kernels.matmulGradient(x, depth, depth, gate, width, width, samples, at(this.#gateKernel), depth * 8);
    const into = at(this.#valueKernel);
    kernels.matmulGradient(v, valueDepth, valueDepth, value, width, width, samples, into, valueDepth * 8);
  }
}
