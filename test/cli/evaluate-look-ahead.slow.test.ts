import { beforeAll, describe, expect, it } from 'vitest';
import type { Candle } from '../../src/core/candle.ts';
import { flagCandles } from '../../src/core/candle-quality.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { candleFolder } from '../support/candle-files.ts';
import { randomCandles, scaled } from '../support/candles.ts';
import { evaluate, type ForecastLine, tinyModelFile } from '../support/evaluate-command.ts';

/** Everything from this candle on is changed; the last origin before it is its open time. */
const PLANTED = 600;
const COINS = Object.fromEntries(
  ['BTC', 'ETH', 'NEW'].map((symbol, i) => [symbol, randomCandles(700, { seed: 40 + i })]),
);
const T = COINS['BTC']![PLANTED]!.openTimeMs;
type Files = Readonly<Record<string, readonly Candle[]>>;

let model = '';
let wholeRun: readonly ForecastLine[] = [];
let untouched: readonly ForecastLine[] = [];

/** Forty days up to T, and two after it. */
const runOn = (files: Files) =>
  evaluate(['--candles', candleFolder(files), '--model', model, '--from', '2021-07-15', '--to', '2021-08-25']);
const untilT = (lines: readonly ForecastLine[]) => lines.filter((line) => Date.parse(line['origin']!) <= T);
const forecastsUntilT = async (files: Files) => untilT((await runOn(files)).forecasts);

beforeAll(async () => {
  model = await tinyModelFile();
  wholeRun = (await runOn(COINS)).forecasts;
  untouched = untilT(wholeRun);
}, 180_000);

/** Everything that was forecast; what happened afterwards may differ. */
const said = (lines: readonly ForecastLine[]) => lines.map(({ actual_close: _, ...line }) => line);
const mapAll = (change: (candle: Candle, row: number) => Candle): Files =>
  Object.fromEntries(Object.entries(COINS).map(([symbol, candles]) => [symbol, candles.map(change)]));

describe('a future planted into every file', () => {
  it.each([
    ['every price moves away', (candle: Candle, row: number) => scaled(candle, 1 + (row - PLANTED + 1) * 0.05)],
    ['every price is a hundred times as high', (candle: Candle) => scaled(candle, 100)],
    ['prices jump there and back', (candle: Candle, row: number) => scaled(candle, row % 2 ? 3 : 1)],
    ['volumes vanish', (candle: Candle) => ({ ...candle, volume: 0 })],
    ['ranges widen', (candle: Candle) => ({ ...candle, high: candle.high * 2, low: candle.low / 2 })],
    ['opens move', (candle: Candle) => ({ ...candle, open: (candle.high + candle.low) / 2 })],
    ['the market stands still', (candle: Candle) => ({ ...candle, open: 7, high: 7, low: 7, close: 7 })],
  ])('changes no bit of a forecast up to then when %s', async (_, change) => {
    const after = await forecastsUntilT(mapAll((candle, row) => (row >= PLANTED ? change(candle, row) : candle)));
    expect(untouched).toHaveLength(3 * 3 * 40);
    expect(said(after)).toEqual(said(untouched));
  });

  it('changes nothing when candles become impossible, such as a high below the low', async () => {
    const broken = mapAll((candle, row) => (row >= PLANTED + 8 ? { ...candle, high: candle.low / 2 } : candle));
    const { report, forecasts } = await runOn(broken);
    expect(untilT(forecasts)).toEqual(untouched);
    expect(report.doubtful.map(({ symbol }) => symbol)).toEqual(['BTC', 'ETH', 'NEW']);
    expect(report.doubtful[0]!.reason).toMatch(/line 610: .*high is below/);
  });

  it('reaches the forecasts after it', async () => {
    const nextDay = (lines: readonly ForecastLine[]) =>
      said(lines.filter((line) => Date.parse(line['origin']!) === T + DAY_MS));
    const { forecasts } = await runOn(mapAll((candle, row) => (row >= PLANTED ? scaled(candle, 1.2) : candle)));
    expect(nextDay(wholeRun)).toHaveLength(9);
    expect(nextDay(forecasts)).not.toEqual(nextDay(wholeRun));
  });

  it('changes nothing when the files end there', async () => {
    const cut = Object.fromEntries(Object.entries(COINS).map(([symbol, list]) => [symbol, list.slice(0, PLANTED)]));
    const key = (line: ForecastLine) => `${line['symbol']} ${line['horizon']} ${line['origin']}`;
    const whole = new Map(untouched.map((line) => [key(line), line]));
    const lines = await forecastsUntilT(cut);
    expect(lines).toHaveLength(3 * (39 + 37 + 33));
    for (const line of lines) expect(line).toEqual(whole.get(key(line)));
  });
});

describe('a future planted into files of hours', () => {
  const hours: Files = Object.fromEntries(
    ['BTC', 'ETH', 'NEW'].map((symbol, i) => [symbol, randomCandles(700, { seed: 50 + i, interval: '1h' })]),
  );
  const plantedMs = hours['BTC']![PLANTED]!.openTimeMs;
  let hourly = '';
  let known: readonly ForecastLine[] = [];
  beforeAll(async () => {
    hourly = await tinyModelFile('1h');
    known = await forecasts(hours);
  }, 180_000);

  /** A day up to the planted moment, and a day after it. */
  const forecasts = async (files: Files) => {
    const span = ['--interval', '1h', '--from', '2020-01-25', '--to', '2020-01-26'];
    return (await evaluate(['--candles', candleFolder(files), '--model', hourly, ...span])).forecasts;
  };
  const until = (lines: readonly ForecastLine[]) => lines.filter((line) => Date.parse(line['origin']!) <= plantedMs);

  it.each([
    ['every price moves away', (candle: Candle, row: number) => scaled(candle, 1 + (row - PLANTED + 1) * 0.05)],
    ['ranges widen', (candle: Candle) => ({ ...candle, high: candle.high * 2, low: candle.low / 2 })],
    ['volumes vanish', (candle: Candle) => ({ ...candle, volume: 0 })],
  ])('changes no bit of a forecast up to then when %s, and those after it', async (_, change) => {
    const planted = Object.entries(hours).map(([symbol, candles]) => [
      symbol,
      candles.map((candle, row) => (row >= PLANTED ? change(candle, row) : candle)),
    ]);
    const after = await forecasts(Object.fromEntries(planted));
    expect(until(known)).toHaveLength(3 * 3 * 25);
    expect(said(until(after))).toEqual(said(until(known)));
    expect(said(after)).not.toEqual(said(known));
  });
});

describe.each(['ETH', 'BTC'])('a jump of %s that only the next candle shows to be a glitch', (symbol) => {
  /** The newest candle at T has jumped; later the price stays there, or comes back as if nothing had been. */
  const jumped = (stays: boolean): Files => ({
    ...COINS,
    [symbol]: COINS[symbol]!.map((candle, row) => {
      if (row === PLANTED - 1) return { ...candle, close: candle.close * 3, high: candle.high * 3 };
      return row >= PLANTED && stays ? scaled(candle, 3) : candle;
    }),
  });

  it('does not reach back to the origin at which it was the newest price, which is forecast all the same', async () => {
    const flags = (stays: boolean) => flagCandles(jumped(stays)[symbol]!, '1d')[PLANTED - 1]!.flag;
    expect([flags(true), flags(false)]).toEqual([null, 'glitch']);
    const [kept, takenBack] = [await runOn(jumped(true)), await runOn(jumped(false))];
    const atT = untilT(kept.forecasts).filter((line) => Date.parse(line['origin']!) === T);
    expect(atT).toHaveLength(9);
    expect(said(untilT(takenBack.forecasts))).toEqual(said(untilT(kept.forecasts)));
    expect([kept, takenBack].map(({ report }) => report.counts.recomputed)).toEqual([0, symbol === 'BTC' ? 3 : 1]);
  });
});
