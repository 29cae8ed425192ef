import { checkSpec } from './checks.ts';
import { Conv1D, conv1dBufferLayout } from './layers/conv1d.ts';
import { Dense } from './layers/dense.ts';
import { GatedInput } from './layers/gated-input.ts';
import { Gru, gruBufferLayout } from './layers/gru.ts';
import { Head, type LossSource } from './layers/head.ts';
import {
  type Activations,
  type BufferLayout,
  type Builder,
  cutContext,
  cutWindows,
  type Layer,
  ParameterPlan,
  type RowSource,
  type Run,
  roundUp,
  SHARD,
} from './layers/layer.ts';
import { Lstm, lstmBufferLayout } from './layers/lstm.ts';
import { Dropout, Flatten, Join, MaxPool } from './layers/parameterless.ts';
import type { DenseLayer, NetworkSpec, TrunkLayer } from './types.ts';

/** Where a shard's inputs lie. */
export interface ShardInput {
  readonly steps: RowSource;
  readonly context: RowSource;
  readonly sentiment: RowSource;
  /** Samples of the shard, 1 to 32. */
  readonly samples: number;
}

type Step = TrunkLayer | DenseLayer | { readonly type: 'join' };

const PLAIN_LAYOUT: BufferLayout = { extra: 0, before: 0, after: 0 };

function bufferLayoutFor(step: Step | undefined): BufferLayout {
  if (step?.type === 'conv1d') return conv1dBufferLayout(step.kernel);
  if (step?.type === 'lstm') return lstmBufferLayout(step.units);
  if (step?.type === 'gru') return gruBufferLayout(step.units);
  return PLAIN_LAYOUT;
}

/**
 * A network laid out: its parameters' places, its workspace, its layers in order. Holds offsets only, no memory, so every
 * thread can make its own from the same spec and they agree. Throws `CC_ENGINE_SHAPE` for a spec that cannot be built.
 */
export class Network {
  readonly spec: NetworkSpec;
  readonly plan = new ParameterPlan();
  readonly #input: Activations;
  readonly #layers: Layer[] = [];
  readonly #head: Head;
  #sentiment: GatedInput | null = null;
  #workspaceFloats = 0;
  #widest = 8;

  constructor(spec: NetworkSpec) {
    checkSpec(spec);
    this.spec = spec;
    const join: Step[] = spec.context > 0 ? [{ type: 'join' }] : [];
    const steps: Step[] = [...spec.trunk, ...join, ...spec.dense];
    let next = 0;
    const room = (floats: number) => {
      const at = this.#workspaceFloats * 4;
      this.#workspaceFloats += roundUp(floats, 16);
      return at;
    };
    const activations: Builder['activations'] = ({ column = (channel) => channel, ...shape }, learning) => {
      const { extra, ...pads } = bufferLayoutFor(steps[next]);
      const stride = shape.width + extra;
      const rows = (pads.before + shape.steps + pads.after) * SHARD;
      this.#widest = Math.max(this.#widest, stride);
      const at = room(rows * stride);
      return { ...shape, ...pads, column, stride, at, gradientAt: learning ? room(rows * shape.width) : -1 };
    };
    const builder: Builder = { plan: this.plan, room, activations };
    this.#input = activations({ steps: spec.window, channels: spec.features, width: roundUp(spec.features, 4) }, false);
    let x = this.#input;
    const counts = new Map<string, number>();
    for (const [index, step] of steps.entries()) {
      next = index + 1;
      const count = (counts.get(step.type) ?? 0) + 1;
      counts.set(step.type, count);
      if (step.type === 'dense' && count === 1 && spec.sentiment) {
        this.#sentiment = new GatedInput(builder, spec.sentiment, step.units, SHARD);
      }
      const addition = step.type === 'dense' && count === 1 ? this.#sentiment : null;
      const layer = makeLayer(builder, step, `${step.type}_${count}`, x, { context: spec.context, index, addition });
      this.#layers.push(layer);
      x = layer.output;
    }
    this.#head = new Head(builder, spec.head, x);
    this.plan.finish();
  }

  /** Bytes a thread needs for its activations and their gradients. */
  get workspaceBytes(): number {
    return this.#workspaceFloats * 4;
  }

  /** Floats of zeros that `Run.zeros` must point at. */
  get zeroFloats(): number {
    return roundUp(this.#widest, 16);
  }

  /** Writes the constants into a fresh workspace. */
  prepare(memory: ArrayBufferLike, workspace: number): void {
    this.#head.prepare(memory, workspace);
  }

  /** Forecasts a shard: samples × outputs floats at the address `out`. */
  predict(run: Run, input: ShardInput, out: number): void {
    this.#forward(run, input);
    this.#head.predict(run, input.samples, out);
  }

  /** Adds the shard's gradient to `run.gradient` (cleared by the caller) and returns its share of the loss. */
  train(run: Run, input: ShardInput, loss: LossSource): number {
    this.#forward(run, input);
    const share = this.#head.lossAndGradient(run, input.samples, loss);
    for (let i = this.#layers.length - 1; i >= 0; i--) this.#layers[i]!.backward(run);
    return share;
  }

  /** Renews the transposed kernels after the parameters changed. */
  refresh(run: Run): void {
    for (const layer of this.#layers) layer.refresh(run);
    this.#head.refresh(run);
  }

  #forward(run: Run, input: ShardInput): void {
    run.samples = input.samples;
    cutWindows(run, input.steps, this.#input);
    this.#sentiment?.read(run, input.sentiment);
    for (const layer of this.#layers) {
      layer.forward(run);
      if (layer instanceof Join) cutContext(run, input.context, layer.output, layer.contextColumn);
    }
  }
}

function makeLayer(
  builder: Builder,
  step: Step,
  name: string,
  input: Activations,
  { context, index, addition }: { context: number; index: number; addition: GatedInput | null },
): Layer {
  switch (step.type) {
    case 'conv1d':
      return new Conv1D(builder, name, input, step);
    case 'maxPool':
      return new MaxPool(builder, input, step.size);
    case 'lstm':
      return new Lstm(builder, name, input, step.units);
    case 'gru':
      return new Gru(builder, name, input, step.units);
    case 'flatten':
      return new Flatten(builder, input);
    case 'dropout':
      return new Dropout(builder, input, step.rate, index);
    case 'join':
      return new Join(builder, input, context);
    case 'dense':
      return new Dense(builder, name, input, step, addition);
  }
}
