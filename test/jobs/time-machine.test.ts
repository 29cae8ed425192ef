import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { createTimeMachine } from '../../src/jobs/time-machine.ts';

function build(startMs: number, work: () => Promise<void> = async () => {}) {
  let nowMs = startMs;
  const stops: number[] = [];
  const lanes: (string | undefined)[] = [];
  const machine = createTimeMachine({
    now: () => nowMs,
    move: (ms) => {
      nowMs += ms;
    },
    runDue: async (lane) => {
      stops.push(nowMs);
      lanes.push(lane);
      await work();
    },
    withoutChecks: (moving) => moving(),
  });
  return { machine, stops, lanes, now: () => nowMs };
}

const START = Date.UTC(2026, 10, 21, 12, 20);

describe('the clock of the demo', () => {
  it('goes forward to the minute, stopping in every hour where jobs and posts fall due', async () => {
    const { machine, stops, lanes, now } = build(START);
    const shares: number[] = [];
    await machine.forward(HOUR_MS, ({ share }) => shares.push(share));
    expect(now()).toBe(START + HOUR_MS);
    expect(stops.map((ms) => (ms - START) / MINUTE_MS)).toEqual([0, 10, 25, 40, 50, 55, 60]);
    // Posts at every quarter of an hour, everything at ten past and on arrival.
    expect(lanes).toEqual([undefined, 'posts', 'posts', 'posts', undefined, 'posts', undefined]);
    expect(shares.at(-1)).toBe(1);
    expect([...shares].sort((a, b) => a - b)).toEqual(shares);
  });

  it('leaves out no hour of a day', async () => {
    const { machine, stops } = build(START);
    await machine.forward(DAY_MS, () => {});
    expect(stops.filter((ms) => ms % HOUR_MS === 10 * MINUTE_MS)).toHaveLength(24);
  });

  it('moves one way, by one person at a time, and no farther than a month', async () => {
    const { machine, now } = build(START);
    const first = machine.forward(HOUR_MS, () => {});
    await expect(machine.forward(HOUR_MS, () => {})).rejects.toMatchObject({ code: 'CC_BUSY' });
    await first;
    for (const ms of [0, -1, Number.NaN, 32 * DAY_MS]) {
      await expect(machine.forward(ms, () => {})).rejects.toMatchObject({ code: 'CC_USAGE' });
    }
    expect(now()).toBe(START + HOUR_MS);
  });

  it('can be moved again after something on the way failed', async () => {
    let fails = true;
    const { machine, now } = build(START, async () => {
      if (fails) throw new Error('The database is gone.');
    });
    await expect(machine.forward(HOUR_MS, () => {})).rejects.toThrow('gone');
    fails = false;
    await machine.forward(HOUR_MS, () => {});
    expect(now()).toBe(START + HOUR_MS);
  });
});
