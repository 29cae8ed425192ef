import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Candle } from '../../src/core/candle.ts';
import { HOUR_MS } from '../../src/core/time.ts';
import { candleFolder, emptyFolder } from '../support/candle-files.ts';
import { randomCandles, scaled } from '../support/candles.ts';
import { type EvaluateRun, evaluate, type ForecastLine, tinyModelFile } from '../support/evaluate-command.ts';

const DAYS = 130;
const SYMBOLS = ['BTC', 'ETH'];
const LEVELS = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);
const COINS = Object.fromEntries(
  SYMBOLS.map((symbol, i) => [symbol, randomCandles(24 * DAYS, { seed: 60 + i, interval: '1h' })]),
);
type Files = Readonly<Record<string, readonly Candle[]>>;
/** The hundredth day of the files and the two after it. */
const SPAN = ['--from', '2020-04-10', '--to', '2020-04-12'];
const FROM_MS = Date.UTC(2020, 3, 10);
const HOURS = 72;
const ROLLING = ['--interval', '1d', '--origins', '1h'];

/** Files of hours in `1h/`, of days in `1d/`. */
function dividedFolder(hours: Files, days: Files): string {
  const folder = emptyFolder();
  mkdirSync(folder, { recursive: true });
  renameSync(candleFolder(hours), join(folder, '1h'));
  renameSync(candleFolder(days), join(folder, '1d'));
  return folder;
}

/** Days of midnight to midnight, as an exchange makes them of the same trades. */
function utcDays(hours: readonly Candle[]): Candle[] {
  return Array.from({ length: hours.length / 24 }, (_, day) => {
    const own = hours.slice(24 * day, 24 * day + 24);
    return {
      openTimeMs: own[0]!.openTimeMs,
      open: own[0]!.open,
      high: Math.max(...own.map(({ high }) => high)),
      low: Math.min(...own.map(({ low }) => low)),
      close: own[23]!.close,
      volume: own.reduce((sum, { volume }) => sum + volume, 0),
    };
  });
}

const originMs = (line: ForecastLine) => Date.parse(line['origin']!);
const atMidnight = (lines: readonly ForecastLine[]) => lines.filter((line) => line['origin']!.endsWith('T00:00:00Z'));
/** Everything that was forecast; what happened afterwards may differ. */
const said = (lines: readonly ForecastLine[]) => lines.map(({ actual_close: _, ...line }) => line);

let model = '';
let run: EvaluateRun;
beforeAll(async () => {
  model = await tinyModelFile();
  run = await evaluate(['--candles', candleFolder(COINS), '--model', model, ...ROLLING, ...SPAN]);
}, 300_000);

describe('daily horizons from days that end at every hour', () => {
  it('have an origin at every hour and a target whole days later, with the closes of those hours', () => {
    expect(run.forecasts).toHaveLength(2 * 3 * HOURS);
    const keys = run.forecasts.map((line) => `${line['symbol']} ${line['horizon']} ${line['origin']}`);
    expect(keys).toEqual([...keys].sort());
    for (const line of run.forecasts) {
      const closeAt = (ms: number) =>
        COINS[line['symbol']!]!.find(({ openTimeMs }) => openTimeMs + HOUR_MS === ms)!.close;
      const targetMs = originMs(line) + Number(line['horizon']) * 24 * HOUR_MS;
      expect(line['interval']).toBe('1d');
      expect(Date.parse(line['target']!)).toBe(targetMs);
      expect(Number(line['origin_close'])).toBe(closeAt(originMs(line)));
      expect(Number(line['actual_close'])).toBe(closeAt(targetMs));
    }
    expect(new Set(run.forecasts.map(originMs))).toEqual(
      new Set(Array.from({ length: HOURS }, (_, hour) => FROM_MS + hour * HOUR_MS)),
    );
  });

  it('are at midnight, to the bit, the forecasts from daily candles of the same hours', async () => {
    const days = Object.fromEntries(Object.entries(COINS).map(([symbol, hours]) => [symbol, utcDays(hours)]));
    const plain = await evaluate(['--candles', candleFolder(days), '--model', model, '--interval', '1d', ...SPAN]);
    expect(plain.forecasts).toHaveLength(2 * 3 * 3);
    expect(atMidnight(run.forecasts)).toEqual(plain.forecasts);
    run.report.horizons.forEach((horizon, at) => {
      const { hour, ...scores } = horizon.hours![0]!;
      expect(hour).toBe(0);
      expect(scores).toEqual(plain.report.horizons[at]!.pooled);
    });
    expect(plain.report).not.toHaveProperty('rollingDays');
    expect(plain.report.horizons[0]).not.toHaveProperty('hours');
  });

  it('are scored together and by hour of the day, against baselines of the same days', () => {
    for (const { pooled, hours, coins } of run.report.horizons) {
      expect(hours!.map(({ hour, n }) => [hour, n])).toEqual(Array.from({ length: 24 }, (_, hour) => [hour, 6]));
      expect(pooled).toMatchObject({ n: 2 * HOURS, periods: HOURS, coins: 2 });
      const mean = (of: (scores: (typeof hours & {})[number]) => number) =>
        hours!.reduce((sum, one) => sum + of(one), 0) / 24;
      expect(pooled.pinball).toBeCloseTo(
        mean((one) => one.pinball),
        12,
      );
      pooled.baselines.forEach((baseline, b) => {
        // GARCH needs more days than these files hold.
        expect(baseline.n).toBe(baseline.name === 'GARCH-t' ? 0 : 2 * HOURS);
        expect(baseline.pinball).toBeCloseTo(
          mean((one) => one.baselines[b]!.pinball),
          12,
        );
      });
      expect(coins.map(({ symbol, n }) => [symbol, n])).toEqual(SYMBOLS.map((symbol) => [symbol, HOURS]));
    }
    expect(run.report.rollingDays).toEqual({ midnightOnly: [] });
    expect(run.report.counts).toMatchObject({ origins: 2 * HOURS, forecastOrigins: 2 * HOURS, withoutOutcome: 0 });
  });

  it.each([1, 3, 7])('have the climatology of %i such days beside them, complete at the origin', (steps) => {
    const hour = 13;
    let loss = 0;
    for (const hours of Object.values(COINS)) {
      // The first day, of which these files have 13 hours, is none.
      const days = hours.slice(hour).filter((_, i) => i % 24 === 23);
      const closes = days.map(({ close }) => close);
      for (let origin = 99; origin < 102; origin++) {
        const past = closes.slice(steps, origin + 1).map((close, i) => Math.log(close / closes[i]!));
        const sorted = past.sort((a, b) => a - b);
        const outcome = Math.log(closes[origin + steps]! / closes[origin]!);
        for (const level of LEVELS) {
          const at = level * (sorted.length - 1);
          const below = sorted[Math.floor(at)]!;
          const miss = outcome - (below + (at % 1) * (sorted[Math.ceil(at)]! - below));
          loss += (miss > 0 ? level * miss : (level - 1) * miss) / (LEVELS.length * 3 * SYMBOLS.length);
        }
      }
    }
    const { baselines } = run.report.horizons.find((one) => one.steps === steps)!.hours![hour]!;
    expect(baselines.find(({ name }) => name === 'climatology')!.pinball).toBeCloseTo(loss, 10);
  });

  it('refuses what cannot be done', async () => {
    const wrong = (...args: string[]) => evaluate(['--candles', emptyFolder(), '--from', '2020-04-10', ...args]);
    await expect(wrong('--interval', '1h', '--origins', '1d')).rejects.toMatchObject({ code: 'CC_USAGE' });
    await expect(wrong('--origins', '6h')).rejects.toThrow('--origins takes 1h or 1d.');
  });
});

describe('a future planted into the hours', () => {
  /** Everything from 09:00 of the second day on is changed. */
  const plantedMs = FROM_MS + 33 * HOUR_MS;
  const until = (lines: readonly ForecastLine[]) => lines.filter((line) => originMs(line) <= plantedMs);
  const runOn = async (files: Files) =>
    (await evaluate(['--candles', candleFolder(files), '--model', model, ...ROLLING, ...SPAN])).forecasts;
  const mapFrom = (change: (candle: Candle, at: number) => Candle): Files =>
    Object.fromEntries(
      Object.entries(COINS).map(([symbol, hours]) => [
        symbol,
        hours.map((hour) =>
          hour.openTimeMs < plantedMs ? hour : change(hour, (hour.openTimeMs - plantedMs) / HOUR_MS),
        ),
      ]),
    );

  it.each([
    ['every price moves away', (candle: Candle, at: number) => scaled(candle, 1 + 0.05 * (at + 1))],
    ['prices jump there and back', (candle: Candle, at: number) => scaled(candle, at % 48 < 24 ? 3 : 1)],
    ['ranges widen and volumes vanish', (candle: Candle) => ({ ...candle, high: candle.high * 2, volume: 0 })],
  ])(
    'changes no bit of a forecast up to then when %s, and those after it',
    async (_, change) => {
      const after = await runOn(mapFrom(change));
      expect(until(run.forecasts)).toHaveLength(2 * 3 * 34);
      expect(said(until(after))).toEqual(said(until(run.forecasts)));
      expect(said(after)).not.toEqual(said(run.forecasts));
    },
    180_000,
  );

  it('changes nothing when the files end there', async () => {
    const cut = Object.fromEntries(
      Object.entries(COINS).map(([symbol, hours]) => [
        symbol,
        hours.filter(({ openTimeMs }) => openTimeMs < plantedMs),
      ]),
    );
    const key = (line: ForecastLine) => `${line['symbol']} ${line['horizon']} ${line['origin']}`;
    const whole = new Map(run.forecasts.map((line) => [key(line), line]));
    const lines = await runOn(cut);
    // Ten origins have an outcome a day later; none of them three days later.
    expect(lines).toHaveLength(2 * 10);
    for (const line of lines) expect(line).toEqual(whole.get(key(line)));
  }, 180_000);
});

describe.each(SYMBOLS)('a jump of %s in the newest hour that only the next day shows to be a glitch', (symbol) => {
  const day = ['--from', '2020-04-11', '--to', '2020-04-11'];
  const newestMs = Date.UTC(2020, 3, 11, 9);
  /** The last hour up to then has jumped; later the price stays there, or comes back as if nothing had been. */
  const jumped = async (stays: boolean) => {
    const hours = COINS[symbol]!.map((hour) => {
      if (hour.openTimeMs + HOUR_MS === newestMs) return { ...hour, close: hour.close * 3, high: hour.high * 3 };
      return stays && hour.openTimeMs >= newestMs ? scaled(hour, 3) : hour;
    });
    const folder = candleFolder({ ...COINS, [symbol]: hours });
    const { forecasts } = await evaluate(['--candles', folder, '--model', model, ...ROLLING, ...day]);
    return said(forecasts.filter((line) => originMs(line) <= newestMs));
  };

  it('does not reach back to the origin at which it was the newest price', async () => {
    const [kept, takenBack] = [await jumped(true), await jumped(false)];
    expect(kept).toHaveLength(2 * 3 * 10);
    expect(kept.filter((line) => originMs(line) === newestMs)).toHaveLength(2 * 3);
    expect(takenBack).toEqual(kept);
  }, 180_000);
});

it('leaves a file without a row out, of days or of hours, and says so', async () => {
  const days = dividedFolder({ BTC: COINS['BTC']!, ETH: [] }, { BTC: [], ETH: utcDays(COINS['ETH']!) });
  const span = ['--from', '2020-04-10', '--to', '2020-04-10', '--horizons', '1'];
  const { report } = await evaluate(['--candles', days, '--model', model, ...ROLLING, ...span]);
  expect(report.symbols).toEqual(['BTC']);
  expect(report.refused).toEqual([{ symbol: 'ETH', reason: 'Its file has no complete candle.' }]);
  expect(report.doubtful).toEqual([
    { symbol: 'BTC', reason: 'Its daily candles are not used: Its file has no complete candle.' },
  ]);
});

describe('coins whose hourly candles are short', () => {
  const late = COINS['ETH']!.slice(24 * 40);
  const days = Object.fromEntries(Object.entries(COINS).map(([symbol, hours]) => [symbol, utcDays(hours)]));
  /** The first midnight at which ETH's hours are 81 days. */
  const enoughMs = late[0]!.openTimeMs + 81 * 24 * HOUR_MS;

  it('are forecast at midnight from daily candles until there are enough, and never before from hours', async () => {
    const folder = dividedFolder({ BTC: COINS['BTC']!, ETH: late }, { ...days, OLD: days['ETH']! });
    const span = ['--from', '2020-04-30', '--to', '2020-05-02', '--horizons', '1'];
    const args = ['--model', model, ...ROLLING, ...span, '--symbols', 'BTC,ETH,OLD'];
    const { report, forecasts, out } = await evaluate(['--candles', folder, ...args]);
    const plain = await evaluate(['--candles', folder, '--model', model, ...span, '--symbols', 'BTC,ETH,OLD']);
    expect(new Date(enoughMs).toISOString()).toBe('2020-05-01T00:00:00.000Z');
    const of = (symbol: string) => forecasts.filter((line) => line['symbol'] === symbol);
    expect(of('BTC')).toHaveLength(72);
    expect(of('ETH').map(({ origin }) => origin)).toEqual([
      '2020-04-30T00:00:00Z',
      // Of the first days that end from 20:00 on there are twenty hours, so those are enough a day earlier.
      ...Array.from({ length: 52 }, (_, i) =>
        new Date(enoughMs + (i - 4) * HOUR_MS).toISOString().replace('.000Z', 'Z'),
      ),
    ]);
    const onDays = plain.forecasts.filter(({ symbol }) => symbol !== 'BTC');
    expect([of('ETH')[0], ...of('OLD')]).toEqual([onDays[0], ...onDays.filter(({ symbol }) => symbol === 'OLD')]);
    expect(report.rollingDays!.midnightOnly).toEqual([
      { symbol: 'ETH', untilMs: enoughMs },
      { symbol: 'OLD', untilMs: null },
    ]);
    expect(report.horizons[0]!.hours!.map(({ n }) => n)).toEqual([
      9,
      ...new Array(19).fill(5),
      ...new Array(4).fill(6),
    ]);
    expect(out).toContain('ETH has too few hourly candles until 2020-05-01, so its days end at 00:00 UTC');
    expect(out).toContain('OLD has too few hourly candles, so its days end at 00:00 UTC');
    expect(out).toMatch(/1d, days end at +forecasts \(coins\)/);
    expect(out).toMatch(/^ *06:00 UTC +5 \(2\)/m);
  }, 180_000);
});
