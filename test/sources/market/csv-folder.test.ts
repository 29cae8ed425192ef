import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { INTERVAL_MS, type Interval } from '../../../src/core/candle.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { type CsvFolderOptions, createCsvFolderSource } from '../../../src/sources/market/csv-folder.ts';
import { candlesBetween, csvOf, fetching } from '../../support/market-candles.ts';

const end = Date.UTC(2023, 11, 31);
const now = () => Date.UTC(2026, 0, 1);
const held = (interval: Interval) => candlesBetween(end - 9 * INTERVAL_MS[interval], end, interval);
const everything = { symbol: 'BTC', interval: '1d', fromMs: 0, toMs: end + 9 * DAY_MS } as const;

async function folder(files: Record<string, string>, options: Partial<CsvFolderOptions> = {}) {
  const dir = await mkdtemp(path.join(tmpdir(), 'candlecast-csv-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(dir, name)), { recursive: true });
    await writeFile(path.join(dir, name), content);
  }
  return { dir, source: fetching(createCsvFolderSource({ dir, now, ...options }), options.now ?? now) };
}

/** One daily file whose lines are given; the header is line 1. */
const daily = (...lines: string[]) =>
  folder({ '1d/BTC.csv': ['timestamp,open,high,low,close,volume', ...lines].join('\n') });
const GOOD = ['2023-12-29T00:00:00Z,2,3,1,2,5', '2023-12-30T00:00:00Z,2,3,1,2,5'];

describe('csv folder', () => {
  it('reads both intervals and knows where each ends', async () => {
    const { source } = await folder({ '1d/BTC.csv': csvOf(held('1d')), '1h/BTC.csv': csvOf(held('1h')) });
    expect(await source.fetchCandles(everything)).toEqual(held('1d'));
    expect(await source.fetchCandles({ ...everything, interval: '1h' })).toEqual(held('1h'));
    expect(await source.newestOpenMs('BTC', '1d')).toBe(end);
    expect(await source.newestOpenMs('ETH', '1d')).toBeNull();
    expect(await source.newestOpenMs('../BTC', '1d')).toBeNull();
  });

  it.each(['1d', '1h'] as const)('finds out that an undivided folder is %s', async (interval) => {
    const gaps = held(interval).filter((_, i) => i !== 4);
    const { source } = await folder({ 'BTC.csv': csvOf(gaps) });
    expect(await source.fetchCandles({ ...everything, interval })).toEqual(gaps);
    const other = interval === '1d' ? '1h' : '1d';
    expect(await source.newestOpenMs('BTC', other)).toBeNull();
    await expect(source.fetchCandles({ ...everything, interval: other })).rejects.toMatchObject({
      code: 'CC_SOURCE_UNKNOWN_MARKET',
    });
  });

  it('takes columns by name, in any order and case, and times in several forms', async () => {
    const rows = [
      'extra,Volume,Close,Low,High,Open,Timestamp',
      'x,5,2,1,3,2,1703721600',
      'x,5,2,1,3,2,1703808000000',
      'x,5,2,1,3,2,2023-12-30',
      'x,5,2,1,3,2,2023-12-31 00:00:00+00:00',
    ];
    const { source } = await folder({ 'BTC.csv': `\uFEFF${rows.join('\r\n')}\r\n` });
    const candles = await source.fetchCandles(everything);
    expect(candles.map((candle) => candle.openTimeMs)).toEqual([3, 2, 1, 0].map((days) => end - days * DAY_MS));
    expect(candles[0]).toMatchObject({ open: 2, high: 3, low: 1, close: 2, volume: 5 });
  });

  it.each<[string, string, RegExp]>([
    ['a price that is no number', '2023-12-31T00:00:00Z,x,3,1,2,5', /line 4: open is not a number/],
    ['an empty field', '2023-12-31T00:00:00Z,2,3,1,,5', /line 4: close is not a number/],
    ['a time with another zone', '2023-12-31T00:00:00+02:00,2,3,1,2,5', /line 4: the timestamp/],
    ['a day that does not exist', '2023-02-30T00:00:00Z,2,3,1,2,5', /line 4: the timestamp/],
    ['a high below the low', '2023-12-31T00:00:00Z,2,1,3,2,5', /line 4: a candle whose high/],
    ['a negative price', '2023-12-31T00:00:00Z,2,3,-1,2,5', /line 4: a candle with a price.*2023-12-31/],
    ['a day twice with other prices', '2023-12-30T00:00:00Z,2,4,1,2,5', /line 4: a candle that occurs twice/],
    ['a price of no size', '2023-12-31T00:00:00Z,2,1e400,1,2,5', /line 4: high is not a number/],
    ['a negative volume', '2023-12-31T00:00:00Z,2,3,1,2,-5', /line 4: a candle with a negative volume/],
    ['days out of order', '2023-12-01T00:00:00Z,2,3,1,2,5', /line 4: a candle that is out of order/],
    ['a time off the grid', '2023-12-31T07:00:00Z,2,3,1,2,5', /line 4: a candle whose open time/],
    ['a time in the future', '2031-12-31T00:00:00Z,2,3,1,2,5', /line 4: a candle that is not complete/],
    ['too few columns', '2023-12-31T00:00:00Z,2,3', /line 4 is no row/],
    ['an endless line', `"${'x'.repeat(9000)}`, /is no row/],
  ])('refuses the whole file for %s, naming the line', async (_what, line, message) => {
    const { source } = await daily(...GOOD, line);
    await expect(source.fetchCandles(everything)).rejects.toMatchObject({
      code: 'CC_SOURCE_BAD_DATA',
      message: expect.stringMatching(message),
    });
    await expect(source.newestOpenMs('BTC', '1d')).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });

  it('names the columns that are missing', async () => {
    const { source } = await folder({ '1d/BTC.csv': 'day,open,high,low,close\n' });
    await expect(source.fetchCandles(everything)).rejects.toMatchObject({
      message: 'csv has a bad file 1d/BTC.csv: line 1 names no column timestamp, volume.',
    });
  });

  it('refuses daily candles in the folder for hourly ones', async () => {
    const { source } = await folder({ '1h/BTC.csv': csvOf(held('1d')) });
    await expect(source.fetchCandles({ ...everything, interval: '1h' })).rejects.toMatchObject({
      message: 'csv has a bad file 1h/BTC.csv: its rows are 1d, not 1h.',
    });
  });

  it('leaves out a last candle that is still open', async () => {
    const { source } = await folder({ '1d/BTC.csv': csvOf(held('1d')) }, { now: () => end + 1000 });
    expect(await source.newestOpenMs('BTC', '1d')).toBe(end - DAY_MS);
  });

  it('refuses a file above the size limit and one that is no file', async () => {
    const { source } = await folder({ '1d/BTC.csv': csvOf(held('1d')), '1d/ETH.csv/x': '' }, { maxFileBytes: 100 });
    await expect(source.fetchCandles(everything)).rejects.toMatchObject({ code: 'CC_SOURCE_TOO_LARGE' });
    await expect(source.fetchCandles({ ...everything, symbol: 'ETH' })).rejects.toMatchObject({
      code: 'CC_SOURCE_UNKNOWN_MARKET',
    });
  });

  it('says that the folder is missing', async () => {
    const source = fetching(createCsvFolderSource({ dir: '/nowhere/at/all', now }), now);
    await expect(source.fetchCandles(everything)).rejects.toMatchObject({
      code: 'CC_FILE',
      remedy: 'Correct the folder after csv: in MARKET_SOURCES.',
    });
  });

  it('reads a file again once it has changed', async () => {
    const { dir, source } = await folder({ 'BTC.csv': csvOf(held('1d')) });
    expect(await source.newestOpenMs('BTC', '1d')).toBe(end);
    await writeFile(path.join(dir, 'BTC.csv'), csvOf(held('1d').slice(0, -1)));
    await utimes(path.join(dir, 'BTC.csv'), 1, 1);
    expect(await source.newestOpenMs('BTC', '1d')).toBe(end - DAY_MS);
  });
});
