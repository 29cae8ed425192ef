import { afterAll } from 'vitest';
import { createSimulatedMarket, type RunningSimulation } from '../../../src/sources/simulated/server.ts';

/** A moment inside an hour and a day, so that both candles are open. */
export const START_MS = Date.UTC(2026, 5, 17, 14, 17, 30);

/** A clock that tests move by hand. */
export interface TestClock {
  nowMs: number;
}

/** Starts a simulated market that ends with the test file. */
export async function startedSimulation(seed = 77): Promise<RunningSimulation & { readonly clock: TestClock }> {
  const clock = { nowMs: START_MS };
  const running = await createSimulatedMarket({ seed, now: () => clock.nowMs });
  afterAll(() => running.close());
  return { ...running, clock };
}

/** The body of a GET as JSON; fails unless the status is the one expected. */
export async function getJson(url: string, status = 200, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(url, { headers });
  if (response.status !== status) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}
