import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../src/core/time.ts';
import type { AlarmChange } from '../../src/storage/alarm-repository.ts';
import type { Storage } from '../../src/storage/open-storage.ts';
import type { NewPost } from '../../src/storage/post-repository.ts';

/** What alarms keep to, whatever database lies below. `open` opens the same database each time. */
export function describeAlarms(open: () => Promise<Storage>): void {
  let first: Storage;
  let second: Storage;
  beforeAll(async () => {
    first = await open();
    second = await open();
  });
  afterAll(async () => {
    await first.close();
    await second.close();
  });

  const NOON = Date.UTC(2026, 0, 1, 12);
  const alarm = (name: string, level = 1, clearSinceMs: number | null = null) => ({
    name,
    level,
    sinceMs: NOON,
    clearSinceMs,
  });
  const raise = (name: string): AlarmChange => ({ name, before: null, after: alarm(name) });
  let ids = 0;
  const postFor = (made: readonly AlarmChange[]): NewPost[] =>
    made.map(({ name }) => {
      const id = `alarm-0-o${++ids}`;
      return {
        id,
        subscriptionId: 'alarm-0',
        kind: 'owner',
        channelId: '',
        dueMs: NOON + ids,
        payload: name,
        missed: 0,
      };
    });
  const told = async () => (await first.posts.recent('alarm-0', 50)).map(({ payload }) => payload).toSorted();

  describe('alarms', () => {
    it('are changed as they were read, each with its message, and by one of many processes', async () => {
      expect(await first.alarms.all()).toEqual([]);
      const both = [raise('clock'), raise('job publish')];
      const made = await Promise.all([first, second, first, second].map(({ alarms }) => alarms.apply(both, postFor)));
      expect(
        made
          .flat()
          .map(({ name }) => name)
          .toSorted(),
      ).toEqual(['clock', 'job publish']);
      expect(await told()).toEqual(['clock', 'job publish']);
      expect(await second.alarms.all()).toEqual([alarm('clock'), alarm('job publish')]);
    });

    it('get worse, are fine for a while and end, once each', async () => {
      const worse = { name: 'clock', before: alarm('clock'), after: alarm('clock', 2) };
      expect(await first.alarms.apply([worse], () => [])).toEqual([worse]);
      expect(await second.alarms.apply([worse], () => [])).toEqual([]);
      const fine = alarm('clock', 2, NOON + MINUTE_MS);
      const clears = { name: 'clock', before: alarm('clock', 2), after: fine };
      expect(await second.alarms.apply([clears], () => [])).toEqual([clears]);
      expect(await first.alarms.all()).toEqual([fine, alarm('job publish')]);
      const stale = { name: 'clock', before: alarm('clock', 2), after: null };
      expect(await first.alarms.apply([stale], () => [])).toEqual([]);
      const over = { name: 'clock', before: fine, after: null };
      expect(await first.alarms.apply([over], () => [])).toEqual([over]);
      expect(await second.alarms.all()).toEqual([alarm('job publish')]);
    });

    it('and their messages are stored together or not at all', async () => {
      const broken = () => {
        throw new Error('no message');
      };
      await expect(first.alarms.apply([raise('posts')], broken)).rejects.toThrow();
      expect((await second.alarms.all()).map(({ name }) => name)).toEqual(['job publish']);
    });
  });
}
