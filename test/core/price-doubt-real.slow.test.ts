import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Candle, INTERVAL_MS, type Interval } from '../../src/core/candle.ts';
import { DOUBT_HISTORY, doubtAbout, provenByNext } from '../../src/core/price-doubt.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { scaled } from '../support/candles.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/data/ohlcv/', import.meta.url));
const MIN_HISTORY = 60;

function read(interval: Interval, symbol: string): Candle[] {
  const [, ...lines] = readFileSync(`${FOLDER}${interval}/${symbol}.csv`, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [time = '', ...numbers] = line.split(',');
    const [open = 0, high = 0, low = 0, close = 0, volume = 0] = numbers.map(Number);
    return { openTimeMs: Date.parse(time), open, high, low, close, volume };
  });
}

/** The candles of every coin, without the table that lies beside them. */
function readAll(interval: Interval): Map<string, Candle[]> {
  const names = readdirSync(`${FOLDER}${interval}`).filter((name) => name !== 'INDEX.csv' && name.endsWith('.csv'));
  return new Map(names.map((name) => [name.slice(0, -4), read(interval, name.slice(0, -4))]));
}

function marketMove(coins: ReadonlyMap<string, Candle[]>, symbol: string, openMs: number, stepMs: number): number {
  const moves: number[] = [];
  for (const [other, candles] of coins) {
    const i = candles.findIndex(({ openTimeMs }) => openTimeMs === openMs);
    const [before, at] = [candles[i - 1], candles[i]];
    if (other !== symbol && before && at && at.openTimeMs - before.openTimeMs === stepMs)
      moves.push(Math.log(at.close / before.close));
  }
  return moves.sort((a, b) => a - b)[moves.length >> 1] ?? 0;
}

describe.skipIf(!existsSync(FOLDER))('on real candles', { timeout: 120_000 }, () => {
  it.each([
    ['1d', '2020-03-11', 5],
    ['1d', '2021-05-18', 4],
    ['1d', '2022-05-09', 5],
    ['1h', '2021-05-19', 1],
    ['1h', '2022-05-11', 2],
  ] as const)('the crash in %s candles from %s on passes within one candle', (interval, day, days) => {
    const coins = readAll(interval);
    const [fromMs, step] = [Date.parse(day), INTERVAL_MS[interval]];
    const markets = new Map<number, number>();
    const waiting: string[] = [];
    let judged = 0;
    for (const [symbol, candles] of coins) {
      const first = candles.findIndex(({ openTimeMs }) => openTimeMs >= fromMs);
      for (let i = Math.max(first, MIN_HISTORY); i < candles.length - 1; i++) {
        const candle = candles[i]!;
        if (first < 0 || candle.openTimeMs >= fromMs + days * DAY_MS) break;
        judged++;
        const before = candles.slice(Math.max(0, i - DOUBT_HISTORY[interval]), i);
        const { openTimeMs } = candle;
        const market = markets.get(openTimeMs) ?? marketMove(coins, symbol, openTimeMs, step);
        markets.set(openTimeMs, market);
        const doubt = doubtAbout(candle, before, interval, market);
        if (doubt && !provenByNext(doubt, candle, candles[i + 1]!, before, interval))
          waiting.push(`${symbol} ${new Date(openTimeMs).toISOString()} ${doubt.kind}`);
      }
    }
    expect(judged).toBeGreaterThan(100);
    expect(waiting).toEqual([]);
  });

  it.each(['1d', '1h'] as const)('%s prices that are wrong from one close on pass in no candle', (interval) => {
    const coins = readAll(interval);
    const atMs = Date.parse('2022-12-01');
    const passed: string[] = [];
    let judged = 0;
    const other = (symbol: string) => coins.get(symbol === 'BTC' ? 'LTC' : 'BTC')!;
    for (const [symbol, candles] of coins) {
      const i = candles.findIndex(({ openTimeMs }) => openTimeMs === atMs);
      if (i < MIN_HISTORY || !candles[i + 1]) continue;
      const before = candles.slice(Math.max(0, i - DOUBT_HISTORY[interval]), i);
      const pair = candles.slice(i, i + 2);
      const stuck = pair.map(({ openTimeMs }) => ({ ...before.at(-1)!, openTimeMs }));
      const theirs = other(symbol).filter(({ openTimeMs }) => pair.some((one) => one.openTimeMs === openTimeMs));
      const wrongs = {
        tenfold: pair.map((candle) => scaled(candle, 10)),
        thousandth: pair.map((candle) => scaled(candle, 1 / 1_000)),
        stuck,
        'of another coin': theirs,
      };
      for (const [name, [candle, next]] of Object.entries(wrongs)) {
        judged++;
        const doubt = doubtAbout(candle!, before, interval);
        if (!doubt || provenByNext(doubt, candle!, next!, before, interval)) passed.push(`${symbol} ${name}`);
      }
    }
    expect(judged).toBeGreaterThan(100);
    expect(passed).toEqual([]);
  });
});
