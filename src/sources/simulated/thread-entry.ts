import { parentPort, workerData } from 'node:worker_threads';
import { createSimulatedMarket } from './server.ts';

/** What the thread of the simulated market is started with. */
export interface SimulationThreadData {
  readonly seed: number;
  /** One shared number: ms added to the wall clock. */
  readonly shiftMs: Float64Array;
}

/** Its message when it listens, or the reason why it cannot. */
export type SimulationThreadMessage = { readonly url: string } | { readonly failed: string };

const port = parentPort;
if (port) {
  const { seed, shiftMs } = workerData as SimulationThreadData;
  // The entry of a thread makes its clock, as main.ts does for the main thread.
  const wallClock = Date.now;
  const say = (message: SimulationThreadMessage) => port.postMessage(message);
  createSimulatedMarket({ seed, now: () => wallClock() + shiftMs[0]! }).then(
    (running) => say({ url: running.url }),
    (error: unknown) => say({ failed: error instanceof Error ? error.message : String(error) }),
  );
}
