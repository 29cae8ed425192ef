import { describe, expect, it } from 'vitest';
import { CandlecastError, type ErrorCode } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { MarketSeries } from '../../../src/core/market.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { HISTORY_DAYS } from '../../../src/market/hour-history.ts';
import { createHourIngestService } from '../../../src/services/forecast/candle-ingest.ts';
import { START_MS, sourced, walk } from '../../support/candles.ts';

const NEWEST_MS = START_MS + 800 * DAY_MS;

/** The service over coins with that many days of hours, or an error, with the order of what was fetched. */
function build(coins: Readonly<Record<string, number | ErrorCode>>) {
  const done: string[] = [];
  const load = { now: 0, most: 0 };
  const recentOf = (symbol: string): MarketSeries => {
    const [candle] = sourced(walk(1, '1h'));
    const candles = [{ ...candle!, openTimeMs: NEWEST_MS }];
    return {
      symbol,
      interval: '1h',
      candles,
      gaps: [],
      source: 'binance',
      fetchedAtMs: 0,
      failures: [],
      unconfirmed: null,
    };
  };
  const service = createHourIngestService({
    symbols: Object.keys(coins),
    logger: silentLogger,
    market: { series: async ({ symbol }) => recentOf(symbol) },
    history: {
      async complete({ symbol }) {
        load.most = Math.max(load.most, ++load.now);
        await new Promise((resolve) => setImmediate(resolve));
        load.now--;
        const have = coins[symbol]!;
        if (typeof have === 'string') throw new CandlecastError(have, 'It failed.');
        done.push(symbol);
      },
      read: async ({ symbol }) => ({
        version: 1,
        fromMs: NEWEST_MS - Number(coins[symbol]) * DAY_MS,
        days: () => [],
      }),
    },
  });
  return { service, done, load };
}
const signal = new AbortController().signal;

describe('completing the hours of the tracked coins', () => {
  it('takes one coin after the other, and says of which there are fewer and which failed', async () => {
    const { service, done, load } = build({ BTC: HISTORY_DAYS, ARB: 100, XRP: 'CC_BUSY', ETH: HISTORY_DAYS - 1 });
    expect(await service.complete(signal)).toEqual({
      complete: 2,
      shorter: [{ symbol: 'ARB', fromMs: NEWEST_MS - 100 * DAY_MS }],
      failures: [{ symbol: 'XRP', code: 'CC_BUSY' }],
    });
    expect(done).toEqual(['BTC', 'ARB', 'ETH']);
    expect(load.most).toBe(1);
  });

  it('ends where the database fails, and when it is told to', async () => {
    await expect(build({ BTC: 'CC_DATABASE', ETH: 400 }).service.complete(signal)).rejects.toMatchObject({
      code: 'CC_DATABASE',
    });
    const stopped = AbortSignal.abort(new CandlecastError('CC_STOPPING', 'The bot is being stopped.'));
    await expect(build({ BTC: 400 }).service.complete(stopped)).rejects.toMatchObject({ code: 'CC_STOPPING' });
  });
});
