import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import { candleFolder, emptyFolder } from '../support/candle-files.ts';
import { randomCandles } from '../support/candles.ts';
import {
  type EvaluateRun,
  evaluate,
  type ForecastLine,
  outspokenModelFile,
  tinyModelFile,
} from '../support/evaluate-command.ts';

const COINS = Object.fromEntries(['BTC', 'ETH'].map((symbol, i) => [symbol, randomCandles(700, { seed: 60 + i })]));
/** The newest origin before anything is planted. */
const T = COINS['BTC']![600]!.openTimeMs;
const FIRST = COINS['BTC']![0]!.openTimeMs;
const GOOD = 'Bitcoin surges to a record high as investors pile in';
const BAD = 'Ethereum plunges after hackers drain an exchange';

type Story = readonly [timeMs: number, title: string];
const iso = (ms: number) => new Date(ms).toISOString();
/** A headline every nine hours, no two of them one story. */
const STORIES: readonly Story[] = Array.from({ length: 1_800 }, (_, i) => [
  FIRST + HOUR_MS + i * 9 * HOUR_MS,
  i % 5 < 2 ? `${GOOD} number ${i} of lot ${i * 37}` : `${BAD} number ${i} of case ${i * 53}`,
]);
const DAYS: readonly (readonly [number, number])[] = Array.from({ length: 700 }, (_, i) => [
  FIRST + i * DAY_MS,
  Math.round(50 + 40 * Math.sin(i / 15)),
]);

function files(stories: readonly Story[], days: typeof DAYS): readonly string[] {
  const folder = emptyFolder();
  const [headlines, feargreed] = [join(folder, 'h.csv'), join(folder, 'f.csv')];
  const rows = stories.map(([ms, title]) => `${iso(ms)},coindesk,"${title}",https://example.org/${ms}${title.length}`);
  writeFileSync(headlines, `timestamp,source,title,url\n${rows.join('\n')}\n`);
  writeFileSync(feargreed, `timestamp,value\n${days.map(([ms, value]) => `${iso(ms)},${value}`).join('\n')}\n`);
  return ['--headlines', headlines, '--feargreed', feargreed];
}

let candles = '';
let model = '';
let heard: EvaluateRun;
const SPAN = ['--from', '2021-08-08', '--to', '2021-08-25'];
const run = (extra: readonly string[], file = model) =>
  evaluate(['--candles', candles, '--model', file, ...SPAN, ...extra]);

beforeAll(async () => {
  candles = candleFolder(COINS);
  model = await outspokenModelFile();
  heard = await run(files(STORIES, DAYS));
}, 180_000);

const at = (lines: readonly ForecastLine[], keep: (originMs: number) => boolean) =>
  lines.filter((line) => keep(Date.parse(line['origin']!)));
const untilT = (lines: readonly ForecastLine[]) => at(lines, (ms) => ms <= T);
const laterT = (lines: readonly ForecastLine[]) => at(lines, (ms) => ms > T);

describe('an evaluation with headlines and Fear & Greed', () => {
  it('compares the same model with and without them, paired, at every horizon', () => {
    const { report, out } = heard;
    expect(report.sentiment).toEqual({ learnt: true, origins: 36, headlineOrigins: 36 });
    expect(report.horizons.map(({ sentiment }) => sentiment!.known.n)).toEqual([36, 36, 36]);
    for (const { sentiment } of report.horizons) {
      const { value, low, high } = sentiment!.headlines.worthPct!;
      expect(value).not.toBe(0);
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
    }
    expect(report.horizons[0]!.pooled.baselines.map(({ name }) => name)).not.toContain('without sentiment');
    expect(out).toMatch(/Worth of sentiment, %/);
    expect(out).toMatch(/36 of 36 origins/);
  });

  it('forecasts without the files what the masked model does', async () => {
    const { report, forecasts } = await run([]);
    expect(report.sentiment).toBeUndefined();
    expect(report.horizons[0]!.sentiment).toBeUndefined();
    expect(forecasts).not.toEqual(heard.forecasts);
    // The loss without, as the ablation has it: with ÷ (1 − worth). Widths were learnt with sentiment there and without it here.
    report.horizons.forEach(({ pooled }, i) => {
      const { pooled: own, sentiment } = heard.report.horizons[i]!;
      expect(own.pinball / pooled.pinball).toBeCloseTo(1 - sentiment!.all.worthPct!.value / 100, 3);
    });
  });

  it('says plainly that a model trained without sentiment takes none in, and forecasts as ever', async () => {
    const plain = await tinyModelFile();
    const [given, without] = [await run(files(STORIES, DAYS), plain), await run([], plain)];
    expect(given.forecasts).toEqual(without.forecasts);
    expect(given.report.sentiment!.learnt).toBe(false);
    expect(given.out).toMatch(/takes none in/);
  });

  it.each([
    [
      'headlines',
      files(
        [...STORIES, ...Array.from({ length: 30 }, (_, i): Story => [T + HOUR_MS + i, `${GOOD} planted ${i * 71}`])],
        DAYS,
      ),
    ],
    [
      'a tone',
      files(
        STORIES.map(([ms, title]) => [ms, ms > T ? `${BAD} turned ${ms}` : title]),
        DAYS,
      ),
    ],
    [
      'Fear & Greed',
      files(
        STORIES,
        DAYS.map(([ms, value]) => [ms, ms > T ? 99 - value / 2 : value]),
      ),
    ],
    [
      'silence',
      files(
        STORIES.filter(([ms]) => ms <= T),
        DAYS.filter(([ms]) => ms <= T),
      ),
    ],
  ])(
    'changes no bit of a forecast up to then when a future of %s is planted, and those after it',
    async (_, planted) => {
      const { forecasts } = await run(planted);
      expect(untilT(forecasts).length).toBeGreaterThan(40);
      expect(untilT(forecasts)).toEqual(untilT(heard.forecasts));
      expect(laterT(forecasts)).not.toEqual(laterT(heard.forecasts));
    },
  );
});
