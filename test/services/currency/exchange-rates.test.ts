import { describe, expect, it } from 'vitest';
import { CURRENCIES, type ExchangeRate } from '../../../src/core/currency.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { createExchangeRates } from '../../../src/services/currency/exchange-rates.ts';
import type { RateSource } from '../../../src/sources/currency/rate-source.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';

const NOW = Date.UTC(2026, 10, 30, 12);
const rate = (currency: string, perUsd: number, day = '2026-11-30', source = 'one'): ExchangeRate => ({
  currency,
  perUsd,
  day,
  source,
});

/** A source whose answer can be changed; `asked` counts. */
function source(name: string, answer: readonly ExchangeRate[] | null) {
  const made = {
    name,
    answer,
    asked: 0,
    async fetchRates() {
      made.asked += 1;
      if (made.answer === null) throw new CandlecastError('CC_SOURCE_TIMEOUT', 'Late.');
      return made.answer;
    },
    health: () => ({
      name,
      kind: 'index' as const,
      state: 'ok' as const,
      lastSuccessMs: NOW,
      lastFailure: null,
      retryAtMs: null,
    }),
  };
  return made satisfies RateSource;
}

async function world(...sources: ReturnType<typeof source>[]) {
  const clock = { nowMs: NOW };
  const now = () => clock.nowMs;
  const storage = await openStorage('sqlite::memory:', { now });
  const service = createExchangeRates({ sources, repository: storage.exchangeRates, now, logger: silentLogger });
  return { service, clock, storage };
}

describe('exchange rates', () => {
  it('are asked for where none is stored, once by however many, and then come from memory', async () => {
    const one = source('one', [rate('EUR', 0.92, '2026-11-27')]);
    const { service } = await world(one);
    expect(await service.rate('USD', NOW)).toMatchObject({ perUsd: 1 });
    expect(one.asked).toBe(0);
    const both = await Promise.all([service.rate('EUR', NOW), service.rate('EUR', NOW)]);
    expect(both).toEqual([rate('EUR', 0.92, '2026-11-27'), rate('EUR', 0.92, '2026-11-27')]);
    expect(one.asked).toBe(1);
    await expect(service.rate('GBP', NOW)).rejects.toMatchObject({ code: 'CC_RATE_MISSING' });
    expect(one.asked).toBe(1);
  });

  it('are overdue once a weekend with holidays does not explain their age', async () => {
    const { service, clock } = await world(source('one', [rate('EUR', 0.92, '2026-11-27')]));
    expect(await service.status()).toMatchObject({ newest: null, isOverdue: true, sources: [{ name: 'one' }] });
    await service.refresh();
    expect(await service.status()).toMatchObject({ newest: { day: '2026-11-27', source: 'one' }, isOverdue: false });
    clock.nowMs = Date.UTC(2026, 11, 2, 23);
    expect((await service.status()).isOverdue).toBe(false);
    clock.nowMs = Date.UTC(2026, 11, 3, 1);
    expect((await service.status()).isOverdue).toBe(true);
  });

  it('of a failing source come from the next, which also gives what the first lacks', async () => {
    const [first, second, third] = [
      source('first', null),
      source('second', [rate('EUR', 0.92)]),
      source('third', [rate('EUR', 0.9), rate('ARS', 1_000)]),
    ];
    const { service } = await world(first, second, third);
    expect(await service.refresh()).toEqual({ rates: 2, failed: ['first'] });
    expect(await service.rate('EUR', NOW)).toMatchObject({ perUsd: 0.92 });
    expect(await service.rate('ARS', NOW)).toMatchObject({ perUsd: 1_000 });
    first.answer = CURRENCIES.filter((code) => code !== 'USD').map((code) => rate(code, code === 'ARS' ? 1_000 : 0.92));
    await service.refresh();
    expect([second.asked, third.asked]).toEqual([1, 1]);
  });

  it('older than a week are refused with their day, and are those known at the moment that is asked for', async () => {
    const one = source('one', [rate('EUR', 0.92, '2026-11-28')]);
    const { service, clock } = await world(one);
    await service.refresh();
    await expect(service.rate('EUR', NOW - 5 * DAY_MS)).rejects.toMatchObject({ code: 'CC_RATE_MISSING' });
    one.answer = null;
    clock.nowMs = NOW + 4 * DAY_MS;
    expect(await service.rate('EUR', clock.nowMs)).toMatchObject({ day: '2026-11-28' });
    clock.nowMs = NOW + 8 * DAY_MS;
    await expect(service.rate('EUR', clock.nowMs)).rejects.toMatchObject({
      code: 'CC_RATE_MISSING',
      message: expect.stringContaining('2026-11-28'),
    });
  });

  it('that jump are believed once a second source says the same', async () => {
    const [one, two] = [source('one', [rate('EUR', 0.92)]), source('two', [])];
    const { service, clock } = await world(one, two);
    await service.refresh();
    clock.nowMs += DAY_MS;
    one.answer = [rate('EUR', 92, '2026-12-01')];
    await service.refresh();
    expect(await service.rate('EUR', clock.nowMs)).toMatchObject({ perUsd: 0.92 });
    two.answer = [rate('EUR', 92.5, '2026-12-01')];
    await service.refresh();
    expect(await service.rate('EUR', clock.nowMs)).toMatchObject({ perUsd: 92.5 });
  });
});
