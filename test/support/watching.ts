import type { Asset } from '../../src/core/asset.ts';
import { asCandlecastError, CandlecastError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { type CoinGlance, coinLine } from '../../src/core/outlook.ts';
import { createOutlookService, type OutlookService } from '../../src/services/outlook/outlook.ts';
import type { PredictService } from '../../src/services/predict/predict.ts';
import type { GlanceService } from '../../src/services/watch/glances.ts';
import { createWatchService, type WatchService } from '../../src/services/watch/watch.ts';
import type { WatchRepository } from '../../src/storage/watch-repository.ts';
import { believableReport, ORIGIN_MS } from '../render/forecast/believable-report.ts';

/** A repository that keeps its lists in memory; the contract of the real one is test/contracts/watches.ts. */
export function watchesInMemory(): WatchRepository {
  const lists = new Map<string, string[]>();
  const of = (userId: string) => lists.get(userId) ?? [];
  return {
    list: async (userId) => [...of(userId)],
    async add(userId, symbols, most) {
      const fresh = [...new Set(symbols)].filter((symbol) => !of(userId).includes(symbol));
      const added = fresh.slice(0, Math.max(most - of(userId).length, 0));
      lists.set(userId, [...of(userId), ...added]);
      return { added, leftOut: fresh.slice(added.length) };
    },
    async remove(userId, symbols) {
      const removed = symbols.filter((symbol) => of(userId).includes(symbol));
      lists.set(
        userId,
        of(userId).filter((symbol) => !removed.includes(symbol)),
      );
      return removed;
    },
  };
}

/** The watch service over memory, and glances of believable forecasts. */
export function fakeWatching(resolve: (text: string) => Asset): {
  readonly watch: WatchService;
  readonly glances: GlanceService;
  readonly outlook: OutlookService;
  readonly predict: PredictService;
} {
  const glances: GlanceService = {
    glances: async (symbols) =>
      symbols.map((symbol): CoinGlance => {
        try {
          const { name } = resolve(symbol);
          return { symbol, line: coinLine(believableReport({ symbol, name, simulated: true })), problem: null };
        } catch (error) {
          return { symbol, line: null, problem: asCandlecastError(error) };
        }
      }),
  };
  return {
    watch: createWatchService({
      watches: watchesInMemory(),
      assets: { resolve },
      now: () => ORIGIN_MS,
      logger: silentLogger,
    }),
    glances,
    outlook: createOutlookService({
      glances,
      subscriptions: { byGuild: async () => [] },
      ledger: { newestFrom: async () => null },
      symbols: ['BTC', 'ETH'],
      now: () => ORIGIN_MS,
    }),
    predict: {
      call: async () => {
        throw new CandlecastError('CC_CALL_REFUSED', 'No calls here.');
      },
      list: async () => [],
      leaderboard: async (_guildId, month) => ({ month, direction: [], range: [] }),
    },
  };
}
