import type { Interval } from '../core/candle.ts';
import type { KnownCoin } from '../services/universe/choose-coins.ts';
import { createCoinList } from '../services/universe/coin-list.ts';
import { createUnstoredCoins, type TrainingCoins } from '../services/universe/training-coins.ts';
import { createUniverse, type Universe } from '../services/universe/universe.ts';
import type { AppData } from './data.ts';

/** The coins to learn from; `universe` is what keeps their candles, null where they are files or simulated and are read when they are needed. */
export interface BuiltUniverse {
  readonly coins: TrainingCoins;
  readonly universe: Universe | null;
}

/** Builds what models learn from. */
export function buildUniverse(data: AppData): BuiltUniverse {
  const { options, market, storage, assets, candles } = data;
  const { config, logger } = options;
  // Which candles are closed is decided by the earlier of the clocks.
  const now = options.clock.check.checked;
  const [days, hours] = config.TRAINING_COINS;
  const wanted: Readonly<Record<Interval, number>> = { '1d': days, '1h': hours };
  const tracked = config.SYMBOLS;
  const sources = market.sources.candles;
  const known = () =>
    new Map(
      assets.all().map(({ symbol, name, stablecoin }): [string, KnownCoin] => {
        const priceUsd = assets.listed(symbol)?.priceUsd ?? null;
        return [symbol, { name, priceUsd, stablecoin }];
      }),
    );
  if (market.sources.market !== 'live') {
    const coins = createUnstoredCoins({ sources, gateway: market.gateway, tracked, wanted, known, now });
    return { coins, universe: null };
  }
  const repository = storage.trainingCoins;
  const list = createCoinList({ sources, repository, tracked, wanted, known, now, logger });
  const universe = createUniverse({
    list,
    repository,
    market: candles,
    candles: storage.candles,
    tracked,
    now,
    logger,
  });
  return { coins: universe, universe };
}
