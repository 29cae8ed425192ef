import type { Services } from '../commands/command.ts';
import { createOddsScorer, type OddsScorer } from '../services/odds/score-odds.ts';
import { createOutlookService } from '../services/outlook/outlook.ts';
import { createPredictService } from '../services/predict/predict.ts';
import { type CallScorer, createCallScorer } from '../services/predict/score-calls.ts';
import { createPreferenceService } from '../services/preferences/preferences.ts';
import { createPrivacyService } from '../services/privacy/privacy.ts';
import { createServerSettingsService } from '../services/setup/server-settings.ts';
import { createGlanceService } from '../services/watch/glances.ts';
import { createWatchService } from '../services/watch/watch.ts';
import type { AppData } from './data.ts';

/** Builds what is about persons and servers: their settings of /me and /setup, watch lists, and what is kept of them. Every process is told when a person's settings change. */
export function buildPersonal(
  data: AppData,
  clockIsRight: () => boolean,
  forecast: Services['forecast'],
): Pick<Services, 'preferences' | 'privacy' | 'serverSettings' | 'watch' | 'glances' | 'outlook' | 'predict'> {
  const { storage, assets, options, cluster } = data;
  const { logger, sleep } = options;
  const now = options.clock.now;
  const { notices } = cluster;
  const changed = (userId: string) => notices.publish('preferences-changed', userId);
  const preferences = createPreferenceService({
    repository: storage.preferences,
    assets,
    onChange: changed,
    now,
    sleep,
    logger,
  });
  notices.subscribe('preferences-changed', preferences.forget);
  const privacy = createPrivacyService({
    repository: storage.privacy,
    clockIsRight,
    onDeleted: (of) => {
      if (of.kind === 'person') changed(of.userId);
      else notices.publish('server-settings-changed', of.guildId);
    },
    now,
    logger,
  });
  const serverSettings = createServerSettingsService({
    repository: storage.serverSettings,
    onChange: (guildId) => notices.publish('server-settings-changed', guildId),
    now,
    sleep,
    logger,
  });
  notices.subscribe('server-settings-changed', serverSettings.forget);
  const watch = createWatchService({ watches: storage.watches, assets, now, logger });
  notices.subscribe('preferences-changed', watch.forget);
  const glances = createGlanceService({ forecast, logger, sleep });
  return {
    preferences,
    privacy,
    serverSettings,
    watch,
    glances,
    predict: createPredictService({ calls: storage.calls, forecast, clockIsRight, now }),
    outlook: createOutlookService({
      glances,
      subscriptions: storage.subscriptions,
      ledger: storage.ledger,
      symbols: options.config.SYMBOLS,
      now,
    }),
  };
}

/** Builds what scores members' calls. */
export function buildCallScorer(data: AppData, clockIsRight: () => boolean): CallScorer {
  const { storage, candles, livePrices, options } = data;
  const { logger, clock } = options;
  return createCallScorer({
    calls: storage.calls,
    market: candles,
    prices: livePrices,
    clockIsRight,
    logger,
    now: clock.now,
  });
}

/** Builds what scores odds. */
export function buildOddsScorer(data: AppData, clockIsRight: () => boolean): OddsScorer {
  const { storage, candles, livePrices, options } = data;
  const { logger, clock } = options;
  return createOddsScorer({
    askedOdds: storage.askedOdds,
    oddsSums: storage.oddsSums,
    candles: storage.candles,
    market: candles,
    prices: livePrices,
    clockIsRight,
    logger,
    now: clock.now,
  });
}
