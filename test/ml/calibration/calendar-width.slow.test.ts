import { describe, expect, it } from 'vitest';
import { shippedModelPath } from '../../../src/app/models.ts';
import { createEventSchedule, type ScheduledEvent } from '../../../src/core/market-events.ts';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { createEventWidth, eventFactors } from '../../../src/ml/calibration/calendar-width.ts';
import { createWidthFactors, type WidthState, widthStateSchema } from '../../../src/ml/calibration/width-factors.ts';
import { type CoinRatios, learnInOrder } from '../../../src/ml/calibration/width-stream.ts';
import { expectedMoves, PAIRS, setRatios } from '../../../src/ml/calibration/widths.ts';
import { decodeModel } from '../../../src/ml/model/model-file.ts';
import { readModelFile } from '../../../src/storage/model-store.ts';
import { normals } from '../../support/candles.ts';

const steps = [1, 4, 24];
const START = Date.UTC(2021, 0, 4);
const OUTER = [
  -1.959964, -1.644854, -1.281552, -1.036433, -0.841621, -0.67449, -0.524401, -0.38532, -0.253347, -0.125661,
];
/** Standard normal quantiles at QUANTILE_LEVELS. */
const NORMAL = Float64Array.from([...OUTER, 0, ...OUTER.toReversed().map((q) => -q)]);
const names = ['AA', 'BB', 'CC', 'DD', 'EE', 'FF', 'GG', 'HH'];

/** A release every tenth day at half past one. */
const releases = (days: number): ScheduledEvent[] =>
  Array.from({ length: Math.floor(days / 10) }, (_, i) => ({
    kind: 'cpi' as const,
    atMs: START + (10 * i + 5) * DAY_MS + 13 * HOUR_MS + 30 * MINUTE_MS,
  }));

/** Hourly forecasts that expect a standard normal; the outcome is `times` as far where the span holds an event. */
function coinsOf(
  days: number,
  events: readonly ScheduledEvent[],
  times: (event: ScheduledEvent) => number,
): CoinRatios[] {
  const schedule = createEventSchedule(events);
  const hours = 24 * days;
  return names.map((symbol, c) => {
    const normal = normals(c + 1);
    const ratios = new Float32Array(hours * steps.length * PAIRS);
    for (let hour = 0; hour < hours; hour++) {
      steps.forEach((ahead, horizon) => {
        const event = schedule.within(START + hour * HOUR_MS, ahead * HOUR_MS);
        setRatios(ratios, (hour * steps.length + horizon) * PAIRS, (event ? times(event) : 1) * normal(), NORMAL);
      });
    }
    return { symbol, originMs: Float64Array.from({ length: hours }, (_, hour) => START + hour * HOUR_MS), ratios };
  });
}

/** The event's part of the factors at every hour, by horizon, and the state at the end. */
function learn(
  coins: readonly CoinRatios[],
  events: readonly ScheduledEvent[],
  days: number,
  from: WidthState | null = null,
) {
  const widths = createWidthFactors('1h', steps, from, createEventSchedule(events));
  const plain = createWidthFactors('1h', steps, from);
  const factors: number[][] = [];
  const stream = { interval: '1h', steps, coins, fromMs: from?.untilMs ?? START, toMs: START + days * DAY_MS } as const;
  const market: number[][] = [];
  learnInOrder(plain, {
    ...stream,
    onMoment: (ms) => market.push(steps.map((_, horizon) => plain.factorsAt(ms, 'AA', horizon)[3]!)),
  });
  learnInOrder(widths, {
    ...stream,
    onMoment: (ms) =>
      factors.push(
        steps.map((_, horizon) => widths.factorsAt(ms, 'AA', horizon)[3]! / market[factors.length]![horizon]!),
      ),
  });
  return { factors, state: widths.state() };
}

const hourOf = (event: ScheduledEvent) => Math.floor((event.atMs - START) / HOUR_MS);

describe('the size of moves', () => {
  it('is one on average where the forecasts are right, and grows with the move', () => {
    const ratios = new Float32Array(4_000 * PAIRS);
    const normal = normals(7);
    for (let i = 0; i < 4_000; i++) setRatios(ratios, i * PAIRS, normal(), NORMAL);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    // The tails outside 2.5 and 97.5 % are taken as flat, so the expected distance is a little too small.
    expect(mean(expectedMoves(ratios))).toBeGreaterThan(0.97);
    expect(mean(expectedMoves(ratios))).toBeLessThan(1.06);
    const one = new Float32Array(2 * PAIRS);
    setRatios(one, 0, 1, NORMAL);
    setRatios(one, PAIRS, -3, NORMAL);
    const [small, large] = expectedMoves(one);
    expect(large! / small!).toBeCloseTo(3, 5);
    expect(QUANTILE_LEVELS).toHaveLength(NORMAL.length);
  });

  it('is nothing for no move, bounded for a bad price, and left out where it is not known', () => {
    const ratios = new Float32Array(3 * PAIRS);
    setRatios(ratios, 0, 0, NORMAL);
    setRatios(ratios, PAIRS, 1e6, NORMAL);
    ratios.fill(Number.NaN, 2 * PAIRS);
    expect(expectedMoves(ratios)).toEqual([0, 15]);
  });
});

describe('the width at announcements', () => {
  const days = 200;
  const events = releases(days);

  it('comes near to what past announcements moved, at one hour and at four', () => {
    const { factors } = learn(
      coinsOf(days, events, () => 3),
      events,
      days,
    );
    const last = events.at(-1)!;
    for (const origin of [hourOf(last)]) expect(factors[origin]![0]).toBeGreaterThan(2.2);
    for (let before = 0; before < 4; before++) expect(factors[hourOf(last) - before]![1]).toBeGreaterThan(2.2);
    expect(factors[hourOf(last) - 1]![0]).toBe(1);
    expect(factors[hourOf(last) + 1]![0]).toBe(1);
    expect(factors[hourOf(last) + 1]![1]).toBe(1);
    expect(factors[hourOf(last)]![2], 'a day is left alone').toBe(1);
  });

  it('begins at one and follows a change', () => {
    const { factors } = learn(
      coinsOf(days, events, ({ atMs }) => (atMs < START + 100 * DAY_MS ? 3 : 1)),
      events,
      days,
    );
    const at = events.map((event) => factors[hourOf(event)]![0]!);
    expect(at[0]).toBe(1);
    expect(Math.max(...at)).toBeGreaterThan(2);
    expect(at.at(-1)!).toBeLessThan(1.5);
  });

  it('knows nothing of an announcement before it was over, nor of any that comes', () => {
    const planted = events[10]!;
    const [calm, loud] = [1, 50].map(
      (times) =>
        learn(
          coinsOf(days, events, (event) => (event === planted ? times : 1)),
          events,
          days,
        ).factors,
    );
    const over = hourOf(planted) + 1;
    expect(loud!.slice(0, over)).toEqual(calm!.slice(0, over));
    // Not by its own later origins either: those of four hours begin before it and end after it.
    const next = hourOf(events[11]!);
    expect(loud![next]![0]!).toBeGreaterThan(1.5 * calm![next]![0]!);
  });

  it('goes on from a stored state as if it had never stopped', () => {
    const coins = coinsOf(days, events, () => 2);
    const whole = learn(coins, events, days);
    for (const day of [55, 5]) {
      const first = learn(coins, events, day);
      const stored = widthStateSchema.parse(JSON.parse(JSON.stringify(first.state)));
      expect(learn(coins, events, days, stored).state).toEqual(whole.state);
    }
  });

  it('takes a state from before events were learnt from', () => {
    const { events: _, ...old } = learn([], [], 1).state;
    expect(() => createWidthFactors('1h', steps, widthStateSchema.parse(old))).not.toThrow();
  });

  it('is said by kind, for kinds that are used at the horizon', () => {
    const { state } = learn(
      coinsOf(days, events, () => 3),
      events,
      days,
    );
    const hour = eventFactors(state.events!, '1h', steps, 0);
    expect(hour.cpi).toBeGreaterThan(2.2);
    expect(hour.fomc).toBe(1);
    expect(Object.keys(eventFactors(state.events!, '1h', steps, 1)).sort()).toEqual(['cpi', 'fomc', 'fomc-press']);
    expect(eventFactors(state.events!, '1h', steps, 2)).toEqual({});
    expect(eventFactors([], '1d', [1, 3, 7], 0)).toEqual({});
  });

  it('gains nothing from dates at which nothing happens', () => {
    const placebo = events.map((event) => ({ ...event, atMs: event.atMs + 3 * DAY_MS }));
    const { factors } = learn(
      coinsOf(days, events, () => 3),
      placebo,
      days,
    );
    for (const event of placebo) expect(Math.abs(factors[hourOf(event)]![0]! - 1)).toBeLessThan(0.3);
  });

  it('keeps the last thirty announcements of a kind', () => {
    const many = Array.from({ length: 50 }, (_, i) => ({ kind: 'cpi' as const, atMs: START + i * DAY_MS }));
    const learner = createEventWidth('1h', steps, createEventSchedule(many), null);
    const ratios = new Float32Array(PAIRS).fill(1);
    for (const { atMs } of many) learner.learn({ originMs: atMs, horizon: 0, symbols: ['AA'], ratios });
    expect(learner.state()[0]!.cpi).toHaveLength(30);
    expect(learner.state()[0]!.cpi!.at(-1)!.atMs).toBe(many.at(-1)!.atMs);
  });
});

describe('the shipped models', () => {
  it('know what past announcements moved, and each coin’s days of the week, up to the end of their data', async () => {
    const { card } = decodeModel(await readModelFile(shippedModelPath('1h')));
    const { events, weekdays, untilMs } = card.widths!;
    const hour = eventFactors(events!, '1h', card.steps, 0);
    expect(hour.fomc).toBeGreaterThan(2);
    expect(hour.cpi).toBeGreaterThan(1.5);
    expect(hour.payrolls).toBeGreaterThan(1.1);
    expect(hour['fomc-press']).toBeGreaterThan(1.2);
    expect(events![0]!.cpi!.every(({ atMs }) => atMs < untilMs)).toBe(true);
    expect(untilMs).toBeLessThanOrEqual(card.data.stopUntilMs);
    expect(weekdays!.map((pattern) => pattern && Object.keys(pattern.coins).length > 30)).toEqual([null, true, true]);
    const days = decodeModel(await readModelFile(shippedModelPath('1d'))).card.widths!;
    expect(days.weekdays!.map((pattern) => pattern !== null)).toEqual([true, false, false]);
    expect(days.weekdays![0]!.coins['BTC']!.sums).toHaveLength(7);
  });
});
