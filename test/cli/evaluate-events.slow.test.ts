import { beforeAll, describe, expect, it } from 'vitest';
import type { Candle } from '../../src/core/candle.ts';
import { createEventSchedule, type ScheduledEvent } from '../../src/core/market-events.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { candleFolder } from '../support/candle-files.ts';
import { randomCandles } from '../support/candles.ts';
import { type EvaluateRun, evaluate, tinyModelFile } from '../support/evaluate-command.ts';

const START = Date.UTC(2020, 0, 1);
const COUNT = 24 * 70;
/** Figures every other day at half past one, and how far prices move in that hour. */
const EVENTS: readonly ScheduledEvent[] = Array.from({ length: 34 }, (_, i) => ({
  kind: 'cpi',
  atMs: START + (2 * i + 1) * DAY_MS + 13 * HOUR_MS + 30 * MINUTE_MS,
}));
const schedule = createEventSchedule(EVENTS);
const FROM = '2020-02-15';
const TO = '2020-03-05';
const LAST_MS = EVENTS.findLast(({ atMs }) => atMs < Date.parse('2020-03-04'))!.atMs;

/** Random walks whose moves are `times` as large in hours with figures. */
function coins(times: (event: ScheduledEvent) => number): Readonly<Record<string, readonly Candle[]>> {
  return Object.fromEntries(
    ['BTC', 'ETH', 'NEW'].map((symbol, i) => {
      let factor = 1;
      const candles = randomCandles(COUNT, { seed: 70 + i, interval: '1h' }).map((candle) => {
        const event = schedule.within(candle.openTimeMs, HOUR_MS);
        const more = event ? (candle.close / candle.open) ** (times(event) - 1) : 1;
        const open = candle.open * factor;
        factor *= more;
        const close = candle.close * factor;
        return { ...candle, open, close, high: Math.max(open, close) * 1.01, low: Math.min(open, close) / 1.01 };
      });
      return [symbol, candles];
    }),
  );
}

let model = '';
let usual: EvaluateRun;
let widened: EvaluateRun;
const run = (files: ReturnType<typeof coins>, events = schedule) =>
  evaluate(
    ['--candles', candleFolder(files), '--model', model, '--interval', '1h', '--from', FROM, '--to', TO],
    events,
  );
const widthOf = (line: Readonly<Record<string, string>>) => Math.log(Number(line['q0.9']) / Number(line['q0.1']));

beforeAll(async () => {
  model = await tinyModelFile('1h');
  const files = coins(() => 6);
  usual = await run(files, createEventSchedule([]));
  widened = await run(files);
}, 120_000);

describe('npm run evaluate with scheduled announcements', () => {
  it('widens forecasts of one and four hours whose span holds one', () => {
    const ratio = (lines: EvaluateRun['forecasts'], steps: number, held: boolean) => {
      const ratios = lines.flatMap((line, i) => {
        const originMs = Date.parse(line['origin']!);
        const holds = schedule.within(originMs, Number(line['horizon']) * HOUR_MS) !== null;
        if (Number(line['horizon']) !== steps || holds !== held) return [];
        return [widthOf(line) / widthOf(usual.forecasts[i]!)];
      });
      return ratios.reduce((sum, one) => sum + one, 0) / ratios.length;
    };
    expect(ratio(widened.forecasts, 1, true)).toBeGreaterThan(2);
    expect(ratio(widened.forecasts, 4, true)).toBeGreaterThan(1.3);
    // The conformal shifts, which learn from what was issued, are a little different.
    for (const steps of [1, 4]) expect(Math.abs(ratio(widened.forecasts, steps, false) - 1)).toBeLessThan(0.1);
    const days = widened.forecasts.filter((line) => line['horizon'] === '24');
    expect(days).toEqual(usual.forecasts.filter((line) => line['horizon'] === '24'));
  });

  it('shows them on a line of their own, with the share that the band held', () => {
    const [hour, fourHours, day] = widened.report.horizons;
    const held = EVENTS.filter(({ atMs }) => atMs >= Date.parse(FROM) && atMs < Date.parse(TO)).length;
    expect(hour!.announcement!.n).toBe(3 * held);
    expect(fourHours!.announcement!.n).toBe(4 * 3 * held);
    expect(day!.announcement).toBeNull();
    expect(usual.report.horizons[0]!.announcement).toBeNull();
    expect(hour!.announcement!.coverage[1]!.share).toBeGreaterThan(0.6);
    expect(widened.out).toContain('announcements');
    expect(usual.out).not.toContain('announcements  ');
    expect(widened.report.definitions['announcement']).toContain('US consumer prices');
  });

  it('knows nothing of an announcement that comes, however large its move', async () => {
    const planted = await run(coins(({ atMs }) => (atMs >= LAST_MS ? 40 : 6)));
    const until = (lines: EvaluateRun['forecasts']) =>
      lines.filter((line) => Date.parse(line['origin']!) <= LAST_MS).map(({ actual_close: _, ...said }) => said);
    expect(until(planted.forecasts).length).toBeGreaterThan(3 * 3 * 24 * 15);
    expect(until(planted.forecasts)).toEqual(until(widened.forecasts));
    expect(planted.forecasts).not.toEqual(widened.forecasts);
  }, 180_000);
});
