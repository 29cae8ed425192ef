import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { createBinanceSource } from '../../../src/sources/market/binance.ts';
import { createCoinGeckoSource } from '../../../src/sources/market/coingecko.ts';
import { createBlockchainInfoSource } from '../../../src/sources/onchain/blockchain-info.ts';
import { fetching } from '../../support/market-candles.ts';
import { START_MS, startedSimulation } from './running.ts';

const simulation = await startedSimulation();
const options = {
  baseUrl: simulation.url,
  now: () => simulation.clock.nowMs,
  sleep: async () => {},
  random: () => 0.5,
  rateLimits: [],
};
const today = Math.floor(START_MS / DAY_MS) * DAY_MS;

describe('the real adapters on the simulated market', () => {
  it('read the coin list with ranks and recognise the pegged coins', async () => {
    const assets = await createCoinGeckoSource(options).listAssets();
    expect(assets.map((asset) => asset.symbol).toSorted()).toEqual(
      simulation.market.coins.map((coin) => coin.symbol).toSorted(),
    );
    expect(
      assets
        .filter((asset) => asset.stablecoin)
        .map((asset) => asset.symbol)
        .toSorted(),
    ).toEqual(['USDC', 'USDT']);
    for (const asset of assets) expect(asset.marketCapUsd).toBeGreaterThan(0);
  });

  it('read what is traded against the dollar, the tether aside', async () => {
    const markets = (await createBinanceSource(options).listMarkets?.()) ?? [];
    const coins = simulation.market.coins.map(({ symbol }) => symbol).filter((symbol) => symbol !== 'USDT');
    expect(markets.map(({ symbol }) => symbol).toSorted()).toEqual(coins.toSorted());
  });

  it('read a year of market capitalisation', async () => {
    const source = createCoinGeckoSource(options);
    const request = { symbol: 'SOL', fromMs: today - 360 * DAY_MS, toMs: today };
    const values = await source.fetchObservations(request);
    expect(values.length).toBeGreaterThan(355);
    expect(values.at(-1)!.timeMs).toBe(today - DAY_MS);
  });

  it('put together from CoinGecko what Binance gives, to within the time between its points', async () => {
    const request = { symbol: 'ETH', interval: '1h', fromMs: START_MS - 10 * HOUR_MS, toMs: START_MS } as const;
    const exact = await fetching(createBinanceSource(options), options.now).fetchCandles(request);
    const rough = await fetching(createCoinGeckoSource(options), options.now).fetchCandles(request);
    expect(rough.map((candle) => candle.openTimeMs)).toEqual(exact.map((candle) => candle.openTimeMs));
    rough.forEach((candle, i) => {
      expect(Math.abs(candle.close / exact[i]!.close - 1)).toBeLessThan(0.02);
    });
  });

  it.each(['activeAddresses', 'transactions'] as const)('read %s of Bitcoin', async (metric) => {
    const source = createBlockchainInfoSource(options);
    const values = await source.fetchObservations({ symbol: 'BTC', fromMs: today - 40 * DAY_MS, toMs: today });
    const days = values.filter((value) => value.metric === metric);
    expect(days).toHaveLength(40);
    for (const day of days) expect(day.availableAtMs).toBeGreaterThanOrEqual(day.timeMs + DAY_MS);
  });

  it.each([
    [{ kind: 'status', status: 503 }, 'CC_SOURCE_HTTP'],
    [{ kind: 'status', status: 429, retryAfterS: 60 }, 'CC_SOURCE_RATE_LIMITED'],
    [{ kind: 'html' }, 'CC_SOURCE_BAD_DATA'],
    // The client tells a body that broke off from one that is wrong by its context, not by its code.
    [{ kind: 'half-body' }, 'CC_SOURCE_BAD_DATA'],
  ] as const)('meet the fault %o with %s, and recover', async (fault, code) => {
    const request = { symbol: 'BTC', interval: '1d', fromMs: today - 5 * DAY_MS, toMs: today } as const;
    simulation.market.fail('binance', fault);
    await expect(fetching(createBinanceSource(options), options.now).fetchCandles(request)).rejects.toMatchObject({
      code,
    });
    simulation.market.fail('binance', null);
    expect(await fetching(createBinanceSource(options), options.now).fetchCandles(request)).toHaveLength(5);
  });
});
