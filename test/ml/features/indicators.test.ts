import { ema as libraryEma, macd as libraryMacd, rsi as libraryRsi } from 'indicatorts';
import { describe, expect, it } from 'vitest';
import { ema, macd, rsi } from '../../../src/ml/features/indicators.ts';
import { randomCandles } from '../../support/candles.ts';

const closes = Float64Array.from(randomCandles(400, { seed: 3 }), (candle) => candle.close);

/** Wilder's own worksheet as StockCharts publishes it (ChartSchool, "Relative Strength Index"): closes and RSI(14). */
const WORKSHEET = [
  44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931, 46.0328, 45.614,
  46.282, 46.282, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439,
];
const WORKSHEET_RSI = [70.53, 66.32, 66.55, 69.41, 66.36, 57.97];

describe('indicators', () => {
  it('gives the published RSI of the worksheet', () => {
    const values = rsi(Float64Array.from(WORKSHEET), 14);
    expect(values.findIndex((value) => !Number.isNaN(value))).toBe(14);
    WORKSHEET_RSI.forEach((expected, i) => {
      expect(Math.abs(values[14 + i]! - expected)).toBeLessThan(0.1);
    });
  });

  it('agrees with a well-kept library on RSI once both have warmed up', () => {
    const theirs = libraryRsi([...closes], { period: 14 });
    const ours = rsi(closes, 14);
    for (let i = 250; i < closes.length; i++) expect(ours[i]).toBeCloseTo(theirs[i]!, 3);
  });

  it('agrees with a well-kept library on EMA and MACD once both have warmed up', () => {
    const theirEma = libraryEma([...closes], { period: 20 });
    const ourEma = ema(closes, 20);
    const theirMacd = libraryMacd([...closes], { fast: 12, slow: 26, signal: 9 });
    const ourMacd = macd(closes, 12, 26, 9);
    for (let i = 300; i < closes.length; i++) {
      expect(ourEma[i]! / theirEma[i]!).toBeCloseTo(1, 6);
      expect(ourMacd.line[i]).toBeCloseTo(theirMacd.macdLine[i]!, 4);
      expect(ourMacd.signal[i]).toBeCloseTo(theirMacd.signalLine[i]!, 4);
      expect(ourMacd.histogram[i]).toBeCloseTo(theirMacd.macdLine[i]! - theirMacd.signalLine[i]!, 4);
    }
  });

  it('carries its state over a gap instead of starting again', () => {
    const holed = closes.slice();
    holed[200] = Number.NaN;
    const values = rsi(holed, 14);
    expect(values[200]).toBeNaN();
    expect(Math.abs(values[260]! - rsi(closes, 14)[260]!)).toBeLessThan(2);
  });

  it('is 50 where nothing moves', () => {
    expect(rsi(new Float64Array(40).fill(7), 14)[39]).toBe(50);
  });
});
