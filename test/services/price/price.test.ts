import { afterEach, beforeEach, expect, it } from 'vitest';
import { INTERVAL_MS, type Interval } from '../../../src/core/candle.ts';
import { CandlecastError, type ErrorCode } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { HOUR_MS } from '../../../src/core/time.ts';
import { createMarketService } from '../../../src/market/series.ts';
import { createPriceService } from '../../../src/services/price/price.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { START_MS, sourced, walk } from '../../support/candles.ts';
import { createFakeGateway } from '../../support/fake-gateway.ts';

const NOW = START_MS + 100 * HOUR_MS + 1;
const resolve = (text: string) => {
  if (text === 'nope') throw new CandlecastError('CC_UNKNOWN_SYMBOL', 'No coin is called "nope".');
  return { symbol: text.toUpperCase(), name: text, rank: 1, marketCapUsd: 1, stablecoin: false };
};

let storage: Storage;
beforeEach(async () => {
  storage = await openStorage('sqlite::memory:', { now: () => NOW });
});
afterEach(() => storage.close());

/** The service over a market that gives the last candle of each series, or the error. */
function over(series: Record<Interval, { readonly openTimeMs: number } | ErrorCode>, asked: Interval[] = []) {
  return createPriceService({
    assets: { resolve },
    candles: storage.candles,
    unconfirmed: storage.unconfirmed,
    market: {
      async series({ symbol, interval }) {
        asked.push(interval);
        const given = series[interval];
        if (typeof given === 'string') throw new CandlecastError(given, 'Not now.');
        const [candle] = sourced(walk(1, interval, 1, given.openTimeMs), 'kraken', NOW);
        return {
          symbol,
          interval,
          candles: [candle!],
          gaps: [],
          source: 'kraken',
          fetchedAtMs: NOW,
          failures: [],
          unconfirmed: null,
        };
      },
    },
    simulated: () => false,
    now: () => NOW,
  });
}

it('gives the newest hourly close with its moment and source, fetched once, and writes nothing to the ledger', async () => {
  const candles = walk(120, '1h');
  const gateway = createFakeGateway(candles, () => NOW);
  const market = createMarketService({
    gateway,
    candles: storage.candles,
    unconfirmed: storage.unconfirmed,
    symbols: [],
    now: () => NOW,
    logger: silentLogger,
  });
  const service = createPriceService({
    assets: { resolve },
    market,
    candles: storage.candles,
    unconfirmed: storage.unconfirmed,
    simulated: () => false,
    now: () => NOW,
  });
  expect(await service.storedClose('BTC')).toBeNull();
  const quote = await service.quote('btc');
  expect(quote).toMatchObject({
    asset: { symbol: 'BTC' },
    price: candles[99]!.close,
    atMs: START_MS + 100 * HOUR_MS,
    interval: '1h',
    source: 'binance',
    failures: [],
    unconfirmed: null,
    simulated: false,
  });
  await service.quote('btc');
  expect(gateway.requests).toHaveLength(1);
  expect(await service.storedClose('BTC')).toEqual({ price: quote.price, atMs: quote.atMs });
  expect(await storage.ledger.head()).toBeNull();
});

it('takes the daily close where there is no hourly one, or only an older one', async () => {
  const day = { openTimeMs: NOW - 1 - INTERVAL_MS['1d'] };
  expect(await over({ '1h': 'CC_HISTORY_TOO_SHORT', '1d': day }).quote('eth')).toMatchObject({ interval: '1d' });
  const old = { openTimeMs: NOW - 1 - 50 * HOUR_MS };
  expect(await over({ '1h': old, '1d': day }).quote('eth')).toMatchObject({ interval: '1d', atMs: NOW - 1 });
  expect(await over({ '1h': old, '1d': 'CC_SOURCE_UNAVAILABLE' }).quote('eth')).toMatchObject({ interval: '1h' });
  const recent: Interval[] = [];
  const hour = { openTimeMs: NOW - 1 - HOUR_MS };
  expect(await over({ '1h': hour, '1d': day }, recent).quote('eth')).toMatchObject({ interval: '1h', atMs: NOW - 1 });
  expect(recent).toEqual(['1h']);
});

it('throws what the market says where there is no price, and as the directory does', async () => {
  const down = over({ '1h': 'CC_SOURCE_UNAVAILABLE', '1d': 'CC_SOURCE_UNAVAILABLE' });
  await expect(down.quote('eth')).rejects.toMatchObject({ code: 'CC_SOURCE_UNAVAILABLE' });
  await expect(down.quote('nope')).rejects.toMatchObject({ code: 'CC_UNKNOWN_SYMBOL' });
  const asked: Interval[] = [];
  const broken = over({ '1h': 'CC_DATABASE', '1d': 'CC_DATABASE' }, asked);
  await expect(broken.quote('eth')).rejects.toMatchObject({ code: 'CC_DATABASE' });
  expect(asked).toEqual(['1h']);
});
