import { describe, expect, it } from 'vitest';
import { createCircuit } from '../../src/sources/health.ts';
import { fakeClock } from '../support/fake-clock.ts';

/** A circuit over a job that counts its runs and fails as told. */
function setup() {
  const clock = fakeClock(1_000_000);
  const circuit = createCircuit({ now: clock.now, counts: () => true, failures: 2, openMs: 1000, maxOpenMs: 3000 });
  const job = { runs: 0, fails: true };
  const run = () =>
    circuit
      .run(async () => {
        job.runs++;
        if (job.fails) throw new Error('down');
      })
      .then(
        () => 'ok',
        (error: Error) => error.message,
      );
  return { clock, circuit, job, run };
}

describe('circuit', () => {
  it('runs nothing while it is open, even for a caller who did not ask first', async () => {
    const { clock, job, run } = setup();
    expect([await run(), await run()]).toEqual(['down', 'down']);
    clock.advance(999);
    expect(await run()).not.toBe('down');
    expect(job.runs).toBe(2);
    clock.advance(1);
    expect(await run()).toBe('down');
  });

  it('stays open twice as long after every failed trial, up to the limit', async () => {
    const { clock, circuit, run } = setup();
    await run();
    await run();
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      const waitMs = circuit.blockedUntilMs()! - clock.now();
      waits.push(waitMs);
      clock.advance(waitMs);
      expect(circuit.blockedUntilMs()).toBeNull();
      await run();
    }
    expect(waits).toEqual([1000, 2000, 3000, 3000]);
  });

  it('lets only one trial through at a time, and closes when it succeeds', async () => {
    const { clock, circuit, job, run } = setup();
    await run();
    await run();
    clock.advance(1000);
    job.fails = false;
    const trial = run();
    expect(circuit.blockedUntilMs()).toBe(clock.now());
    expect(await trial).toBe('ok');
    expect(circuit.blockedUntilMs()).toBeNull();
  });
});
