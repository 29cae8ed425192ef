/**
 * What processes that publish share, for tests that kill them: the built program's own storage, publishing service and publisher over a loopback Discord.
 * Where to kill itself is decided here, by wrapping what the services are given; the program knows nothing of it.
 * Such a process is called with one argument: JSON of `{ databaseUrl, apiUrl, token, selfId, owner, leaseMs, killAt, killAfter, blind, together, endless }`.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { REST } from 'discord.js';
import { createPublishingTurn } from '../../dist/cluster/publishing-turn.js';
import { createPublisher } from '../../dist/discord/publisher.js';
import { createPublishingService } from '../../dist/services/subscriptions/publishing.js';
import { openStorage } from '../../dist/storage/open-storage.js';

const options = JSON.parse(process.argv[2]);

export const silent = { debug() {}, info() {}, warn() {}, error() {} };
export const now = () => Date.now();
export const storage = await openStorage(options.databaseUrl, { now });

let steps = 0;
/** Ends this process as a power cut would, where it was told to. */
export function step(name) {
  if (name !== options.killAt || steps++ < options.killAfter) return;
  process.kill(process.pid, 'SIGKILL');
}

/** Calls `step` before and after each method. */
export function watched(name, target) {
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

const absent = async () => ({ kind: 'absent' });

/** Makes the service that publishes; `parts` are what it posts and who subscribed to it. */
export function createPublishing(parts) {
  const discord = createPublisher({
    rest: new REST({ version: '10', api: options.apiUrl, timeout: 5_000 }).setToken(options.token),
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
  // Blind, it would send again what it cannot remember: the control of the tests.
  const port = options.blind ? { ...discord, find: absent, findPrivate: absent } : discord;
  return createPublishingService({
    posts: watched('posts', storage.posts),
    turn: createPublishingTurn({
      leases: storage.leases,
      // The turn asks no more of Redis: all that see it publish at the same time.
      redis: options.together ? { isUp: () => true } : null,
      owner: options.owner,
      monotonic: () => performance.now(),
      sleep: (ms, signal) => wait(ms, undefined, { signal }),
      leaseMs: options.leaseMs,
    }),
    port: watched('port', port),
    owner: options.owner,
    now,
    logger: silent,
    leaseMs: options.leaseMs,
    concurrency: 8,
    ...parts,
  });
}

/** Says that it is ready, publishes with `round` until that answers that nothing is left (without end, if so told), and closes the database. */
export async function publishUntilDone(round) {
  process.stdout.write('ready\n');
  const endless = new AbortController().signal;
  while (!(await round(endless)) || options.endless) await wait(20);
  await storage.close();
}
