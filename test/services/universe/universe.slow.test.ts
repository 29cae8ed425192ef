import { describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_SYMBOLS } from '../../../src/core/asset.ts';
import { INTERVAL_MS, type Interval } from '../../../src/core/candle.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { createMarketGateway } from '../../../src/market/failover.ts';
import { createMarketService, type MarketService } from '../../../src/market/series.ts';
import { createCoinList } from '../../../src/services/universe/coin-list.ts';
import { createUniverse } from '../../../src/services/universe/universe.ts';
import { createBinanceSource } from '../../../src/sources/market/binance.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { type Exchange, type ExchangeCoin, startExchange, twoHundredCoins } from '../../support/exchange.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const START_MS = Date.UTC(2026, 2, 10, 9, 30);
const RUN_MS = 4 * MINUTE_MS;
const signal = new AbortController().signal;

interface Setup {
  readonly coins?: readonly ExchangeCoin[];
  readonly tracked?: readonly string[];
  readonly wanted?: Readonly<Record<Interval, number>>;
  /** Coins for which the sources have no time. */
  readonly busy?: ReadonlySet<string>;
}

/** The universe over a loopback exchange and a database, as the program builds it; `start()` again is a restart on the same database. */
async function setup({ coins, tracked = ['BTC', 'ETH'], wanted = { '1d': 150, '1h': 5 }, busy }: Setup = {}) {
  const clock = fakeClock(START_MS);
  const exchange = await startExchange(coins ?? twoHundredCoins(START_MS), clock.now);
  const storage = await openStorage('sqlite::memory:', { now: clock.now });
  onTestFinished(() => storage.close());
  const start = () => {
    const source = createBinanceSource({ ...clock, random: () => 0.5, baseUrl: exchange.url });
    const gateway = createMarketGateway({ sources: [source], now: clock.now, logger: silentLogger });
    const market = createMarketService({
      gateway,
      candles: storage.candles,
      unconfirmed: storage.unconfirmed,
      symbols: tracked,
      now: clock.now,
      logger: silentLogger,
    });
    const fill: MarketService['fill'] = async (range, asking) => {
      if (!busy?.has(range.symbol)) return market.fill(range, asking);
      const reason = 'It has no time.';
      return { candles: 0, answered: false, failures: [{ source: 'binance', code: 'CC_SOURCE_RATE_LIMITED', reason }] };
    };
    const shared = { repository: storage.trainingCoins, tracked, now: clock.now, logger: silentLogger };
    const known = () => new Map();
    const list = createCoinList({ ...shared, sources: [source], wanted, known });
    return createUniverse({ ...shared, list, market: { fill }, candles: storage.candles });
  };
  return { clock, exchange, storage, start, universe: start() };
}

const placed = async (storage: Storage, interval: Interval = '1d') =>
  (await storage.trainingCoins.all(interval)).filter(({ place }) => place !== null).map(({ symbol }) => symbol);
const listRequests = ({ requests }: Exchange) => requests.filter(({ url }) => url.pathname === '/api/v3/ticker/24hr');

describe('the coins that models learn from', () => {
  it('are the tracked ones and then the most traded, with all the candles there are, within the weight of the exchange', async () => {
    const { clock, exchange, storage, universe } = await setup({ tracked: ['ETH', 'C180'] });
    expect(await universe.isReady('1d')).toBe(false);
    const [days, hours] = await universe.ingest(signal, RUN_MS);
    expect(days).toEqual({ interval: '1d', coins: 150, withCandles: 150, left: 0, failures: [] });
    expect(hours).toEqual({ interval: '1h', coins: 5, withCandles: 5, left: 0, failures: [] });
    const symbols = await placed(storage);
    expect(symbols).toHaveLength(150);
    expect(symbols.slice(0, 4)).toEqual(['ETH', 'C180', 'BTC', 'C2']);
    expect(symbols.at(-1)).toBe('C148');
    expect(await placed(storage, '1h')).toEqual(['ETH', 'C180', 'BTC', 'C2', 'C3']);
    expect(await universe.isReady('1d')).toBe(true);
    expect(await universe.isReady('1h')).toBe(true);
    const series = await universe.read('C100', '1d', 2_500);
    expect(series.candles).toHaveLength(90);
    expect(series.candles.at(-1)?.openTimeMs).toBe(Math.floor(START_MS / DAY_MS) * DAY_MS - DAY_MS);
    // Bitcoin comes first where coins are kept for want of memory.
    expect((await universe.list('1d')).slice(0, 3)).toEqual([
      { symbol: 'BTC', candles: 90, tracked: false },
      { symbol: 'ETH', candles: 90, tracked: true },
      { symbol: 'C180', candles: 90, tracked: true },
    ]);
    expect(exchange.worstMinute()).toBeLessThanOrEqual(3_100);
    // Nobody who asks something meanwhile waits for it, and it takes minutes.
    expect(clock.now() - START_MS).toBeLessThan(3 * MINUTE_MS);
  });

  it('leave out what follows another price, and keep coins whose tickers only look so', async () => {
    const more = (symbol: string, price: number): ExchangeCoin => ({ ...twoHundredCoins(START_MS)[0]!, symbol, price });
    const { storage, universe } = await setup({
      wanted: { '1d': 20, '1h': 0 },
      coins: [
        ...twoHundredCoins(START_MS).slice(0, 12),
        ...['USDC', 'FDUSD', 'XUSD', 'BFUSD'].map((symbol) => more(symbol, 1.0002)),
        ...['EUR', 'PAXG', 'WBTC', 'BTCUP', 'ETHDOWN', 'BTC3L', 'ETH5S', 'ETHBULL'].map((symbol) => more(symbol, 3)),
        more('ZZETH', 51.5),
        ...['JUP', 'SUPER', 'SYRUP', 'PUMP', 'WLD', 'USDUC'].map((symbol) => more(symbol, 0.4)),
        more('OLDETH', 0.7),
      ],
    });
    await universe.ingest(signal, RUN_MS);
    const coins = twoHundredCoins(START_MS).slice(0, 12);
    expect((await placed(storage)).toSorted()).toEqual(
      [...coins.map(({ symbol }) => symbol), 'JUP', 'SUPER', 'SYRUP', 'PUMP', 'WLD', 'USDUC', 'OLDETH'].toSorted(),
    );
  });

  it('are asked for anew each day, and only for the candles that are new', async () => {
    const { clock, exchange, storage, universe } = await setup({ wanted: { '1d': 30, '1h': 10 } });
    await universe.ingest(signal, RUN_MS);
    exchange.forget();
    // Until midnight there is nothing to ask for.
    clock.advance(6 * HOUR_MS);
    await universe.ingest(signal, RUN_MS);
    expect(exchange.requests).toEqual([]);
    clock.advance(9 * HOUR_MS);
    const [days, hours] = await universe.ingest(signal, RUN_MS);
    expect([days?.left, hours?.left]).toEqual([0, 0]);
    expect(listRequests(exchange)).toHaveLength(1);
    expect(exchange.candlesAsked('1d')).toEqual((await placed(storage)).map((symbol) => ({ symbol, rows: 1 })));
    expect(exchange.candlesAsked('1h')).toEqual((await placed(storage, '1h')).map((symbol) => ({ symbol, rows: 24 })));
  });

  it('go on after a restart where they were, and after a run that was cut short', async () => {
    const { exchange, start, universe } = await setup({ wanted: { '1d': 60, '1h': 0 } });
    const stopping = new AbortController();
    exchange.onRequest = () => {
      if (exchange.candlesAsked('1d').length === 25) stopping.abort(new CandlecastError('CC_STOPPING', 'It stops.'));
    };
    await expect(universe.ingest(stopping.signal, RUN_MS)).rejects.toMatchObject({ code: 'CC_STOPPING' });
    const symbolsAsked = () => [...new Set(exchange.candlesAsked('1d').map(({ symbol }) => symbol))];
    const before = symbolsAsked();
    exchange.onRequest = null;
    exchange.forget();
    const again = start();
    expect(await again.isReady('1d')).toBe(false);
    const [first] = await again.ingest(signal, 1);
    expect(first).toMatchObject({ coins: 60 });
    expect(first?.left).toBeGreaterThan(0);
    const [second] = await again.ingest(signal, RUN_MS);
    expect(second).toMatchObject({ withCandles: 60, left: 0 });
    const after = symbolsAsked();
    // The one that was being fetched is asked for once more.
    expect(after.filter((symbol) => before.includes(symbol)).length).toBeLessThanOrEqual(1);
    expect(await again.isReady('1d')).toBe(true);
    exchange.forget();
    await start().ingest(signal, RUN_MS);
    expect(exchange.requests.map(({ url }) => url.pathname)).toEqual(['/api/v3/ticker/24hr']);
  });

  it('keep a coin that is delisted, with its candles, and give its place to the next', async () => {
    const { clock, exchange, storage, universe } = await setup({ wanted: { '1d': 20, '1h': 0 } });
    await universe.ingest(signal, RUN_MS);
    const delistedMs = clock.now() + HOUR_MS;
    Object.assign(exchange.coins.get('C7')!, { delistedMs });
    clock.advance(DAY_MS);
    await universe.ingest(signal, RUN_MS);
    exchange.forget();
    clock.advance(DAY_MS);
    await universe.ingest(signal, RUN_MS);
    const symbols = await placed(storage);
    expect(symbols).toHaveLength(20);
    expect(symbols).toContain('C20');
    expect(symbols).not.toContain('C7');
    expect(exchange.candlesAsked('1d').map(({ symbol }) => symbol)).not.toContain('C7');
    expect((await universe.list('1d')).map(({ symbol }) => symbol)).toContain('C7');
    expect((await universe.read('C7', '1d', 2_500)).candles).toHaveLength(90);
    expect(await universe.status()).toMatchObject([
      { interval: '1d', coins: 21, former: 1, withCandles: 21, fetching: null },
      { interval: '1h', coins: 2 },
    ]);
  });

  it('are not harmed by an exchange that lies about what it trades', async () => {
    const { clock, exchange, storage, universe } = await setup({ wanted: { '1d': 40, '1h': 0 } });
    const lie = (symbol: string, volume: unknown) => ({ symbol, lastPrice: '2.0', volume });
    exchange.lies = [
      lie('LIEUSDT', '1e30'),
      lie('BIGUSDT', '999999999999999'),
      lie('NULLUSDT', null),
      lie('C150USDT', '99999999999'),
      lie('../etcUSDT', '5.0'),
      null,
      'text',
      { symbol: 7 },
    ];
    await universe.ingest(signal, RUN_MS);
    const honest = twoHundredCoins(START_MS).slice(0, 40);
    expect((await placed(storage)).toSorted()).toEqual(honest.map(({ symbol }) => symbol).toSorted());
    // A list that is mostly nonsense changes nothing, nor does one that does not come.
    for (const spoil of [() => (exchange.lies = Array(300).fill(lie('XUSDT', null))), () => (exchange.failing = 503)]) {
      clock.advance(DAY_MS);
      spoil();
      await universe.ingest(signal, RUN_MS);
      expect((await placed(storage)).toSorted()).toEqual(honest.map(({ symbol }) => symbol).toSorted());
    }
  });

  it('are the tracked ones alone where no more are wanted, and then nobody is asked for a list', async () => {
    const { exchange, storage, universe } = await setup({ tracked: ['C5', 'BTC'], wanted: { '1d': 0, '1h': 0 } });
    await universe.ingest(signal, RUN_MS);
    expect(await placed(storage)).toEqual(['C5', 'BTC']);
    expect(listRequests(exchange)).toEqual([]);
  });

  it('are tried again where the exchange was down at the first start', async () => {
    const { clock, exchange, universe } = await setup({
      tracked: DEFAULT_SYMBOLS.slice(0, 3),
      wanted: { '1d': 10, '1h': 0 },
    });
    exchange.failing = 503;
    const [days] = await universe.ingest(signal, RUN_MS);
    expect(days).toMatchObject({ coins: 3, withCandles: 0, failures: [{ symbol: 'BTC' }, {}, {}] });
    expect(await universe.isReady('1d')).toBe(false);
    exchange.failing = null;
    clock.advance(61 * MINUTE_MS);
    expect((await universe.ingest(signal, RUN_MS))[0]).toMatchObject({ coins: 10, left: 0 });
    expect(await universe.isReady('1d')).toBe(true);
  });

  it('have their older candles too where the exchange had no time for them at first', async () => {
    const coins = twoHundredCoins(START_MS, 2_200).slice(0, 2);
    const { clock, exchange, universe } = await setup({ coins, wanted: { '1d': 2, '1h': 0 } });
    exchange.onRequest = () => {
      // Bitcoin's second page, and what follows it.
      exchange.failing = exchange.candlesAsked('1d').length > 0 ? 429 : null;
    };
    const [days] = await universe.ingest(signal, RUN_MS);
    expect(days?.failures[0]).toEqual({ symbol: 'BTC', code: 'CC_SOURCE_RATE_LIMITED' });
    exchange.onRequest = null;
    exchange.failing = null;
    // The next run of the job comes before the market service asks again for what it could not have.
    clock.advance(5 * MINUTE_MS);
    await universe.ingest(signal, RUN_MS);
    clock.advance(61 * MINUTE_MS);
    await universe.ingest(signal, RUN_MS);
    expect(await universe.list('1d')).toMatchObject([
      { symbol: 'BTC', candles: 2_200 },
      { symbol: 'ETH', candles: 2_200 },
    ]);
  });

  it.each([
    ['go on after single coins for which a source has no time', ['C3', 'C5', 'C6', 'C8'], { withCandles: 6, left: 0 }],
    ['wait for the next run where it has none for three in a row', ['C3', 'C4', 'C5'], { withCandles: 3, left: 5 }],
  ])('%s', async (_name, busy, expected) => {
    const { universe } = await setup({ wanted: { '1d': 10, '1h': 0 }, busy: new Set(busy) });
    const [days] = await universe.ingest(signal, RUN_MS);
    expect(days).toMatchObject(expected);
    expect(days?.failures.map(({ symbol }) => symbol)).toEqual(busy);
  });

  it('are brought up to the newest hour for a retraining, which hears how far it is', async () => {
    const { clock, exchange, universe } = await setup({ wanted: { '1d': 0, '1h': 10 } });
    await universe.ingest(signal, RUN_MS);
    exchange.forget();
    clock.advance(3 * HOUR_MS);
    const heard: string[] = [];
    await universe.update('1h', signal, (done, of) => heard.push(`${done} of ${of}`));
    expect(heard).toEqual(Array.from({ length: 10 }, (_, i) => `${i} of 10`));
    expect(exchange.candlesAsked('1h').every(({ rows }) => rows === 12)).toBe(true);
    const { candles } = await universe.read('BTC', '1h', 6_000);
    expect(candles.at(-1)!.openTimeMs).toBe(Math.floor(clock.now() / HOUR_MS) * HOUR_MS - INTERVAL_MS['1h']);
  });
});
