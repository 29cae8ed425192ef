import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SYMBOL_PATTERN } from '../../../../src/core/asset.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../src/core/time.ts';
import { getJson, START_MS, startedSimulation } from '../running.ts';

const simulation = await startedSimulation();
const base = `${simulation.url}/api/v3/coins`;

const markets = z.array(
  z.object({
    id: z.string().regex(/^[a-z0-9-]+$/),
    symbol: z.string().regex(/^[a-z0-9]+$/),
    name: z.string().min(1),
    current_price: z.number().positive(),
    market_cap: z.number().positive(),
    market_cap_rank: z.int().positive(),
    total_volume: z.number().positive(),
    high_24h: z.number().positive(),
    low_24h: z.number().positive(),
    last_updated: z.iso.datetime(),
  }),
);
const points = z.array(z.tuple([z.int(), z.number().positive()])).min(2);
const chart = z.object({ prices: points, market_caps: points, total_volumes: points });

describe('the simulated CoinGecko', () => {
  it('lists every coin by market capitalisation, in pages', async () => {
    const all = markets.parse(await getJson(`${base}/markets?vs_currency=usd&per_page=250&page=1`));
    expect(all).toHaveLength(simulation.market.coins.length);
    expect(all.map((coin) => coin.market_cap_rank)).toEqual(all.map((_, i) => i + 1));
    for (let i = 1; i < all.length; i++) expect(all[i]!.market_cap).toBeLessThanOrEqual(all[i - 1]!.market_cap);
    for (const coin of all) {
      expect(coin.symbol.toUpperCase()).toMatch(SYMBOL_PATTERN);
      expect(coin.high_24h).toBeGreaterThanOrEqual(coin.current_price);
      expect(coin.low_24h).toBeLessThanOrEqual(coin.current_price);
    }
    const second = markets.parse(await getJson(`${base}/markets?vs_currency=usd&per_page=10&page=2`));
    expect(second).toEqual(all.slice(10, 20));
    expect(await getJson(`${base}/markets?vs_currency=usd&per_page=250&page=2`)).toEqual([]);
    const chosen = markets.parse(await getJson(`${base}/markets?vs_currency=usd&ids=ripple,binancecoin`));
    expect(chosen.map((coin) => coin.symbol).toSorted()).toEqual(['bnb', 'xrp']);
  });

  it('agrees with the candles on the price now', async () => {
    const [bitcoin] = markets.parse(await getJson(`${base}/markets?vs_currency=usd&ids=bitcoin`));
    const rows = z
      .array(z.array(z.union([z.string(), z.number()])))
      .parse(await getJson(`${simulation.url}/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=1`));
    expect(bitcoin!.current_price).toBe(Number(rows[0]![4]));
  });

  it.each([
    ['1', 5 * MINUTE_MS, 289],
    ['30', HOUR_MS, 721],
    ['365', DAY_MS, 366],
  ])('gives %s days at the step CoinGecko chooses, the last point now', async (days, step, count) => {
    const { prices, market_caps, total_volumes } = chart.parse(
      await getJson(`${base}/ethereum/market_chart?vs_currency=usd&days=${days}`),
    );
    expect(prices).toHaveLength(count);
    expect(prices.at(-1)![0]).toBe(START_MS);
    expect(prices[1]![0] - prices[0]![0]).toBe(step);
    for (const [timeMs] of prices.slice(0, -1)) expect(timeMs % step).toBe(0);
    expect(market_caps.map((point) => point[0])).toEqual(prices.map((point) => point[0]));
    expect(total_volumes.map((point) => point[0])).toEqual(prices.map((point) => point[0]));
    const supply = simulation.market.coins.find((coin) => coin.symbol === 'ETH')!.supply;
    expect(market_caps[0]![1]).toBeCloseTo(prices[0]![1] * supply, -3);
  });

  it('refuses what the public plan refuses', async () => {
    expect(await getJson(`${base}/nonesuch/market_chart?vs_currency=usd&days=1`, 404)).toEqual({
      error: 'coin not found',
    });
    expect(await getJson(`${base}/bitcoin/market_chart?vs_currency=usd&days=max`, 401)).toMatchObject({
      error: { status: { error_code: 10_012 } },
    });
    expect(await getJson(`${base}/markets`, 422)).toEqual({ error: 'Missing parameter vs_currency' });
  });
});
