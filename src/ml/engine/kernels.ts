import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { CandlecastError } from '../../core/errors.ts';
import { builtUrl } from '../../workers/worker-channel.ts';

/**
 * The parts of the WebAssembly interface that the engine uses. TypeScript types it only together with the browser's DOM,
 * which does not exist in Node.
 */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
}

/** A compiled module; it can be posted to a worker thread. */
export type WasmModule = object & { readonly __wasmModule?: never };

interface WebAssemblyApi {
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: { env: { memory: WasmMemory; abort: () => never } },
  ) => { readonly exports: unknown };
  validate(bytes: Uint8Array): boolean;
}

/** The engine's WebAssembly. */
export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;

type Kernel = (...numbers: number[]) => void;

/** The compiled kernels over one memory; `assembly/` documents each one's arguments (addresses in bytes, strides in floats). */
export interface Kernels {
  readonly initialise: () => void;
  readonly arenaStart: () => number;
  readonly multiplyAdds: (rounds: number) => number;
  readonly matmul: Kernel;
  readonly matmulGradient: Kernel;
  readonly columnSums: Kernel;
  readonly transposePanels: Kernel;
  readonly lstmForward: Kernel;
  readonly lstmBackward: Kernel;
  readonly gruForward: Kernel;
  readonly gruBackward: Kernel;
  readonly gateForward: Kernel;
  readonly gateBackward: Kernel;
  readonly gather: Kernel;
  readonly relu: Kernel;
  readonly reluBackward: Kernel;
  readonly tanh: Kernel;
  readonly tanhBackward: Kernel;
  readonly maxPool: Kernel;
  readonly maxPoolBackward: Kernel;
  readonly copyRows: Kernel;
  readonly clear: (at: number, bytes: number) => void;
  readonly dropout: Kernel;
  readonly quantileForward: Kernel;
  readonly quantileLoss: (...numbers: number[]) => number;
  readonly linearLoss: (...numbers: number[]) => number;
  readonly sumShards: Kernel;
  readonly sumSquares: (at: number, count: number) => number;
  readonly adamw: Kernel;
}

/** Which of the two builds runs. */
export type KernelBuild = 'simd' | 'relaxed';

const bytesOf = (build: KernelBuild) => readFileSync(builtUrl(`./kernels-${build}.wasm`, import.meta.url));
const modules = new Map<KernelBuild, WasmModule>();

/** Whether this machine and Node version run the given build. */
export function isSupported(build: KernelBuild): boolean {
  // On Node 20 relaxed SIMD is behind a flag; it must be set before anything is compiled, and later versions ignore it.
  if (build === 'relaxed' && Number(process.versions.node.split('.')[0]) < 22) {
    setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  return webAssembly.validate(bytesOf(build));
}

/**
 * Compiles the kernels: under `auto` the relaxed build where it is supported, else plain SIMD. Compiled once per process
 * and thread. Throws `CC_ENGINE_UNSUPPORTED` when the build does not run here.
 */
export function compileKernels(build: 'auto' | KernelBuild): { build: KernelBuild; module: WasmModule } {
  const chosen = build === 'auto' ? (isSupported('relaxed') ? 'relaxed' : 'simd') : build;
  const known = modules.get(chosen);
  if (known) return { build: chosen, module: known };
  if (!isSupported(chosen)) {
    throw new CandlecastError('CC_ENGINE_UNSUPPORTED', `WebAssembly refuses the ${chosen} build of the kernels.`);
  }
  const module = new webAssembly.Module(bytesOf(chosen));
  modules.set(chosen, module);
  return { build: chosen, module };
}

/** Joins compiled kernels to a memory. Every thread has an instance of its own over the same memory. */
export function instantiateKernels(module: WasmModule, memory: WasmMemory): Kernels {
  const abort = (): never => {
    throw new CandlecastError('CC_INTERNAL', 'A kernel stopped.');
  };
  const kernels = new webAssembly.Instance(module, { env: { memory, abort } }).exports as Kernels;
  kernels.initialise();
  return kernels;
}
