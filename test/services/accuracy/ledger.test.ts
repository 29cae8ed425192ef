import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { INTERVAL_MS, type Interval } from '../../../src/core/candle.ts';
import { CandlecastError, DatabaseError } from '../../../src/core/errors.ts';
import type { ForecastReport } from '../../../src/core/forecast.ts';
import { HORIZONS } from '../../../src/core/horizon.ts';
import { type Logger, silentLogger } from '../../../src/core/logger.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { createMarketGateway } from '../../../src/market/failover.ts';
import { createMarketService } from '../../../src/market/series.ts';
import { createLedgerService, recordingForecastService, toUnissued } from '../../../src/services/accuracy/ledger.ts';
import type { CloseForecasts } from '../../../src/services/forecast/close-forecast.ts';
import type { ForecastRequest } from '../../../src/services/forecast/forecast.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { believableReport } from '../../render/forecast/believable-report.ts';
import { START_MS, scaled, walk } from '../../support/candles.ts';
import { closeOf } from '../../support/close-forecast.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import { createFakeGateway, type FakeGateway } from '../../support/fake-gateway.ts';
import { unissued, verdictOf } from '../../support/ledger.ts';
import { fakeSource } from '../../support/market-candles.ts';
import { unconfirmedPrice } from '../../support/unconfirmed.ts';

const never = new AbortController().signal;
const SYMBOLS = ['BTC', 'ETH', 'SOL'];
let clock: FakeClock;
let storage: Storage;
let gateway: FakeGateway;
/** Newest close each coin's forecasts start from; and who fails. */
let originOf: (symbol: string, interval: Interval) => number;
let asked: ForecastRequest[];
let log: { level: string; message: string }[];

beforeEach(async () => {
  clock = fakeClock(START_MS + 20 * DAY_MS + 2_000);
  storage = await openStorage('sqlite::memory:', { now: clock.now });
  gateway = createFakeGateway(walk(60), clock.now);
  originOf = (_symbol, interval) => Math.floor(clock.now() / INTERVAL_MS[interval]) * INTERVAL_MS[interval];
  asked = [];
  log = [];
});
afterEach(() => storage.close());

function report({ symbol, horizon }: ForecastRequest): ForecastReport {
  const base = believableReport({ symbol, name: symbol, horizon });
  const { interval, steps } = HORIZONS[horizon];
  const originMs = originOf(symbol, interval);
  const newest = gateway.candles.find(({ openTimeMs }) => openTimeMs === originMs - INTERVAL_MS[interval]);
  const factor = (newest?.close ?? base.lastPrice) / base.lastPrice;
  return {
    ...base,
    lastPrice: base.lastPrice * factor,
    quantiles: base.quantiles.map((price) => Math.fround(price * factor)),
    climatology: base.climatology!.map((price) => Math.fround(price)),
    originMs,
    targetMs: originMs + steps * INTERVAL_MS[interval],
    issuedAtMs: clock.now(),
  };
}

function build(
  options: { files?: boolean; symbols?: readonly string[]; fail?: (request: ForecastRequest) => void } = {},
) {
  const logger: Logger = {
    ...silentLogger,
    error: (_facts, message) => log.push({ level: 'error', message }),
    warn: (_facts, message) => log.push({ level: 'warn', message }),
    debug: (_facts, message) => log.push({ level: 'debug', message }),
  };
  const market = createMarketService({
    gateway,
    candles: storage.candles,
    unconfirmed: storage.unconfirmed,
    symbols: [],
    now: clock.now,
    logger: silentLogger,
  });
  const forecast = {
    async forecast(request: ForecastRequest) {
      asked.push(request);
      options.fail?.(request);
      return report(request);
    },
  };
  const service = createLedgerService({
    ledger: storage.ledger,
    outcomes: storage.outcomes,
    schedule: storage.schedule,
    candles: storage.candles,
    market: { series: market.series, isStatic: async () => options.files ?? false },
    prices: NO_MINUTES,
    assets: ASSETS,
    close: closes((request) => forecast.forecast(request)),
    symbols: options.symbols ?? SYMBOLS,
    logger,
    now: clock.now,
    sleep: clock.sleep,
  });
  return { service, forecast };
}

/** Sources that have hours and days alone. */
const NO_MINUTES = { minutes: async () => [] };

const ASSETS = {
  resolve: (symbol: string) => ({ symbol, name: symbol, rank: 1, marketCapUsd: null, stablecoin: false }),
};

/** Forecasts from closes with the numbers of reports. */
const closes = (made: (request: ForecastRequest) => Promise<ForecastReport>): CloseForecasts => ({
  atClose: async ({ asset, horizon }) => closeOf(await made({ symbol: asset.symbol, horizon: horizon.name })),
});

const rows = () => storage.ledger.entries(Array.from({ length: 100 }, (_, i) => i + 1));

describe('a coin whose newest price is unconfirmed', () => {
  it('has no forecast in the ledger, asked for or scheduled, and the schedule says why', async () => {
    const { service } = build({ symbols: ['ETH'] });
    const openTimeMs = clock.now() - INTERVAL_MS['1h'];
    const doubted = {
      ...report({ symbol: 'ETH', horizon: '1h' }),
      unconfirmed: unconfirmedPrice('ETH', '1h', openTimeMs),
    };
    expect(await service.record(doubted, 'asked')).toBeNull();
    const scheduled = createLedgerService({
      ledger: storage.ledger,
      outcomes: storage.outcomes,
      schedule: storage.schedule,
      candles: storage.candles,
      market: { series: async () => Promise.reject(new Error('unused')), isStatic: async () => false },
      prices: NO_MINUTES,
      assets: ASSETS,
      close: closes(async () => doubted),
      symbols: ['ETH'],
      logger: silentLogger,
      now: clock.now,
      sleep: clock.sleep,
    });
    const { issued, failed } = await scheduled.issueScheduled('1h', new AbortController().signal);
    expect(issued).toBe(0);
    expect(failed).toEqual([{ symbol: 'ETH', reason: expect.stringContaining('10.0 times the price before') }]);
    expect(await rows()).toEqual([]);
  });

  it('has no score by that price, and one once another source gives the right one', async () => {
    const symbol = 'ETH';
    const hours = walk(200, '1h');
    const wrong = hours.map((candle, i) => (i < 150 ? candle : scaled(candle, 10)));
    let nowMs = START_MS + 149 * HOUR_MS + MINUTE_MS;
    const own = await openStorage('sqlite::memory:', { now: () => nowMs });
    let isUp = false;
    const gateway = createMarketGateway({
      sources: [
        fakeSource('binance', () => wrong),
        fakeSource('kraken', () => {
          if (isUp) return hours;
          throw new CandlecastError('CC_SOURCE_HTTP', 'It is down.');
        }),
      ],
      now: () => nowMs,
      logger: silentLogger,
    });
    const parts = { candles: own.candles, unconfirmed: own.unconfirmed, now: () => nowMs, logger: silentLogger };
    const market = createMarketService({ gateway, symbols: [symbol], ...parts });
    await market.series({ symbol, interval: '1h', candles: 120 });
    const service = createLedgerService({
      ledger: own.ledger,
      outcomes: own.outcomes,
      schedule: own.schedule,
      market,
      prices: NO_MINUTES,
      assets: ASSETS,
      close: closes(() => Promise.reject(new Error('unused'))),
      symbols: [symbol],
      sleep: clock.sleep,
      ...parts,
    });
    const originMs = START_MS + 149 * HOUR_MS;
    const issued = report({ symbol, horizon: '4h' });
    const scale = hours[148]!.close / issued.lastPrice;
    await service.record(
      {
        ...issued,
        originMs,
        targetMs: originMs + 4 * HOUR_MS,
        lastPrice: hours[148]!.close,
        quantiles: issued.quantiles.map((price) => price * scale),
        climatology: null,
      },
      'asked',
    );
    nowMs = START_MS + 153 * HOUR_MS + MINUTE_MS;
    const signal = new AbortController().signal;
    expect(await service.scoreMatured(signal)).toMatchObject({ scored: 0, waiting: 1 });
    isUp = true;
    nowMs += 30 * MINUTE_MS;
    expect(await service.scoreMatured(signal)).toMatchObject({ scored: 1, waiting: 0 });
    const [score] = await own.outcomes.recent(0, '1h');
    expect(score).toMatchObject({ actualPrice: hours[152]!.close, source: 'kraken 1h' });
    await own.close();
  });
});

describe('what people ask for', () => {
  it('is written down before they see it, marked apart, once', async () => {
    const { service, forecast } = build();
    const recording = recordingForecastService(forecast, service);
    const shown = await recording.forecast({ symbol: 'BTC', horizon: '3d' });
    const [row] = await rows();
    expect(row).toMatchObject({
      cause: 'asked',
      symbol: 'BTC',
      horizon: '3d',
      originMs: shown.originMs,
      quantiles: shown.quantiles,
      climatology: shown.climatology,
      model: shown.model.version,
      sentimentShare: shown.sentiment?.share ?? null,
      issuedAtMs: clock.now(),
    });
    await recording.forecast({ symbol: 'BTC', horizon: '3d' });
    expect(await rows()).toHaveLength(1);
    // The same report in a post, in many channels.
    await recording.forecast({ symbol: 'BTC', horizon: '3d', shownAs: 'posted' });
    await recording.forecast({ symbol: 'BTC', horizon: '3d', shownAs: 'posted' });
    expect((await rows()).map(({ cause }) => cause)).toEqual(['asked', 'posted']);
  });

  it('starts from the price and the moment of the question', async () => {
    const { service } = build();
    const originMs = START_MS + 20 * DAY_MS + 1_234;
    const now: ForecastReport = {
      ...report({ symbol: 'BTC', horizon: '1d' }),
      originMs,
      targetMs: originMs + DAY_MS,
      price: { kind: 'trade', atMs: originMs - 10_000, source: 'kraken' },
    };
    await service.record(now, 'asked');
    expect(await rows()).toMatchObject([
      { originMs, targetMs: originMs + DAY_MS, lastPrice: now.lastPrice, source: 'kraken', interval: '1d' },
    ]);
    expect(await verdictOf(storage.ledger)).toMatchObject({ rows: 1, problem: null });
  });

  it('is not recorded from a close that was long ago, as nobody could have acted on its price', async () => {
    const { service } = build();
    const ofAge = (ageMs: number): ForecastReport => {
      const one = report({ symbol: 'BTC', horizon: '1d' });
      return { ...one, price: { kind: 'close', atMs: one.originMs - ageMs, source: 'coingecko' } };
    };
    expect(await service.record(ofAge(5 * MINUTE_MS + 1), 'asked')).toBeNull();
    expect(await rows()).toEqual([]);
    await service.record(ofAge(5 * MINUTE_MS), 'asked');
    expect(await rows()).toHaveLength(1);
  });

  it('is shown although it could not be written, and it and the log say so', async () => {
    const { service } = build();
    const broken = {
      ...storage.ledger,
      append: async () => Promise.reject(new DatabaseError('Cannot write to the ledger.', 'the disk is full')),
    };
    const { service: failing } = (() => ({
      service: createLedgerService({
        ledger: broken,
        outcomes: storage.outcomes,
        schedule: storage.schedule,
        candles: storage.candles,
        market: { series: async () => Promise.reject(new Error('unused')), isStatic: async () => false },
        prices: NO_MINUTES,
        assets: ASSETS,
        close: closes(async (request) => report(request)),
        symbols: SYMBOLS,
        logger: { ...silentLogger, error: (_facts, message) => log.push({ level: 'error', message }) },
        now: clock.now,
        sleep: clock.sleep,
      }),
    }))();
    const inner = { forecast: async () => report({ symbol: 'BTC', horizon: '1d' }) };
    const shown = await recordingForecastService(inner, failing).forecast({ symbol: 'BTC', horizon: '1d' });
    expect(shown.notes[0]).toEqual({
      code: 'not-recorded',
      severity: 'warning',
      message: { key: 'notes.notRecorded' },
      advice: { key: 'notes.operatorText', values: { text: 'the disk is full.' } },
    });
    expect(log).toEqual([{ level: 'error', message: 'a forecast that is shown could not be written down' }]);
    await service.record(report({ symbol: 'BTC', horizon: '1d' }), 'asked');
    expect(await rows()).toHaveLength(1);
  });

  it('is no part of any record when it counts from a moment that is over, as of files', async () => {
    const { service } = build();
    for (const originMs of [START_MS, clock.now() - 5 * MINUTE_MS - 1]) {
      originOf = () => originMs;
      await service.record(report({ symbol: 'BTC', horizon: '7d' }), 'asked');
    }
    expect(await rows()).toEqual([]);
  });
});

describe('the schedule', () => {
  it('writes every tracked coin at every horizon of the interval, once the close has settled', async () => {
    const { service } = build();
    expect(await service.issueScheduled('1d', never)).toEqual({ issued: 9, already: 0, failed: [], tooLate: false });
    const written = await rows();
    expect(new Set(written.map(({ symbol, horizon }) => `${symbol} ${horizon}`)).size).toBe(9);
    expect(written.every(({ cause, originMs }) => cause === 'scheduled' && originMs === START_MS + 20 * DAY_MS)).toBe(
      true,
    );
    expect(clock.slept).toEqual([3_000]);
    expect(await service.issueScheduled('1d', never)).toEqual({ issued: 0, already: 9, failed: [], tooLate: false });
    expect(await service.issueScheduled('1h', never)).toMatchObject({ issued: 9 });
  });

  it('counts what an earlier version was asked for before it came by as its own', async () => {
    const { service } = build();
    await storage.ledger.append([toUnissued(report({ symbol: 'ETH', horizon: '1d' }))], 'on-demand');
    expect(await service.issueScheduled('1d', never)).toEqual({ issued: 9, already: 0, failed: [], tooLate: false });
    expect(await rows()).toHaveLength(9);
    expect(await verdictOf(storage.ledger)).toMatchObject({ rows: 9, marks: 1, problem: null });
    expect(await storage.ledger.scheduledAt('1d', START_MS + 20 * DAY_MS)).toContain('ETH 1d');
  });

  it('is complete whatever was asked for and posted', async () => {
    const { service } = build();
    for (const cause of ['asked', 'posted'] as const) {
      await service.record(report({ symbol: 'ETH', horizon: '1d' }), cause);
    }
    expect(await service.issueScheduled('1d', never)).toEqual({ issued: 9, already: 0, failed: [], tooLate: false });
    expect(await verdictOf(storage.ledger)).toMatchObject({ rows: 11, marks: 0, problem: null });
  });

  it('waits for a candle that is late, and writes the others meanwhile', async () => {
    const { service } = build();
    const lateUntil = clock.now() + 70_000;
    originOf = (symbol, interval) => {
      const origin = START_MS + 20 * DAY_MS;
      return symbol === 'SOL' && clock.now() < lateUntil ? origin - INTERVAL_MS[interval] : origin;
    };
    expect(await service.issueScheduled('1d', never)).toEqual({ issued: 9, already: 0, failed: [], tooLate: false });
    expect(clock.slept).toEqual([3_000, 30_000, 30_000, 30_000]);
    expect(asked.filter(({ symbol }) => symbol === 'BTC')).toHaveLength(3);
  });

  it('gives up after its limit, says why, and leaves a hole that a later run within the grace can still fill', async () => {
    const { service } = build({
      fail: ({ symbol }) => {
        if (symbol === 'ETH' && clock.now() < START_MS + 20 * DAY_MS + HOUR_MS)
          throw new CandlecastError('CC_SOURCE_UNAVAILABLE', 'No market source answered.');
      },
    });
    expect(await service.issueScheduled('1d', never)).toEqual({
      issued: 6,
      already: 0,
      failed: [{ symbol: 'ETH', reason: 'No market source answered.' }],
      tooLate: false,
    });
    clock.advance(HOUR_MS);
    expect(await service.issueScheduled('1d', never)).toEqual({ issued: 3, already: 6, failed: [], tooLate: false });
  });

  it('fills nothing in after the grace: the hole stays', async () => {
    const { service } = build();
    clock.advance(2 * HOUR_MS);
    const late = await service.issueScheduled('1d', never);
    expect(late).toMatchObject({ issued: 0, already: 0, tooLate: true });
    expect(late.failed.map(({ symbol }) => symbol)).toEqual(SYMBOLS);
    expect(asked).toEqual([]);
    expect(await rows()).toEqual([]);
  });

  it('does not wait for what waiting cannot bring, such as a model', async () => {
    const { service } = build({
      fail: ({ symbol }) => {
        if (symbol !== 'BTC') throw new CandlecastError('CC_MODEL_DAMAGED', 'The model cannot be used.');
      },
    });
    const { issued, failed } = await service.issueScheduled('1d', never);
    expect(issued).toBe(3);
    expect(failed.map(({ symbol }) => symbol)).toEqual(['ETH', 'SOL']);
    expect(clock.slept).toEqual([3_000]);
  });

  it('does not wait for files, which do not go on', async () => {
    const { service } = build({ files: true });
    const { issued, failed } = await service.issueScheduled('1d', never);
    expect(issued).toBe(0);
    expect(failed[0]!.reason).toContain('files');
    expect(clock.slept).toEqual([3_000]);
  });

  it('ends when it is told to', async () => {
    const { service } = build();
    const stopping = new AbortController();
    stopping.abort(new CandlecastError('CC_STOPPING', 'The bot stops.'));
    await expect(service.issueScheduled('1d', stopping.signal)).rejects.toMatchObject({ code: 'CC_STOPPING' });
    expect(await rows()).toEqual([]);
  });
});

describe('scoring', () => {
  const candle = (day: number) => gateway.candles.find(({ openTimeMs }) => openTimeMs === START_MS + day * DAY_MS)!;

  it('scores what came due at the target’s close, and asks again for what has not come', async () => {
    const { service } = build({ symbols: ['BTC'] });
    await service.issueScheduled('1d', never);
    expect(await service.scoreMatured(never)).toEqual({ scored: 0, revised: 0, waiting: 0 });
    clock.advance(DAY_MS);
    const all = gateway.candles;
    gateway.candles = all.filter(({ openTimeMs }) => openTimeMs < START_MS + 20 * DAY_MS);
    expect(await service.scoreMatured(never)).toEqual({ scored: 0, revised: 0, waiting: 1 });
    gateway.candles = all;
    clock.advance(MINUTE_MS);
    expect(await service.scoreMatured(never)).toEqual({ scored: 1, revised: 0, waiting: 0 });
    const [score] = await storage.outcomes.recent(0);
    expect(score).toMatchObject({ symbol: 'BTC', revision: 0, actualPrice: candle(20).close });
    clock.advance(2 * DAY_MS);
    expect(await service.scoreMatured(never)).toMatchObject({ scored: 1, waiting: 0 });
  });

  it('counts what was scored of coins that are looked at side by side', async () => {
    const { service } = build();
    await service.issueScheduled('1d', never);
    clock.advance(DAY_MS);
    expect(await service.scoreMatured(never)).toEqual({ scored: 3, revised: 0, waiting: 0 });
  });

  it('adds a revision when a candle is corrected, and only then', async () => {
    const { service } = build({ symbols: ['BTC'] });
    await service.issueScheduled('1d', never);
    clock.advance(DAY_MS);
    await service.scoreMatured(never);
    clock.advance(DAY_MS);
    expect(await service.scoreMatured(never)).toEqual({ scored: 0, revised: 0, waiting: 0 });
    const corrected = {
      ...candle(20),
      close: candle(20).close * 1.001,
      high: candle(20).high * 1.01,
      source: 'binance',
      fetchedAtMs: clock.now(),
      flag: null,
    };
    // Exchanges differ: a candle of another source corrects nothing.
    await storage.candles.upsert('BTC', '1d', [{ ...corrected, source: 'kraken', fetchedAtMs: clock.now() - 1 }]);
    expect(await service.scoreMatured(never)).toEqual({ scored: 0, revised: 0, waiting: 0 });
    await storage.candles.upsert('BTC', '1d', [corrected]);
    expect(await service.scoreMatured(never)).toEqual({ scored: 0, revised: 1, waiting: 0 });
    expect(await service.scoreMatured(never)).toEqual({ scored: 0, revised: 0, waiting: 0 });
    const filter = { horizon: '1d', symbol: null, model: null, fromMs: START_MS, toMs: clock.now() } as const;
    const call = await storage.outcomes.newest(filter);
    expect(call!.outcome).toMatchObject({ revision: 1, actualPrice: corrected.close, source: 'binance' });
  });

  it('never scores a forecast that was made from the price of another coin', async () => {
    const { service } = build({ symbols: [] });
    const originMs = START_MS + 20 * DAY_MS;
    const right = { symbol: 'BTC', originMs, lastPrice: candle(19).close };
    const wrong = { ...right, model: '1d-2023-01-01', lastPrice: candle(19).close / 1_000 };
    await storage.ledger.append([unissued(right), unissued(wrong)], 'on-demand');
    clock.advance(DAY_MS);
    expect(await service.scoreMatured(never)).toEqual({ scored: 1, revised: 0, waiting: 1 });
    clock.advance(10 * MINUTE_MS);
    expect(await service.scoreMatured(never)).toEqual({ scored: 0, revised: 0, waiting: 1 });
    // Told once, not every ten minutes for two weeks.
    expect(log.map(({ message }) => message)).toEqual([
      "forecasts were made from another coin's price and are not scored",
    ]);
    const scored = await storage.outcomes.recent(0);
    expect(
      (await storage.ledger.entries(scored.map(({ sequence }) => sequence))).map(({ lastPrice }) => lastPrice),
    ).toEqual([candle(19).close]);
  });

  it('does not compare a forecast that was made and scored by the price of another coin with the price of this one', async () => {
    const { service } = build({ symbols: ['BTC'] });
    const right = gateway.candles;
    gateway.candles = right.map((one) => scaled(one, 1 / 1_000));
    await service.issueScheduled('1d', never);
    clock.advance(DAY_MS);
    expect(await service.scoreMatured(never)).toEqual({ scored: 1, revised: 0, waiting: 0 });
    // As the check of the coin's identity does; another source then gives this coin.
    await storage.candles.removeSource('BTC', 'binance');
    gateway.candles = right;
    const good = [candle(19), candle(20)].map((one) => ({
      ...one,
      source: 'kraken',
      fetchedAtMs: clock.now(),
      flag: null,
    }));
    await storage.candles.upsert('BTC', '1d', good);
    expect(await service.scoreMatured(never)).toEqual({ scored: 0, revised: 0, waiting: 0 });
    const [score] = await storage.outcomes.recent(0);
    expect(score).toMatchObject({ revision: 0, actualPrice: candle(20).close / 1_000 });
  });

  it('goes on with other coins when one has no candles, and gives up after two weeks', async () => {
    const { service } = build({ symbols: ['BTC'] });
    await storage.ledger.append([unissued({ symbol: 'GONE', originMs: START_MS + 20 * DAY_MS })], 'on-demand');
    await service.issueScheduled('1d', never);
    clock.advance(DAY_MS);
    const fetch = gateway.fetchCandles.bind(gateway);
    gateway.fetchCandles = async (request) => {
      if (request.symbol === 'GONE') throw new CandlecastError('CC_UNKNOWN_SYMBOL', 'No source lists GONE.');
      return fetch(request);
    };
    expect(await service.scoreMatured(never)).toEqual({ scored: 1, revised: 0, waiting: 1 });
    clock.advance(15 * DAY_MS);
    const { waiting } = await service.scoreMatured(never);
    expect(waiting).toBe(0);
  });

  it('runs once when it is called twice at the same time', async () => {
    const { service } = build({ symbols: ['BTC'] });
    await service.issueScheduled('1d', never);
    clock.advance(DAY_MS);
    const [a, b] = await Promise.all([service.scoreMatured(never), service.scoreMatured(never)]);
    expect(a).toBe(b);
    expect(await storage.outcomes.recent(0)).toHaveLength(1);
  });
});

describe('forecasts that the schedule should have written', () => {
  const originMs = START_MS + 20 * DAY_MS;
  const missing = (horizon: '1h' | '4h' = '1h', symbol: string | null = null) =>
    storage.schedule.missing({ horizon, symbol, model: null, fromMs: 0, toMs: clock.now() }, clock.now());
  /** Runs the schedule five seconds after a close. */
  async function issueAt(service: ReturnType<typeof build>['service'], hour: number) {
    clock.advance(originMs + hour * HOUR_MS + 5_000 - clock.now());
    await service.issueScheduled('1h', never);
  }

  it('are counted while the bot is down, from its first close on, and for no coin that is not tracked any more', async () => {
    const { service } = build();
    await issueAt(service, 0);
    expect(await missing()).toEqual({ expected: 0, missing: 0, missedFor: {} });
    await issueAt(service, 1);
    await issueAt(service, 5);
    clock.advance(16 * MINUTE_MS);
    // Closes 0 … 5 of three coins; down at 2, 3 and 4.
    expect(await missing()).toEqual({ expected: 18, missing: 9, missedFor: {} });
    expect(await missing('4h', 'ETH')).toEqual({ expected: 6, missing: 3, missedFor: {} });
    await issueAt(build({ symbols: ['BTC', 'ADA'] }).service, 7);
    clock.advance(16 * MINUTE_MS);
    // Until the close that it is left out of, a coin was tracked.
    expect(await missing('1h', 'SOL')).toEqual({ expected: 7, missing: 4, missedFor: {} });
    expect(await missing('1h', 'ADA')).toEqual({ expected: 1, missing: 0, missedFor: {} });
  });

  it('have the reason that the run found, until they are written after all', async () => {
    const { service } = build({
      symbols: ['BTC', 'ETH'],
      fail: ({ symbol }) => {
        if (symbol === 'ETH') throw new CandlecastError('CC_SOURCE_UNAVAILABLE', 'No source answers.');
      },
    });
    await issueAt(service, 0);
    originOf = () => originMs;
    await issueAt(service, 1);
    clock.advance(16 * MINUTE_MS);
    expect(await missing()).toEqual({ expected: 4, missing: 3, missedFor: { 'no-candle': 3 } });
    originOf = (_symbol, interval) => Math.floor(clock.now() / INTERVAL_MS[interval]) * INTERVAL_MS[interval];
    const flaky = build({ symbols: ['BTC'] }).service;
    originOf = () => originMs;
    await issueAt(flaky, 3);
    originOf = () => originMs + 3 * HOUR_MS;
    await flaky.issueScheduled('1h', never);
    clock.advance(16 * MINUTE_MS);
    // Written at the second run; at hour 2 nobody was there.
    expect(await missing('1h', 'BTC')).toEqual({ expected: 4, missing: 2, missedFor: { 'no-candle': 1 } });
  });

  it('say that the database did not take them, once it takes the reason', async () => {
    let isFull = true;
    const full = () => Promise.reject(new DatabaseError('Cannot write to the ledger.', 'the disk is full'));
    const { append } = storage.ledger;
    const { miss } = storage.schedule;
    const broken = {
      ...storage,
      ledger: { ...storage.ledger, append: ((...args) => (isFull ? full() : append(...args))) as typeof append },
      schedule: { ...storage.schedule, miss: ((list) => (isFull ? full() : miss(list))) as typeof miss },
    };
    const kept = storage;
    storage = broken;
    const { service } = build({ symbols: ['BTC'] });
    storage = kept;
    clock.advance(5_000);
    await expect(service.issueScheduled('1h', never)).rejects.toMatchObject({ code: 'CC_DATABASE' });
    isFull = false;
    await issueAt(service, 1);
    clock.advance(16 * MINUTE_MS);
    expect(await missing()).toEqual({ expected: 2, missing: 1, missedFor: { database: 1 } });
  });

  it('came too late where the bot was there and its schedule was not', async () => {
    const { service } = build({ symbols: ['BTC'] });
    await issueAt(service, 0);
    clock.advance(HOUR_MS + 20 * MINUTE_MS);
    await service.issueScheduled('1h', never);
    expect(await missing()).toEqual({ expected: 2, missing: 1, missedFor: { late: 1 } });
    clock.advance(HOUR_MS);
    // Another process that began just now knows of nothing.
    await build({ symbols: ['BTC'] }).service.issueScheduled('1h', never);
    expect(await missing()).toEqual({ expected: 3, missing: 2, missedFor: { late: 1 } });
  });
});
