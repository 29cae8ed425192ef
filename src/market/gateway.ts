import { SYMBOL_PATTERN } from '../core/asset.ts';
import { CandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Clock } from '../core/time.ts';
import { finalStretch } from '../sources/market/pages.ts';
import type { CandleAnswer, CandleSource, MarketGateway } from '../sources/source.ts';
import { type CircuitTuning, monitorSource } from '../sources/source-monitor.ts';
import { createHoleMemory } from './holes.ts';
import { createSharedFlights } from './shared-flights.ts';
import { walkSources } from './source-walk.ts';

/** What a gateway is made of. */
export interface MarketGatewayOptions {
  /** In the order they are tried. */
  readonly sources: readonly CandleSource[];
  readonly now: Clock;
  readonly logger: Logger;
  /** Longest a call takes, failover included. Default 9 s. */
  readonly deadlineMs?: number;
  readonly circuit?: CircuitTuning;
}

/** Joins the market sources to one: order, failover, refilled holes, circuit breakers, health, shared requests. */
export function createMarketGateway(options: MarketGatewayOptions): Required<MarketGateway> {
  const { now, logger, deadlineMs = 9000 } = options;
  const sources = options.sources.map((source) => monitorSource(source, now, options.circuit));
  const holes = createHoleMemory(now);
  const flights = createSharedFlights<CandleAnswer>();
  const isStatic = sources.length > 0 && sources.every(({ source }) => source.newestOpenMs);

  return {
    async fetchCandles(request) {
      const { symbol, interval } = request;
      if (!SYMBOL_PATTERN.test(symbol)) {
        throw new CandlecastError('CC_UNKNOWN_SYMBOL', `No market source lists ${symbol.slice(0, 20)}.`);
      }
      const stretch = finalStretch('market', request, now());
      if (!stretch) return { candles: [], source: sources[0]?.source.name ?? 'none', failures: [] };
      const answer = await flights.join(
        `${symbol} ${interval}`,
        stretch,
        (signal) => walkSources(request, stretch, { sources, holes, now, logger, deadlineMs, signal }),
        request.signal,
      );
      const inside = answer.candles.filter((c) => c.openTimeMs >= stretch.fromMs && c.openTimeMs <= stretch.toMs);
      return { ...answer, candles: inside };
    },
    async newestOpenMs(symbol, interval) {
      if (!isStatic) return null;
      let failure: { readonly error: unknown } | null = null;
      for (const { source } of sources) {
        try {
          const newest = await source.newestOpenMs?.(symbol, interval);
          if (newest !== null && newest !== undefined) return newest;
        } catch (error) {
          failure ??= { error };
        }
      }
      if (failure) throw failure.error;
      return null;
    },
    health: () => sources.map((monitored) => monitored.health()),
  };
}
