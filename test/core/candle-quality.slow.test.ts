import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Candle, Interval } from '../../src/core/candle.ts';
import { flagCandles, seriesVerdict } from '../../src/core/candle-quality.ts';

const flagged = (candles: readonly Candle[], interval: Interval = '1d') =>
  flagCandles(candles, interval).flatMap(({ flag }, index) => (flag ? [[index, flag]] : []));

const DATA = new URL('../../../shared/data/', import.meta.url);

function load(folder: string, name: string): Candle[] {
  const lines = readFileSync(new URL(`${folder}/${name}`, DATA), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  return lines.map((line) => {
    const [time, open, high, low, close, volume] = line.split(',');
    const [o, h, l, c, v] = [open, high, low, close, volume].map(Number) as [number, number, number, number, number];
    return { openTimeMs: Date.parse(time!), open: o, high: h, low: l, close: c, volume: v };
  });
}

describe.skipIf(!existsSync(DATA))('on real candles (needs the shared data beside the checkout)', () => {
  // Of the long hourly files every sixth is enough for a test; over all 37 the rate was 0.0007 % (daily: 0.020 %).
  it.each<[Interval, number, number]>([
    ['1d', 1, 0.03],
    ['1h', 6, 0.002],
  ])('trusts good %s series (every %d. file) and flags at most %d % of their candles', (interval, nth, maxPct) => {
    let candles = 0;
    let flags = 0;
    for (const name of readdirSync(new URL(`ohlcv/${interval}/`, DATA)).filter((_, i) => i % nth === 0)) {
      const series = load(`ohlcv/${interval}`, name);
      expect(seriesVerdict(series, interval).faults, name).toEqual([]);
      candles += series.length;
      flags += flagged(series, interval).length;
    }
    expect((100 * flags) / candles).toBeLessThan(maxPct);
  });

  it.each([
    ['COMP', ['glitches', 'level-break', 'missing', 'stale']],
    ['CUT', ['untraded']],
    ['CTC1', ['glitches']],
    ['DCN', ['stale']],
    ['AVAX', ['missing']],
  ])('does not trust %s: %j', (symbol, expected) => {
    const found = seriesVerdict(load('damaged', `${symbol}.csv`), '1d').faults.map(({ code }) => code);
    expect(found).toEqual(expect.arrayContaining(expected));
  });

  it('flags the day on which ADK tripled for one day', () => {
    const adk = flagCandles(load('damaged', 'ADK.csv'), '1d').filter(({ flag }) => flag === 'glitch');
    expect(adk.map(({ openTimeMs }) => new Date(openTimeMs).toISOString().slice(0, 10))).toContain('2019-02-27');
  });
});
