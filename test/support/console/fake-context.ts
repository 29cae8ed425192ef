import type { CommandContext } from '../../../src/commands/command.ts';
import { KNOWN_ASSETS } from '../../../src/core/asset.ts';
import { UnknownNameError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import type { AssetDirectory } from '../../../src/market/assets.ts';
import type { ChartRenderer } from '../../../src/render/chart/chart-renderer.ts';
import type { ForecastRequest } from '../../../src/services/forecast/forecast.ts';
import { fakeAdmin } from '../../commands/admin/fake-admin.ts';
import { fakeAccuracy, fakeRecordParts } from '../../render/accuracy/believable-accuracy.ts';
import { fakeBacktests } from '../../render/backtest/believable-backtest.ts';
import { believableExplanation } from '../../render/forecast/believable-explanation.ts';
import { believableReport, ORIGIN_MS } from '../../render/forecast/believable-report.ts';
import { believableComparison, believableServed } from '../../render/models/believable-models.ts';
import { fakePaper } from '../../render/paper/believable-paper.ts';
import { fakeWitness } from '../../render/record/believable-check.ts';
import { believableSentiment } from '../../render/sentiment/believable-sentiment.ts';
import { oddsInMemory } from '../odds.ts';
import { alertsInMemory, priceOf } from '../personal-alerts.ts';
import { preferencesInMemory } from '../preferences.ts';
import { steadyCandles, steadyPrices } from '../prices.ts';
import { privacyInMemory } from '../privacy.ts';
import { QUIET_STATUS } from '../quiet-status.ts';
import { NO_LINKS, serverSettingsInMemory } from '../server-settings.ts';
import { idlePublishing, subscriptionsInMemory } from '../subscriptions.ts';
import { fakeWatching } from '../watching.ts';

/** The moment the fake context lives in. */
export const NOW_MS = ORIGIN_MS + 95 * MINUTE_MS;

/** A one-pixel PNG. */
export const TINY_PNG = new Uint8Array(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
    'base64',
  ),
);

/** Draws the same pixel for every forecast. */
export const tinyCharts: ChartRenderer = {
  fanChart: async () => TINY_PNG,
  oddsChart: async () => TINY_PNG,
  oddsRecordChart: async () => TINY_PNG,
  sentimentChart: async () => TINY_PNG,
  priceChart: async () => TINY_PNG,
  candleChart: async () => TINY_PNG,
  backtestChart: async () => TINY_PNG,
  paperChart: async () => TINY_PNG,
  accuracyChart: async () => TINY_PNG,
  coinTable: async () => TINY_PNG,
  close: async () => {},
};

const assets: AssetDirectory = {
  search(text, limit) {
    const wanted = text.toLowerCase();
    return KNOWN_ASSETS.filter(
      ({ symbol, name }) => symbol.toLowerCase().startsWith(wanted) || name.toLowerCase().includes(wanted),
    ).slice(0, limit);
  },
  resolve(text) {
    const wanted = text.trim().toLowerCase();
    const found = KNOWN_ASSETS.find((asset) =>
      [asset.symbol, asset.name].some((name) => name.toLowerCase() === wanted),
    );
    if (found) return found;
    const suggestions = ['Bitcoin (BTC)', 'Bitcoin Cash (BCH)'];
    throw new UnknownNameError('CC_UNKNOWN_SYMBOL', `There is no coin "${text}".`, suggestions);
  },
};

/** Services that answer from memory with believable figures; `asked` collects what was asked of the forecast. */
export function fakeContext(options: { charts?: ChartRenderer; asked?: ForecastRequest[] } = {}): CommandContext {
  const forecast: CommandContext['services']['forecast'] = {
    async forecast(request) {
      options.asked?.push(request);
      const { symbol, name } = assets.resolve(request.symbol);
      return believableReport({ symbol, name, horizon: request.horizon, simulated: true });
    },
  };
  return {
    version: '0.1.0',
    simulated: () => true,
    links: NO_LINKS,
    now: () => NOW_MS,
    logger: silentLogger,
    charts: options.charts ?? tinyCharts,
    services: {
      assets,
      ...fakeWatching(assets.resolve),
      price: steadyPrices(assets.resolve, ORIGIN_MS),
      candles: steadyCandles(assets.resolve, ORIGIN_MS),
      preferences: preferencesInMemory(assets, () => NOW_MS),
      forecast,
      ...oddsInMemory(forecast, ORIGIN_MS),
      alerts: alertsInMemory({
        assets: assets,
        prices: priceOf(
          () => 98_123.45,
          () => ORIGIN_MS,
        ),
        forecast: (symbol, horizon, asking) => forecast.forecast({ symbol, horizon }, asking),
        now: () => ORIGIN_MS,
      }),
      explanation: { explain: async (report) => believableExplanation(report) },
      serverSettings: serverSettingsInMemory(),
      backtest: fakeBacktests,
      paper: fakePaper(true),
      accuracy: fakeAccuracy(assets.resolve, true),
      sentiment: {
        report: async (symbol) => believableSentiment({ asset: assets.resolve(symbol), simulated: true }),
        glance: async () => ({ score: 0.12, weekAgo: null, count: 3 }),
      },
      subscriptions: subscriptionsInMemory(assets, () => NOW_MS),
      publishing: idlePublishing,
      witness: fakeWitness,
      recordParts: fakeRecordParts,
      privacy: privacyInMemory(() => NOW_MS),
      drift: { status: async () => [] },
      modelInfo: { served: async () => believableServed, comparisons: async () => [believableComparison] },
      admin: fakeAdmin,
      status: {
        status: async () => ({
          version: '0.1.0',
          node: 'v20.20.2',
          startedAtMs: NOW_MS - 3 * HOUR_MS,
          nowMs: NOW_MS,
          surface: 'console',
          simulated: true,
          sources: [
            {
              name: 'binance',
              kind: 'market',
              state: 'down',
              lastSuccessMs: NOW_MS - DAY_MS,
              lastFailure: { atMs: NOW_MS - MINUTE_MS, code: 'CC_SOURCE_TIMEOUT', reason: 'No answer within 8 s.' },
              retryAtMs: NOW_MS + MINUTE_MS,
            },
            { name: 'kraken', kind: 'market', state: 'ok', lastSuccessMs: NOW_MS, lastFailure: null, retryAtMs: null },
          ],
          drift: [],
          models: [
            {
              interval: '1d',
              version: '1d-2026-11-20',
              trainedAtMs: NOW_MS - DAY_MS,
              dataUntilMs: NOW_MS - DAY_MS,
              family: 'conv-lstm',
              problem: null,
            },
          ],
          database: { kind: 'sqlite', ok: true, candles: 123_456, problem: null },
          ...QUIET_STATUS,
          newestForecastMs: NOW_MS - HOUR_MS,
        }),
      },
    },
  };
}
