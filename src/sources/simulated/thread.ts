import { CandlecastError } from '../../core/errors.ts';
import { builtUrl } from '../../workers/worker-channel.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import type { SimulationThreadData, task } from './exchange-task.ts';

/** A simulated market in a thread of its own. */
export interface SimulationThread {
  /** Base URL of every provider, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts the simulated market away from the calling thread, because making years of prices takes a while. Its clock is the
 * wall clock plus `shiftMs[0]` (shared memory). Throws `CC_INTERNAL` when it cannot listen.
 */
export async function startSimulationThread(setup: SimulationThreadData): Promise<SimulationThread> {
  const worker = createWorkerPool<typeof task>(builtUrl('./exchange-task.js', import.meta.url), {
    setup,
    noun: 'simulated market',
  });
  try {
    return { url: await worker.run('listen', null), close: worker.close };
  } catch (cause) {
    await worker.close();
    throw new CandlecastError('CC_INTERNAL', 'The simulated market cannot start.', { cause });
  }
}
