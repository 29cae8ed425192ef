/**
 * A process that checks alerts and delivers them, for tests that kill it: the built program's own storage, services, messages and publisher
 * over a loopback Discord. The price of every coin is above every level, so that each alert that is set is to be told.
 * Where to kill itself is decided here, by wrapping what the services are given; the program knows nothing of it.
 * Called with one argument: JSON of `{ databaseUrl, apiUrl, token, selfId, owner, leaseMs, killAt, killAfter, blind }`.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { REST } from 'discord.js';
import { createPublishingTurn } from '../../dist/cluster/publishing-turn.js';
import { alertMessage } from '../../dist/commands/alerts/alert-message.js';
import { createPublisher } from '../../dist/discord/publisher.js';
import { createPersonalAlertService } from '../../dist/services/alerts/personal-alerts.js';
import { createPublishingService } from '../../dist/services/subscriptions/publishing.js';
import { openStorage } from '../../dist/storage/open-storage.js';

const options = JSON.parse(process.argv[2]);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const now = () => Date.now();
const sleep = (ms, signal) => wait(ms, undefined, { signal });

let steps = 0;
/** Ends this process as a power cut would, where it was told to. */
function step(name) {
  if (name !== options.killAt || steps++ < options.killAfter) return;
  process.kill(process.pid, 'SIGKILL');
}

/** Calls `step` before and after each method. */
function watched(name, target) {
  return new Proxy(target, {
    get(of, method) {
      const original = of[method];
      if (typeof original !== 'function') return original;
      return async (...args) => {
        step(`before ${name}.${String(method)}`);
        const result = await original.apply(of, args);
        step(`after ${name}.${String(method)}`);
        return result;
      };
    },
  });
}

const storage = await openStorage(options.databaseUrl, { now });
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
const rest = new REST({ version: '10', api: options.apiUrl, timeout: 5_000 }).setToken(options.token);
const discord = createPublisher({
  rest,
  knowledge: {
    selfId: options.selfId,
    missing: () => [],
    isAnnouncement: () => false,
    readsHistory: () => true,
    guildOf: () => null,
    systemChannel: () => null,
  },
  now,
  logger: silent,
  redact: (text) => text,
});
const absent = async () => ({ kind: 'absent' });
// Blind, it would send again what it cannot remember: the control of the tests.
const port = options.blind ? { ...discord, find: absent, findPrivate: absent } : discord;
const publishing = createPublishingService({
  subscriptions: storage.subscriptions,
  posts: watched('posts', storage.posts),
  turn: createPublishingTurn({
    leases: storage.leases,
    redis: null,
    owner: options.owner,
    monotonic: () => performance.now(),
    sleep,
    leaseMs: options.leaseMs,
  }),
  port: watched('port', port),
  makeMessage: () => Promise.reject(new Error('nothing is subscribed to')),
  personal: {
    alerts: personalAlerts,
    async makeMessage(post, alert) {
      step('making');
      return alertMessage(post, alert);
    },
  },
  owner: options.owner,
  now,
  logger: silent,
  leaseMs: options.leaseMs,
  concurrency: 8,
});

process.stdout.write('ready\n');
const endless = new AbortController().signal;
for (;;) {
  const { left } = await alerts.check(endless);
  await publishing.publishDue(endless);
  if (left === 0 && (await storage.posts.open()) === 0 && (await storage.personalAlerts.active()).length === 0) break;
  await wait(20);
}
await storage.close();
