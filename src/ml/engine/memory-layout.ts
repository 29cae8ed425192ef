import { CandlecastError } from '../../core/errors.ts';
import { type WasmMemory, webAssembly } from './kernels.ts';
import { sentimentInputs } from './layers/gated-input.ts';
import { horizonsOf, outputCount } from './layers/head.ts';
import { SHARD } from './layers/layer.ts';
import type { Network } from './network.ts';

/** Shards whose gradients are kept at once: a larger batch is done in rounds of so many, summed in order. */
export const ROUND = 16;

/** Bytes of a `WorkQueue`. */
export const QUEUE_BYTES = 4096;

/** Sizes of what is kept in memory besides the network itself. */
export interface MemorySizes {
  /** Rows of steps, and of the context, targets and auxiliary values. They differ only when single windows are forecast. */
  readonly rows: number;
  readonly contextRows: number;
  readonly threads: number;
  readonly training: boolean;
}

/** Byte addresses of everything in the shared memory: laid out once, never grown. */
export interface MemoryLayout {
  readonly bytes: number;
  readonly queue: number;
  readonly zeros: number;
  readonly params: number;
  readonly transposed: number;
  readonly moment1: number;
  readonly moment2: number;
  readonly gradient: number;
  readonly shardGradients: number;
  /** Last rows of the round's windows, and the rows of their context (the same but when single windows are forecast). */
  readonly ends: number;
  readonly contextEnds: number;
  readonly outputs: number;
  readonly workspaces: readonly number[];
  readonly steps: number;
  readonly context: number;
  readonly targets: number;
  readonly auxiliary: number;
  readonly sentiment: number;
}

const PAGE = 65_536;

/** The initial memory that the kernels are compiled for (scripts/build.mjs). */
const MIN_PAGES = 16;

/** Lays everything out from `start` on. The result depends on the arguments alone, so threads that compute it agree. */
export function layOutMemory(network: Network, sizes: MemorySizes, start: number): MemoryLayout {
  const { spec, plan } = network;
  const { rows, contextRows, training } = sizes;
  let top = start;
  const room = (bytes: number) => {
    const at = Math.ceil(top / 64) * 64;
    top = at + bytes;
    return at;
  };
  const floats = (count: number, wanted = true) => room(wanted ? count * 4 : 0);
  const horizons = horizonsOf(spec.head);
  const auxiliary = spec.head.type === 'quantile' && spec.head.auxiliary;
  const places = {
    queue: room(QUEUE_BYTES),
    zeros: floats(network.zeroFloats),
    params: floats(plan.floats),
    transposed: floats(plan.transposedFloats, training),
    moment1: floats(plan.floats, training),
    moment2: floats(plan.floats, training),
    gradient: floats(plan.floats, training),
    shardGradients: floats(plan.floats * ROUND, training),
    ends: room(ROUND * SHARD * 4),
    contextEnds: room(ROUND * SHARD * 4),
    outputs: floats(ROUND * SHARD * outputCount(spec.head)),
    workspaces: Array.from({ length: sizes.threads }, () => room(network.workspaceBytes)),
    steps: floats(rows * spec.features),
    context: floats(contextRows * spec.context),
    targets: floats(contextRows * horizons, training),
    auxiliary: floats(contextRows * horizons, training && auxiliary),
    sentiment: floats(contextRows * sentimentInputs(spec)),
  };
  return { ...places, bytes: top };
}

/**
 * Frees the memories of sessions and predictors that are gone, where the process was started so that it can (`--expose-gc`): a run that
 * trains one net after the other would otherwise hold several at once, since V8 is in no hurry with them.
 */
export const collectGarbage = (): void => void globalThis.gc?.();

/** Allocates the shared memory; throws `CC_ENGINE_MEMORY` when it is more than WebAssembly or the machine has. */
export function allocateMemory(layout: MemoryLayout): WasmMemory {
  const pages = Math.max(MIN_PAGES, Math.ceil(layout.bytes / PAGE));
  const context = { bytes: layout.bytes };
  if (pages > 65_536) {
    const gigabytes = (layout.bytes / 2 ** 30).toFixed(1);
    throw new CandlecastError('CC_ENGINE_MEMORY', `The training set needs ${gigabytes} GiB; 4 GiB is the most.`, {
      context,
    });
  }
  collectGarbage();
  try {
    return new webAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (cause) {
    const megabytes = Math.ceil(layout.bytes / 2 ** 20);
    throw new CandlecastError('CC_ENGINE_MEMORY', `The engine could not get ${megabytes} MiB.`, { cause, context });
  }
}
