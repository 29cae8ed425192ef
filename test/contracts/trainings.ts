import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CandlecastError } from '../../src/core/errors.ts';
import { HOUR_MS } from '../../src/core/time.ts';
import type { Storage } from '../../src/storage/open-storage.ts';
import type { TrainingRepository } from '../../src/storage/training-repository.ts';
import { keptVerdict } from './models.ts';

/** What trainings keep to, whatever database lies below. `open` opens the same database each time. */
export function describeTrainings(open: () => Promise<Storage>): void {
  let first: Storage;
  let second: Storage;
  let trainings: TrainingRepository;
  beforeAll(async () => {
    first = await open();
    // Two SQLite connections of one thread would wait for each other; two processes do not.
    second = first.kind === 'sqlite' ? first : await open();
    trainings = first.trainings;
  });
  afterAll(async () => {
    if (second !== first) await second.close();
    await first.close();
  });

  const NOON = Date.UTC(2026, 0, 1, 12);
  const ask = (id: string, askedAtMs: number, owner: string | null = null) =>
    trainings.add({ id, interval: '1h', why: 'retrained by hand', askedAtMs, owner });
  const times = (nowMs: number) => ({ nowMs, fromMs: nowMs - HOUR_MS, toMs: nowMs });

  describe('trainings', () => {
    it('that were asked for are taken up by one of many, the oldest first, and not when they are old', async () => {
      await ask('old', NOON - 2 * HOUR_MS);
      await ask('second', NOON - 1_000);
      await ask('first', NOON - 2_000);
      const taken = await Promise.all(
        Array.from({ length: 6 }, (_, i) => (i % 2 ? first : second).trainings.take(`owner ${i}`, times(NOON))),
      );
      const found = taken.filter((one) => one !== null);
      expect(found.map(({ id }) => id).sort()).toEqual(['first', 'second']);
      expect(new Set(found.map(({ owner }) => owner)).size).toBe(2);
      expect(await trainings.take('late', times(NOON))).toBeNull();
      expect(await trainings.find('old')).toMatchObject({ owner: null });
    });

    it('can be taken back while nobody has taken them up', async () => {
      await ask('free', NOON);
      expect(await trainings.withdraw('free')).toBe(true);
      expect(await trainings.find('free')).toBeNull();
      await ask('taken', NOON, 'somebody');
      expect(await trainings.withdraw('taken')).toBe(false);
    });

    it('show how far they are while their process is heard of, and how they ended', async () => {
      const progress = { stage: 'training', share: 0.25, secondsLeft: 90 } as const;
      await ask('shown', NOON + HOUR_MS, 'trainer');
      await trainings.report('shown', NOON + HOUR_MS + 5, progress);
      const [seen] = await second.trainings.underWay(NOON + HOUR_MS + 5);
      expect(seen).toEqual({
        id: 'shown',
        interval: '1h',
        why: 'retrained by hand',
        askedAtMs: NOON + HOUR_MS,
        owner: 'trainer',
        heardMs: NOON + HOUR_MS + 5,
        progress,
        result: null,
      });
      expect(await trainings.underWay(NOON + HOUR_MS + 6)).toEqual([]);
      await trainings.end('shown', NOON + HOUR_MS + 9, { verdict: keptVerdict(3) });
      expect((await second.trainings.find('shown'))?.result).toEqual({ verdict: keptVerdict(3) });
      expect(await trainings.underWay(NOON + HOUR_MS)).toEqual([]);
    });

    it('give the error that ended them as it was', async () => {
      await ask('failed', NOON, 'trainer');
      const failure = new CandlecastError('CC_TRAINING_DATA', 'Too few.', { remedy: 'More.', retryable: true });
      await trainings.end('failed', NOON, { failure });
      const found = await second.trainings.find('failed');
      const result = found?.result;
      if (!result || !('failure' in result)) expect.fail('It says nothing of a failure.');
      const { code, message, remedy, retryable } = result.failure;
      expect([code, message, remedy, retryable]).toEqual(['CC_TRAINING_DATA', 'Too few.', 'More.', true]);
    });

    it('are forgotten when they are old', async () => {
      expect(await trainings.removeBefore(NOON - HOUR_MS)).toBe(1);
      expect(await trainings.find('old')).toBeNull();
      expect(await trainings.find('first')).not.toBeNull();
    });
  });

  describe('a lease', () => {
    it('is held until its end or until it is given back, as every process can see', async () => {
      expect(await second.leases.isHeld('trainer', NOON)).toBe(false);
      expect(await first.leases.acquire('trainer', 'one', NOON, NOON + 10)).toBe(true);
      expect(await second.leases.isHeld('trainer', NOON + 9)).toBe(true);
      expect(await second.leases.isHeld('trainer', NOON + 10)).toBe(false);
      await first.leases.release('trainer', 'one');
      expect(await second.leases.isHeld('trainer', NOON)).toBe(false);
    });
  });
}
