import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../src/core/time.ts';
import { totalVolatility } from '../../../src/sources/simulated/coins.ts';
import { EPOCH_MS, hourOf } from '../../../src/sources/simulated/grid.ts';
import { PriceModel } from '../../../src/sources/simulated/price-model.ts';
import { autocorrelation, correlation, kurtosis, logReturns, mean } from './statistics.ts';

// Five years of hours; seeds are fixed, so every figure below is the same in every run.
const model = new PriceModel(2024);
const nowMs = Date.UTC(2026, 0, 1);
const lastHour = hourOf(nowMs) - 1;
const floating = model.all().filter((series) => !series.coin.pegged);

function closes(symbol: string, hours: number, from = model): number[] {
  const series = from.series(symbol)!;
  const prices: number[] = [];
  for (let hour = hours - 1; hour <= lastHour; hour += hours) prices.push(Math.exp(series.logPrice(hour)));
  return prices;
}

const hourly = (symbol: string) => logReturns(closes(symbol, 1));
const daily = (symbol: string) => logReturns(closes(symbol, 24));

describe('the simulated prices', () => {
  it('cluster in volatility for every seed: absolute returns are clearly autocorrelated', () => {
    const clustering = [1, 2, 3, 42].flatMap((seed) => {
      const other = new PriceModel(seed);
      return ['BTC', 'ETH', 'XTZ'].map((symbol) => {
        const absolute = logReturns(closes(symbol, 24, other)).map(Math.abs);
        expect(autocorrelation(logReturns(closes(symbol, 1, other)).map(Math.abs), 1)).toBeGreaterThan(0.12);
        return mean([1, 2, 3, 4, 5].map((lag) => autocorrelation(absolute, lag)));
      });
    });
    // One such mean has a standard error of about 0.01 where there is no clustering.
    for (const value of clustering) expect(value).toBeGreaterThan(0.04);
    expect(mean(clustering)).toBeGreaterThan(0.08);
  });

  it('have fat tails by the hour and by the day', () => {
    for (const symbol of ['BTC', 'ETH', 'DOGE', 'LINK']) {
      expect(kurtosis(hourly(symbol))).toBeGreaterThan(6);
      expect(kurtosis(daily(symbol))).toBeGreaterThan(3.5);
    }
  });

  it('have no autocorrelation of returns', () => {
    const lags = floating.map(({ coin }) => autocorrelation(hourly(coin.symbol), 1));
    for (const lag of lags) expect(Math.abs(lag)).toBeLessThan(0.03);
    const days = floating.map(({ coin }) => autocorrelation(daily(coin.symbol), 1));
    for (const lag of days) expect(Math.abs(lag)).toBeLessThan(0.16);
  });

  it('move together through the common factor, and not in step', () => {
    for (const symbol of ['ETH', 'SOL', 'ADA', 'LTC', 'PEPE']) {
      const shared = correlation(daily('BTC'), daily(symbol));
      expect(shared).toBeGreaterThan(0.35);
      expect(shared).toBeLessThan(0.97);
    }
  });

  it('rise as often as they fall, after a rise as after a fall', () => {
    let [up, all, followed, pairs] = [0, 0, 0, 0];
    for (let seed = 1; seed <= 8; seed++) {
      const { factor } = new PriceModel(seed);
      let before = 0;
      for (let hour = 24; hour <= 40_000; hour += 24) {
        const move = Math.sign(factor.level(hour) - factor.level(hour - 24));
        if (move > 0) up++;
        all++;
        if (before !== 0) {
          pairs++;
          if (move === before) followed++;
        }
        before = move;
      }
    }
    // Three standard errors of a fair coin.
    expect(Math.abs(up / all - 0.5)).toBeLessThan(1.5 / Math.sqrt(all));
    expect(Math.abs(followed / pairs - 0.5)).toBeLessThan(1.5 / Math.sqrt(pairs));
  });

  it('are as volatile as the table of coins says', () => {
    for (const { coin } of floating) {
      const realised = Math.sqrt(mean(hourly(coin.symbol).map((value) => value * value)) * 8_766);
      expect(realised / totalVolatility(coin)).toBeGreaterThan(0.6);
      expect(realised / totalVolatility(coin)).toBeLessThan(1.7);
    }
  });

  it('are livelier in the afternoon than at night and on workdays than at weekends', () => {
    const groups = {
      afternoon: [] as number[],
      night: [] as number[],
      workday: [] as number[],
      weekend: [] as number[],
    };
    for (const symbol of ['BTC', 'ETH', 'XRP']) {
      hourly(symbol).forEach((value, i) => {
        const time = new Date(EPOCH_MS + (i + 1) * HOUR_MS);
        const hour = time.getUTCHours();
        if (hour >= 13 && hour <= 17) groups.afternoon.push(Math.abs(value));
        if (hour >= 1 && hour <= 5) groups.night.push(Math.abs(value));
        groups[time.getUTCDay() % 6 === 0 ? 'weekend' : 'workday'].push(Math.abs(value));
      });
    }
    expect(mean(groups.afternoon) / mean(groups.night)).toBeGreaterThan(1.5);
    expect(mean(groups.workday) / mean(groups.weekend)).toBeGreaterThan(1.15);
  });

  it('trade more when they move more', () => {
    const candles = model.series('ETH')!.candles('1h', nowMs - 8_000 * HOUR_MS, nowMs - HOUR_MS, nowMs);
    const moves = candles.map(({ open, close }) => Math.abs(Math.log(close / open)));
    expect(
      correlation(
        candles.map((candle) => Math.log(candle.volume)),
        moves,
      ),
    ).toBeGreaterThan(0.4);
  });

  it('reach beyond open and close inside most hours', () => {
    const candles = model.series('BTC')!.candles('1h', nowMs - 2_000 * HOUR_MS, nowMs - HOUR_MS, nowMs);
    const ranges = candles.map(({ high, low }) => Math.log(high / low));
    const bodies = candles.map(({ open, close }) => Math.abs(Math.log(close / open)));
    // For a random walk in 12 steps the mean range is about 1.7 times the mean absolute move.
    expect(mean(ranges) / mean(bodies)).toBeGreaterThan(1.4);
    expect(mean(ranges) / mean(bodies)).toBeLessThan(2);
  });
});
