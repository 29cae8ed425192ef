import { createSimulatedMarket } from './server.ts';

/** What the thread of the simulated market is started with. */
export interface SimulationThreadData {
  readonly seed: number;
  /** One shared number: ms added to the wall clock. */
  readonly shiftMs: Float64Array;
}

/** The worker that is the simulated market. */
export function task({ seed, shiftMs }: SimulationThreadData) {
  // The entry of a thread makes its clock, as main.ts does for the main thread.
  const wallClock = Date.now;
  return {
    /** Starts to listen; gives the base URL. */
    listen: async (_: null): Promise<string> =>
      (await createSimulatedMarket({ seed, now: () => wallClock() + shiftMs[0]! })).url,
  };
}
