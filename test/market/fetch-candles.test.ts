import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { INTERVAL_MS, INTERVALS, type Interval, lastFinalOpenMs } from '../../src/core/candle.ts';
import { HOUR_MS } from '../../src/core/time.ts';
import { createBinanceSource } from '../../src/sources/market/binance.ts';
import { createCoinbaseSource } from '../../src/sources/market/coinbase.ts';
import { createCoinGeckoSource } from '../../src/sources/market/coingecko.ts';
import { createCsvFolderSource } from '../../src/sources/market/csv-folder.ts';
import { createKrakenSource } from '../../src/sources/market/kraken.ts';
import { candleSourceContract } from '../contracts/candle-source.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type Handler, startServer } from '../support/http-server.ts';
import { candlesBetween, csvOf, klinesHandler } from '../support/market-candles.ts';
import { coinbaseHandler, coingeckoHandler, krakenHandler, listedCoin } from '../support/market-servers.ts';

const nowMs = Date.UTC(2024, 4, 20) + 5.5 * HOUR_MS;

/** Ten final candles and the open one. */
function truth(interval: Interval) {
  const newest = lastFinalOpenMs(nowMs, interval);
  return candlesBetween(newest - 9 * INTERVAL_MS[interval], newest + INTERVAL_MS[interval], interval);
}
const holdings = (symbol: string, interval: Interval) => (symbol === 'BTC' ? truth(interval) : null);
const klines: Handler = (request, response, url) =>
  klinesHandler((pair) => holdings(pair.replace(/USDT$/, ''), url.searchParams.get('interval') as Interval))(
    request,
    response,
    url,
  );

async function provider(handler: Handler) {
  const { url } = await startServer(handler);
  return { ...fakeClock(nowMs), random: () => 0.5, baseUrl: url };
}

candleSourceContract('binance', async () => ({
  source: createBinanceSource(await provider(klines)),
  nowMs,
  truth,
}));

candleSourceContract('coinbase', async () => ({
  source: createCoinbaseSource(await provider(coinbaseHandler(holdings))),
  nowMs,
  truth,
}));

candleSourceContract('kraken', async () => ({
  source: createKrakenSource(await provider(krakenHandler(holdings))),
  nowMs,
  truth,
}));

candleSourceContract('coingecko', async () => ({
  source: createCoinGeckoSource(
    await provider(coingeckoHandler([listedCoin('bitcoin', 'btc', 1)], (at) => 100 + ((at / HOUR_MS) % 7), nowMs)),
  ),
  nowMs,
  truth: null,
}));

candleSourceContract('csv', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'candlecast-csv-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  for (const interval of INTERVALS) {
    await mkdir(path.join(dir, interval));
    await writeFile(path.join(dir, interval, 'BTC.csv'), csvOf(truth(interval)));
  }
  return { source: createCsvFolderSource({ dir, now: () => nowMs }), nowMs, truth };
});
