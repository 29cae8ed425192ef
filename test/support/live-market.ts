import { INTERVAL_MS, type Interval } from '../../src/core/candle.ts';
import { walk } from './candles.ts';
import { startServer } from './http-server.ts';
import { klinesHandler } from './market-candles.ts';

const CANDLES = 1_200;

/** A stand-in for Binance that tells the true time and lists BTC alone, until now; the newest candle is still open. */
export async function liveMarket(): Promise<Record<string, string>> {
  const held = new Map<Interval, ReturnType<typeof walk>>();
  for (const interval of ['1d', '1h'] as const) {
    const stepMs = INTERVAL_MS[interval];
    held.set(interval, walk(CANDLES + 1, interval, 1, (Math.floor(Date.now() / stepMs) - CANDLES) * stepMs));
  }
  const server = await startServer((request, response, url) => {
    response.sendDate = true;
    const candles = held.get(url.searchParams.get('interval') as Interval) ?? null;
    klinesHandler((symbol) => (symbol === 'BTCUSDT' ? candles : null))(request, response, url);
  });
  return { MARKET_SOURCES: 'binance', BINANCE_URL: server.url };
}
