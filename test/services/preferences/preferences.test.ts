import { describe, expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { NO_PREFERENCES } from '../../../src/core/settings.ts';
import { createPreferenceService } from '../../../src/services/preferences/preferences.ts';
import type { PreferenceRepository } from '../../../src/storage/settings-repository.ts';
import { preferenceMap } from '../../support/preferences.ts';

const resolve = (text: string) => {
  if (text !== 'Bitcoin') throw new CandlecastError('CC_UNKNOWN_SYMBOL', 'No such coin.');
  return { symbol: 'BTC', name: 'Bitcoin', rank: 1, marketCapUsd: null, stablecoin: false };
};

/** A service over a repository whose reads are counted and may hang; `late` ends every wait at once. */
function world(repository: PreferenceRepository = preferenceMap()) {
  const seen = { reads: 0, changed: [] as string[], warned: 0, late: false, nowMs: 1_000_000 };
  const service = createPreferenceService({
    repository: {
      ...repository,
      find(userIds) {
        seen.reads += 1;
        return repository.find(userIds);
      },
    },
    assets: { resolve },
    onChange: (userId) => {
      seen.changed.push(userId);
      service.forget(userId);
    },
    now: () => seen.nowMs,
    sleep: (_ms, signal) =>
      new Promise((wake, stop) => {
        if (seen.late) wake();
        signal?.addEventListener('abort', () => stop(signal.reason));
      }),
    logger: {
      ...silentLogger,
      warn() {
        seen.warned += 1;
      },
    },
  });
  return { service, seen };
}

describe('what people chose', () => {
  it('is checked, kept and told to the other processes', async () => {
    const { service, seen } = world();
    const input = { symbol: 'Bitcoin', horizon: '24h', currency: '€', timeZone: 'berlin', language: 'de' } as const;
    const chosen = { symbol: 'BTC', horizon: '1d', currency: 'EUR', timeZone: 'Europe/Berlin', language: 'de' };
    expect(await service.change('ann', input)).toEqual(chosen);
    expect(await service.of('ann')).toEqual(chosen);
    expect(await service.change('ann', { currency: null })).toEqual({ ...chosen, currency: null });
    expect(seen.changed).toEqual(['ann', 'ann']);
    await service.reset('ann');
    expect(await service.of('ann')).toEqual(NO_PREFERENCES);
  });

  it.each([
    [{ symbol: 'nothing' }, 'CC_UNKNOWN_SYMBOL'],
    [{ horizon: '5y' }, 'CC_UNKNOWN_HORIZON'],
    [{ currency: 'ETH' }, 'CC_UNKNOWN_CURRENCY'],
    [{ timeZone: 'Atlantis' }, 'CC_UNKNOWN_TIME_ZONE'],
  ])('that means nothing is refused: %j', async (input, code) => {
    const { service } = world();
    await expect(service.change('ann', input)).rejects.toMatchObject({ code });
    expect(await service.of('ann')).toEqual(NO_PREFERENCES);
  });

  it('is read from the database once a minute, by however many answers, and anew where it was changed elsewhere', async () => {
    const { service, seen } = world();
    await Promise.all([service.of('ann'), service.of('ann'), service.of('ann')]);
    await service.of('ann');
    expect(seen.reads).toBe(1);
    seen.nowMs += 61_000;
    await service.of('ann');
    expect(seen.reads).toBe(2);
    service.forget('ann');
    await service.of('ann');
    expect(seen.reads).toBe(3);
  });

  it('is read by few statements where a thousand people ask at once, each being told what is theirs', async () => {
    const kept = preferenceMap();
    const people = Array.from({ length: 1_200 }, (_, at) => `person ${at}`);
    for (const id of people) await kept.change(id, { symbol: id }, 0);
    const { service, seen } = world(kept);
    const told = await Promise.all([...people, ...people].map((id) => service.of(id)));
    expect(told.map(({ symbol }) => symbol)).toEqual([...people, ...people]);
    expect(seen.reads).toBe(3);
  });

  it('is missed by one line in the log, however many answers are made without it', async () => {
    const { service, seen } = world({ ...preferenceMap(), find: () => Promise.reject(new Error('away')) });
    const told = await Promise.all(['ann', 'bob', 'cem'].map((id) => service.of(id)));
    expect(told).toEqual([NO_PREFERENCES, NO_PREFERENCES, NO_PREFERENCES]);
    expect(seen).toMatchObject({ reads: 1, warned: 1 });
  });

  it('is read again when the database answers again, although one statement never ended', async () => {
    const kept = preferenceMap();
    await kept.change('ann', { currency: 'EUR' }, 0);
    let hangs = true;
    const { service, seen } = world({
      ...kept,
      find: (ids) => (hangs ? new Promise(() => undefined) : kept.find(ids)),
    });
    seen.late = true;
    expect(await service.of('ann')).toEqual(NO_PREFERENCES);
    hangs = false;
    seen.late = false;
    seen.nowMs += 6_000;
    service.forget('ann');
    expect(await service.of('ann')).toMatchObject({ currency: 'EUR' });
  });

  it('is as it was last known where the database does not answer, and nobody waits for it again at once', async () => {
    const kept = preferenceMap();
    let hangs = false;
    const { service, seen } = world({
      ...kept,
      find: (ids) => (hangs ? new Promise(() => undefined) : kept.find(ids)),
    });
    await service.change('ann', { currency: 'EUR' });
    hangs = true;
    seen.late = true;
    seen.nowMs += 61_000;
    expect(await service.of('ann')).toMatchObject({ currency: 'EUR' });
    expect(await service.of('bob')).toEqual(NO_PREFERENCES);
    expect(seen).toMatchObject({ reads: 1, warned: 1 });
  });

  it('does not come back from a read that began before a change', async () => {
    const kept = preferenceMap();
    const reads: (() => void)[] = [];
    const { service } = world({
      ...kept,
      find: async (ids) => {
        const before = await kept.find(ids);
        await new Promise<void>((go) => reads.push(go));
        return before;
      },
    });
    const early = service.of('ann');
    await new Promise((next) => setImmediate(next));
    await service.change('ann', { currency: 'EUR' });
    for (const go of reads) go();
    await early;
    expect(service.recall('ann')).toMatchObject({ currency: 'EUR' });
  });
});
