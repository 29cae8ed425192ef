import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CandlecastError } from '../../../src/core/errors.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { readCandleCsv } from '../../../src/sources/market/csv-file.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const DAY = (day: number, hour = 0) => Date.UTC(2025, 0, day, hour);

async function read(content: string | Buffer, onDamage?: (error: CandlecastError) => void) {
  const dir = await mkdtemp(path.join(tmpdir(), 'candlecast-csv-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const file = path.join(dir, 'BTC.csv');
  await writeFile(file, content);
  return readCandleCsv(file, { source: 'csv', label: 'BTC.csv', interval: null, nowMs: NOW_MS, onDamage });
}
const candle = (openTimeMs: number, close = 2, volume = 5) => ({ openTimeMs, open: 2, high: 4, low: 1, close, volume });
const refusal = (message: RegExp) => ({ code: 'CC_SOURCE_BAD_DATA', message: expect.stringMatching(message) });

describe('files of candles as others write them', () => {
  it('reads dumps of Binance, without a header, in milliseconds and in microseconds', async () => {
    const row = (time: string) => `${time},2.0,4.0,1.0,3.0,5.5,${time},9.7e8,1,1,1,0`;
    for (const [unit, zeros] of [
      ['milliseconds', ''],
      ['microseconds', '000'],
    ]) {
      const { candles, interval } = await read([1, 2, 3].map((day) => row(`${DAY(day)}${zeros}`)).join('\n'));
      expect(interval, unit).toBe('1d');
      expect(candles, unit).toEqual([1, 2, 3].map((day) => candle(DAY(day), 3, 5.5)));
    }
    // A dump of 2024 and one of 2025 put together.
    const both = await read([row(`${DAY(0)}`), row(`${DAY(1)}000`), row(`${DAY(2)}000`)].join('\n'));
    expect(both.candles.map(({ openTimeMs }) => openTimeMs)).toEqual([DAY(0), DAY(1), DAY(2)]);
  });

  it('reads files of CryptoDataDownload: address, newest first, seconds and milliseconds mixed, the volume of the coin', async () => {
    const { candles, interval } = await read(
      [
        'https://www.CryptoDataDownload.com',
        'unix,date,symbol,open,high,low,close,Volume USDT,Volume BTC,tradecount',
        `${DAY(1, 3)},2025-01-01 03:00:00,BTC/USDT,2,4,1,2,99,7,10`,
        `${DAY(1, 2)},2025-01-01 02:00:00,BTC/USDT,2,4,1,2,99,6,10`,
        `${DAY(1, 1) / 1000},2025-01-01 01:00:00,BTC/USDT,2,4,1,2,99,5,10`,
        '',
      ].join('\r\n'),
    );
    expect(interval).toBe('1h');
    expect(candles).toEqual([candle(DAY(1, 1)), candle(DAY(1, 2), 2, 6), candle(DAY(1, 3), 2, 7)]);
    const old = await read(
      [
        'https://www.CryptoDataDownload.com',
        'Date,Symbol,Open,High,Low,Close,Volume USD',
        '2025-01-01 01-PM,BTCUSD,2,4,1,2,10',
        '2025-01-01 12-PM,BTCUSD,2,4,1,2,10',
        '2025-01-01 11-AM,BTCUSD,2,4,1,2,10',
      ].join('\n'),
    );
    expect(old.candles).toEqual([11, 12, 13].map((hour) => candle(DAY(1, hour), 2, 5)));
  });

  it('refuses prices in another coin', async () => {
    const lines = [
      'https://www.CryptoDataDownload.com',
      'unix,open,high,low,close,Volume ETH,Volume BTC',
      '1,1,1,1,1,1,1',
    ];
    await expect(read(lines.join('\n'))).rejects.toMatchObject(refusal(/line 2 has volumes in ETH and BTC/));
  });

  it('reads files of Yahoo Finance: rows of null are passed over, the volume is in dollars', async () => {
    const { candles } = await read(
      [
        'Date,Open,High,Low,Close,Adj Close,Volume',
        '2025-01-01,2,4,1,2,2,10',
        '2025-01-02,null,null,null,null,null,null',
        '2025-01-03,2,4,1,2,2,20',
        '2025-01-04,2,4,1,2,2,30',
        '2025-01-05,2,4,1,2,2,40',
      ].join('\n'),
    );
    expect(candles).toEqual([candle(DAY(1)), candle(DAY(3), 2, 10), candle(DAY(4), 2, 15), candle(DAY(5), 2, 20)]);
  });

  it('reads semicolons, with decimal commas and with points, and files of CoinMarketCap', async () => {
    const german = await read(
      'Date;Open;High;Low;Close;Volume\n2025-01-01;2,0;4;1;2,5;1.234,5\n2025-01-02;2,0;4;1;2;5\n',
    );
    expect(german.candles).toEqual([candle(DAY(1), 2.5, 1234.5), candle(DAY(2))]);
    const market = await read(
      [
        'timeOpen;timeClose;timeHigh;name;open;high;low;close;volume;marketCap;timestamp',
        '"2025-01-02T00:00:00.000Z";"2025-01-02T23:59:59.999Z";x;"2781";2.0;4.0;1.0;2.0;20;1;"2025-01-02T23:59:59.999Z"',
        '"2025-01-01T00:00:00.000Z";"2025-01-01T23:59:59.999Z";x;"2781";2.0;4.0;1.0;2.0;10;1;"2025-01-01T23:59:59.999Z"',
      ].join('\n'),
    );
    expect(market.candles).toEqual([candle(DAY(1)), candle(DAY(2), 2, 10)]);
  });

  it('reads numbers whose thousands are parted, as the file parts them', async () => {
    const big = (openTimeMs: number) => ({
      openTimeMs,
      open: 10_000.5,
      high: 10_200,
      low: 9_900,
      close: 10_100,
      volume: 1_234,
    });
    const expected = [big(DAY(1)), big(DAY(2))];
    const file = (header: string, row: (day: number) => string) => read(`${header}\n${row(1)}\n${row(2)}\n`);
    const comma = 'Date,Open,High,Low,Close,Volume';
    const semicolon = comma.replaceAll(',', ';');
    const quoted = await file(comma, (n) => `"Jan ${n}, 2025","10,000.50","10,200","9,900.0","10,100","1,234"`);
    expect(quoted.candles).toEqual(expected);
    for (const numbers of [
      '10.000,5;10.200;9.900;10.100;1.234',
      '10\u00a0000,5;10\u202f200;9 900;10 100;1 234',
      "10'000.5;10'200;9’900;10'100;1'234",
      '10,000.5;10,200.00;9,900.00;10,100;1,234',
    ]) {
      expect((await file(semicolon, (n) => `0${n}.01.2025;${numbers}`)).candles, numbers).toEqual(expected);
    }
    // Three places behind a point, and no comma anywhere: a decimal point.
    expect((await file(semicolon, (n) => `2025-01-0${n};2.000;4.000;1.000;2.000;5`)).candles).toEqual([
      candle(DAY(1)),
      candle(DAY(2)),
    ]);
  });

  it('reads downloads of Kraken, without a header', async () => {
    const row = (n: number) => `${DAY(n) / 1000},2,4,1,2,5,12`;
    expect((await read([1, 2].map(row).join('\n'))).candles).toEqual([candle(DAY(1)), candle(DAY(2))]);
  });

  it('passes over lines before the table, headers in between, rows without a price and empty last cells', async () => {
    const header = 'Date,Open*,High,Low,Close**,Volume';
    for (const before of ['www.CryptoDataDownload.com', '# from my exchange', 'Bitcoin, all days', '\ufeffsep=,', '']) {
      const lines = [header, '20250101,2,4,1,2,5,', '2025-01-02,,,,,', header, '1/3/2025,nan,nan,nan,nan,nan'];
      const { candles } = await read(
        [before, ...lines, '2025/01/04,2,4,1,2,5', 'Jan 5 2025,2,4,1,2,5', '6.1.2025,2,4,1,2,5'].join('\r\n'),
      );
      expect(candles, before).toEqual([1, 4, 5, 6].map((n) => candle(DAY(n))));
    }
  });

  it('reads lines that end in several ways', async () => {
    const lines = 'date,open,high,low,close,volume\r\n2025-01-01,2,4,1,2,5\n2025-01-02,2,4,1,2,5\r\n';
    expect((await read(lines)).candles).toEqual([candle(DAY(1)), candle(DAY(2))]);
  });

  it('reads files with a byte order mark, in UTF-16, with tabs, and with rows that stand there twice', async () => {
    const lines = (separator: string) =>
      [
        ['timestamp', 'open', 'high', 'low', 'close', 'volume'],
        ['2025-01-01', 2, 4, 1, 2, 5],
        ['2025-01-01', 2, 4, 1, 2, 5],
        ['2025-01-02 00:00:00 UTC', 2, 4, 1, 2, 5],
      ]
        .map((cells) => cells.join(separator))
        .join('\n');
    const expected = [candle(DAY(1)), candle(DAY(2))];
    expect((await read(`\ufeff${lines(',')}`)).candles).toEqual(expected);
    expect((await read(Buffer.from(`\ufeff${lines('\t')}`, 'utf16le'))).candles).toEqual(expected);
  });

  it.each([
    ['nothing', '', /BTC\.csv: it is empty/],
    ['a web page', '<!doctype html>\n<html></html>', /line 1 names no column timestamp, open/],
    ['an address and no table', 'https://www.CryptoDataDownload.com\n', /it is empty/],
    ['rows without a header', '2025-01-01,2,4,1,2,5\n2025-01-02,2,4,1,2,5', /line 1 names no column timestamp/],
    [
      'days in no order',
      'date,open,high,low,close,volume\n2025-01-02,2,4,1,2,5\n2025-01-03,2,4,1,2,5\n2025-01-05,2,4,1,2,5\n2025-01-04,2,4,1,2,5\n2025-01-06,2,4,1,2,5\n2025-01-07,2,4,1,2,5',
      /line 5: a candle that is out of order/,
    ],
  ])('says what is wrong with %s', async (_what, content, message) => {
    await expect(read(content)).rejects.toMatchObject(refusal(message));
  });
});

describe('a file of candles with damage', () => {
  const header = 'timestamp,open,high,low,close,volume';
  const day = (n: number, close: number | string = 2) => `2025-01-${String(n).padStart(2, '0')},2,4,1,${close},5`;
  const readBefore = async (...lines: string[]) => {
    const damages: string[] = [];
    const { candles } = await read([header, ...lines].join('\n'), ({ message }) => damages.push(message));
    return { days: candles.map(({ openTimeMs }) => (openTimeMs - DAY(0)) / DAY_MS), damages };
  };

  it('is read up to the oldest damage, whichever row comes first in the file', async () => {
    const rows = [1, 2, 3, 4, 5, 6, 7].map((n) => day(n));
    rows[3] = day(4, 'x');
    rows[5] = day(6, -1);
    const ascending = await readBefore(...rows);
    expect(ascending.days).toEqual([1, 2, 3]);
    expect(ascending.damages).toEqual([expect.stringMatching(/line 5: close is not a number/)]);
    const descending = await readBefore(...[...rows].reverse());
    expect(descending.days).toEqual([1, 2, 3]);
    expect(descending.damages).toEqual([expect.stringMatching(/line 5: close is not a number/)]);
  });

  it('is cut beside its neighbours where the day of a bad row cannot be read', async () => {
    const rows = [day(1), day(2), day(3), 'soon,2,4,1,2,5', day(5), day(6)];
    expect((await readBefore(...rows)).days).toEqual([1, 2, 3]);
    expect((await readBefore(...rows.reverse())).days).toEqual([1, 2, 3]);
  });

  it('is refused where nothing is older than the damage, and where the rest of a file with its newest row first cannot be read', async () => {
    await expect(readBefore(day(1, 'x'), day(2), day(3))).rejects.toMatchObject(refusal(/line 2: close/));
    await expect(readBefore(day(5), day(4), day(3), `"${'x'.repeat(9000)}`)).rejects.toMatchObject(
      refusal(/is no row/),
    );
    const ascending = await readBefore(day(1), day(2), `"${'x'.repeat(9000)}`);
    expect(ascending.days).toEqual([1, 2]);
  });

  it('names the first line that cannot be read', async () => {
    await expect(read([header, day(1), day(2, 'x'), day(3, 'y')].join('\n'))).rejects.toMatchObject(
      refusal(/line 3: close/),
    );
  });
});
