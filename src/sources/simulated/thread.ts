import { Worker } from 'node:worker_threads';
import { CandlecastError } from '../../core/errors.ts';
import { builtUrl } from '../../workers/worker-channel.ts';
import type { SimulationThreadData, SimulationThreadMessage } from './thread-entry.ts';

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
export async function startSimulationThread(data: SimulationThreadData): Promise<SimulationThread> {
  const worker = new Worker(builtUrl('./thread-entry.js', import.meta.url), { workerData: data, env: {} });
  const cannot = (cause: unknown) =>
    new CandlecastError('CC_INTERNAL', 'The simulated market cannot start.', { cause });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      worker.once('message', (message: SimulationThreadMessage) => {
        if ('url' in message) resolve(message.url);
        else reject(cannot(new Error(message.failed)));
      });
      worker.once('error', (cause) => reject(cannot(cause)));
      worker.once('exit', (code) => reject(cannot(new Error(`Its thread ended with code ${code}.`))));
    });
    return {
      url,
      close: async () => {
        await worker.terminate();
      },
    };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}
