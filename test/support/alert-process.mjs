/**
 * A process that checks alerts and delivers them, for tests that kill it; see killed-process.mjs. The price of every coin is above every level, so that
 * each alert that is set is to be told.
 */
import { alertMessage } from '../../dist/commands/alerts/alert-message.js';
import { createPersonalAlertService } from '../../dist/services/alerts/personal-alerts.js';
import { createPublishing, now, publishUntilDone, silent, step, storage, watched } from './killed-process.mjs';

const personalAlerts = watched('alerts', storage.personalAlerts);
const alerts = createPersonalAlertService({
  alerts: personalAlerts,
  assets: { resolve: (symbol) => ({ symbol, name: symbol }) },
  prices: {
    lastTrade: async (symbol) => ({
      ...{ symbol, price: 1_000_000, atMs: now(), fetchedAtMs: now(), source: 'binance', kind: 'trade' },
      ...{ doubted: null, failures: [] },
    }),
  },
  forecast: () => Promise.reject(new Error('no alert here needs a forecast')),
  record: async () => null,
  random: () => 0.5,
  now,
  logger: silent,
});

const publishing = createPublishing({
  subscriptions: storage.subscriptions,
  makeMessage: () => Promise.reject(new Error('nothing is subscribed to')),
  personal: {
    alerts: personalAlerts,
    async makeMessage(post, alert) {
      step('making');
      return alertMessage(post, alert);
    },
  },
});

await publishUntilDone(async (signal) => {
  const { left } = await alerts.check(signal);
  await publishing.publishDue(signal);
  return left === 0 && (await storage.posts.open()) === 0 && (await storage.personalAlerts.active()).length === 0;
});
