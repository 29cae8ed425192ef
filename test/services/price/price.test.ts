import { expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { LivePrice } from '../../../src/core/market.ts';
import { createPriceService } from '../../../src/services/price/price.ts';
import { euroRates, risingHours } from '../../support/prices.ts';
import { unconfirmedPrice } from '../../support/unconfirmed.ts';

const resolve = (text: string) => {
  if (text === 'nope') throw new CandlecastError('CC_UNKNOWN_SYMBOL', 'No coin is called "nope".');
  return { symbol: text.toUpperCase(), name: text, rank: 1, marketCapUsd: 1, stablecoin: false };
};
const trade: LivePrice = {
  symbol: 'BTC',
  price: 60_000,
  kind: 'trade',
  atMs: 1_000,
  source: 'kraken',
  fetchedAtMs: 1_500,
  doubted: null,
  failures: [],
};

function over(answer: LivePrice | CandlecastError, asked: string[] = []) {
  const lastTrade = async (symbol: string) => {
    asked.push(symbol);
    if (answer instanceof CandlecastError) throw answer;
    return answer;
  };
  return createPriceService({
    logger: silentLogger,
    assets: { resolve },
    livePrices: { lastTrade },
    market: { series: async ({ symbol }) => risingHours(symbol, 0) },
    rates: euroRates(0),
    simulated: () => false,
  });
}

it('gives the live price of the coin that is meant, with its moment, kind and source', async () => {
  const asked: string[] = [];
  const service = over(trade, asked);
  expect(await service.quote('btc')).toEqual({
    asset: resolve('btc'),
    price: 60_000,
    kind: 'trade',
    atMs: 1_000,
    source: 'kraken',
    fetchedAtMs: 1_500,
    unconfirmed: null,
    failures: [],
    simulated: false,
  });
  expect(asked).toEqual(['BTC']);
});

it('says which later price is not believed', async () => {
  const doubted = unconfirmedPrice('BTC', '1h', 0);
  const service = over({ ...trade, kind: 'close', doubted });
  expect(await service.quote('btc')).toMatchObject({ kind: 'close', unconfirmed: doubted });
});

it('throws what the market and the directory say', async () => {
  const service = over(new CandlecastError('CC_SOURCE_UNAVAILABLE', 'Not now.'));
  await expect(service.quote('eth')).rejects.toMatchObject({ code: 'CC_SOURCE_UNAVAILABLE' });
  await expect(service.quote('nope')).rejects.toMatchObject({ code: 'CC_UNKNOWN_SYMBOL' });
});
