import type { Caller, CommandContext } from '../../src/commands/command.ts';
import { type Asset, KNOWN_ASSETS, STABLECOINS } from '../../src/core/asset.ts';
import { CandlecastError, UnknownNameError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { NO_PREFERENCES } from '../../src/core/settings.ts';
import type { ChartTheme } from '../../src/render/chart/chart-theme.ts';
import type { ForecastRequest } from '../../src/services/forecast/forecast.ts';
import { fakeAccuracy, fakeRecordParts } from '../render/accuracy/believable-accuracy.ts';
import { fakeBacktests } from '../render/backtest/believable-backtest.ts';
import { believableExplanation } from '../render/forecast/believable-explanation.ts';
import { believableReport, ORIGIN_MS } from '../render/forecast/believable-report.ts';
import { believableComparison, believableServed } from '../render/models/believable-models.ts';
import { fakePaper } from '../render/paper/believable-paper.ts';
import { fakeWitness } from '../render/record/believable-check.ts';
import { believableSentiment } from '../render/sentiment/believable-sentiment.ts';
import { oddsInMemory } from '../support/odds.ts';
import { alertsInMemory, priceOf } from '../support/personal-alerts.ts';
import { preferencesInMemory } from '../support/preferences.ts';
import { steadyCandles, steadyPrices } from '../support/prices.ts';
import { privacyInMemory } from '../support/privacy.ts';
import { QUIET_STATUS } from '../support/quiet-status.ts';
import { NO_LINKS, serverSettingsInMemory } from '../support/server-settings.ts';
import { idlePublishing, subscriptionsInMemory } from '../support/subscriptions.ts';
import { fakeWatching } from '../support/watching.ts';
import { fakeAdmin } from './admin/fake-admin.ts';

/** Somebody in a server. */
export const somebody: Caller = {
  userId: '1',
  isOwner: false,
  guildId: '2',
  channelId: '3',
  locale: 'en-GB',
  preferences: NO_PREFERENCES,
  mayManageServer: false,
  channel: () => null,
};

/** What {@link fakeContext} returns. */
export type FakeContext = ReturnType<typeof fakeContext>;

/** A context whose services keep their contracts without network, database or model, and that remembers what was asked. */
export function fakeContext(options: { chartFails?: boolean; explanationFails?: boolean } = {}) {
  const asked: ForecastRequest[] = [];
  const drawn: ChartTheme[] = [];
  const warned: { readonly facts: object; readonly message: string }[] = [];

  function resolve(text: string): Asset {
    const wanted = text.trim().toUpperCase();
    if (STABLECOINS.has(wanted)) {
      throw new CandlecastError('CC_STABLECOIN', `${wanted} is pegged to a currency, so there is no move to forecast.`);
    }
    const found = KNOWN_ASSETS.find((asset) => asset.symbol === wanted || asset.name.toUpperCase() === wanted);
    if (found) return found;
    const suggestions = KNOWN_ASSETS.filter((asset) => asset.symbol[0] === wanted[0]).slice(0, 3);
    throw new UnknownNameError(
      'CC_UNKNOWN_SYMBOL',
      `There is no coin "${text}".`,
      suggestions.map((asset) => asset.symbol),
    );
  }

  async function draw(_report: unknown, theme: ChartTheme): Promise<Uint8Array> {
    if (options.chartFails) throw new CandlecastError('CC_WORKER_DIED', 'The chart could not be drawn.');
    drawn.push(theme);
    return Uint8Array.of(0x89, 0x50);
  }

  const forecast: CommandContext['services']['forecast'] = {
    async forecast(request) {
      asked.push(request);
      const { symbol, name } = resolve(request.symbol);
      return believableReport({ symbol, name, horizon: request.horizon });
    },
  };
  const context: CommandContext = {
    services: {
      assets: {
        search: (text, limit) =>
          KNOWN_ASSETS.filter((asset) => asset.symbol.startsWith(text.toUpperCase())).slice(0, limit),
        resolve,
      },
      price: steadyPrices(resolve, ORIGIN_MS),
      candles: steadyCandles(resolve, ORIGIN_MS),
      forecast,
      ...oddsInMemory(forecast, ORIGIN_MS),
      alerts: alertsInMemory({
        assets: { resolve },
        prices: priceOf(
          () => 98_123.45,
          () => ORIGIN_MS,
        ),
        forecast: (symbol, horizon, asking) => forecast.forecast({ symbol, horizon }, asking),
        now: () => ORIGIN_MS,
      }),
      explanation: {
        async explain(report) {
          if (options.explanationFails) {
            throw new CandlecastError('CC_MODEL_MISSING', 'The model of this forecast is no longer served.');
          }
          return believableExplanation(report);
        },
      },
      serverSettings: serverSettingsInMemory(),
      backtest: fakeBacktests,
      paper: fakePaper(),
      accuracy: fakeAccuracy(resolve),
      sentiment: {
        report: async (symbol) => believableSentiment({ asset: resolve(symbol) }),
        glance: async () => ({ score: 0.12, weekAgo: -0.03, count: 143 }),
      },
      subscriptions: subscriptionsInMemory({ resolve }, () => ORIGIN_MS),
      publishing: idlePublishing,
      ...fakeWatching(resolve),
      witness: fakeWitness,
      recordParts: fakeRecordParts,
      preferences: preferencesInMemory({ resolve }, () => ORIGIN_MS),
      privacy: privacyInMemory(() => ORIGIN_MS),
      drift: { status: async () => [] },
      modelInfo: { served: async () => believableServed, comparisons: async () => [believableComparison] },
      admin: fakeAdmin,
      status: {
        async status() {
          return {
            version: '0.1.0',
            node: 'v20.19.0',
            startedAtMs: ORIGIN_MS,
            nowMs: ORIGIN_MS,
            surface: 'console',
            simulated: false,
            sources: [],
            models: [],
            drift: [],
            database: { kind: 'sqlite', ok: true, candles: 0, problem: null },
            ...QUIET_STATUS,
            newestForecastMs: ORIGIN_MS,
          };
        },
      },
    },
    charts: {
      fanChart: draw,
      oddsChart: draw,
      backtestChart: draw,
      paperChart: draw,
      accuracyChart: draw,
      oddsRecordChart: draw,
      sentimentChart: draw,
      coinTable: async (_glances, _title, theme) => draw(null, theme),
      priceChart: draw,
      candleChart: draw,
      async close() {},
    },
    now: () => ORIGIN_MS,
    logger: { ...silentLogger, warn: (facts, message) => warned.push({ facts, message }) },
    simulated: () => false,
    links: NO_LINKS,
    version: '0.1.0',
  };
  return { context, asked, drawn, warned };
}
