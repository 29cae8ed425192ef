import { instantiateKernels, type WasmMemory, type WasmModule } from './kernels.ts';
import { sentimentInputs } from './layers/gated-input.ts';
import { outputCount } from './layers/head.ts';
import { type Run, SHARD } from './layers/layer.ts';
import type { MemoryLayout } from './memory-layout.ts';
import type { Network } from './network.ts';
import { type Job, WorkQueue } from './work-queue.ts';

/** Mixes numbers into 32 bits; the dropout's keys come from it. */
function mix(...numbers: readonly number[]): number {
  let h = 0x9e3779b9;
  for (const n of numbers) {
    h = Math.imul(h ^ n, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return h | 0;
}

/** What one thread runs shards with: its kernels, its workspace and the network over them. */
export class ShardRunner {
  readonly run: Run;
  readonly queue: WorkQueue;
  readonly #network: Network;
  readonly #layout: MemoryLayout;
  readonly #seed: number;

  constructor(
    network: Network,
    layout: MemoryLayout,
    memory: WasmMemory,
    module: WasmModule,
    thread: number,
    seed: number,
  ) {
    this.#network = network;
    this.#layout = layout;
    this.#seed = seed;
    this.queue = new WorkQueue(memory.buffer, layout.queue);
    const workspace = layout.workspaces[thread]!;
    network.prepare(memory.buffer, workspace);
    this.run = {
      kernels: instantiateKernels(module, memory),
      memory: memory.buffer,
      params: layout.params,
      transposed: layout.transposed,
      zeros: layout.zeros,
      workspace,
      samples: SHARD,
      gradient: layout.shardGradients,
      dropout: null,
    };
  }

  /** Runs shards of the current round until none is left. */
  work(): void {
    for (let claimed = this.queue.claim(); claimed; claimed = this.queue.claim()) {
      this.queue.complete(claimed.shard, this.#shard(claimed.job, claimed.shard));
    }
  }

  #shard(job: Job, shard: number): number {
    const { run } = this;
    const layout = this.#layout;
    const { spec, plan } = this.#network;
    const samples = Math.min(SHARD, job.windows - shard * SHARD);
    const ends = layout.ends + shard * SHARD * 4;
    const contextEnds = layout.contextEnds + shard * SHARD * 4;
    const input = {
      samples,
      steps: { rows: layout.steps, features: spec.features, ends },
      context: { rows: layout.context, features: spec.context, ends: contextEnds },
      sentiment: { rows: layout.sentiment, features: sentimentInputs(spec), ends: contextEnds },
    };
    if (job.mode === 'predict') {
      run.dropout = null;
      this.#network.predict(run, input, layout.outputs + shard * SHARD * outputCount(spec.head) * 4);
      return 0;
    }
    const place = job.firstShard + shard;
    run.dropout = job.dropout ? [mix(this.#seed, job.step, place, 1), mix(this.#seed, job.step, place, 2)] : null;
    run.gradient = layout.shardGradients + shard * plan.floats * 4;
    run.kernels.clear(run.gradient, plan.floats * 4);
    return this.#network.train(run, input, {
      ends: contextEnds,
      targets: layout.targets,
      auxiliary: layout.auxiliary,
      scale: job.scale,
      auxiliaryScale: job.auxiliaryScale,
    });
  }
}
