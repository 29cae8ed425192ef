import { describe, expect, it } from 'vitest';
import type { AccuracyQuery } from '../../../src/core/accuracy.ts';
import type { LedgerEntry } from '../../../src/core/ledger.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { createLiveRecords } from '../../../src/services/accuracy/track-record.ts';
import { accuracyOf, keepingLedgers, mean, one } from '../../support/accuracy-service.ts';
import { START_MS } from '../../support/candles.ts';
import { unissued, verdictOf } from '../../support/ledger.ts';
import { type KeptLedger, scoreAll } from '../../support/ledger-history.ts';

const keep = keepingLedgers();

describe('the accuracy service', () => {
  it('filters by model, and shows the horizon with most cases where one day has none', async () => {
    const symbols = ['BTC'];
    const ledger = await keep({ symbols, horizons: ['4h', '1h'], steps: 24 * 10, model: 'hourly' });
    const { report, live } = await one(ledger, { model: 'hourly', days: 9 });
    expect(report.shown).toBe('1h');
    // Now is a minute past the hour, so that the oldest hour is a minute too old.
    expect(live.n).toBe(24 * 9 - 1);
    expect((await one(ledger, { model: 'other', days: 9 })).live.n).toBe(0);
  });

  it('gives the chart evenly spaced origins, few enough, chosen without a look at the outcome', async () => {
    const symbols = ['BTC', 'ETH'];
    const ledger = await keep({ symbols, horizons: ['1h'], steps: 24 * 30 });
    const { report } = await one(ledger, { symbol: 'BTC', horizon: '1h', days: 30 });
    expect(report.pastEvery).toBe(8);
    expect(report.past.length).toBeGreaterThan(85);
    expect(report.past.length).toBeLessThanOrEqual(90);
    // A young record is drawn whole, however many days were asked for.
    ledger.clock.nowMs = START_MS + 24 * 30 * HOUR_MS + MINUTE_MS;
    const wide = await one(ledger, { symbol: 'BTC', horizon: '1h', days: 365 });
    expect(wide.report.pastEvery).toBe(8);
    expect(report.past.every(({ symbol, originMs }) => symbol === 'BTC' && originMs % (8 * HOUR_MS) === 0)).toBe(true);
    expect(report.last!.targetMs).toBe(START_MS + 24 * 30 * HOUR_MS);
    expect(report.worst!.originMs).not.toBe(report.best!.originMs);
  });
});

describe('the live record of a forecast', () => {
  it('takes the card’s place once it fills six blocks, over all coins, of 180 days', async () => {
    const symbols = ['BTC', 'ETH'];
    const short = await keep({ symbols, horizons: ['1d'], steps: 83 });
    const long = await keep({ symbols, horizons: ['1d'], steps: 200 });
    const record = ({ storage, clock }: KeptLedger) =>
      createLiveRecords({ ...storage, logger: silentLogger, now: () => clock.nowMs })('1d');
    expect(await record(short)).toBeNull();
    const live = await record(long);
    expect(live).toMatchObject({ kind: 'live', coins: 2, n: 2 * 179 });
    expect(live!.fromMs).toBeGreaterThanOrEqual(long.clock.nowMs - 180 * DAY_MS);
    expect(live!.edge).toBe(live!.skillLowPct > 0);
  });
});

describe('what was asked for and posted', () => {
  /** Fifty days of two coins, asked for in bursts at three times of the day and posted once, beside the schedule. */
  async function withLive() {
    const ledger = await keep({ symbols: ['BTC', 'ETH'], horizons: ['1d'], steps: 52 });
    const { storage, clock } = ledger;
    const price = (symbol: string, timeMs: number) => {
      const grid = Math.floor((timeMs - START_MS) / DAY_MS) * DAY_MS + START_MS;
      return ledger.price(symbol, grid);
    };
    for (let day = 0; day < 50; day++) {
      for (const symbol of ['BTC', 'ETH']) {
        for (const minute of [60, 61, 62, 600, 1_200]) {
          const originMs = START_MS + day * DAY_MS + minute * MINUTE_MS + 7;
          clock.nowMs = originMs;
          const forecast = unissued({ symbol, originMs, lastPrice: price(symbol, originMs), model: 'a + b' });
          expect(await storage.ledger.append([forecast], minute === 600 ? 'posted' : 'asked')).toEqual(['appended']);
        }
      }
    }
    clock.nowMs = START_MS + 50 * DAY_MS;
    await scoreAll(storage, clock.nowMs, price);
    return { ledger, price };
  }

  it('is reported beside the schedule, once an hour of a coin, and changes nothing about it', async () => {
    const before = await keep({ symbols: ['BTC', 'ETH'], horizons: ['1d'], steps: 52 });
    const { ledger, price } = await withLive();
    before.clock.nowMs = ledger.clock.nowMs;
    const [alone, both] = [
      await accuracyOf(before).report({ horizon: '1d' }),
      await accuracyOf(ledger).report({ horizon: '1d' }),
    ];
    expect(both.horizons).toEqual(alone.horizons);
    expect(both.past).toEqual(alone.past);
    expect(both.last).toEqual(alone.last);
    expect(alone.live).toMatchObject([{ horizon: '1d', n: 0, asked: 0, posted: 0, scores: null, enough: false }]);

    const [live] = both.live;
    // The last day's wait: those of its early morning are due at the end of the 50th day's night.
    expect(live).toMatchObject({ horizon: '1d', n: 49 * 6, coins: 2, days: 49, asked: 400, posted: 100, waiting: 6 });
    expect(live!.enough).toBe(true);
    const entries = (await ledger.storage.ledger.entries(Array.from({ length: 700 }, (_, i) => i + 1))).filter(
      ({ cause, originMs, targetMs }) =>
        cause !== 'scheduled' &&
        targetMs <= ledger.clock.nowMs &&
        [60, 600, 1_200].includes((((originMs - START_MS) % DAY_MS) - 7) / MINUTE_MS),
    );
    expect(entries).toHaveLength(49 * 6);
    const hit = ({ symbol, targetMs, lastPrice, quantiles }: LedgerEntry) =>
      price(symbol, targetMs) > lastPrice === quantiles[10]! > lastPrice ? 1 : 0;
    expect(live!.scores!.direction.value).toBeCloseTo(mean(entries.map(hit)), 12);
    const held = ({ symbol, targetMs, quantiles }: LedgerEntry) =>
      price(symbol, targetMs) >= quantiles[2]! && price(symbol, targetMs) <= quantiles[18]! ? 1 : 0;
    expect(live!.scores!.coverage[1]!.value).toBeCloseTo(mean(entries.map(held)), 12);
    const { low, high } = live!.scores!.skillPct!;
    expect(low).toBeLessThan(live!.scores!.skillPct!.value);
    expect(high).toBeGreaterThan(live!.scores!.skillPct!.value);
  });

  it('is narrowed down by coin, model and days, and has no interval where it fills too few days', async () => {
    const { ledger } = await withLive();
    const service = accuracyOf(ledger);
    const liveOf = async (query: AccuracyQuery) => (await service.report(query)).live[0]!;
    expect(await liveOf({ horizon: '1d', symbol: 'ETH' })).toMatchObject({ n: 49 * 3, coins: 1 });
    expect(await liveOf({ horizon: '1d', model: 'a + b' })).toMatchObject({ n: 49 * 6 });
    expect(await liveOf({ horizon: '1d', model: 'm1' })).toMatchObject({ n: 0, asked: 0 });
    const week = await liveOf({ horizon: '1d', days: 7 });
    expect(week).toMatchObject({ days: 6, enough: false });
    expect(week.scores!.skillPct).toMatchObject({ low: null, high: null });
  });

  it('is the last call of a post, where a post showed one', async () => {
    const { ledger, price } = await withLive();
    const service = accuracyOf(ledger);
    const posted = START_MS + 48 * DAY_MS + 600 * MINUTE_MS + 7;
    expect(await service.last('BTC', '1d')).toMatchObject({
      originMs: posted,
      targetMs: posted + DAY_MS,
      lastPrice: price('BTC', posted),
      actualPrice: price('BTC', posted + DAY_MS),
    });
    expect((await service.report({ symbol: 'BTC', horizon: '1d' })).last).toMatchObject({
      originMs: START_MS + 50 * DAY_MS,
    });
  });

  it('is measured by the price now in the minutes when it comes due, before it is scored', async () => {
    const { ledger } = await withLive();
    const service = accuracyOf(ledger);
    const posted = START_MS + 49 * DAY_MS + 600 * MINUTE_MS + 7;
    const at = (atMs: number, kind: 'trade' | 'close' = 'trade') =>
      service.last('BTC', '1d', { kind, atMs, source: 'binance', value: 123 });
    for (const second of [-1, 1]) {
      expect(await at(posted + DAY_MS + second * 1_000)).toMatchObject({
        originMs: posted,
        actualPrice: 123,
        isScored: false,
      });
    }
    // A price of another time, or no last trade, says nothing about it.
    const before = { originMs: posted - DAY_MS, isScored: true };
    expect(await at(posted + DAY_MS - 5 * MINUTE_MS)).toMatchObject(before);
    expect(await at(posted + DAY_MS, 'close')).toMatchObject(before);
    expect(await verdictOf(ledger.storage.ledger)).toMatchObject({ problem: null });
  });
});
