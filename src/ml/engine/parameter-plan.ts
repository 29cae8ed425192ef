/** A run of floats in the flat parameter vector. `at` counts floats from its start and is known once the plan is finished. */
export interface ParameterBlock {
  at: number;
  readonly size: number;
}

/** A named tensor in TensorFlow.js's layout and where each of its elements lies in the parameter vector. */
export interface PlannedTensor {
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
