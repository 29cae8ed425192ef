import { ARENA_START } from './engine-core.ts';
import { compileKernels, instantiateKernels, type KernelBuild } from './kernels.ts';
import { webAssembly } from './webassembly.ts';

/** Floating-point operations of one sample's forward and backward pass through the reference network (reference.ts). */
export const REFERENCE_FLOPS = 2 * (2 * 60 * 48 * 32) + 3 * (2 * 30 * 96 * 256) + 3 * (2 * 64 * 9);

/** How near the matrix kernel comes to what one core can do, in 10⁹ floating-point operations a second. */
export interface PeakShare {
  readonly build: KernelBuild;
  /** Multiply-adds in registers alone, with the build's instructions. */
  readonly peakGflops: number;
  /** The product of one LSTM step of the reference network: 32 × 96 by 96 × 256. */
  readonly matmulGflops: number;
}

const ROUNDS = 100_000;
const [ROWS, DEPTH, COLUMNS] = [32, 96, 256];
const PRODUCTS = 40;

/**
 * Measures both, in turn; the quickest of `turns` short ones, so that other programs hardly matter. `now` gives milliseconds. Throws
 * `CC_ENGINE_UNSUPPORTED` without SIMD.
 */
export function measurePeak(now: () => number, build: 'auto' | KernelBuild = 'auto', turns = 60): PeakShare {
  const compiled = compileKernels(build);
  const memory = new webAssembly.Memory({ initial: 16, maximum: 16, shared: true });
  const kernels = instantiateKernels(compiled.module, memory);
  const a = ARENA_START;
  const b = a + ROWS * DEPTH * 4;
  const bias = b + DEPTH * COLUMNS * 4;
  const c = bias + COLUMNS * 4;
  new Float32Array(memory.buffer, a, (c - a) / 4).fill(1e-3);
  const quickest = (operations: number, run: () => void) => {
    let bestMs = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < turns; turn++) {
      const startedMs = now();
      run();
      bestMs = Math.min(bestMs, now() - startedMs);
    }
    return operations / bestMs / 1e6;
  };
  return {
    build: compiled.build,
    peakGflops: quickest(ROUNDS * 12 * 4 * 2, () => kernels.multiplyAdds(ROUNDS)),
    matmulGflops: quickest(PRODUCTS * 2 * ROWS * DEPTH * COLUMNS, () => {
      for (let i = 0; i < PRODUCTS; i++)
        kernels.matmul(a, DEPTH, 1, 0, DEPTH, b, bias, 0, c, COLUMNS + 16, ROWS, COLUMNS);
    }),
  };
}
