import { describe, expect, it } from 'vitest';
import { CandlecastError, type ErrorCode } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { MarketSeries } from '../../../src/core/market.ts';
import type { SeriesRequest } from '../../../src/market/series.ts';
import { createCandleIngestService } from '../../../src/services/forecast/candle-ingest.ts';

const signal = new AbortController().signal;

/** The service over a market where some coins fail, with what was asked and how much of it at once. */
function build(symbols: readonly string[], broken: Readonly<Record<string, ErrorCode>> = {}) {
  const asked: SeriesRequest[] = [];
  const load = { now: 0, most: 0 };
  const service = createCandleIngestService({
    symbols,
    unconfirmed: { all: async () => [] },
    logger: silentLogger,
    market: {
      async series(request): Promise<MarketSeries> {
        asked.push(request);
        load.most = Math.max(load.most, ++load.now);
        await new Promise((resolve) => setImmediate(resolve));
        load.now--;
        const code = broken[request.symbol];
        if (code) throw new CandlecastError(code, 'It failed.');
        const { symbol, interval } = request;
        return {
          symbol,
          interval,
          candles: [],
          gaps: [],
          source: 'binance',
          fetchedAtMs: 0,
          failures: [],
          unconfirmed: null,
        };
      },
    },
  });
  return { service, asked, load };
}

describe('looking for new candles', () => {
  it('fetches the history that forecasts need first, and only what is new afterwards', async () => {
    const { service, asked } = build(['BTC']);
    await service.ingest('1h', signal);
    await service.ingest('1h', signal);
    expect(asked.map(({ candles, refresh }) => [candles, refresh])).toEqual([
      [2_000, true],
      [200, true],
    ]);
  });

  it('asks about two coins at once, and about each one once', async () => {
    const symbols = Array.from({ length: 30 }, (_, i) => `C${i}`);
    const { service, asked, load } = build(symbols);
    expect(await service.ingest('1d', signal)).toEqual({ refreshed: 30, unlisted: [], failures: [], unconfirmed: [] });
    expect(asked.map(({ symbol }) => symbol).sort()).toEqual([...symbols].sort());
    expect(load.most).toBe(2);
  });

  it('goes on past coins that fail, and tells them from those nobody lists', async () => {
    const { service } = build(['BTC', 'ETH', 'ODD'], { ETH: 'CC_SOURCE_UNAVAILABLE', ODD: 'CC_UNKNOWN_SYMBOL' });
    expect(await service.ingest('1d', signal)).toEqual({
      refreshed: 1,
      unlisted: ['ODD'],
      failures: [{ symbol: 'ETH', code: 'CC_SOURCE_UNAVAILABLE' }],
      unconfirmed: [],
    });
  });

  it('fails when not one coin could be had, when the database does, and when it is told to stop', async () => {
    const down = build(['BTC', 'ETH'], { BTC: 'CC_SOURCE_UNAVAILABLE', ETH: 'CC_SOURCE_UNAVAILABLE' });
    await expect(down.service.ingest('1d', signal)).rejects.toMatchObject({
      code: 'CC_SOURCE_UNAVAILABLE',
      retryable: true,
    });
    const broken = build(['BTC', 'ETH'], { ETH: 'CC_DATABASE' });
    await expect(broken.service.ingest('1d', signal)).rejects.toMatchObject({ code: 'CC_DATABASE' });
    const stopped = AbortSignal.abort(new CandlecastError('CC_STOPPING', 'The bot is being stopped.'));
    await expect(build(['BTC']).service.ingest('1d', stopped)).rejects.toMatchObject({ code: 'CC_STOPPING' });
  });
});
