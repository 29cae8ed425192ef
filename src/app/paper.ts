import { HORIZONS } from '../core/horizon.ts';
import { cardRecord } from '../services/accuracy/track-record.ts';
import type { ModelRegistry } from '../services/models/model-registry.ts';
import { createPaperService, createTripAnnouncer, type PaperService } from '../services/paper/paper.ts';
import type { AppData } from './data.ts';
import type { Forecasting } from './forecasting.ts';
import type { Learning } from './models.ts';

/** Builds the paper service with its forecasts, its candles, and the reasons that forbid positions in all portfolios. */
export function buildPaper(
  data: AppData,
  models: ModelRegistry,
  { liveRecord }: Pick<Forecasting, 'liveRecord'>,
  { drift }: Pick<Learning, 'drift'>,
): PaperService {
  const { options, storage, assets, simulated } = data;
  return createPaperService({
    paper: storage.paper,
    ledger: storage.ledger,
    candles: storage.candles,
    assets,
    symbols: options.config.SYMBOLS,
    async health(interval, horizon) {
      const statuses = await drift.status();
      if (statuses.some((status) => status.interval === interval && status.state === 'alarm')) return 'drift-alarm';
      const { steps } = HORIZONS[horizon];
      const live = await liveRecord(horizon);
      const record =
        live ??
        cardRecord((await models.serving(interval)).card.evaluation?.records.find((one) => one.steps === steps));
      return record?.edge ? null : 'no-edge';
    },
    announce: createTripAnnouncer({ subscriptions: storage.subscriptions, posts: storage.posts, simulated }),
    simulated,
    now: options.clock.now,
    random: options.random,
    logger: options.logger,
  });
}
