import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { silentLogger } from '../../src/core/logger.ts';
import { MINUTE_MS } from '../../src/core/time.ts';
import { attempt } from '../../src/jobs/attempt.ts';
import type { Job } from '../../src/jobs/job.ts';
import { ManualSleep } from '../discord/manual-sleep.ts';

it('keeps nothing of a run that has ended, however long the program runs', async () => {
  const signals: WeakRef<AbortSignal>[] = [];
  const job: Job = {
    name: 'noting',
    schedule: '* * * * *',
    timeZone: 'UTC',
    lane: 'upkeep',
    timeLimitMs: MINUTE_MS,
    retries: 0,
    jitterMs: 0,
    atFirstStart: false,
    run: async (signal) => `Run ${signals.push(new WeakRef(signal))}.`,
  };
  const stopping = new AbortController();
  const parts = { sleep: new ManualSleep().sleep, random: () => 0.5, logger: silentLogger, stopping: stopping.signal };
  for (let run = 1; run <= 100; run++) {
    expect((await attempt(job, run * MINUTE_MS, parts)).summary).toBe(`Run ${run}.`);
  }
  // A reference that was made or read in this turn of the event loop holds its target until the next.
  await new Promise((resolve) => setImmediate(resolve));
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  expect(signals.filter((signal) => signal.deref()).length).toBeLessThan(5);
  expect(stopping.signal.aborted).toBe(false);
});
