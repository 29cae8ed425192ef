import { compileKernels, type KernelBuild, type WasmMemory, type WasmModule } from './kernels.ts';
import { outputCount } from './layers/head.ts';
import { SHARD } from './layers/layer.ts';
import { allocateMemory, layOutMemory, type MemoryLayout, type MemorySizes, ROUND } from './memory-layout.ts';
import { Network } from './network.ts';
import { ShardRunner } from './shard-runner.ts';
import type { NetworkSpec, Weights } from './types.ts';
import { checkWeights } from './weights.ts';

/** Above the kernels' own constants, which end below this (checked when the kernels are joined to the memory). */
export const ARENA_START = 4096;

/** Windows of one round. */
export const ROUND_WINDOWS = ROUND * SHARD;

/** A network in a memory of its own: what training, forecasting and the gradient check have in common. */
export class EngineCore {
  readonly network: Network;
  readonly layout: MemoryLayout;
  readonly memory: WasmMemory;
  readonly module: WasmModule;
  readonly build: KernelBuild;
  readonly runner: ShardRunner;
  readonly #params: Float32Array;

  constructor(spec: NetworkSpec, sizes: MemorySizes, build: 'auto' | KernelBuild, seed: number) {
    this.network = new Network(spec);
    const compiled = compileKernels(build);
    this.module = compiled.module;
    this.build = compiled.build;
    this.layout = layOutMemory(this.network, sizes, ARENA_START);
    this.memory = allocateMemory(this.layout);
    this.runner = new ShardRunner(this.network, this.layout, this.memory, this.module, 0, seed);
    this.#params = this.floats(this.layout.params, this.network.plan.floats);
  }

  /** A view of the shared memory. */
  floats(at: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, length);
  }

  /** A view of the shared memory. */
  ints(at: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, at, length);
  }

  /** Puts weights into their padded places; throws `CC_ENGINE_SHAPE` when they are another network's. */
  setWeights(weights: Weights): void {
    const { tensors } = this.network.plan;
    checkWeights(tensors, weights);
    for (const [i, { block, places }] of tensors.entries()) {
      const { data } = weights[i]!;
      for (const [j, place] of places().entries()) this.#params[block.at + place] = data[j]!;
    }
  }

  /** The weights, copied. */
  weights(): Weights {
    return this.read(this.#params);
  }

  /** Tensors read out of a vector laid out as the parameters are. */
  read(vector: Float32Array): Weights {
    return this.network.plan.tensors.map(({ name, shape, block, places }) => ({
      name,
      shape,
      data: Float32Array.from(places(), (place) => vector[block.at + place]!),
    }));
  }

  /**
   * Forecasts `count` windows in rounds: `place` puts a round's row numbers into memory, `work` runs its shards.
   * Returns count × outputs floats.
   */
  predict(
    count: number,
    place: (first: number, windows: number) => void,
    work: (windows: number) => void,
  ): Float32Array {
    const width = outputCount(this.network.spec.head);
    const result = new Float32Array(count * width);
    for (let first = 0; first < count; first += ROUND_WINDOWS) {
      const windows = Math.min(ROUND_WINDOWS, count - first);
      place(first, windows);
      work(windows);
      result.set(this.floats(this.layout.outputs, windows * width), first * width);
    }
    return result;
  }
}
