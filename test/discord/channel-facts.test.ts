import { afterEach, describe, expect, it } from 'vitest';
import type { ChangedFacts, PostingFacts } from '../../src/core/channel-facts.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { ShardRange } from '../../src/core/shards.ts';
import { createFactWriter, createSharedKnowledge } from '../../src/discord/channel-facts.ts';
import type { ChannelKnowledge } from '../../src/discord/channels.ts';

const ending: AbortController[] = [];
afterEach(() => {
  for (const one of ending.splice(0)) one.abort();
});
const newSignal = () => {
  const one = new AbortController();
  ending.push(one);
  return one.signal;
};
/** A turn of the event loop, and the end of everything at the signal. */
const sleep = (_ms: number, signal?: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    if (signal?.aborted) reject(signal.reason);
    else setTimeout(() => (signal?.aborted ? reject(signal.reason) : resolve()), 1);
  });

const knowledge: ChannelKnowledge = {
  selfId: '1',
  missing: (id) => (id === '12' ? ['Send Messages'] : []),
  isAnnouncement: (id) => id === '11',
  readsHistory: () => true,
  guildOf: () => null,
  systemChannel: () => '19',
};

describe('facts that a shard writes', () => {
  function writer(known: (guildId: string) => boolean = () => true) {
    const subscribed = new Map([['1', ['11', '12']]]);
    const written: PostingFacts[] = [];
    const asked: (readonly string[] | undefined)[] = [];
    const stamped: string[] = [];
    const store = {
      failing: false,
      /** Whether time passes. */
      passing: true,
      async postedTo(guildIds?: readonly string[]) {
        asked.push(guildIds);
        if (store.failing) throw new Error('the database is away');
        return new Map([...subscribed].filter(([id]) => guildIds?.includes(id) ?? true));
      },
      async write(facts: readonly PostingFacts[]) {
        written.push(...facts);
      },
      async stampRefused(guildIds: readonly string[]) {
        stamped.push(...guildIds);
      },
    };
    // The hourly turn does not come in these tests.
    const nap = (ms: number, signal?: AbortSignal) =>
      ms > 60_000 || !store.passing ? new Promise<void>(() => {}) : sleep(ms, signal);
    const made = createFactWriter({
      knowledge,
      isKnown: known,
      store,
      sleep: nap,
      logger: silentLogger,
      signal: newSignal(),
    });
    return { made, subscribed, written, asked, stamped, store };
  }

  it('are those of subscribed channels, of servers that it knows', async () => {
    const { made, written, subscribed } = writer((id) => id !== '2');
    subscribed.set('2', ['21']);
    made.start();
    await expect
      .poll(() => written)
      .toEqual([
        {
          guildId: '1',
          systemChannelId: '19',
          channels: [
            { channelId: '11', announcement: true, missing: [], readsHistory: true },
            { channelId: '12', announcement: false, missing: ['Send Messages'], readsHistory: true },
          ],
        },
      ]);
  });

  it('are written anew after changes, together, and of servers without subscriptions nothing is asked', async () => {
    const { made, written, asked, stamped, subscribed, store } = writer();
    made.start();
    await expect.poll(() => written.length).toBe(1);
    for (let i = 0; i < 50; i++) made.note('7');
    for (let i = 0; i < 50; i++) made.note('1');
    await expect.poll(() => stamped).toEqual(['1']);
    expect(asked).toEqual([undefined, ['1']]);
    // The first channel of a server that is posted to counts at once, without waiting for others.
    store.passing = false;
    subscribed.set('7', ['71']);
    made.notePostedTo('7');
    await expect.poll(() => written.map(({ guildId }) => guildId)).toEqual(['1', '1', '7']);
  });

  it('wait for a database that is away', async () => {
    const { made, written, store } = writer();
    made.start();
    await expect.poll(() => written.length).toBe(1);
    store.failing = true;
    made.note('1');
    await sleep(20);
    store.failing = false;
    await expect.poll(() => written.length).toBe(2);
    store.failing = true;
    made.notePostedTo('1');
    await sleep(20);
    store.failing = false;
    await expect.poll(() => written.length).toBe(3);
  });
});

describe('what a process without a gateway knows', () => {
  const GUILD = String(5n << 22n);
  const facts = (changedMs: number, missing: readonly string[] | null): ChangedFacts => ({
    guildId: GUILD,
    systemChannelId: '19',
    changedMs,
    channels: [{ channelId: '11', announcement: true, missing, readsHistory: false }],
  });

  it('is what shards have written, as long as the shard of the server is connected', async () => {
    let stored = [facts(1_000, ['Send Messages'])];
    let connected: ShardRange[] = [{ first: 0, last: 1, count: 4 }];
    let away = false;
    const since: (number | null)[] = [];
    const changes: string[] = [];
    const shared = createSharedKnowledge({
      facts: {
        async changedSince(ms) {
          since.push(ms);
          if (away) throw new Error('the database is away');
          return { facts: stored, newestMs: stored.reduce((newest, one) => Math.max(newest, one.changedMs), ms ?? 0) };
        },
        connected: async () => connected,
      },
      selfId: () => '99',
      sleep: () => new Promise(() => {}),
      logger: silentLogger,
      signal: newSignal(),
    });
    expect(shared.missing('11')).toBeNull();
    await shared.refresh();
    expect([shared.selfId, shared.missing('11'), shared.isAnnouncement('11'), shared.readsHistory('11')]).toEqual([
      '99',
      ['Send Messages'],
      true,
      false,
    ]);
    expect([shared.guildOf('11'), shared.systemChannel(GUILD), shared.missing('12')]).toEqual([GUILD, '19', null]);

    shared.follow((guildId) => changes.push(guildId));
    await shared.refresh();
    expect(changes).toEqual([]);
    stored = [facts(20_000, [])];
    await shared.refresh();
    await shared.refresh();
    expect(changes).toEqual([GUILD]);
    expect(shared.missing('11')).toEqual([]);
    expect(since[0]).toBeNull();
    expect(since.at(-1)).toBe(10_000);

    // What was written by a shard that is gone may no longer be so: Discord is asked.
    connected = [{ first: 2, last: 3, count: 4 }];
    await shared.refresh();
    expect([shared.missing('11'), shared.isAnnouncement('11'), shared.guildOf('11')]).toEqual([null, null, GUILD]);
    away = true;
    await expect(shared.refresh()).resolves.toBeUndefined();
  });
});
