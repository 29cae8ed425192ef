import type { Kernels } from '../kernels.ts';

/** Samples of one shard: the unit of work of a thread, with a gradient buffer of its own. */
export const SHARD = 32;

/**
 * Activations of a shard, time-major: [before + steps + after][samples][stride] floats, of which `width` are the layer's
 * (channels padded with zeros) and the rest of the stride belongs to the layer that reads it. The steps before and after are
 * the reader's zero padding. A vector is a sequence of one step. Offsets count bytes in the thread's workspace.
 */
export interface Activations {
  readonly steps: number;
  /** The numbers a layer without padding would have. */
  readonly channels: number;
  readonly width: number;
  readonly stride: number;
  readonly before: number;
  readonly after: number;
  readonly at: number;
  /** Offset of the gradient, [before + steps + after][samples][width]; −1 when nothing upstream has parameters. */
  readonly gradientAt: number;
  /** Column of a channel: not the same where a flattened sequence has padded channels. */
  readonly column: (channel: number) => number;
}

/** How the buffer of a layer's input must be laid out: room beside its rows, and steps of zeros before and after. */
export interface BufferLayout {
  /** Floats after the `width` in each row. */
  readonly extra: number;
  readonly before: number;
  readonly after: number;
}

/** Byte addresses in the shared memory that a layer's call works on. */
export interface Run {
  readonly kernels: Kernels;
  readonly memory: ArrayBufferLike;
  readonly params: number;
  readonly transposed: number;
  readonly workspace: number;
  readonly zeros: number;
  /** Samples of the shard, 1 to 32. */
  samples: number;
  gradient: number;
  /** Dropout keys; null when forecasting. */
  dropout: readonly [number, number] | null;
}

/** One layer over the kernels: reads `input`, writes `output`, both laid out when the network is planned. */
export interface Layer {
  readonly output: Activations;
  forward(run: Run): void;
  /** From the output's gradient to the input's (if something upstream has parameters) and the parameters'. */
  backward(run: Run): void;
  /** Renews what is derived from the parameters after they changed. */
  refresh(run: Run): void;
}

/** What layers are made of: the parameters' plan and room in the workspace. */
export interface Builder {
  readonly plan: ParameterPlan;
  /** Reserves bytes in the workspace and returns their offset. */
  readonly room: (floats: number) => number;
  /** Lays out a layer's output with the buffer that the next layer needs. */
  readonly activations: (
    shape: Pick<Activations, 'steps' | 'channels' | 'width'> & { column?: (channel: number) => number },
    learns: boolean,
  ) => Activations;
}

/** Address of the first sample's row of the first step (after the padding) in this shard. */
export const rowsOf = (run: Run, x: Activations): number =>
  run.workspace + x.at + x.before * run.samples * x.stride * 4;

/** The same for the gradient. */
export const gradientRowsOf = (run: Run, x: Activations): number =>
  run.workspace + x.gradientAt + x.before * run.samples * x.width * 4;

/**
 * Floats between the rows of a recurrent layer's gates, `width` or a little more: a stride that is a multiple of 1 KiB would put a column's
 * elements into the same few sets of the L1 cache.
 */
export const gateStrideFor = (width: number): number => (width % 256 === 0 ? width + 16 : width);

/** Whether anything upstream of these activations has parameters. */
export const learns = (x: Activations): boolean => x.gradientAt >= 0;

/** Rows in memory from which windows are cut: address, floats per row, and the address of each window's last row number. */
export interface RowSource {
  readonly rows: number;
  readonly features: number;
  readonly ends: number;
}

/** Cuts the shard's windows out of the rows into the first layer's input. */
export function cutWindows(run: Run, source: RowSource, x: Activations): void {
  const { rows, features, ends } = source;
  run.kernels.gather(rows, features, ends, run.samples, x.steps, rowsOf(run, x), x.stride, x.width);
}

/** Puts the context of each sample beside the trunk's output, from column `first` on. */
export function cutContext(run: Run, source: RowSource, x: Activations, first: number): void {
  const { rows, features, ends } = source;
  const to = rowsOf(run, x) + first * 4;
  run.kernels.gather(rows, features, ends, run.samples, 1, to, x.stride, x.width - first);
}

/** A run of floats in the flat parameter vector. `at` counts floats from its start and is known once the plan is finished. */
export interface ParameterBlock {
  at: number;
  readonly size: number;
}

/** A named tensor in TensorFlow.js's layout and where each of its elements lies in the parameter vector. */
interface PlannedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly block: ParameterBlock;
  /** Place of each element (row-major) within the block; computed when first asked for. */
  readonly places: () => Int32Array;
}

/** Rounds up to a multiple. */
export const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** Place of element (row, column) in a kernel kept as panels of 8 columns, each `depth` × 8. */
export const panelPlace = (depth: number, row: number, column: number): number =>
  ((column >> 3) * depth + row) * 8 + (column & 7);

/**
 * Collects the blocks of all parameters while the layers are made. Kernels come first in the vector and biases after them,
 * so that weight decay is one range; all of it is one loop for the optimizer.
 */
export class ParameterPlan {
  readonly tensors: PlannedTensor[] = [];
  kernelFloats = 0;
  biasFloats = 0;
  #transposed = 0;
  readonly #kernels: ParameterBlock[] = [];
  readonly #biases: ParameterBlock[] = [];

  /** A kernel of `depth` × `width` (padded) floats, in panels of 8 columns. */
  kernel(depth: number, width: number): ParameterBlock {
    const block = { at: 0, size: depth * width };
    this.#kernels.push(block);
    return block;
  }

  /** A vector that is not decayed: biases, the base curve. */
  bias(width: number): ParameterBlock {
    const block = { at: 0, size: width };
    this.#biases.push(block);
    return block;
  }

  /** Room for a transposed copy of a kernel; returns its offset in floats in the transposed region. */
  transposed(size: number): number {
    const at = this.#transposed;
    this.#transposed += roundUp(size, 16);
    return at;
  }

  get transposedFloats(): number {
    return this.#transposed;
  }

  get floats(): number {
    return this.kernelFloats + this.biasFloats;
  }

  /** Declares a tensor; `place` maps each element's row-major indices to its place in the block. */
  tensor(name: string, shape: readonly number[], block: ParameterBlock, place: (...index: number[]) => number): void {
    let known: Int32Array | null = null;
    const places = () => {
      known ??= placesOf(shape, place);
      return known;
    };
    this.tensors.push({ name, shape, block, places });
  }

  /** Gives every block its place. */
  finish(): void {
    let at = 0;
    for (const block of this.#kernels) {
      block.at = at;
      at += roundUp(block.size, 16);
    }
    this.kernelFloats = at;
    for (const block of this.#biases) {
      block.at = at;
      at += roundUp(block.size, 16);
    }
    this.biasFloats = at - this.kernelFloats;
  }
}

function placesOf(shape: readonly number[], place: (...index: number[]) => number): Int32Array {
  const places = new Int32Array(shape.reduce((product, n) => product * n, 1));
  const index = shape.map(() => 0);
  for (let i = 0; i < places.length; i++) {
    places[i] = place(...index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return places;
}
