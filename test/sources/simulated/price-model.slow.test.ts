import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INTERVAL_MS } from '../../../src/core/candle.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { SIMULATED_COINS } from '../../../src/sources/simulated/coins.ts';
import { ANCHOR_HOUR, EPOCH_MS } from '../../../src/sources/simulated/grid.ts';
import { PriceModel } from '../../../src/sources/simulated/price-model.ts';
import { joined } from '../../../src/sources/simulated/simulated-candle.ts';

const model = new PriceModel(11);
const nowMs = Date.UTC(2026, 2, 10, 14, 17, 30);
const symbols = ['BTC', 'ETH', 'SHIB', 'PEPE', 'XRP', 'USDC'];
const seriesOf = (symbol: string, from = model) => from.series(symbol)!;

const ranges = fc
  .tuple(
    fc.constantFrom(...symbols),
    fc.constantFrom('1h' as const, '1d' as const),
    fc.integer({ min: EPOCH_MS - 5 * DAY_MS, max: nowMs + 5 * DAY_MS }),
    fc.nat(60),
    fc.nat(40 * DAY_MS),
  )
  .map(([symbol, interval, fromMs, count, back]) => ({
    symbol,
    interval,
    fromMs,
    toMs: fromMs + count * INTERVAL_MS[interval],
    nowMs: nowMs - back,
  }));

describe('CoinSeries', () => {
  it('gives valid candles on the grid, one a slot, none after now or before the epoch', () => {
    fc.assert(
      fc.property(ranges, ({ symbol, interval, fromMs, toMs, nowMs: asOfMs }) => {
        const candles = seriesOf(symbol).candles(interval, fromMs, toMs, asOfMs);
        const step = INTERVAL_MS[interval];
        const first = Math.max(EPOCH_MS, Math.ceil(fromMs / step) * step);
        const expected = Math.max(0, Math.floor((Math.min(toMs, asOfMs) - first) / step) + 1);
        expect(candles.map((candle) => candle.openTimeMs)).toEqual(
          Array.from({ length: expected }, (_, i) => first + i * step),
        );
        for (const { openTimeMs, open, high, low, close, volume, quoteVolume, takerVolume, trades } of candles) {
          expect(openTimeMs).toBeLessThanOrEqual(asOfMs);
          expect(low).toBeGreaterThan(0);
          expect(high).toBeGreaterThanOrEqual(Math.max(open, close));
          expect(low).toBeLessThanOrEqual(Math.min(open, close));
          expect(volume).toBeGreaterThanOrEqual(takerVolume);
          expect(takerVolume).toBeGreaterThanOrEqual(0);
          expect(quoteVolume).toBeGreaterThanOrEqual(volume * low * 0.999 - 1);
          expect(quoteVolume).toBeLessThanOrEqual(volume * high * 1.001 + 1);
          expect(Number.isInteger(trades)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('opens each hour where the last one closed', () => {
    const candles = seriesOf('ETH').candles('1h', nowMs - 30 * DAY_MS, nowMs, nowMs);
    expect(candles.length).toBeGreaterThan(700);
    for (let i = 1; i < candles.length; i++) expect(candles[i]!.open).toBe(candles[i - 1]!.close);
  });

  it('makes daily candles the exact sum of their hours', () => {
    for (const symbol of symbols) {
      const series = seriesOf(symbol);
      for (const day of series.candles('1d', nowMs - 40 * DAY_MS, nowMs, nowMs)) {
        const hours = series.candles('1h', day.openTimeMs, day.openTimeMs + 23 * HOUR_MS, nowMs);
        expect(day.open).toBe(hours[0]!.open);
        expect(day.close).toBe(hours.at(-1)!.close);
        expect(day.high).toBe(Math.max(...hours.map((hour) => hour.high)));
        expect(day.low).toBe(Math.min(...hours.map((hour) => hour.low)));
        expect(day.trades).toBe(hours.reduce((sum, hour) => sum + hour.trades, 0));
        expect(day).toEqual(joined(hours, day.openTimeMs, series.precision));
        const volume = hours.reduce((sum, hour) => sum + hour.volume, 0);
        expect(Math.abs(day.volume - volume)).toBeLessThanOrEqual(volume * 1e-12);
      }
    }
  });

  it('never changes a closed candle as the clock moves on, and lets the open one grow', () => {
    const past = nowMs - 3 * HOUR_MS;
    const fromMs = nowMs - 20 * DAY_MS;
    for (const interval of ['1h', '1d'] as const) {
      const early = seriesOf('SOL', new PriceModel(11)).candles(interval, fromMs, past, past);
      const late = seriesOf('SOL', new PriceModel(11)).candles(
        interval,
        fromMs,
        nowMs + 400 * DAY_MS,
        nowMs + 400 * DAY_MS,
      );
      expect(late.slice(0, early.length - 1)).toEqual(early.slice(0, -1));
      const [open, closed] = [early.at(-1)!, late[early.length - 1]!];
      expect(open).not.toEqual(closed);
      expect(open.open).toBe(closed.open);
      expect(open.high).toBeLessThanOrEqual(closed.high);
      expect(open.low).toBeGreaterThanOrEqual(closed.low);
      expect(open.volume).toBeLessThan(closed.volume);
    }
  });

  it('adds to the open candle every five minutes', () => {
    const hour = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
    const seen = Array.from({ length: 12 }, (_, i) => {
      const asOfMs = hour + i * 5 * MINUTE_MS + 1;
      return seriesOf('BTC').candles('1h', hour, hour, asOfMs)[0]!;
    });
    expect(seen[0]).toMatchObject({ volume: 0, high: seen[0]!.open, low: seen[0]!.open, close: seen[0]!.open });
    for (let i = 1; i < seen.length; i++) {
      expect(seen[i]!.volume).toBeGreaterThan(seen[i - 1]!.volume);
      expect(seen[i]!.high).toBeGreaterThanOrEqual(seen[i - 1]!.high);
      expect(seriesOf('BTC').priceAt(hour + i * 5 * MINUTE_MS + 1)).toBe(seen[i]!.close);
    }
  });

  it('gives minutes that follow the path, lie inside their hour and end with it', () => {
    for (const symbol of symbols) {
      const from = Math.floor(nowMs / HOUR_MS) * HOUR_MS - 6 * HOUR_MS;
      const minutes = seriesOf(symbol).minutes(from, nowMs, nowMs);
      expect(minutes.map(({ openTimeMs }) => openTimeMs)).toEqual(
        Array.from({ length: 6 * 60 + 18 }, (_, i) => from + i * MINUTE_MS),
      );
      expect(minutes.slice(1).map(({ open }) => open)).toEqual(minutes.slice(0, -1).map(({ close }) => close));
      for (const { openTimeMs, close } of minutes.slice(0, -1).filter((_, i) => i % 5 === 4)) {
        expect(close).toBe(seriesOf(symbol).priceAt(openTimeMs + MINUTE_MS));
      }
      for (const hour of seriesOf(symbol).candles('1h', from, nowMs - HOUR_MS, nowMs)) {
        const inside = minutes.filter((one) => Math.floor(one.openTimeMs / HOUR_MS) * HOUR_MS === hour.openTimeMs);
        expect(inside).toHaveLength(60);
        expect(inside[0]!.open).toBe(hour.open);
        expect(inside.at(-1)!.close).toBe(hour.close);
        expect(Math.max(...inside.map(({ high }) => high))).toBe(hour.high);
        expect(Math.min(...inside.map(({ low }) => low))).toBe(hour.low);
        expect(inside.reduce((sum, { volume }) => sum + volume, 0) / hour.volume).toBeCloseTo(1, 3);
      }
    }
  });

  it('gives the price of any moment within a minute as that minute seen then', () => {
    const openTimeMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
    const seen = (atMs: number) => seriesOf('BTC').minutes(openTimeMs, openTimeMs, atMs);
    expect(seen(openTimeMs)).toEqual([]);
    const [whole] = seen(openTimeMs + MINUTE_MS);
    for (const part of [0.01, 0.25, 0.5, 0.75]) {
      const [minute] = seen(openTimeMs + part * MINUTE_MS);
      const straight = Math.log(whole!.open) + part * Math.log(whole!.close / whole!.open);
      expect(minute!.close).toBeCloseTo(Math.exp(straight), 1);
      expect(minute!.volume).toBeGreaterThan(0);
      expect(minute!.volume).toBeLessThan(whole!.volume);
    }
    expect(new PriceModel(11).series('BTC')!.minutes(openTimeMs, openTimeMs, openTimeMs + MINUTE_MS)).toEqual([whole]);
  });

  it('depends on the seed and the symbol, not on which coins or moments were asked first', () => {
    const forwards = new PriceModel(4);
    const backwards = new PriceModel(4);
    const ask = (from: PriceModel, symbol: string, at: number) =>
      seriesOf(symbol, from).candles('1d', at - 5 * DAY_MS, at, at);
    const questions = ['BTC', 'ADA', 'USDT'].flatMap((symbol) => [
      [symbol, nowMs] as const,
      [symbol, EPOCH_MS + 90 * DAY_MS] as const,
    ]);
    const first = questions.map(([symbol, at]) => ask(forwards, symbol, at));
    const second = questions.toReversed().map(([symbol, at]) => ask(backwards, symbol, at));
    expect(second.toReversed()).toEqual(first);
    expect(ask(new PriceModel(5), 'BTC', nowMs)).not.toEqual(first[0]);
  });

  it('gives every coin the price of the table at the start of 2026 and keeps the pegged ones near a dollar', () => {
    for (const coin of SIMULATED_COINS) {
      const series = seriesOf(coin.symbol);
      if (coin.pegged) {
        const candles = series.candles('1d', nowMs - 365 * DAY_MS, nowMs, nowMs);
        expect(Math.max(...candles.map((candle) => candle.high))).toBeLessThan(1.01);
        expect(Math.min(...candles.map((candle) => candle.low))).toBeGreaterThan(0.99);
      } else {
        expect(Math.exp(series.logPrice(ANCHOR_HOUR)) / coin.anchorPrice).toBeCloseTo(1, 9);
      }
    }
  });
});
