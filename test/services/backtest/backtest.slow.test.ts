import { beforeAll, describe, expect, it } from 'vitest';
import type { BacktestReport } from '../../../src/core/backtest.ts';
import type { Candle } from '../../../src/core/candle.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { MarketSeries } from '../../../src/core/market.ts';
import type { SentimentAt } from '../../../src/core/sentiment.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { toColumns } from '../../../src/ml/features/columns.ts';
import { decodeModel, encodeModel, type ModelBytes } from '../../../src/ml/model/model-file.ts';
import { backtestInThreads, type RunBacktest } from '../../../src/ml/workers/backtest.ts';
import { createBacktestService } from '../../../src/services/backtest/backtest.ts';
import { randomCandles, scaled } from '../../support/candles.ts';
import { oneModel } from '../../support/one-model.ts';
import { outspoken, spoken, steadySentiment } from '../../support/sentiment.ts';
import { tinyCoins, tinyModel } from '../../support/tiny-model.ts';
import { unconfirmedPrice } from '../../support/unconfirmed.ts';

const STOP_MS = Date.UTC(2021, 3, 1);
let model: ModelBytes;
beforeAll(async () => {
  model = encodeModel(await tinyModel({ fitUntilMs: Date.UTC(2021, 0, 1), stopUntilMs: STOP_MS }));
}, 180_000);

const seriesOf = (symbol: string, candles: readonly Candle[]): MarketSeries => ({
  symbol,
  interval: '1d',
  candles: candles.map((candle) => ({ ...candle, source: 'csv', fetchedAtMs: 0, flag: null })),
  gaps: [],
  source: 'csv',
  fetchedAtMs: 0,
  failures: [],
  unconfirmed: null,
});

function build(
  options: {
    count?: number;
    withoutBtc?: boolean;
    run?: RunBacktest;
    serving?: ModelBytes;
    twin?: ModelBytes;
    sentiment?: SentimentAt;
    /** Changes the candles of a coin. */
    change?: (symbol: string, candles: readonly Candle[]) => readonly Candle[];
    unconfirmed?: MarketSeries['unconfirmed'];
  } = {},
) {
  const state = { runs: 0, running: 0, most: 0, count: options.count ?? 700, asked: [] as number[] };
  const service = createBacktestService({
    widths: { tableFor: async () => null },
    assets: {
      resolve: (text) => ({ symbol: text.toUpperCase(), name: text, rank: 1, marketCapUsd: null, stablecoin: false }),
    },
    market: {
      series: async ({ symbol, candles }) => {
        state.asked.push(candles);
        if (symbol === 'BTC' && options.withoutBtc) throw new CandlecastError('CC_SOURCE_UNAVAILABLE', 'No source.');
        const made = randomCandles(state.count, { seed: symbol === 'BTC' ? 20 : 21 });
        const series = seriesOf(symbol, options.change ? options.change(symbol, made) : made);
        return { ...series, unconfirmed: options.unconfirmed ?? null };
      },
    },
    models: oneModel(options.serving ?? model),
    twinOf: async () => (options.twin ? { bytes: options.twin, card: decodeModel(options.twin).card } : null),
    ...(options.sentiment ? { sentiment: options.sentiment } : {}),
    run: async (job) => {
      state.runs++;
      state.most = Math.max(state.most, ++state.running);
      try {
        return await (options.run ?? backtestInThreads)(job);
      } finally {
        state.running--;
      }
    },
    simulated: () => false,
    logger: silentLogger,
  });
  return { service, state };
}

const ask = { symbol: 'eth', horizon: '1d', rule: 'vol-target', days: 120 } as const;

describe('the backtest service', () => {
  it('reports a rule in a worker thread, with its progress up to the end', async () => {
    const { service, state } = build();
    const shares: number[] = [];
    const report = await service.run(ask, (share) => shares.push(share));
    expect(report.sentence).toMatch(/^(After costs this rule|This rule never held)/);
    expect(report).toMatchObject({ symbols: ['ETH'], horizon: '1d', rule: { name: 'vol-target' }, notes: [] });
    expect((report.toMs - report.fromMs) / DAY_MS).toBe(120);
    expect(report.n).toMatchObject({ periods: 120, decisions: 120, coins: 1 });
    expect(report.benchmarks.map(({ name }) => name)).toEqual(['hold', 'volatility-hold', 'coin-flip']);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect([shares[0], shares.at(-1)]).toEqual([0, 1]);
    expect(state.asked.every((candles) => candles >= 120 + 1_000)).toBe(true);
  });

  it('answers the same question from memory until a new candle comes', async () => {
    const { service, state } = build();
    const first = await service.run(ask);
    expect(await service.run({ ...ask, symbol: 'ETH' })).toBe(first);
    expect(state.runs).toBe(1);
    state.count++;
    expect((await service.run(ask)).toMs).toBe(first.toMs + DAY_MS);
    expect(state.runs).toBe(2);
  });

  it('counts only candles after those the model learnt from, and says so', async () => {
    const report = await build().service.run({ ...ask, days: 600 });
    expect(report.fromMs).toBe(STOP_MS);
    expect(report.notes).toEqual([{ key: 'backtest.noteLearnt', values: { day: '2021-03-31' } }]);
  });

  it('refuses when the model learnt from every candle', async () => {
    const { service, state } = build({ count: 420 });
    const error = await service.run({ ...ask, days: 20 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CC_IN_SAMPLE', message: expect.stringContaining('2021-03-31') });
    expect(state.runs).toBe(0);
  });

  it('lets the twin decide where the model that serves has learnt from every candle', async () => {
    const everything = encodeModel(await tinyModel());
    expect(
      await build({ serving: everything })
        .service.run(ask)
        .catch(({ code }) => code),
    ).toBe('CC_IN_SAMPLE');
    const { service } = build({ serving: everything, twin: model });
    const [report, own] = [await service.run(ask), await build().service.run(ask)];
    const { notes, ...decided } = report;
    expect(notes).toContainEqual({ key: 'backtest.noteTwin' });
    expect(decided).toEqual((({ notes: _, ...rest }) => rest)(own));
  });

  it('takes in what was said where the model does, and stands without it when that cannot be had', async () => {
    const dates = { fitUntilMs: Date.UTC(2021, 0, 1), stopUntilMs: STOP_MS };
    const serving = encodeModel(outspoken(await tinyModel(dates, () => {}, undefined, spoken(tinyCoins()))));
    const said: SentimentAt = async (symbol) =>
      steadySentiment({ symbol, columns: toColumns(seriesOf(symbol, randomCandles(700, { seed: 21 })).candles, '1d') });
    let notes: BacktestReport['notes'] = [];
    const heard = async (options: Parameters<typeof build>[0]) => {
      let known: unknown;
      const run: RunBacktest = (job) => {
        known = job.coins.map(({ sentiment }) => sentiment ?? null);
        return backtestInThreads(job);
      };
      ({ notes } = await build({ ...options, run }).service.run(ask));
      return known;
    };
    expect(await heard({ serving, sentiment: said })).toEqual([
      steadySentiment({
        symbol: 'ETH',
        columns: toColumns(seriesOf('ETH', randomCandles(700, { seed: 21 })).candles, '1d'),
      }),
    ]);
    expect(notes).toEqual([]);
    expect(await heard({ serving, sentiment: () => Promise.reject(new Error('The feeds are down.')) })).toEqual([null]);
    expect(notes).toEqual([{ key: 'backtest.noteUnread' }]);
    expect(await heard({ serving })).toEqual([null]);
    expect(await heard({ sentiment: said })).toEqual([null]);
    expect(notes).toEqual([]);
  });

  it('tries no model on a history that is not sound, and leaves such a Bitcoin out', async () => {
    const broken = (candles: readonly Candle[]) =>
      candles.map((candle, i) => (i < 600 ? candle : scaled(candle, 1 / 1_000)));
    const own = build({ change: (symbol, candles) => (symbol === 'ETH' ? broken(candles) : candles) });
    await expect(own.service.run(ask)).rejects.toMatchObject({
      code: 'CC_HISTORY_UNSOUND',
      message: expect.stringMatching(/^The prices of ETH are not sound: Its price changes tenfold at once/),
      remedy: expect.stringContaining('fewer days'),
    });
    expect(own.state.runs).toBe(0);
    const context = build({ change: (symbol, candles) => (symbol === 'BTC' ? broken(candles) : candles) });
    expect((await context.service.run(ask)).notes).toEqual([{ key: 'backtest.noteNoContext' }]);
  });

  it('says that it ends before a price that is unconfirmed', async () => {
    const { service } = build({ unconfirmed: unconfirmedPrice('ETH', '1d', STOP_MS) });
    expect((await service.run(ask)).notes[0]).toMatchObject({
      key: 'backtest.noteUnconfirmed',
      values: { source: 'binance', price: { price: 30_000 } },
    });
  });

  it('goes on without the market’s context, and says so', async () => {
    const report = await build({ withoutBtc: true }).service.run(ask);
    expect(report.notes).toEqual([{ key: 'backtest.noteNoContext' }]);
  });

  it('stops when it is told to, and does the next one all the same', async () => {
    const { service } = build();
    const stop = new AbortController();
    const reason = new Error('nobody waits any more');
    const stopped = service.run(ask, (share) => share > 0 && stop.abort(reason), { signal: stop.signal });
    await expect(stopped).rejects.toBe(reason);
    await expect(service.run(ask)).resolves.toMatchObject({ symbols: ['ETH'] });
  });

  it('ends a thread that is at work when it is told to stop', async () => {
    const stop = new AbortController();
    let ended: Promise<unknown> = Promise.resolve();
    const { service } = build({
      run: (job) => {
        const work = backtestInThreads(job);
        // Seen before the abort, since then nobody looks at how it ends.
        ended = work.catch((error: unknown) => error);
        stop.abort(new Error('nobody waits any more'));
        return work;
      },
    });
    await expect(service.run(ask, () => {}, { signal: stop.signal })).rejects.toThrow('nobody waits any more');
    expect(await ended).toMatchObject({ code: 'CC_STOPPING' });
  });

  it('runs one at a time', async () => {
    const { service, state } = build();
    const rules = ['pup-threshold', 'vol-target', 'kelly-quarter'];
    const reports = await Promise.all(rules.map((rule) => service.run({ ...ask, rule })));
    expect(reports.map(({ rule }) => rule.name)).toEqual(rules);
    expect(state).toMatchObject({ runs: 3, most: 1 });
  });

  it('refuses rules it does not know and spans that make no sense', async () => {
    const { service } = build();
    await expect(service.run({ ...ask, rule: 'moon' })).rejects.toMatchObject({ code: 'CC_UNKNOWN_RULE' });
    for (const days of [0, 6, 7.5, 5_000, Number.NaN]) {
      await expect(service.run({ ...ask, days })).rejects.toMatchObject({ code: 'CC_USAGE' });
    }
    await expect(service.run({ ...ask, horizon: '1h' })).rejects.toMatchObject({ code: 'CC_MODEL_MISSING' });
  });

  it('passes on a damaged model', async () => {
    const damaged = build({
      run: (job) =>
        backtestInThreads({ ...job, data: { ...job.data, model: { ...model, weightData: new Uint8Array(8) } } }),
    });
    expect(decodeModel(model).card.interval).toBe('1d');
    await expect(damaged.service.run(ask)).rejects.toMatchObject({ code: 'CC_MODEL_DAMAGED' });
  });

  it('lists the tracked rules', () => {
    const rules = build().service.rules();
    expect(rules.length).toBeGreaterThan(5);
    for (const rule of rules) expect(Object.keys(rule)).toEqual(['name', 'label', 'explanation']);
  });
});
