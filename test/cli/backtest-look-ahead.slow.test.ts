import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BacktestFile, runBacktest } from '../../src/cli/backtest.ts';
import type { Candle } from '../../src/core/candle.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import { candleFolder, emptyFolder } from '../support/candle-files.ts';
import { randomCandles, scaled } from '../support/candles.ts';
import { outspokenModelFile, tinyModelFile } from '../support/evaluate-command.ts';

/** Everything from this candle on is changed; what closes before it opens must not be. */
const PLANTED = 600;
const COINS = Object.fromEntries(['BTC', 'ETH'].map((symbol, i) => [symbol, randomCandles(700, { seed: 40 + i })]));
const FIRST = COINS['BTC']![0]!.openTimeMs;
const T = COINS['BTC']![PLANTED]!.openTimeMs;
const FROM = Date.UTC(2021, 6, 15);
/** Rows of the accounts that close up to T. */
const KNOWN = (T - FROM) / DAY_MS + 1;
type Files = Readonly<Record<string, readonly Candle[]>>;

let plain = '';
let outspoken = '';
beforeAll(async () => {
  [plain, outspoken] = [await tinyModelFile(), await outspokenModelFile()];
}, 180_000);

async function backtest(files: Files, model: string, extra: readonly string[] = []) {
  const folder = emptyFolder();
  const [csv, json] = [join(folder, 't.csv'), join(folder, 'r.json')];
  const span = ['--from', '2021-07-15', '--to', '2021-08-31', '--no-breakers'];
  const said = { out: '', err: '' };
  await runBacktest({
    args: ['--candles', candleFolder(files), '--model', model, ...span, '--trades', csv, '--json', json, ...extra],
    now: () => Date.UTC(2026, 0, 1),
    out: { write: (text) => (said.out += text) },
    progress: { write: (text) => (said.err += text) },
    threads: 1,
  });
  const { reports } = JSON.parse(readFileSync(json, 'utf8')) as BacktestFile;
  const trades = readFileSync(csv, 'utf8').trimEnd().split('\n').slice(1);
  return { ...said, trades, equity: reports.map(({ equity }) => equity.rule) };
}

const early = ({ equity }: { readonly equity: readonly (readonly number[])[] }) =>
  equity.map((values) => values.slice(0, KNOWN));
/** Lines of positions that were over before T. */
const over = ({ trades }: { readonly trades: readonly string[] }) =>
  trades.filter((line) => {
    const closed = line.split(',')[4]!;
    return closed !== '' && Date.parse(closed) < T;
  });
const changed = (change: (candle: Candle, row: number) => Candle): Files =>
  Object.fromEntries(
    Object.entries(COINS).map(([symbol, list]) => [
      symbol,
      list.map((candle, row) => (row >= PLANTED ? change(candle, row) : candle)),
    ]),
  );

describe('a future planted into the files of a backtest, forecasts and all', () => {
  it.each([
    ['prices are a hundred times as high', (candle: Candle) => scaled(candle, 100)],
    ['prices jump there and back', (candle: Candle, row: number) => scaled(candle, row % 2 ? 3 : 1)],
    ['volumes vanish', (candle: Candle) => ({ ...candle, volume: 0 })],
    ['only the open moves', (candle: Candle) => ({ ...candle, open: (candle.high + candle.low) / 2 })],
  ])('changes no cent and no trade before it when %s', async (_, change) => {
    const [before, after] = [await backtest(COINS, plain), await backtest(changed(change), plain)];
    expect(early(before)[0]).toHaveLength(KNOWN);
    expect(early(after)).toEqual(early(before));
    expect(over(before).length).toBeGreaterThan(10);
    expect(over(after)).toEqual(over(before));
    expect(after.equity).not.toEqual(before.equity);
  });
});

describe('headlines and Fear & Greed in a backtest', () => {
  /** A headline every nine hours, good or bad by `mood`. */
  function files(mood: (timeMs: number) => boolean): readonly string[] {
    const folder = emptyFolder();
    const [headlines, feargreed] = [join(folder, 'h.csv'), join(folder, 'f.csv')];
    const rows = Array.from({ length: 1_800 }, (_, i) => {
      const ms = FIRST + HOUR_MS + i * 9 * HOUR_MS;
      const title = mood(ms)
        ? `Bitcoin surges to a record high as investors pile in, number ${i} of lot ${i * 37}`
        : `Ethereum plunges after hackers drain an exchange, number ${i} of case ${i * 53}`;
      return `${new Date(ms).toISOString()},coindesk,"${title}",https://example.org/${i}`;
    });
    writeFileSync(headlines, `timestamp,source,title,url\n${rows.join('\n')}\n`);
    const days = Array.from({ length: 700 }, (_, i) => {
      const ms = FIRST + i * DAY_MS;
      return `${new Date(ms).toISOString()},${mood(ms) ? 80 : 20}`;
    });
    writeFileSync(feargreed, `timestamp,value\n${days.join('\n')}\n`);
    return ['--headlines', headlines, '--feargreed', feargreed];
  }
  const swings = (timeMs: number) => Math.sin(timeMs / (5 * DAY_MS)) > 0;

  it('decide with the rest, and only from when they were seen', async () => {
    const deaf = await backtest(COINS, outspoken);
    const heard = await backtest(COINS, outspoken, files(swings));
    expect(heard.err).toContain('1800 stories of 1800 headlines');
    expect(heard.equity).not.toEqual(deaf.equity);
    const turned = await backtest(
      COINS,
      outspoken,
      files((timeMs) => swings(timeMs) !== timeMs > T),
    );
    expect(early(turned)).toEqual(early(heard));
    expect(turned.equity).not.toEqual(heard.equity);
  });

  it('are nothing to a model that was trained without them', async () => {
    const heard = await backtest(COINS, plain, files(swings));
    expect(heard.equity).toEqual((await backtest(COINS, plain)).equity);
  });
});
