import { describe, expect, it } from 'vitest';
import { createAdmission } from '../../src/discord/admission.ts';
import { TestClock } from './bot.ts';

const limits = { inFlightPerUser: 2, inFlightTotal: 4, startsPerWindow: 3, windowMs: 10_000 };

function refusal(enter: () => unknown): string {
  try {
    enter();
  } catch (error) {
    return String(error);
  }
  throw new Error('let in');
}

describe('admission', () => {
  it('lets one person have two answers under way, and the next one when a place is given back', () => {
    const admission = createAdmission(limits, new TestClock().now);
    const leave = admission.enter('ann');
    admission.enter('ann');
    expect(refusal(() => admission.enter('ann'))).toContain('still working');
    leave();
    admission.enter('ann');
  });

  it('counts backtests apart from forecasts, and what is light not at all', () => {
    const admission = createAdmission({ ...limits, startsPerWindow: 9 }, new TestClock().now);
    for (const load of ['heavy', 'heavy', 'usual', 'usual', 'light', 'light', 'light'] as const)
      admission.enter('ann', load);
    for (const load of ['heavy', 'usual'] as const)
      expect(refusal(() => admission.enter('ann', load))).toContain('still working');
    admission.enter('ben', 'light');
  });

  it('counts a place that is given back twice once', () => {
    const admission = createAdmission({ ...limits, startsPerWindow: 9 }, new TestClock().now);
    const leave = admission.enter('ann');
    admission.enter('ann');
    leave();
    leave();
    admission.enter('ann');
    expect(refusal(() => admission.enter('ann'))).toContain('still working');
  });

  it('limits starts over a sliding window and says how long to wait', () => {
    const clock = new TestClock();
    const admission = createAdmission(limits, clock.now);
    for (let i = 0; i < 3; i++) {
      admission.enter('ann')();
      clock.nowMs += 1_000;
    }
    expect(() => admission.enter('ann')).toThrow(
      expect.objectContaining({ code: 'CC_BUSY', remedy: 'Ask again in 7 seconds.' }),
    );
    clock.nowMs += 7_000;
    admission.enter('ann')();
    expect(() => admission.enter('ann')).toThrow(expect.objectContaining({ remedy: 'Ask again in a second.' }));
  });

  it('does not count what it refused', () => {
    const clock = new TestClock();
    const admission = createAdmission(limits, clock.now);
    for (let i = 0; i < 3; i++) admission.enter('ann')();
    for (let i = 0; i < 50; i++) refusal(() => admission.enter('ann'));
    clock.nowMs += 10_000;
    admission.enter('ann')();
  });

  it('limits everybody together', () => {
    const admission = createAdmission(limits, new TestClock().now);
    for (const user of ['ann', 'ben', 'cy', 'dee']) admission.enter(user);
    expect(refusal(() => admission.enter('eve'))).toContain('Many people');
  });

  it('forgets the quiet but nobody who is still waiting', () => {
    const clock = new TestClock();
    const admission = createAdmission({ ...limits, inFlightTotal: 10_000 }, clock.now);
    admission.enter('ann');
    admission.enter('ann');
    for (let i = 0; i < 1_500; i++) admission.enter(`user ${i}`)();
    clock.nowMs += 60_000;
    admission.enter('ben')();
    expect(refusal(() => admission.enter('ann'))).toContain('still working');
  });
});
