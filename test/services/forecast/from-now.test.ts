import { describe, expect, it } from 'vitest';
import { INTERVAL_MS } from '../../../src/core/candle.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import { HORIZON_STEPS, type Horizon, horizonMs, parseHorizon } from '../../../src/core/horizon.ts';
import type { LivePrice } from '../../../src/core/market.ts';
import { createEventSchedule, type ScheduledEvent } from '../../../src/core/market-events.ts';
import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import type { Message } from '../../../src/language/message.ts';
import type { CloseForecast, CloseForecasts } from '../../../src/services/forecast/close-forecast.ts';
import { createForecastService } from '../../../src/services/forecast/forecast.ts';
import { noteText } from '../../support/english.ts';

const STALE: Message = { key: 'notes.climatologyOld', values: { ago: { timeMs: 0, style: 'R' } } };

/** 23:48 on some day: the newest hour ended 48 minutes ago, the newest day almost a day ago. */
const NOW_MS = Date.UTC(2024, 2, 5, 23, 48);
const HOUR_CLOSE_MS = Date.UTC(2024, 2, 5, 23);

/** Log-return quantiles that grow with the square root of time. */
const curve = (sigma: number, steps: number) =>
  QUANTILE_LEVELS.map((level) => (level - 0.5) * sigma * Math.sqrt(steps));

/** What a model says about every horizon of an interval, with quantiles of the given width. */
function made(horizon: Horizon, sigma: number, overrides: Partial<CloseForecast> = {}): CloseForecast {
  const { interval } = horizon;
  const horizons = HORIZON_STEPS[interval].map((steps) => ({
    steps,
    quantiles: curve(sigma, steps),
    expectedVolatility: sigma * Math.sqrt(steps),
    usualVolatility: 0.02,
    climatology: curve(2 * sigma, steps),
    sentimentShare: null,
  }));
  const originMs = overrides.originMs ?? (interval === '1h' ? HOUR_CLOSE_MS : Date.UTC(2024, 2, 5));
  const candles = Array.from({ length: 400 }, (_, i) => ({
    openTimeMs: originMs - (400 - i) * INTERVAL_MS[interval],
    ...{ open: 100, high: 101, low: 99, close: 100, volume: 5, source: 'binance', fetchedAtMs: originMs, flag: null },
  }));
  const card = {
    version: `${interval}-model`,
    ...{ interval, steps: HORIZON_STEPS[interval] },
    family: 'cnn-lstm',
    trainedAtMs: Date.UTC(2024, 0, 2),
    training: { seeds: [1, 2] },
    data: { symbols: ['ETH'], stopUntilMs: Date.UTC(2024, 0, 1) },
    evaluation: null,
  };
  return {
    asset: { symbol: 'ETH', name: 'Ether', rank: 2, marketCapUsd: null, stablecoin: false },
    horizon,
    originMs,
    lastPrice: 100,
    series: {
      symbol: 'ETH',
      ...{ interval, candles, gaps: [], source: 'binance', fetchedAtMs: originMs, failures: [], unconfirmed: null },
    },
    model: { card, bytes: {}, problem: null } as unknown as CloseForecast['model'],
    forecast: { horizons, outOfRange: [], shock: null, windowGaps: 0, marketContext: true, candles: 400 },
    distribution: horizons.find(({ steps }) => steps === horizon.steps)!,
    eventFactors: [],
    missing: [],
    faults: [],
    climatologyReason: null,
    staticHistory: false,
    tooFewHours: false,
    key: `${interval} ${sigma}`,
    ...overrides,
  };
}

const trade = (price: number, overrides: Partial<LivePrice> = {}): LivePrice => ({
  symbol: 'ETH',
  price,
  kind: 'trade',
  atMs: NOW_MS,
  source: 'kraken',
  fetchedAtMs: NOW_MS,
  doubted: null,
  failures: [],
  ...overrides,
});

/** The service over models that say 1 % an hour and 4 % a day, and a price that is 110 now. */
function build(
  options: {
    close?: Partial<Record<'1h' | '1d', (horizon: Horizon) => CloseForecast>>;
    price?: LivePrice;
    events?: readonly ScheduledEvent[];
  } = {},
) {
  const state = { nowMs: NOW_MS, price: options.price ?? trade(110), asked: [] as string[] };
  const schedule = createEventSchedule(options.events ?? []);
  const close: CloseForecasts = {
    async atClose({ horizon }) {
      state.asked.push(horizon.name);
      const own = options.close?.[horizon.interval];
      return own ? own(horizon) : made(horizon, horizon.interval === '1h' ? 0.01 : 0.04);
    },
  };
  const service = createForecastService({
    assets: { resolve: (symbol) => ({ symbol, name: symbol, rank: 1, marketCapUsd: null, stablecoin: false }) },
    close,
    prices: { lastTrade: async () => state.price },
    simulated: () => false,
    schedule: () => schedule,
    now: () => state.nowMs,
  });
  return { service, state };
}

const failing = (code: CandlecastError['code']) => (): CloseForecast => {
  throw new CandlecastError(code, 'It is not there.');
};

describe('a forecast from now', () => {
  it('is wider after a large move since the close, and a little narrower after none', async () => {
    const width = async (price: LivePrice) => {
      const { quantiles, lastPrice, volatility } = await build({ price }).service.forecast({
        symbol: 'ETH',
        horizon: '4h',
      });
      return { log: Math.log(quantiles.at(-1)! / quantiles[0]!), volatility: volatility.expected, lastPrice };
    };
    const plain = Math.log(Math.exp(curve(0.01, 4).at(-1)! - curve(0.01, 4)[0]!));
    const still = await width(trade(100));
    const moved = await width(trade(104));
    expect(still.log).toBeLessThan(plain);
    expect(moved.log).toBeGreaterThan(plain);
    expect(moved.volatility / still.volatility).toBeCloseTo(moved.log / still.log, 6);
    // The newest close itself is no news.
    const atClose = await width(trade(100, { kind: 'close', atMs: HOUR_CLOSE_MS }));
    expect(atClose.log).toBeCloseTo(plain, 9);
  });

  it.each(['1h', '4h', '1d', '3d', '7d'] as const)(
    'counts %s from the moment it is asked for, around the price of that moment',
    async (horizon) => {
      const report = await build({ price: trade(110) }).service.forecast({ symbol: 'ETH', horizon });
      expect(report.originMs).toBe(NOW_MS);
      expect(report.targetMs - NOW_MS).toBe(horizonMs(parseHorizon(horizon)));
      expect(report.lastPrice).toBe(110);
      expect(report.price).toEqual({ kind: 'trade', atMs: NOW_MS, source: 'kraken' });
      expect(report.quantiles[MEDIAN_INDEX]).toBeCloseTo(110, 9);
      expect(report.fan[0]).toEqual({ timeMs: NOW_MS, quantiles: QUANTILE_LEVELS.map(() => 110) });
      expect(report.fan.at(-1)).toEqual({ timeMs: report.targetMs, quantiles: report.quantiles });
    },
  );

  it('takes 24 hours for another name of one day', async () => {
    const { service } = build();
    const report = await service.forecast({ symbol: 'ETH', horizon: '24h' });
    expect(report.horizon.name).toBe('1d');
    expect(await service.forecast({ symbol: 'ETH', horizon: '1d' })).toBe(report);
  });

  it('averages, for one day, what the models of hours and of days say, and names both', async () => {
    const days = (horizon: Horizon) => made(horizon, 0.04, { originMs: HOUR_CLOSE_MS });
    const price = trade(110, { atMs: HOUR_CLOSE_MS });
    const report = await build({ close: { '1d': days }, price }).service.forecast({ symbol: 'ETH', horizon: '1d' });
    const expected = curve(0.01, 24).map((hours, k) => 110 * Math.exp((hours + curve(0.04, 1)[k]!) / 2));
    report.quantiles.forEach((price, k) => {
      expect(price).toBeCloseTo(expected[k]!, 9);
    });
    expect(report.parts).toEqual([
      { horizon: '24h', model: '1h-model', candlesUntilMs: HOUR_CLOSE_MS },
      { horizon: '1d', model: '1d-model', candlesUntilMs: HOUR_CLOSE_MS },
    ]);
    expect(report.model).toMatchObject({ version: '1h-model + 1d-model', members: 4 });
  });

  it('leads a fan of days through the hours, and the same day at every horizon', async () => {
    const { service } = build();
    const week = await service.forecast({ symbol: 'ETH', horizon: '7d' });
    for (const horizon of ['1h', '4h', '1d', '3d'] as const) {
      const near = await service.forecast({ symbol: 'ETH', horizon });
      const point = week.fan.find(({ timeMs }) => timeMs === near.targetMs)!;
      point.quantiles.forEach((price, k) => {
        expect(price).toBeCloseTo(near.quantiles[k]!, 9);
      });
    }
  });

  it.each([
    ['1h', '1d-model', '1d'],
    ['1d', '1h-model', '24h'],
  ] as const)('of one day goes on without the model of %s, and says so', async (interval, version, part) => {
    const { service } = build({ close: { [interval]: failing('CC_HISTORY_TOO_SHORT') } });
    const report = await service.forecast({ symbol: 'ETH', horizon: '1d' });
    expect(report.model.version).toBe(version);
    expect(report.parts.map(({ horizon }) => horizon)).toEqual([part]);
    expect(report.targetMs - report.originMs).toBe(DAY_MS);
    expect(report.notes.map(({ code }) => code)).toContain('one-model');
  });

  it('of more than a day needs the model of days; a failure of the program is never taken for a missing model', async () => {
    const days = build({ close: { '1d': failing('CC_HISTORY_TOO_SHORT') } });
    await expect(days.service.forecast({ symbol: 'ETH', horizon: '3d' })).rejects.toMatchObject({
      code: 'CC_HISTORY_TOO_SHORT',
    });
    const broken = build({ close: { '1h': failing('CC_WORKER_DIED') } });
    await expect(broken.service.forecast({ symbol: 'ETH', horizon: '1d' })).rejects.toMatchObject({
      code: 'CC_WORKER_DIED',
    });
  });

  it('prefers a model to climatology that stands in for the other, and says what stands in where both are', async () => {
    const old = (horizon: Horizon) => made(horizon, 0.5, { climatologyReason: STALE });
    const days = await build({ close: { '1h': old } }).service.forecast({ symbol: 'ETH', horizon: '1d' });
    expect(days.model.version).toBe('1d-model');
    expect(noteText(days.notes, 'one-model')).toMatch(
      /^This is by the model of days alone: the one of hours has too few or too old candles/,
    );
    const hours = await build({ close: { '1d': old } }).service.forecast({ symbol: 'ETH', horizon: '1d' });
    expect(hours.model.version).toBe('1h-model');
    const none = await build({ close: { '1h': old, '1d': old } }).service.forecast({ symbol: 'ETH', horizon: '1d' });
    expect(none.model.version).toBe('climatology');
    expect(none.record).toBeNull();
    expect(none.notes.map(({ code }) => code)).not.toContain('one-model');
    expect(none.notes.map(({ code }) => code)).toContain('climatology');
  });

  it('shows the record of such days: of both models, of any hour, and of midnights where days ended there', async () => {
    const estimate = { value: 0.02, low: 0.01, high: 0.03 };
    const summary = { pinball: 1, mae: 1, rmse: 1, coverage: [0.5, 0.8, 0.95] };
    const record = (steps: number, n: number) => ({
      ...{ steps, n, coins: 3, fromMs: 0, toMs: 1, overClimatology: estimate, overEwma: estimate },
      ...{ model: summary, climatology: summary, ewma: summary, randomWalk: { mae: 1, rmse: 1 } },
      direction: { hits: 0.5, up: 0.5 },
    });
    const rollingDays = { description: '', records: [record(3, 30)], combinedDay: { record: record(1, 20) } };
    const evaluation = { description: '', records: [record(1, 1), record(3, 3)], rollingDays };
    const withRecords =
      (overrides: Partial<CloseForecast> = {}) =>
      (horizon: Horizon) => {
        const one = made(horizon, 0.04, { originMs: HOUR_CLOSE_MS, ...overrides });
        return { ...one, model: { ...one.model, card: { ...one.model.card, evaluation } as never } };
      };
    const n = async (horizon: '1d' | '3d', overrides: Partial<CloseForecast> = {}) =>
      (await build({ close: { '1d': withRecords(overrides) } }).service.forecast({ symbol: 'ETH', horizon })).record!.n;
    expect(await n('1d')).toBe(20);
    expect(await n('3d')).toBe(30);
    expect(await n('1d', { tooFewHours: true })).toBe(1);
    expect(await n('3d', { tooFewHours: true })).toBe(3);
  });

  it('is the same report while nothing has changed for some seconds, and a new one after', async () => {
    const { service, state } = build();
    const first = await service.forecast({ symbol: 'ETH', horizon: '4h' });
    state.nowMs += 10_000;
    expect(await service.forecast({ symbol: 'ETH', horizon: '4h' })).toBe(first);
    state.price = trade(111);
    const moved = await service.forecast({ symbol: 'ETH', horizon: '4h' });
    expect(moved).toMatchObject({ lastPrice: 111, originMs: NOW_MS + 10_000 });
    state.nowMs += MINUTE_MS;
    expect((await service.forecast({ symbol: 'ETH', horizon: '4h' })).originMs).toBe(NOW_MS + 70_000);
    // A clock that is set back makes a new one, too.
    state.nowMs -= HOUR_MS;
    expect((await service.forecast({ symbol: 'ETH', horizon: '4h' })).originMs).toBe(NOW_MS + 70_000 - HOUR_MS);
  });

  it('starts from the newest close where no source tells a price, and says from when', async () => {
    const price = trade(100, { kind: 'close', atMs: HOUR_CLOSE_MS });
    const report = await build({ price }).service.forecast({ symbol: 'ETH', horizon: '1h' });
    expect(report).toMatchObject({ originMs: NOW_MS, targetMs: NOW_MS + HOUR_MS, lastPrice: 100 });
    expect(noteText(report.notes, 'no-live-price')).toBe(
      'No source tells the price of this minute, so the forecast starts from the price of 2024-03-05 23:00 UTC.',
    );
  });

  it('takes the newest close of files for the price and the moment, and leaves out what ends earlier', async () => {
    const files = (originMs: number, lastPrice: number) => (horizon: Horizon) =>
      made(horizon, 0.01, { originMs, lastPrice, staticHistory: true });
    const both = { '1h': files(HOUR_CLOSE_MS, 90), '1d': files(HOUR_CLOSE_MS, 90) };
    const report = await build({ close: both }).service.forecast({ symbol: 'ETH', horizon: '1d' });
    expect(report).toMatchObject({ originMs: HOUR_CLOSE_MS, lastPrice: 90, targetMs: HOUR_CLOSE_MS + DAY_MS });
    expect(report.price).toMatchObject({ kind: 'close', atMs: HOUR_CLOSE_MS });
    const uneven = { ...both, '1d': files(HOUR_CLOSE_MS - 40 * DAY_MS, 50) };
    const newer = await build({ close: uneven }).service.forecast({ symbol: 'ETH', horizon: '1d' });
    expect(newer.parts.map(({ horizon }) => horizon)).toEqual(['24h']);
    expect(newer.lastPrice).toBe(90);
  });
});

describe('a forecast from now with an announcement ahead', () => {
  const figuresMs = Date.UTC(2024, 2, 12, 12, 30);
  const events: readonly ScheduledEvent[] = [{ kind: 'cpi', atMs: figuresMs }];
  /** What was learnt: figures move an hour three times as far, and four hours one and a half times. */
  const eventFactors = [{ cpi: 3, payrolls: 2 }, { cpi: 1.5 }, {}];

  /** At so many minutes after twelve, from the close at twelve, whose forecasts were made with the announcement in their span. */
  async function askedAt(
    minutes: number,
    horizon: '1h' | '4h' | '1d',
    overrides: Partial<CloseForecast> = {},
    known = events,
  ) {
    const originMs = overrides.originMs ?? Date.UTC(2024, 2, 12, 12);
    const nowMs = Date.UTC(2024, 2, 12, 12, minutes);
    const hours = (asked: Horizon): CloseForecast => {
      const plain = made(asked, 0.01, { originMs, eventFactors, ...overrides });
      const horizons = plain.forecast.horizons.map((one, at) => {
        const holds = at < 2 && figuresMs >= originMs && figuresMs < originMs + one.steps * HOUR_MS;
        const factor = holds ? [3, 1.5][at]! : 1;
        return { ...one, quantiles: one.quantiles.map((q) => q * factor) };
      });
      const distribution = horizons.find(({ steps }) => steps === asked.steps)!;
      return { ...plain, forecast: { ...plain.forecast, horizons }, distribution };
    };
    const price = trade(100, { atMs: nowMs });
    const days = (asked: Horizon) => made(asked, 0.04, { originMs });
    const { service, state } = build({ close: { '1h': hours, '1d': days }, price, events: known });
    state.nowMs = nowMs;
    const report = await service.forecast({ symbol: 'ETH', horizon });
    const width = Math.log(report.quantiles.at(-1)! / report.quantiles[0]!);
    const plain = curve(0.01, horizon === '1h' ? 1 : 4);
    return { report, times: width / (plain.at(-1)! - plain[0]!) };
  }
  const noteOf = ({ report }: Awaited<ReturnType<typeof askedAt>>) =>
    report.announcement ? noteText(report.notes, 'announcement') : undefined;

  it('is wider up to its moment and no longer after it, and says so', async () => {
    const before = await askedAt(10, '1h');
    expect(before.times).toBeGreaterThan(2.9);
    expect(before.times).toBeLessThan(3.05);
    expect(noteOf(before)).toBe('US inflation figures at 2024-03-12 12:30 UTC: range 3.0 × as wide.');
    expect(before.report.announcement).toEqual({ kind: 'cpi', atMs: figuresMs, factor: 3 });
    const after = await askedAt(31, '1h');
    // A little narrower for a price that has not moved since the close.
    expect(after.times).toBeGreaterThan(0.95);
    expect(after.times).toBeLessThan(1);
    expect(noteOf(after)).toBeUndefined();
    expect(after.report.announcement).toBeNull();
  });

  it('becomes wider between two closes, once the announcement comes within reach', async () => {
    const close = { originMs: Date.UTC(2024, 2, 12, 11) };
    const before = await askedAt(-31, '1h', close);
    expect(before.times).toBeLessThan(1);
    const within = await askedAt(-29, '1h', close);
    expect(within.times).toBeGreaterThan(2.8);
    expect(noteOf(within)).toContain('range 3.0 ×');
  });

  it('has its own factor at each horizon on the way, and none at a day', async () => {
    const four = await askedAt(10, '4h');
    expect(four.times).toBeGreaterThan(1.45);
    expect(four.times).toBeLessThan(1.51);
    expect(noteOf(four)).toContain('range 1.5 ×');
    expect(noteOf(await askedAt(10, '1d'))).toBeUndefined();
  });

  it('says nothing of it where climatology answers, or where nothing was learnt', async () => {
    const climatology = await askedAt(10, '1h', { climatologyReason: STALE });
    expect(climatology.report.announcement).toBeNull();
    expect(noteOf(await askedAt(10, '1h', { eventFactors: [] }))).toBeUndefined();
  });

  it('says where announcements moved prices no more than usual of late', async () => {
    expect(noteOf(await askedAt(10, '1h', { eventFactors: [{ cpi: 1.02 }, {}, {}] }))).toBe(
      'US inflation figures at 2024-03-12 12:30 UTC: lately they moved prices no more than usual.',
    );
  });

  it('says of a date that nobody has announced that it is the usual one', async () => {
    const expected = await askedAt(10, '1h', {}, [{ kind: 'payrolls', atMs: figuresMs, expected: true }]);
    expect(expected.report.announcement).toEqual({ kind: 'payrolls', atMs: figuresMs, expected: true, factor: 2 });
    expect(noteOf(expected)).toBe(
      'US jobs figures at 2024-03-12 12:30 UTC, if they come on their usual day: range 2.0 × as wide.',
    );
  });

  it('counts from the newest close of files', async () => {
    const files = await askedAt(10, '1h', { staticHistory: true });
    expect(files.times).toBeCloseTo(3, 6);
    expect(noteOf(files)).toBe('US inflation figures at 2024-03-12 12:30 UTC: range 3.0 × as wide.');
  });
});
