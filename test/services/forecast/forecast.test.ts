import { beforeAll, describe, expect, it } from 'vitest';
import type { CalibrationState } from '../../../src/core/calibration-state.ts';
import { INTERVAL_MS, type Interval } from '../../../src/core/candle.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import type { ForecastNote, ForecastReport, TrackRecord } from '../../../src/core/forecast.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { MarketSeries } from '../../../src/core/market.ts';
import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import type { SentimentAt } from '../../../src/core/sentiment.ts';
import type { AssetDirectory } from '../../../src/market/assets.ts';
import { toColumns } from '../../../src/ml/features/columns.ts';
import { createForecaster } from '../../../src/ml/forecast/forecaster.ts';
import { decodeModel, encodeModel, localCardReader, type ModelBytes } from '../../../src/ml/model/model-file.ts';
import type { ForecastPool } from '../../../src/ml/workers/forecast.ts';
import { forecastReply } from '../../../src/render/forecast/forecast-embed.ts';
import { createCloseForecasts } from '../../../src/services/forecast/close-forecast.ts';
import { createForecastService } from '../../../src/services/forecast/forecast.ts';
import {
  type CalibrationStore,
  type ForecastMarket,
  forecastTask,
} from '../../../src/services/forecast/forecast-inputs.ts';
import { createModelRegistry, type ModelRegistry } from '../../../src/services/models/model-registry.ts';
import { memoryCalibrations } from '../../support/calibration-store.ts';
import { randomCandles } from '../../support/candles.ts';
import { ENGLISH, englishText, noteText } from '../../support/english.ts';
import { lastCloses } from '../../support/live-prices.ts';
import { midnightDays } from '../../support/midnight-days.ts';
import { withoutHours } from '../../support/one-model.ts';
import { outspoken, spoken, steadySentiment } from '../../support/sentiment.ts';
import { tinyCoins, tinyModel } from '../../support/tiny-model.ts';
import { unconfirmedPrice } from '../../support/unconfirmed.ts';

const START_MS = Date.UTC(2020, 0, 1);
const COUNT = 500;
const END_MS = START_MS + COUNT * INTERVAL_MS['1d'];

let model: ModelBytes;
beforeAll(async () => {
  model = encodeModel(await tinyModel({ seeds: [1], outOfSampleRefit: true }));
});

function series(
  symbol: string,
  interval: Interval,
  overrides: Partial<MarketSeries> = {},
  count = COUNT,
): MarketSeries {
  const seed = symbol === 'BTC' ? 20 : 21;
  const candles = randomCandles(count, { seed, interval }).map((candle) => ({
    ...candle,
    source: 'binance',
    fetchedAtMs: END_MS,
    flag: null,
  }));
  return {
    symbol,
    interval,
    candles,
    gaps: [],
    source: 'binance',
    fetchedAtMs: END_MS,
    failures: [],
    unconfirmed: null,
    ...overrides,
  };
}

const assets: AssetDirectory = {
  search: () => [],
  resolve: (text) => {
    const symbol = text.toUpperCase();
    if (symbol === 'NOPE') throw new CandlecastError('CC_UNKNOWN_SYMBOL', 'There is no coin NOPE.');
    return { symbol, name: symbol, rank: 1, marketCapUsd: null, stablecoin: false };
  },
};

/** The service over real features and a real small net; only threads and network are left out. */
function build(
  options: {
    market?: Partial<ForecastMarket>;
    calibrations?: CalibrationStore;
    nowMs?: number;
    damaged?: boolean;
    model?: ModelBytes;
    models?: ModelRegistry;
    live?: () => TrackRecord | null;
  } = {},
) {
  const served = options.model ?? model;
  const calls = { pool: 0, series: [] as string[], calibration: [] as (CalibrationState | null)[] };
  const calibrations = options.calibrations ?? memoryCalibrations();
  const pool: ForecastPool = {
    async forecast(task) {
      calls.pool++;
      calls.calibration.push(task.calibration ?? null);
      return createForecaster(decodeModel(task.model)).forecast(task.coin, task.btc, task.calibration);
    },
    async close() {},
  };
  const good = { name: 'The shipped model', read: async () => served };
  const bad = { name: 'Your own model', read: async () => ({ ...model, weightData: model.weightData.slice(4) }) };
  const market: ForecastMarket = {
    async series(request) {
      calls.series.push(`${request.symbol} ${request.interval}`);
      return series(request.symbol, request.interval);
    },
    isStatic: async () => false,
    observations: async () => [],
    ...options.market,
  };
  const close = createCloseForecasts({
    widths: { tableFor: async () => null, eventFactors: async () => [], stamp: () => 0 },
    rolling: midnightDays(market),
    calibrations,
    pool,
    models: withoutHours(
      options.models ??
        createModelRegistry(
          {
            candidates: async () => ({ problem: null, list: options.damaged ? [bad, good] : [good] }),
            stamp: async () => '',
          },
          localCardReader,
          silentLogger,
          () => END_MS,
        ),
    ),
    logger: silentLogger,
    now: () => options.nowMs ?? END_MS,
    market,
  });
  const service = createForecastService({
    assets,
    close,
    prices: lastCloses(market),
    simulated: () => false,
    ...(options.live ? { liveRecord: async () => options.live!() } : {}),
    now: () => options.nowMs ?? END_MS,
  });
  return { service, calls };
}

describe('sentiment in a forecast', () => {
  let outspokenModel: ModelBytes;
  const coin = { symbol: 'ETH', columns: toColumns(series('ETH', '1d').candles, '1d') };
  beforeAll(async () => {
    const options = { seeds: [1], outOfSampleRefit: true, windowVisits: 1_024 };
    const trained = await tinyModel(options, () => {}, undefined, spoken(tinyCoins()));
    outspokenModel = encodeModel(outspoken(trained));
  }, 60_000);
  const forecast = (sentiment?: SentimentAt) =>
    build({ model: outspokenModel, market: { sentiment } }).service.forecast({ symbol: 'ETH', horizon: '1d' });

  it('is asked for at the close of every candle, and its share and worth stand in the report', async () => {
    const asked: [string, number, number][] = [];
    const report = await forecast(async (symbol, closesMs) => {
      asked.push([symbol, closesMs[0]!, closesMs.at(-1)!]);
      return steadySentiment(coin);
    });
    expect(asked).toEqual([['ETH', START_MS + INTERVAL_MS['1d'], END_MS]]);
    expect(report.sentiment!.share).toBeGreaterThan(0);
    expect(report.sentiment!.share).toBeLessThan(1);
    const worth = decodeModel(outspokenModel).card.evaluation!.sentiment!.find(({ steps }) => steps === 1)!;
    expect(report.sentiment!.worth).toEqual({
      valuePct: worth.valuePct,
      lowPct: worth.lowPct,
      highPct: worth.highPct,
      n: worth.n,
    });
    expect(report.quantiles).not.toEqual((await forecast()).quantiles);
  });

  it('is done without where it cannot be read, which the forecast says; where nothing was said there is nothing to say', async () => {
    const deaf = await forecast();
    expect(deaf.sentiment).toMatchObject({ share: null });
    const failing = await forecast(async () => {
      throw new CandlecastError('CC_INTERNAL', 'down');
    });
    expect(failing.quantiles).toEqual(deaf.quantiles);
    const missing = ({ notes }: ForecastReport) => notes.filter(({ code }) => code === 'missing-input');
    expect(missing(failing)).toEqual([
      { code: 'missing-input', severity: 'warning', message: { key: 'notes.missingSentiment' } },
    ]);
    const silent = await forecast(async () => null);
    expect(silent.quantiles).toEqual(deaf.quantiles);
    expect([...missing(silent), ...missing(deaf)]).toEqual([]);
  });

  it('is not asked for where the model takes none in', async () => {
    let asked = 0;
    const sentiment: SentimentAt = async () => {
      asked++;
      return null;
    };
    const { service } = build({ market: { sentiment } });
    expect((await service.forecast({ symbol: 'ETH', horizon: '1d' })).sentiment).toBeNull();
    expect(asked).toBe(0);
  });
});

describe('daily numbers that a model learnt from', () => {
  it('are told to be missing where they do not come in time', async () => {
    const { card } = decodeModel(model);
    const deviation = card.scaler.names.map((name, i) =>
      name === 'marketCapUsdChange' ? 1 : card.scaler.deviation[i]!,
    );
    const learnt = { bytes: model, card: { ...card, scaler: { ...card.scaler, deviation } }, problem: null };
    const task = (observations: ForecastMarket['observations']) => {
      const market = { series: async () => series('BTC', '1d'), isStatic: async () => false, observations };
      return forecastTask(market, { series: series('BTC', '1d'), btc: null }, learnt, null);
    };
    const asked: string[] = [];
    const late = await task(async ({ metrics }) => {
      asked.push(...metrics);
      return null;
    });
    expect(asked).toEqual(['marketCapUsd']);
    expect(late.missing).toEqual(['daily-numbers']);
    expect((await task(async () => [])).missing).toEqual([]);
  });
});

describe('what calibration learns', () => {
  const until = (days: number): Partial<ForecastMarket> => ({
    series: async ({ symbol, interval }) => {
      const whole = series(symbol, interval);
      return { ...whole, candles: whole.candles.slice(0, COUNT - 10 + days) };
    },
    isStatic: async () => true,
  });

  it('is kept and carried on by the next forecast, also by another process, to the same forecast', async () => {
    const calibrations = memoryCalibrations();
    for (const days of [0, 1, 4, 10]) {
      const { service, calls } = build({ market: until(days), calibrations });
      const report = await service.forecast({ symbol: 'ETH', horizon: '3d' });
      expect(calls.calibration[0] === null).toBe(days === 0);
      const fresh = await build({ market: until(days) }).service.forecast({ symbol: 'ETH', horizon: '3d' });
      expect(report.quantiles).toEqual(fresh.quantiles);
    }
    const [state] = [...calibrations.kept.values()];
    expect(state!.untilMs).toBe(END_MS - 2 * INTERVAL_MS['1d']);
    expect(state!.horizons.map(({ pending }) => pending.length)).toEqual([1, 3, 7]);
    expect(state!.horizons.every(({ shift }) => shift.some((value) => value !== 0))).toBe(true);
  });

  it('is learnt anew when it belongs to a later candle, and a store that fails costs nothing', async () => {
    const calibrations = memoryCalibrations();
    await build({ calibrations }).service.forecast({ symbol: 'ETH', horizon: '1d' });
    const early = await build({ market: until(2), calibrations }).service.forecast({ symbol: 'ETH', horizon: '1d' });
    const failing: CalibrationStore = {
      get: () => Promise.reject(new CandlecastError('CC_DATABASE', 'gone')),
      put: () => Promise.reject(new CandlecastError('CC_DATABASE', 'full')),
    };
    const fresh = await build({ market: until(2), calibrations: failing }).service.forecast({
      symbol: 'ETH',
      horizon: '1d',
    });
    expect(early.quantiles).toEqual(fresh.quantiles);
  });
});

describe('the forecast service', () => {
  it('forecasts from the close of the newest candle to the target, with ordered bands around the last price', async () => {
    const { service } = build();
    const report = await service.forecast({ symbol: 'eth', horizon: '3d' });
    const last = series('ETH', '1d').candles.at(-1)!;
    expect(report.originMs).toBe(END_MS);
    expect(report.targetMs).toBe(END_MS + 3 * INTERVAL_MS['1d']);
    expect(report.lastPrice).toBe(last.close);
    expect(report.quantiles).toHaveLength(QUANTILE_LEVELS.length);
    expect([...report.quantiles].sort((a, b) => a - b)).toEqual(report.quantiles);
    expect(report.quantiles[0]!).toBeLessThan(last.close);
    expect(report.quantiles.at(-1)!).toBeGreaterThan(last.close);
    expect(Math.abs(Math.log(report.quantiles[MEDIAN_INDEX]! / last.close))).toBeLessThan(0.1);
    expect(report.pUp).toBeGreaterThan(0.2);
    expect(report.pUp).toBeLessThan(0.8);
    expect(report.history.at(-1)).toMatchObject({ close: last.close });
  });

  it('opens the fan at the last price, widens it, and passes exactly through the nearer horizons', async () => {
    const { service } = build();
    const [week, day] = [
      await service.forecast({ symbol: 'ETH', horizon: '7d' }),
      await service.forecast({ symbol: 'ETH', horizon: '1d' }),
    ];
    expect(new Set(week.fan[0]!.quantiles)).toEqual(new Set([week.lastPrice]));
    const atDay = week.fan.find((point) => point.timeMs === day.targetMs)!;
    atDay.quantiles.forEach((price, k) => {
      expect(price).toBeCloseTo(day.quantiles[k]!, 9);
    });
    expect(week.fan.at(-1)).toEqual({ timeMs: week.targetMs, quantiles: week.quantiles });
    expect(week.fan.map((point) => point.timeMs)).toEqual(
      [...new Set(week.fan.map((point) => point.timeMs))].sort((a, b) => a - b),
    );
  });

  it('has climatology from the same origin beside it, in prices around the last one', async () => {
    const { climatology, lastPrice } = await build().service.forecast({ symbol: 'ETH', horizon: '3d' });
    expect(climatology).toHaveLength(QUANTILE_LEVELS.length);
    const closes = series('ETH', '1d').candles.map(({ close }) => close);
    const moves = closes.slice(3).map((close, i) => close / closes[i]!);
    const past = moves.slice(-365).sort((a, b) => a - b);
    // The median of the trailing year's three-day returns, from the definition.
    expect(climatology![MEDIAN_INDEX]! / lastPrice).toBeCloseTo(past[182]!, 9);
  });

  it('shows the live record instead of the card’s, and says "no measurable edge" by its interval', async () => {
    const live: TrackRecord = {
      kind: 'live',
      baseline: 'climatology',
      skillPct: 2,
      skillLowPct: -0.1,
      skillHighPct: 4,
      coverage80: 0.8,
      n: 5_000,
      coins: 30,
      fromMs: START_MS,
      toMs: END_MS,
      edge: false,
    };
    let record: TrackRecord | null = null;
    const { service } = build({ live: () => record });
    const before = await service.forecast({ symbol: 'ETH', horizon: '1d' });
    expect(before.record?.kind).not.toBe('live');
    record = live;
    const touching = await service.forecast({ symbol: 'ETH', horizon: '1d' });
    expect(touching.record).toBe(live);
    expect(touching.notes.some(({ code }) => code === 'no-edge')).toBe(true);
    record = { ...live, skillLowPct: 0.1, edge: true };
    const above = await service.forecast({ symbol: 'ETH', horizon: '1d' });
    expect(above.record).toBe(record);
    expect(above.notes.some(({ code }) => code === 'no-edge')).toBe(false);
  });

  it('runs the net once for all horizons of the same candles, and gives the very same report again', async () => {
    const { service, calls } = build();
    const first = await service.forecast({ symbol: 'ETH', horizon: '1d' });
    await service.forecast({ symbol: 'ETH', horizon: '7d' });
    expect(await service.forecast({ symbol: 'ETH', horizon: '1d' })).toBe(first);
    expect(calls.pool).toBe(1);
  });

  it('runs the net again for a corrected candle, and not because the same candles were fetched once more', async () => {
    let fetchedAtMs = END_MS;
    let factor = 1;
    const market: Partial<ForecastMarket> = {
      series: async ({ symbol, interval }) => {
        const read = series(symbol, interval, { fetchedAtMs });
        const candles = read.candles.map((candle, i) => {
          const close = i === 300 ? candle.close * factor : candle.close;
          return { ...candle, close, high: Math.max(candle.high, close), fetchedAtMs };
        });
        return { ...read, candles };
      },
    };
    const { service, calls } = build({ market });
    const ask = () => service.forecast({ symbol: 'ETH', horizon: '1d' });
    await ask();
    fetchedAtMs += 1_000;
    await ask();
    expect(calls.pool).toBe(1);
    factor = 1.001;
    await ask();
    expect(calls.pool).toBe(2);
  });

  it.each([
    ['the model', END_MS],
    ['climatology in its place', END_MS + 2.5 * INTERVAL_MS['1d']],
  ])('reads the serving model once, so that a promotion meanwhile never mixes two: by %s', async (_by, nowMs) => {
    const { card } = decodeModel(model);
    const promoted = { ...card, version: 'promoted', steps: [2], data: { ...card.data, stopUntilMs: 0, symbols: [] } };
    const served: string[] = [];
    const models: ModelRegistry = {
      async serving() {
        const now = served.length === 0 ? card : promoted;
        served.push(now.version);
        return { bytes: model, card: now, problem: null };
      },
      loaded: () => [],
      look: () => {},
      reload: () => {},
      status: async () => [],
    };
    const mixed = await build({ models, nowMs }).service.forecast({ symbol: 'ETH', horizon: '7d' });
    expect(served).toEqual([card.version]);
    expect(mixed).toEqual(await build({ nowMs }).service.forecast({ symbol: 'ETH', horizon: '7d' }));
  });

  it('goes on without Bitcoin and says so', async () => {
    const { service } = build({
      market: {
        async series(request) {
          if (request.symbol === 'BTC') throw new CandlecastError('CC_SOURCE_UNAVAILABLE', 'No source answers.');
          return series(request.symbol, request.interval);
        },
      },
    });
    const report = await service.forecast({ symbol: 'ETH', horizon: '1d' });
    expect(report.notes.map((note) => note.code)).toContain('no-market-context');
  });

  it('shows how the model has scored, as an evaluation with n, coins and dates', async () => {
    const { record } = await build().service.forecast({ symbol: 'ETH', horizon: '1d' });
    expect(record).toMatchObject({ kind: 'card', coins: 3 });
    expect(record!.n).toBeGreaterThan(100);
    expect(record!.edge).toBe(record!.skillLowPct > 0);
  });

  it('says what is degraded: late candles, failed sources, gaps, unseen coin, short history, old model', async () => {
    const market: Partial<ForecastMarket> = {
      async series({ symbol, interval }) {
        const whole = series(symbol, interval, {}, 300);
        const candles = symbol === 'BTC' ? whole.candles : whole.candles.filter((_, i) => i !== 280);
        return {
          ...whole,
          candles,
          failures: [{ source: 'binance', code: 'CC_SOURCE_HTTP', reason: 'binance answered 451.' }],
        };
      },
    };
    const nowMs = START_MS + 302 * INTERVAL_MS['1d'];
    const { notes } = await build({ market, nowMs }).service.forecast({ symbol: 'DOGE', horizon: '1d' });
    expect(notes.map((note) => note.code)).toEqual(
      expect.arrayContaining(['stale-candles', 'source-down', 'gaps', 'unseen-coin', 'short-history']),
    );
    expect(noteText(notes, 'stale-candles', nowMs)).toContain('2 days ago');
    expect(noteText(notes, 'source-down')).toBe('Sources that could not help: binance');
    expect(notes.find(({ code }) => code === 'source-down')?.advice).toMatchObject({
      values: { text: 'binance: binance answered 451.' },
    });
    const severities = notes.map((note) => note.severity);
    expect(severities).toEqual([...severities].sort((a, b) => (a === b ? 0 : a === 'warning' ? -1 : 1)));
  });

  it('refuses candles that are far too old, and histories that are too short, with how much there is', async () => {
    const late = build({ nowMs: END_MS + 11 * INTERVAL_MS['1d'] });
    await expect(late.service.forecast({ symbol: 'ETH', horizon: '1d' })).rejects.toMatchObject({
      code: 'CC_CANDLES_STALE',
    });
    const short = build({
      market: { series: async ({ symbol, interval }) => series(symbol, interval, {}, 50) },
      nowMs: START_MS + 50 * INTERVAL_MS['1d'],
    });
    await expect(short.service.forecast({ symbol: 'ETH', horizon: '1d' })).rejects.toMatchObject({
      code: 'CC_HISTORY_TOO_SHORT',
      message: expect.stringMatching(/50 complete daily candles; a forecast needs 81/),
      remedy: expect.stringContaining('Wait until it has traded longer'),
    });
  });

  it("calls a coin young only where it began to trade after its source's reach begins", async () => {
    const step = INTERVAL_MS['1d'];
    const refused = (reachMs: number) => {
      const market = {
        series: async (of: { symbol: string; interval: Interval }) => series(of.symbol, of.interval, { reachMs }, 50),
      };
      return build({ market, nowMs: START_MS + 50 * step }).service.forecast({ symbol: 'ETH', horizon: '3d' });
    };
    await expect(refused(50 * step)).rejects.toMatchObject({
      message: expect.stringMatching(
        /needs 81\. They come from binance, which gives only the days of the last 50 days/,
      ),
      remedy: expect.stringMatching(/^Let the owner of the bot add a source that lists ETH to MARKET_SOURCES/),
    });
    await expect(refused(90 * step)).rejects.toMatchObject({ remedy: expect.stringContaining('Wait until') });
  });

  it('lets climatology stand in, by name and with the reason, once candles are older than two intervals', async () => {
    const nowMs = END_MS + 2.5 * INTERVAL_MS['1d'];
    const { service, calls } = build({ nowMs });
    const report = await service.forecast({ symbol: 'ETH', horizon: '7d' });
    expect(calls.pool).toBe(0);
    expect(report.model).toMatchObject({ version: 'climatology', family: 'climatology' });
    expect(report.record).toBeNull();
    expect(report.notes.find((note) => note.code === 'climatology')!.severity).toBe('warning');
    expect(noteText(report.notes, 'climatology', nowMs)).toMatch(/climatology.*the newest candle closed 3 days ago/);
    const codes = report.notes.map((note) => note.code);
    for (const code of ['unseen-coin', 'no-edge', 'old-model']) expect(codes).not.toContain(code);
    // The band is that of the past year's own returns over seven days.
    const { candles } = series('ETH', '1d');
    const moves = candles.slice(7).map((candle, i) => Math.log(candle.close / candles[i]!.close));
    const year = moves.slice(-365).sort((a, b) => a - b);
    const inside = (level: number) => report.lastPrice * Math.exp(year[Math.round(level * 364)]!);
    expect(report.quantiles[MEDIAN_INDEX]! / inside(0.5)).toBeCloseTo(1, 2);
    expect(report.quantiles[QUANTILE_LEVELS.indexOf(0.9)]! / inside(0.9)).toBeCloseTo(1, 2);
    // Within two intervals the model still answers.
    const fresh = await build({ nowMs: END_MS + 1.9 * INTERVAL_MS['1d'] }).service.forecast({
      symbol: 'ETH',
      horizon: '7d',
    });
    expect(fresh.model.family).toBe('cnn-lstm');
  });

  it('refuses a forecast that would end in the past', async () => {
    const late = build({ nowMs: END_MS + 2.5 * INTERVAL_MS['1d'] });
    await expect(late.service.forecast({ symbol: 'ETH', horizon: '1d' })).rejects.toMatchObject({
      code: 'CC_CANDLES_STALE',
      message: expect.stringContaining('would end in the past'),
    });
  });

  it('lets climatology stand in for a model beyond its limit, and says so', async () => {
    const years = 5;
    const shiftMs = Math.round(years * 365) * INTERVAL_MS['1d'];
    const moved = (symbol: string, interval: Interval) => {
      const whole = series(symbol, interval);
      const candles = whole.candles.map((candle) => ({ ...candle, openTimeMs: candle.openTimeMs + shiftMs }));
      return { ...whole, candles };
    };
    const { service } = build({
      nowMs: END_MS + shiftMs,
      market: { series: async ({ symbol, interval }) => moved(symbol, interval) },
    });
    const report = await service.forecast({ symbol: 'ETH', horizon: '1d' });
    expect(report.model.family).toBe('climatology');
    expect(noteText(report.notes, 'climatology')).toMatch(/last saw candles of 20\d\d.*too long ago/);
    // What an operator can do about it is told to owners alone.
    expect(report.notes.find((note) => note.code === 'climatology')!.advice).toEqual({ key: 'notes.trainNewer' });
  });

  it('starts from the last confirmed price and says so first, while a newer one is unconfirmed', async () => {
    const unconfirmed = unconfirmedPrice('ETH', '1d', END_MS);
    const nowMs = END_MS + INTERVAL_MS['1d'] + 120_000;
    const doubted = (symbol: string, interval: Interval) =>
      series(symbol, interval, symbol === 'ETH' && interval === '1d' ? { unconfirmed } : {});
    const { service } = build({ nowMs, market: { series: async ({ symbol, interval }) => doubted(symbol, interval) } });
    const report = await service.forecast({ symbol: 'ETH', horizon: '3d' });
    expect(report.originMs).toBe(nowMs);
    expect(report.parts).toEqual([expect.objectContaining({ horizon: '3d', candlesUntilMs: END_MS })]);
    expect(report.unconfirmed).toEqual(unconfirmed);
    expect(report.notes[0]!.code).toBe('unconfirmed-price');
    const text = noteText(report.notes, 'unconfirmed-price');
    expect(text).toMatch(
      /^The newest price of ETH is UNCONFIRMED: binance says \$30,000 after \$3,000\.00, and no other/,
    );
    expect(text).toMatch(/There is nothing to do: the sources are asked again at [-\d]+ 00:05 UTC\.$/);
    const [embed] = forecastReply(report, null, { translator: ENGLISH }).embeds;
    expect(embed!.description).toContain('The newest price is unconfirmed, so this starts from the one before it.');
    // A day ahead of the last confirmed close is over.
    await expect(service.forecast({ symbol: 'ETH', horizon: '1d' })).rejects.toMatchObject({
      code: 'CC_PRICE_UNCONFIRMED',
      message: expect.stringContaining('unconfirmed'),
    });
  });

  it('warns of a shock', async () => {
    const shaken = (symbol: string, interval: Interval) => {
      const whole = series(symbol, interval);
      const candles = whole.candles.map((candle, i) =>
        i < COUNT - 1 ? candle : { ...candle, low: candle.close * 0.6, close: candle.close * 0.6 },
      );
      return { ...whole, candles };
    };
    const { service } = build({ market: { series: async ({ symbol, interval }) => shaken(symbol, interval) } });
    const { notes } = await service.forecast({ symbol: 'ETH', horizon: '1d' });
    expect(noteText(notes, 'shock')).toMatch(/^ETH fell by at least 6 times its usual move in the newest day.*widened/);
  });

  it('gives climatology for a history that should not be trusted, with the reason', async () => {
    const untraded = (symbol: string, interval: Interval) => {
      const whole = series(symbol, interval);
      const candles = whole.candles.map((candle, i) => (i % 9 === 0 && i > 100 ? { ...candle, volume: 0 } : candle));
      return { ...whole, candles };
    };
    const { service } = build({ market: { series: async ({ symbol, interval }) => untraded(symbol, interval) } });
    const report = await service.forecast({ symbol: 'ETH', horizon: '1d' });
    expect(report.model.family).toBe('climatology');
    const text = (code: ForecastNote['code']) => noteText(report.notes, code);
    expect(text('climatology')).toContain('its price history should not be trusted');
    expect(text('doubtful-history')).toMatch(/% of its candles saw no trade/);
  });

  it('takes the end of a file for now', async () => {
    const { service } = build({ market: { isStatic: async () => true }, nowMs: END_MS + 900 * INTERVAL_MS['1d'] });
    const report = await service.forecast({ symbol: 'ETH', horizon: '1d' });
    expect(report.originMs).toBe(END_MS);
    expect(report.notes.find((note) => note.code === 'stale-candles')).toMatchObject({ severity: 'info' });
  });

  it('serves the next model when one is damaged, and says so', async () => {
    const { notes } = await build({ damaged: true }).service.forecast({ symbol: 'ETH', horizon: '1d' });
    expect(noteText(notes, 'fallback-model')).toBe('Another model stands in, because the usual one could not be used.');
    const { advice } = notes.find((note) => note.code === 'fallback-model')!;
    expect(englishText(advice!)).toMatch(/Your own model cannot be used.*The shipped model stands in/);
  });

  it('passes on what the asset directory refuses', async () => {
    await expect(build().service.forecast({ symbol: 'nope', horizon: '1d' })).rejects.toMatchObject({
      code: 'CC_UNKNOWN_SYMBOL',
    });
  });
});
