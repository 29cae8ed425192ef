import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { createBinanceSource } from '../../../src/sources/market/binance.ts';
import { createCoinbaseSource } from '../../../src/sources/market/coinbase.ts';
import { createCoinGeckoSource } from '../../../src/sources/market/coingecko.ts';
import { createCsvFolderSource } from '../../../src/sources/market/csv-folder.ts';
import { createKrakenSource } from '../../../src/sources/market/kraken.ts';
import { soundMarkets } from '../../../src/sources/market/sound-markets.ts';
import { checkRows } from '../../../src/sources/odd-rows.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { json, startServer } from '../../support/http-server.ts';
import { candlesBetween } from '../../support/market-candles.ts';
import { listedCoin } from '../../support/market-servers.ts';

const NOW_MS = Date.UTC(2024, 4, 20, 5);

/** A row of Binance's 24-hour statistics; the numbers are text, as there. */
const row = (symbol: string, lastPrice: unknown, volume: unknown) => ({
  symbol,
  openPrice: '1.0',
  highPrice: '1.0',
  lowPrice: '1.0',
  lastPrice,
  volume,
  quoteVolume: '0.0',
  openTime: NOW_MS - DAY_MS,
  closeTime: NOW_MS,
  firstId: 1,
  lastId: 2,
  count: 2,
});

async function provider(answer: unknown) {
  const server = await startServer(json(answer));
  return { server, options: { ...fakeClock(NOW_MS), random: () => 0.5, baseUrl: server.url } };
}

async function binance(rows: readonly unknown[]) {
  const { server, options } = await provider(rows);
  return { server, source: createBinanceSource(options) };
}

describe('the list of what Binance trades', () => {
  it('has the pairs against USDT that are traded, under the tickers of the coin list, in single coins', async () => {
    const { server, source } = await binance([
      row('BTCUSDT', '50000.0', '1000.0'),
      row('ETHBTC', '0.05', '9000.0'),
      row('1000SATSUSDT', '0.0004', '5000.0'),
      row('1000CHEEMSUSDT', '0.002', '10.0'),
      row('1000PEPEUSDT', '0.01', '7.0'),
      row('BTTCUSDT', '0.000001', '900.0'),
      row('BTTUSDT', '0.002', '900.0'),
      row('BCCUSDT', '448.7', '0.00000000'),
      row('1INCHUSDT', '0.4', '100.0'),
    ]);
    expect(await source.listMarkets?.()).toEqual([
      { symbol: 'BTC', coins: 1_000, priceUsd: 50_000 },
      { symbol: 'SATS', coins: 5_000_000, priceUsd: 0.0004 / 1_000 },
      { symbol: 'CHEEMS', coins: 10_000, priceUsd: 0.002 / 1_000 },
      { symbol: 'PEPE', coins: 7_000, priceUsd: 0.01 / 1_000 },
      { symbol: 'BTT', coins: 900, priceUsd: 0.000001 },
      { symbol: '1INCH', coins: 100, priceUsd: 0.4 },
    ]);
    expect(server.requests[0]!.url.pathname).toBe('/api/v3/ticker/24hr');
    expect(server.requests[0]!.url.searchParams.get('type')).toBe('MINI');
  });

  it('does without rows that are nonsense, and takes the smaller of two of one coin', async () => {
    const good = Array.from({ length: 40 }, (_, i) => row(`C${i}USDT`, '2.0', `${i + 1}.0`));
    const { source } = await binance([
      ...good,
      row('LIEUSDT', '1.0', '1e30'),
      row('NONEUSDT', null, null),
      null,
      { symbol: 'HALFUSDT' },
      row('C7USDT', '2.0', '1000000.0'),
      row('MINUSUSDT', '1.0', '-5.0'),
    ]);
    const odd: string[] = [];
    const markets = await source.listMarkets?.(undefined, (dropped) => {
      odd.push(...dropped.map(({ reason, rows }) => `${rows} ${reason}`));
    });
    expect(markets).toHaveLength(40);
    expect(markets?.find(({ symbol }) => symbol === 'C7')?.coins).toBe(8);
    expect(odd).toEqual([
      '3 of another form than documented',
      '2 with a price or a volume beyond belief',
      '1 of a coin that occurs twice',
    ]);
  });

  it('is refused when most of it is nonsense', async () => {
    const { source } = await binance([row('AUSDT', '1.0', '1.0'), row('BUSDT', null, '1.0'), row('CUSDT', '1.0', 7)]);
    await expect(source.listMarkets?.()).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });

  it('is read where the exchange has four thousand pairs', async () => {
    const { source } = await binance(
      Array.from({ length: 4_200 }, (_, i) => row(`C${i}${i % 5 === 0 ? 'USDT' : 'BTC'}`, '2.00000000', '123.0')),
    );
    expect(await source.listMarkets?.()).toHaveLength(840);
  });
});

describe('the lists of the other sources', () => {
  it('Coinbase has its pairs against dollars, without prices', async () => {
    const { server, options } = await provider([
      { id: 'BTC-USD', base_currency: 'BTC', quote_currency: 'USD', spot_volume_24hour: '8000.5' },
      { id: 'BTC-EUR', base_currency: 'BTC', quote_currency: 'EUR', spot_volume_24hour: '80.5' },
      { id: 'OLD-USD', base_currency: 'OLD', quote_currency: 'USD', spot_volume_24hour: '0' },
    ]);
    expect(await createCoinbaseSource(options).listMarkets?.()).toEqual([
      { symbol: 'BTC', coins: 8_000.5, priceUsd: null },
    ]);
    expect(server.requests[0]!.url.pathname).toBe('/products/volume-summary');
  });

  it('Kraken has its pairs against dollars, under the tickers of the coin list', async () => {
    const pair = (price: string, volume: string) => ({ a: [], b: [], c: [price, '1'], v: ['1.0', volume], o: price });
    const { options } = await provider({
      error: [],
      result: {
        XXBTZUSD: pair('50000.0', '2000.0'),
        XXBTZEUR: pair('46000.0', '900.0'),
        XETHZUSD: pair('2500.0', '100.0'),
        SOLUSD: pair('150.0', '3000.0'),
        XDGUSD: pair('0.1', '5000.0'),
        XTZUSD: pair('1.0', '10.0'),
        LUNAUSD: pair('0.0001', '70.0'),
        LUNA2USD: pair('0.5', '80.0'),
        ZEURZUSD: pair('1.08', '9000.0'),
        AAPLxUSD: pair('200.0', '9.0'),
      },
    });
    expect(await createKrakenSource(options).listMarkets?.()).toEqual([
      { symbol: 'BTC', coins: 2_000, priceUsd: 50_000 },
      { symbol: 'ETH', coins: 100, priceUsd: 2_500 },
      { symbol: 'SOL', coins: 3_000, priceUsd: 150 },
      { symbol: 'DOGE', coins: 5_000, priceUsd: 0.1 },
      { symbol: 'XTZ', coins: 10, priceUsd: 1 },
      { symbol: 'LUNC', coins: 70, priceUsd: 0.0001 },
      { symbol: 'LUNA', coins: 80, priceUsd: 0.5 },
    ]);
  });

  it('Kraken has no coins in its pairs against tokens of the dollar, and keeps coins that are only named so', async () => {
    const pair = (price: string) => ({ c: [price, '1'], v: ['1.0', '10.0'] });
    const result = {
      XXBTZUSD: pair('50000.0'),
      XBTPYUSD: pair('50300.0'),
      XBTAUSD: pair('49900.0'),
      XXRPZUSD: pair('0.5'),
      XRPRLUSD: pair('0.47'),
      MONUSD: pair('0.03'),
      MONAUSD: pair('0.0301'),
      GALUSD: pair('3.0'),
      GALAUSD: pair('0.04'),
      ADAUSD: pair('0.4'),
      HAPPYUSD: pair('0.2'),
    };
    const { options } = await provider({ error: [], result });
    const listed = await createKrakenSource(options).listMarkets?.();
    expect(listed?.map(({ symbol }) => symbol)).toEqual(['BTC', 'XRP', 'MON', 'GAL', 'GALA', 'ADA', 'HAPPY']);
  });

  it("Kraken's error comes with status 200", async () => {
    const { options } = await provider({ error: ['EService:Unavailable'] });
    await expect(createKrakenSource(options).listMarkets?.()).rejects.toMatchObject({ code: 'CC_SOURCE_HTTP' });
  });

  it('CoinGecko has its coin list, and a volume of another form costs only that coin', async () => {
    const { options } = await provider([
      listedCoin('bitcoin', 'btc', 1, { total_volume: 3e10, current_price: 50_000 }),
      listedCoin('odd', 'odd', 2, { total_volume: 'many' }),
      listedCoin('none', 'none', 3, { total_volume: null }),
    ]);
    expect(await createCoinGeckoSource({ ...options, pages: 1 }).listMarkets?.()).toEqual([
      { symbol: 'BTC', coins: 600_000, priceUsd: 50_000 },
    ]);
  });

  it('a folder has the coins it holds files of, by what was traded at their ends', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'listed-'));
    mkdirSync(join(dir, '1d'));
    mkdirSync(join(dir, '1h'));
    const write = (file: string, interval: '1d' | '1h', stepMs: number) => {
      const midnightMs = NOW_MS - (NOW_MS % DAY_MS);
      const candles = candlesBetween(midnightMs - 40 * stepMs, midnightMs - stepMs, interval);
      const lines = candles.map((c) => [c.openTimeMs, c.open, c.high, c.low, c.close, 5].join(','));
      writeFileSync(join(dir, file), `time,open,high,low,close,volume\n${lines.join('\n')}\n`);
      return candles.at(-1)!.close;
    };
    const btc = write('1d/BTC.csv', '1d', DAY_MS);
    const eth = write('1h/ETH.csv', '1h', HOUR_MS);
    writeFileSync(join(dir, '1d', 'BAD.csv'), 'nonsense\n');
    const source = createCsvFolderSource({ dir, now: () => NOW_MS });
    expect((await source.listMarkets?.())?.toSorted((a, b) => (a.symbol < b.symbol ? -1 : 1))).toEqual([
      { symbol: 'BTC', coins: 5, priceUsd: btc },
      { symbol: 'ETH', coins: 120, priceUsd: eth },
    ]);
  });
});

describe('a list of markets', () => {
  const anything = fc.oneof(fc.double(), fc.constantFrom(0, -1, 1e30, Number.NaN, Number.POSITIVE_INFINITY));

  it('holds a coin once and nothing beyond belief, whatever a source sends', () => {
    const market = fc.record({
      symbol: fc.oneof(fc.constantFrom('BTC', 'ETH', 'btc', '../X', ''), fc.string()),
      coins: anything,
      priceUsd: fc.oneof(anything, fc.constant(null)),
    });
    fc.assert(
      fc.property(fc.array(market), (markets) => {
        try {
          const sound = soundMarkets(markets, checkRows('test'));
          expect(new Set(sound.map(({ symbol }) => symbol)).size).toBe(sound.length);
          for (const { symbol, coins, priceUsd } of sound) {
            expect(symbol).toMatch(/^[A-Z0-9]{1,15}$/);
            expect(coins).toBeGreaterThan(0);
            expect(coins * (priceUsd ?? 0)).toBeLessThanOrEqual(1e12);
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
        }
      }),
    );
  });
});
