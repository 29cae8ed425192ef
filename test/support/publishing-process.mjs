/**
 * A process that publishes, for tests that kill it: the built program's own storage, service and publisher over a loopback Discord.
 * Where to kill itself is decided here, by wrapping what the service is given; the program knows nothing of it.
 * Called with one argument: JSON of `{ databaseUrl, apiUrl, token, selfId, owner, leaseMs, killAt, killAfter, blind }`.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { REST } from 'discord.js';
import { createPublishingTurn } from '../../dist/cluster/publishing-turn.js';
import { createPublisher } from '../../dist/discord/publisher.js';
import { createPublishingService } from '../../dist/services/subscriptions/publishing.js';
import { openStorage } from '../../dist/storage/open-storage.js';

const options = JSON.parse(process.argv[2]);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const now = () => Date.now();
const sleep = (ms, signal) => wait(ms, undefined, { signal });
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

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
const rest = new REST({ version: '10', api: options.apiUrl, timeout: 5_000 }).setToken(options.token);
const knowledge = {
  selfId: options.selfId,
  missing: () => [],
  isAnnouncement: () => false,
  readsHistory: () => true,
  guildOf: () => null,
  systemChannel: () => null,
};
const discord = createPublisher({
  rest,
  knowledge,
  now,
  logger: silent,
  redact: (text) => text,
});
// Blind, it would post again what it cannot remember: the control of the tests.
const port = options.blind ? { ...discord, find: async () => ({ kind: 'absent' }) } : discord;
const publishing = createPublishingService({
  subscriptions: watched('subscriptions', storage.subscriptions),
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
  makeMessage: async (post) => {
    step('making');
    return {
      content: `Post for ${post.subscriptionId}`,
      embeds: [{ title: 'A post', image: { url: 'attachment://a.png' }, footer: { text: `Not advice · ${post.id}` } }],
      files: [{ name: 'a.png', contentType: 'image/png', data: new Uint8Array(PNG), description: 'A pixel' }],
      components: [],
    };
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
  await publishing.plan(now());
  await publishing.publishDue(endless);
  if ((await storage.posts.open()) === 0) break;
  await wait(20);
}
await storage.close();
