/** Entry of the threads that help with training: runs shards until the session stops. */
import { workerData } from 'node:worker_threads';
import { ARENA_START } from './engine-core.ts';
import type { WasmMemory, WasmModule } from './kernels.ts';
import { layOutMemory, type MemorySizes } from './memory-layout.ts';
import { Network } from './network.ts';
import { ShardRunner } from './shard-runner.ts';
import type { NetworkSpec } from './types.ts';

/** What a helping thread is started with. */
export interface HelperData {
  readonly spec: NetworkSpec;
  readonly sizes: MemorySizes;
  readonly memory: WasmMemory;
  readonly module: WasmModule;
  readonly thread: number;
  readonly seed: number;
}

function help(data: HelperData): void {
  const network = new Network(data.spec);
  const layout = layOutMemory(network, data.sizes, ARENA_START);
  const runner = new ShardRunner(network, layout, data.memory, data.module, data.thread, data.seed);
  runner.queue.reportStarted();
  try {
    while (runner.queue.awaitRound()) runner.work();
  } catch (error) {
    runner.queue.fail(error instanceof Error ? error.message : String(error));
    throw error;
  }
}

help(workerData as HelperData);
