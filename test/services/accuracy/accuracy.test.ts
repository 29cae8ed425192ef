import { describe, expect, it } from 'vitest';
import type { AccuracyQuery } from '../../../src/core/accuracy.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import type { LedgerEntry, LedgerFilter } from '../../../src/core/ledger.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { accuracyReply } from '../../../src/render/accuracy/accuracy-embed.ts';
import { createLiveRecords } from '../../../src/services/accuracy/track-record.ts';
import { accuracyOf, keepingLedgers, mean, one } from '../../support/accuracy-service.ts';
import { START_MS } from '../../support/candles.ts';
import { unissued } from '../../support/ledger.ts';
import { scoreAll } from '../../support/ledger-history.ts';

const keep = keepingLedgers();

describe('the accuracy service', () => {
  it('says that the card cannot be read where no model can, rather than that there is none', async () => {
    const ledger = await keep({ symbols: ['BTC'], horizons: ['1d'], steps: 5 });
    const damaged = new CandlecastError('CC_MODEL_DAMAGED', 'The model cannot be used.');
    const report = await accuracyOf(ledger, { serving: () => Promise.reject(damaged) }).report({});
    expect(report.horizons.map(({ card }) => card)).toEqual(report.horizons.map(() => 'unknown'));
    const text = JSON.stringify(
      accuracyReply(report, null, null, translatorFor('en'), { view: 'details', query: null }).embeds,
    );
    expect(text).toContain('How the model did on past data could not be read');
    expect(text).not.toContain('is not known either');
  });

  it('says what was said last time of one coin, as the whole report does', async () => {
    const symbols = ['BTC', 'ETH'];
    const ledger = await keep({ symbols, horizons: ['1d', '3d'], steps: 20 });
    const service = accuracyOf(ledger);
    const report = await service.report({ symbol: 'ETH', horizon: '3d', days: 30 });
    expect(report.last).toMatchObject({ symbol: 'ETH', horizon: '3d' });
    expect(await service.last('eth', '3d')).toEqual(report.last);
    expect(await service.last('ETH', '7d')).toBeNull();
  });

  it('gives the figures that independent arithmetic over rows and prices gives', async () => {
    const symbols = ['BTC', 'ETH', 'SOL'];
    const ledger = await keep({ symbols, horizons: ['1d', '3d'], steps: 70 });
    const { live } = await one(ledger, { horizon: '3d', days: 60 });
    const entries = (await ledger.storage.ledger.entries(Array.from({ length: 420 }, (_, i) => i + 1))).filter(
      ({ horizon, targetMs, originMs }) =>
        horizon === '3d' && targetMs <= ledger.clock.nowMs && originMs >= ledger.clock.nowMs - 60 * DAY_MS,
    );
    const scored = entries.map((entry: LedgerEntry) => {
      const y = Math.log(ledger.price(entry.symbol, entry.targetMs) / entry.lastPrice);
      const loss = (quantiles: readonly number[]) =>
        mean(
          Array.from({ length: 19 }, (_, i) => {
            const d = y - Math.log(quantiles[i + 1]! / entry.lastPrice);
            return d >= 0 ? QUANTILE_LEVELS[i + 1]! * d : (QUANTILE_LEVELS[i + 1]! - 1) * d;
          }),
        );
      const median = Math.log(entry.quantiles[10]! / entry.lastPrice);
      const inside = (low: number, high: number) => {
        const price = ledger.price(entry.symbol, entry.targetMs);
        return price >= entry.quantiles[low]! && price <= entry.quantiles[high]! ? 1 : 0;
      };
      return {
        y,
        error: y - median,
        hit: y > 0 === median > 0 ? 1 : 0,
        brier: (entry.pUp - (y > 0 ? 1 : 0)) ** 2,
        loss: loss(entry.quantiles),
        usual: loss(entry.climatology!),
        inside: [inside(5, 15), inside(2, 18), inside(0, 20)],
      };
    });
    const of = (value: (one: (typeof scored)[number]) => number) => mean(scored.map(value));
    const { scores } = live;
    expect(live.n).toBe(scored.length);
    expect(live.n).toBe(3 * 57);
    expect(scores!.mae).toBeCloseTo(
      of(({ error }) => Math.abs(error)),
      12,
    );
    expect(scores!.rmse).toBeCloseTo(Math.sqrt(of(({ error }) => error * error)), 12);
    expect(scores!.noChange.mae).toBeCloseTo(
      of(({ y }) => Math.abs(y)),
      12,
    );
    expect(scores!.noChange.rmse).toBeCloseTo(Math.sqrt(of(({ y }) => y * y)), 12);
    expect(scores!.direction.value).toBeCloseTo(
      of(({ hit }) => hit),
      12,
    );
    const up = of(({ y }) => (y > 0 ? 1 : 0));
    expect(scores!.direction.baseRate).toBeCloseTo(Math.max(up, 1 - up), 12);
    expect(scores!.brier.score).toBeCloseTo(
      of(({ brier }) => brier),
      12,
    );
    expect(scores!.brier.baseRate).toBeCloseTo(up * (1 - up), 12);
    expect(scores!.skillPct!.value).toBeCloseTo(100 * (1 - of(({ loss }) => loss) / of(({ usual }) => usual)), 9);
    scores!.coverage.forEach((band, i) => {
      expect(band.value).toBeCloseTo(
        of(({ inside }) => inside[i]!),
        12,
      );
    });
    for (const { value, low, high } of [scores!.direction, scores!.skillPct!, ...scores!.coverage]) {
      expect(low!).toBeLessThanOrEqual(value);
      expect(high!).toBeGreaterThanOrEqual(value);
    }
    expect(scores!.calibration.reduce((sum, { n }) => sum + n, 0)).toBe(live.n);
    expect(live.card).toBeNull();
  });

  it('keeps what people asked for out of every figure, and counts it', async () => {
    const symbols = ['BTC'];
    const ledger = await keep({ symbols, horizons: ['1d'], steps: 50 });
    const before = (await one(ledger, { horizon: '1d' })).live;
    const { storage, clock } = ledger;
    const end = clock.nowMs;
    // A hundred lucky guesses of a coin nobody tracks.
    clock.nowMs = START_MS + 40 * DAY_MS + MINUTE_MS;
    const lucky = Array.from({ length: 100 }, (_, i) =>
      unissued({ symbol: 'ETH', originMs: START_MS + 40 * DAY_MS, model: `m${i}` }),
    );
    await storage.ledger.append(lucky, 'on-demand');
    await scoreAll(storage, end, () => 100.2);
    clock.nowMs = end + HOUR_MS;
    const after = (await one(ledger, { horizon: '1d' })).live;
    expect(after.scores).toEqual(before.scores);
    expect(after).toMatchObject({ n: before.n, onDemand: 100 });
  });

  it('counts missing forecasts from the first scheduled origin to the newest that is too late, and fills none', async () => {
    const symbols = ['BTC', 'ETH'];
    const ledger = await keep({ symbols, horizons: ['1d'], steps: 50, skip: (i) => i < 5 || (i >= 20 && i < 24) });
    const days = async (query: AccuracyQuery) => (await one(ledger, query)).live;
    // The origin of the last close is still within its grace.
    expect(await days({ horizon: '1d', days: 60 })).toMatchObject({ n: 82, missing: 8 });
    expect(await days({ horizon: '1d', days: 60, symbol: 'eth' })).toMatchObject({ n: 41, missing: 4 });
    expect(await days({ horizon: '1d', days: 7 })).toMatchObject({ missing: 0 });
    ledger.clock.nowMs += 3 * HOUR_MS;
    expect(await days({ horizon: '1d', days: 60 })).toMatchObject({ missing: 10 });
    ledger.clock.nowMs += 30 * DAY_MS;
    // Down for weeks: every day of them is a hole, also for a coin with nothing in the days asked for.
    expect(await days({ horizon: '1d', days: 7 })).toMatchObject({ n: 0, missing: 14 });
  });

  it('says when cases are few, without intervals, with the card beside it', async () => {
    const symbols = ['BTC', 'ETH'];
    const ledger = await keep({ symbols, horizons: ['1d'], steps: 20 });
    const { live, report } = await one(ledger, {});
    expect(live).toMatchObject({ n: 40, enough: false, card: { kind: 'card', n: 900 } });
    expect(live.scores!.direction).toMatchObject({ low: null, high: null });
    expect(live.scores!.skillPct).toMatchObject({ low: null, high: null });
    expect(report.horizons.map(({ n }) => n)).toEqual([0, 0, 0, 40, 0, 0]);
    expect(report.shown).toBe('1d');
  });

  it('answers without a model, and passes on what is wrong with a question', async () => {
    const ledger = await keep({ symbols: ['BTC'], horizons: ['1d'], steps: 3 });
    const none = { serving: async () => Promise.reject(new CandlecastError('CC_MODEL_MISSING', 'No model.')) };
    expect((await accuracyOf(ledger, none).report({})).horizons[0]!.card).toBe('unknown');
    await expect(accuracyOf(ledger).report({ symbol: 'NOPE' })).rejects.toMatchObject({
      code: 'CC_UNKNOWN_SYMBOL',
    });
  });

  it('answers the same question within a minute from memory', async () => {
    const ledger = await keep({ symbols: ['BTC'], horizons: ['1d'], steps: 3 });
    const service = accuracyOf(ledger);
    const first = await service.report({ symbol: 'btc' });
    expect(await service.report({ symbol: 'BTC', days: 60 })).toBe(first);
    ledger.clock.nowMs += MINUTE_MS;
    expect(await service.report({ symbol: 'BTC' })).not.toBe(first);
  });
});

describe('many reports at once', () => {
  const somebody = (userId: string) => ({ userId, guildId: 'server' });

  /** A service whose database answers when it is told to, with what it was asked. */
  async function slow() {
    const ledger = await keep({ symbols: ['BTC'], horizons: ['1d'], steps: 3 });
    const asked: string[] = [];
    const waiting: (() => void)[] = [];
    const outcomes = {
      ...ledger.storage.outcomes,
      async totals(filter: LedgerFilter, nowMs: number) {
        asked.push(`${(filter.toMs - filter.fromMs) / DAY_MS} days ${filter.horizon}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
        return ledger.storage.outcomes.totals(filter, nowMs);
      },
    };
    const service = accuracyOf({ ...ledger, storage: { ...ledger.storage, outcomes } });
    const go = () => {
      for (const answer of waiting.splice(0)) answer();
    };
    return { service, asked, go };
  }

  it('take turns, two at a time, and equal ones are one; nobody has more than two under way', async () => {
    const { service, asked, go } = await slow();
    const ask = (userId: string, days: number) => service.report({ horizon: '7d', days }, { asker: somebody(userId) });
    const reports = [ask('one', 365), ask('one', 364), ask('two', 365), ask('two', 300), ask('three', 200)];
    await expect(ask('one', 363)).rejects.toMatchObject({
      code: 'CC_BUSY',
      message: expect.stringContaining('accuracy reports'),
    });
    await expect.poll(() => asked).toEqual(['365 days 7d', '364 days 7d']);
    go();
    await expect.poll(() => asked).toHaveLength(4);
    go();
    const [first, , same] = await Promise.all(reports);
    expect(same).toBe(first);
    expect(asked.slice(2).sort()).toEqual(['200 days 7d', '300 days 7d']);
    // From memory at once, whatever waits.
    expect(await ask('four', 365)).toBe(first);
  });

  it('stop where nobody waits for them any more, and the next has its turn', async () => {
    const { service, asked, go } = await slow();
    const stop = new AbortController();
    const gone = service.report({ days: 365 }, { asker: somebody('one'), signal: stop.signal });
    await expect.poll(() => asked).toEqual(['365 days 1h']);
    stop.abort(new Error('the message was deleted'));
    await expect(gone).rejects.toThrow('deleted');
    go();
    const next = service.report({ horizon: '7d', days: 90 }, { asker: somebody('one') });
    await expect.poll(() => asked).toEqual(['365 days 1h', '90 days 7d']);
    go();
    expect(await next).toMatchObject({ days: 90 });
  });
});

describe('the live record of a forecast', () => {
  it('is read again every six hours, and a failure leaves the one before', async () => {
    const { storage, clock } = await keep({ symbols: ['BTC', 'ETH'], horizons: ['1d'], steps: 120 });
    let fails = false;
    let reads = 0;
    const totals: typeof storage.outcomes.totals = async (filter, nowMs) => {
      reads++;
      if (fails) throw new CandlecastError('CC_DATABASE', 'The database is gone.');
      return storage.outcomes.totals(filter, nowMs);
    };
    const read = createLiveRecords({
      outcomes: { ...storage.outcomes, totals },
      schedule: storage.schedule,
      logger: silentLogger,
      now: () => clock.nowMs,
    });
    const first = await read('1d');
    expect(await read('1d')).toBe(first);
    expect(reads).toBe(1);
    fails = true;
    clock.nowMs += 6 * HOUR_MS + MINUTE_MS;
    expect(await read('1d')).toBe(first);
    expect(await read('1d')).toBe(first);
    expect(reads).toBe(2);
  });
});

describe('what was asked for and posted', () => {
  it('shows one day once as people ask for it, and of the schedule both models of it', async () => {
    const ledger = await keep({ symbols: ['BTC'], horizons: ['24h'], steps: 60 });
    const service = accuracyOf(ledger);
    for (const horizon of ['1d', '24h'] as const) {
      const report = await service.report({ horizon });
      expect(report.horizons.map((one) => one.horizon)).toEqual(['24h', '1d']);
      expect(report.live.map((one) => one.horizon)).toEqual(['1d']);
      // Nothing is known of the daily model's days yet.
      expect(report.shown).toBe('24h');
    }
    const report = await service.report({});
    expect(report.horizons.map((one) => one.horizon)).toEqual(['1h', '4h', '24h', '1d', '3d', '7d']);
    expect(report.live.map((one) => one.horizon)).toEqual(['1h', '4h', '1d', '3d', '7d']);
  });
});
