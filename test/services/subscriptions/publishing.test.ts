import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { DuePost, Subscription } from '../../../src/core/subscription.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { firstDueMs } from '../../../src/services/subscriptions/post-plan.ts';
import { createPublishingService, type PublishingService } from '../../../src/services/subscriptions/publishing.ts';
import type { FindOutcome, SendOutcome, SendPort } from '../../../src/services/subscriptions/publishing-port.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { turnAlone } from '../../support/publishing-turn.ts';
import { readInEnglish } from '../../support/reasons.ts';
import { sampleSubscription } from '../../support/subscriptions.ts';

const NINE_MS = Date.UTC(2026, 10, 22, 9);
const endless = new AbortController().signal;

let nowMs: number;
let storage: Storage;
let publishing: PublishingService;
let port: SendPort<string>;
/** What was posted or told, in order. */
let sent: string[];
let warned: string[];
let searched: string[];
let searchedSince: number[];
let outcomes: SendOutcome[];
let crossposts: SendOutcome[];
let notices: SendOutcome[];
/** Whether each send was to ask Discord in any case. */
let asked: boolean[];
let found: FindOutcome;
let making: (post: DuePost, subscription: Subscription) => Promise<string>;

function service(owner: string, leases = storage.leases, receiverNow = () => nowMs): PublishingService {
  port = {
    async send(channelId, message, _nonce, _signal, { ask = false } = {}) {
      asked.push(ask);
      const outcome = outcomes.shift() ?? { kind: 'sent', messageId: `m${sent.length}` };
      if (outcome.kind === 'sent' || (outcome.kind === 'busy' && outcome.maybeSent))
        sent.push(`${channelId}: ${message}`);
      return outcome;
    },
    findPrivate: async () => ({ kind: 'absent' }),
    async find(_channelId, nonce, sinceMs) {
      searched.push(nonce);
      searchedSince.push(sinceMs);
      return found;
    },
    async crosspost(channelId, messageId) {
      const outcome = crossposts.shift() ?? { kind: 'sent', messageId };
      if (outcome.kind === 'sent') sent.push(`${channelId} passed on: ${messageId}`);
      return outcome;
    },
    async notify({ userId }, message) {
      const outcome = notices.shift() ?? { kind: 'sent', messageId: 'dm' };
      if (outcome.kind === 'sent' || (outcome.kind === 'busy' && outcome.maybeSent))
        sent.push(`@${userId}: ${message}`);
      return outcome;
    },
  };
  return createPublishingService({
    subscriptions: storage.subscriptions,
    posts: storage.posts,
    turn: turnAlone(leases, () => nowMs, owner),
    port: { ...port, send: (...args) => port.send(...args) },
    makeMessage: (post, subscription) => making(post, subscription),
    owners: { ids: ['owner-a', 'owner-b'], makeMessage: (text) => text },
    owner,
    now: () => nowMs,
    receiverNow,
    logger: { ...silentLogger, warn: (_facts, message) => warned.push(message) },
    concurrency: 2,
  });
}

beforeEach(async () => {
  nowMs = NINE_MS;
  storage = await openStorage('sqlite::memory:', { now: () => nowMs });
  sent = [];
  warned = [];
  searched = [];
  searchedSince = [];
  outcomes = [];
  crossposts = [];
  notices = [];
  asked = [];
  found = { kind: 'absent' };
  making = async (post) =>
    `${post.kind}${post.missed > 0 ? ` after ${post.missed}` : ''}${post.payload ? ` ${readInEnglish(post.payload)}` : ''}`;
  publishing = service('one');
});
afterEach(() => storage.close());

const add = (changes: Partial<Subscription> = {}) =>
  storage.subscriptions.insert(
    sampleSubscription({ channelId: 'c', createdBy: 'u', nextDueMs: NINE_MS, ...changes }),
    100,
  );
const round = async (service_ = publishing) => {
  await service_.plan(nowMs);
  return service_.publishDue(endless);
};
const subscription = async (id = 'sub00001') => (await storage.subscriptions.byId(id))!;
const busy = (maybeSent: boolean): SendOutcome => ({ kind: 'busy', reason: 'busy', retryAfterMs: null, maybeSent });

/** A promise that is fulfilled from outside. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

const localDay = (moment: string, timeZone: string) =>
  new Intl.DateTimeFormat('sv-SE', { timeZone }).format(Date.parse(`${moment}Z`));

describe('publishing', () => {
  it('posts what is due once, and the next day again', async () => {
    await add();
    expect(await round()).toMatchObject({ sent: 1, failed: 0 });
    expect(await round()).toMatchObject({ sent: 0 });
    nowMs += 24 * HOUR_MS;
    await round();
    expect(sent).toEqual(['c: daily', 'c: daily']);
    expect(await storage.posts.recent('sub00001', 5)).toMatchObject([{ state: 'sent' }, { state: 'sent' }]);
  });

  // Where the time does not exist, it is taken for the moment at which the clocks go forward; where it comes twice, for the first one.
  it.each([
    ['02:30', 'Europe/Berlin', '2026-03-29', '01:00Z'],
    ['02:30', 'Europe/Berlin', '2026-10-25', '00:30Z'],
    ['02:30', 'America/New_York', '2026-03-08', '07:00Z'],
    ['02:30', 'America/New_York', '2026-11-01', '07:30Z'],
    ['01:30', 'America/New_York', '2026-11-01', '05:30Z'],
  ])(
    'posts once at %s of %s on %s, when the clocks change, also over a restart',
    async (localTime, timeZone, day, at) => {
      const startMs = Date.parse(`${day}T00:00Z`) - 12 * HOUR_MS;
      const due = { localTime, timeZone, report: 'daily' } as const;
      nowMs = startMs;
      await add({ ...due, nextDueMs: firstDueMs(due, startMs) });
      const moments: string[] = [];
      for (; nowMs < startMs + 44 * HOUR_MS; nowMs += 10 * MINUTE_MS) {
        // Between the two times of an autumn night.
        if (nowMs === Date.parse(`${day}T${at}`) + 30 * MINUTE_MS) publishing = service('two');
        const { sent: count } = await round();
        for (let i = 0; i < count; i++) moments.push(new Date(nowMs).toISOString().slice(0, 16));
      }
      expect(moments.filter((moment) => localDay(moment, timeZone) === day)).toEqual([`${day}T${at.slice(0, 5)}`]);
      const days = moments.map((moment) => localDay(moment, timeZone));
      expect(new Set(days).size).toBe(days.length);
      expect(days.length).toBeGreaterThanOrEqual(2);
    },
  );

  it('makes up for what was missed once, and says how much was left out', async () => {
    await add();
    nowMs += 50 * HOUR_MS;
    expect(await publishing.plan(nowMs)).toEqual({ due: 1, queued: 1, skipped: 2 });
    await publishing.publishDue(endless);
    expect(sent).toEqual(['c: daily after 2']);
  });

  it('leaves out what became too late while it waited, and the next post says so', async () => {
    await add();
    await publishing.plan(nowMs);
    nowMs += 7 * HOUR_MS;
    expect(await publishing.publishDue(endless)).toMatchObject({ sent: 0, skipped: 1 });
    nowMs = NINE_MS + 24 * HOUR_MS;
    await round();
    expect(sent).toEqual(['c: daily after 1']);
  });

  it('is left to one process at a time, and to the other once the first is gone', async () => {
    for (let i = 0; i < 5; i++) await add({ id: `s${i}` });
    await publishing.plan(nowMs);
    await storage.leases.acquire('publishing', 'somebody', nowMs, nowMs + MINUTE_MS);
    expect(await publishing.publishDue(endless)).toMatchObject({ sent: 0, elsewhere: true });
    nowMs += MINUTE_MS;
    expect(await publishing.publishDue(endless)).toMatchObject({ sent: 5, elsewhere: false });
    // A lease that is no longer needed is released at once.
    expect(await service('two').publishDue(endless)).toMatchObject({ elsewhere: false });
  });

  it('has posted although its turn cannot be released, which the log says', async () => {
    await add();
    const release = () => Promise.reject(new CandlecastError('CC_DATABASE', 'The database does not answer.'));
    const { sent: count } = await round(service('one', { ...storage.leases, release }));
    expect(count).toBe(1);
    expect(warned).toEqual(['the turn to publish could not be released']);
  });

  it('stops between posts when it is told to, and goes on later', async () => {
    for (let i = 0; i < 6; i++) await add({ id: `s${i}` });
    await publishing.plan(nowMs);
    const stop = new AbortController();
    making = async () => {
      stop.abort();
      return 'x';
    };
    const first = await publishing.publishDue(stop.signal);
    expect(first.sent).toBeGreaterThan(0);
    expect(first.sent).toBeLessThan(6);
    nowMs += 2 * MINUTE_MS;
    await publishing.publishDue(endless);
    expect(sent).toHaveLength(6);
  });

  it('begins with nothing after the time it was given, and goes on in the next round', async () => {
    for (let i = 0; i < 6; i++) await add({ id: `s${i}` });
    making = async () => {
      nowMs += MINUTE_MS / 4;
      return 'x';
    };
    await publishing.plan(nowMs);
    const first = await publishing.publishDue(endless, nowMs + MINUTE_MS / 2);
    expect(first.sent).toBeGreaterThan(0);
    expect(first.sent).toBeLessThan(6);
    expect(first).toMatchObject({ failed: 0, delayed: 0 });
    const { sent: rest } = await publishing.publishDue(endless);
    expect(first.sent + rest).toBe(6);
    expect(sent).toHaveLength(6);
  });

  it('does not post for what was paused or removed meanwhile', async () => {
    await add({ id: 'a' });
    await add({ id: 'b' });
    await publishing.plan(nowMs);
    await storage.subscriptions.changeState('a', ['active'], { state: 'paused', reason: null, atMs: nowMs });
    await storage.subscriptions.remove('b');
    await publishing.publishDue(endless);
    expect(sent).toEqual([]);
  });
});

describe('a database that fails while posts are under way', () => {
  it('lets them end first, so that the next round finds them sent', async () => {
    await add({ id: 'sub00001', channelId: 'a' });
    await add({ id: 'sub00002', channelId: 'b' });
    const bothBegun = gate();
    const failed = gate();
    const { send } = port;
    port.send = async (channelId, ...rest) => {
      if (channelId === 'b') bothBegun.open();
      await (channelId === 'a' ? failed.opened : bothBegun.opened);
      return send(channelId, ...rest);
    };
    const { finish } = storage.posts;
    vi.spyOn(storage.posts, 'finish').mockImplementation(async (id, ...rest) => {
      if ((await storage.posts.recent('sub00002', 1))[0]?.id !== id) return finish(id, ...rest);
      throw new CandlecastError('CC_DATABASE', 'the server does not answer');
    });
    let ended = false;
    const first = round().finally(() => {
      ended = true;
    });
    const rejected = expect(first).rejects.toThrow('the server does not answer');
    await vi.waitFor(() => expect(storage.posts.finish).toHaveBeenCalled());
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ended).toBe(false);
    failed.open();
    await rejected;
    expect(await storage.posts.recent('sub00001', 1)).toMatchObject([{ state: 'sent' }]);

    vi.restoreAllMocks();
    found = { kind: 'found', messageId: 'm' };
    nowMs += 2 * MINUTE_MS;
    await round();
    expect(sent).toEqual(['b: daily', 'a: daily']);
    expect(await storage.posts.recent('sub00002', 1)).toMatchObject([{ state: 'sent' }]);
  });

  it('and outlasts a claim, lets nothing be sent by the round that held it, in the same process either', async () => {
    await add();
    const held = gate();
    const make = making;
    let made = 0;
    making = async (...args) => {
      if (++made === 1) await held.opened;
      return make(...args);
    };
    const sending = gate();
    const firstEnded = gate();
    const { send } = port;
    port.send = async (...args) => {
      sending.open();
      await firstEnded.opened;
      return send(...args);
    };
    const first = round();
    await vi.waitFor(() => expect(made).toBe(1));
    nowMs += 2 * MINUTE_MS;
    const second = round();
    await sending.opened;
    held.open();
    setTimeout(firstEnded.open, 50);
    expect(await first).toMatchObject({ sent: 0, delayed: 1 });
    expect(await second).toMatchObject({ sent: 1 });
    expect(sent).toEqual(['c: daily']);
  });
});

describe('a busy Discord', () => {
  it('is asked again later, and told for how long to wait', async () => {
    await add();
    outcomes = [{ kind: 'busy', reason: 'slow down', retryAfterMs: 40_000, maybeSent: false }];
    expect(await round()).toMatchObject({ sent: 0, delayed: 1 });
    nowMs += 39_000;
    expect(await publishing.publishDue(endless)).toMatchObject({ sent: 0 });
    nowMs += 1_000;
    expect(await publishing.publishDue(endless)).toMatchObject({ sent: 1 });
    expect(searched).toEqual([]);
  });

  it('that may have taken the post is searched before it is sent again', async () => {
    await add();
    outcomes = [busy(true)];
    await round();
    found = { kind: 'found', messageId: 'there' };
    nowMs += MINUTE_MS;
    expect(await publishing.publishDue(endless)).toMatchObject({ sent: 1 });
    expect(sent).toEqual(['c: daily']);
    expect(await storage.posts.recent('sub00001', 1)).toMatchObject([{ state: 'sent', messageId: 'there' }]);
  });

  it('whose channel cannot be read gets the post again only while it knows the nonce', async () => {
    await add();
    await add({ id: 'other' });
    outcomes = [busy(true), busy(true)];
    found = { kind: 'unknown' };
    await round();
    nowMs += MINUTE_MS;
    expect(await publishing.publishDue(endless)).toMatchObject({ sent: 2 });

    nowMs = NINE_MS + 24 * HOUR_MS;
    outcomes = [busy(true), busy(true)];
    await round();
    nowMs += 3 * MINUTE_MS;
    expect(await publishing.publishDue(endless)).toMatchObject({ sent: 0, failed: 2 });
    expect((await storage.posts.recent('other', 1))[0]?.reason).toEqual({ key: 'refusals.uncertain' });
  });

  it('is given up when the post would come too late', async () => {
    await add();
    await publishing.plan(nowMs);
    for (let tries = 0; tries < 60; tries++) {
      outcomes = [busy(false)];
      await publishing.publishDue(endless);
      nowMs += 15 * MINUTE_MS;
    }
    expect(await storage.posts.recent('sub00001', 1)).toMatchObject([{ state: 'skipped' }]);
    expect((await storage.subscriptions.due(NINE_MS + 24 * HOUR_MS, 1))[0]?.missed).toBe(1);
  });
});

describe('a message that its followers do not have yet', () => {
  it('is passed on later, without posting twice, and in its channel although the subscription has left it', async () => {
    await add();
    outcomes = [{ kind: 'sent', messageId: 'm', followersWait: true }];
    crossposts = [{ kind: 'busy', reason: 'ten an hour', retryAfterMs: 40 * MINUTE_MS, maybeSent: false }];
    await round();
    await storage.subscriptions.update({ ...(await subscription()), channelId: 'new' });
    nowMs += 39 * MINUTE_MS;
    await publishing.publishDue(endless);
    expect(sent).toEqual(['c: daily']);
    nowMs += MINUTE_MS;
    await publishing.publishDue(endless);
    nowMs += HOUR_MS;
    await publishing.publishDue(endless);
    expect(sent).toEqual(['c: daily', 'c passed on: m']);
    expect(await subscription()).toMatchObject({ state: 'active' });
  });
});

describe('a channel that refuses', () => {
  const forbidden: SendOutcome = { kind: 'forbidden', reason: 'I lack Send Messages' };

  it('is told to the subscriber once, tried again, and taken up by itself', async () => {
    await add();
    outcomes = [forbidden];
    await round();
    expect(await subscription()).toMatchObject({ state: 'failing', stateReason: 'I lack Send Messages' });
    outcomes = [];
    await publishing.publishDue(endless);
    expect(sent).toEqual([expect.stringMatching(/^@u: notice I cannot post to <#c>: I lack Send Messages/)]);

    nowMs += 30 * MINUTE_MS;
    outcomes = [forbidden];
    await publishing.publishDue(endless);
    expect(sent).toHaveLength(1);
    nowMs += HOUR_MS;
    expect(await publishing.publishDue(endless)).toMatchObject({ sent: 1 });
    expect(await subscription()).toMatchObject({ state: 'active', stateReason: null });
    expect(sent[1]).toBe('c: daily');
  });

  it('is given up after two days, with a word to the subscriber', async () => {
    await add();
    for (let hours = 0; hours <= 72; hours++) {
      outcomes = [forbidden];
      await round();
      outcomes = [];
      await publishing.publishDue(endless);
      nowMs += HOUR_MS;
    }
    expect(await subscription()).toMatchObject({ state: 'stopped' });
    const told = sent.filter((line) => line.startsWith('@'));
    expect(told).toHaveLength(2);
    expect(told[1]).toContain('is stopped');
    expect(sent.filter((line) => line.startsWith('c:'))).toEqual([]);
  });

  it('is given up by time, also between posts, but for weekly reports, which were not tried as often', async () => {
    await add();
    await add({ id: 'weekly01', report: 'weekly', channelId: 'w', nextDueMs: NINE_MS });
    outcomes = [forbidden, forbidden];
    await round();
    for (const hours of [1, 24, 47]) {
      nowMs = NINE_MS + hours * HOUR_MS;
      outcomes = [forbidden, forbidden, forbidden];
      await round();
    }
    expect(await subscription()).toMatchObject({ state: 'failing' });
    nowMs = NINE_MS + 48 * HOUR_MS - MINUTE_MS;
    await publishing.publishDue(endless);
    expect(await subscription()).toMatchObject({ state: 'failing' });
    nowMs += 2 * MINUTE_MS;
    await publishing.publishDue(endless);
    expect(await subscription()).toMatchObject({ state: 'stopped', stateReason: 'I lack Send Messages' });
    expect(await subscription('weekly01')).toMatchObject({ state: 'failing' });
    await publishing.publishDue(endless);
    expect(sent.filter((line) => line.includes('is stopped'))).toHaveLength(1);
  });

  describe('a subscription with the weekly report alone', () => {
    const WEEK_HOURS = 7 * 24;
    /** Refuses everything from that hour on, for so many hours; `publish` runs each hour. */
    const refuse = async (hours: number) => {
      for (let i = 0; i < hours; i++, nowMs += HOUR_MS) {
        outcomes = [forbidden];
        await round();
        outcomes = [];
        await publishing.publishDue(endless);
      }
    };
    const monday = () => {
      nowMs = Date.UTC(2026, 10, 23, 9);
      return add({ report: 'weekly', localTime: '09:00', timeZone: 'UTC', nextDueMs: nowMs });
    };
    const told = () => sent.filter((line) => line.startsWith('@'));

    it('is told what will be tried, waits out the week, and stops when the next report is refused as well', async () => {
      await monday();
      await refuse(WEEK_HOURS);
      expect(await subscription()).toMatchObject({ state: 'failing' });
      expect(await storage.posts.recent('sub00001', 9)).toContainEqual(
        expect.objectContaining({ kind: 'weekly', state: 'skipped' }),
      );
      expect(told()).toEqual([expect.stringContaining('I keep trying today, and once more with the next report')]);
      expect(told()[0]).not.toContain('two days');
      await refuse(1);
      expect(await subscription()).toMatchObject({ state: 'stopped', stateReason: 'I lack Send Messages' });
      expect(told()).toHaveLength(2);
      expect(told()[1]).toContain('for 7 days: I lack Send Messages. Subscription sub00001 is stopped');
    });

    it('goes on by itself where access was given within the week, and says that a report was left out', async () => {
      await monday();
      await refuse(3 * 24);
      nowMs = Date.UTC(2026, 10, 30, 9);
      await round();
      expect(await subscription()).toMatchObject({ state: 'active' });
      expect(sent.at(-1)).toBe('c: weekly after 1');
    });
  });

  it('is tried once more after a pause of the program before it is given up', async () => {
    await add();
    outcomes = [forbidden];
    await round();
    nowMs += 72 * HOUR_MS;
    outcomes = [];
    await round();
    expect(await subscription()).toMatchObject({ state: 'active' });
  });

  it('gets what waits for it no more once the subscription posts elsewhere', async () => {
    await add();
    outcomes = [forbidden];
    await round();
    await publishing.publishDue(endless);
    sent = [];
    await storage.subscriptions.update({ ...(await subscription()), channelId: 'new', state: 'active' });
    expect(await publishing.publishDue(endless)).toMatchObject({ sent: 1 });
    expect(sent).toEqual(['new: daily']);
  });

  it('says nothing of a subscription that posts elsewhere by then', async () => {
    await add();
    outcomes = [busy(true)];
    await round();
    await storage.subscriptions.update({ ...(await subscription()), channelId: 'new' });
    nowMs += MINUTE_MS;
    found = { kind: 'gone', reason: 'the channel was deleted' };
    expect(await publishing.publishDue(endless)).toMatchObject({ failed: 1 });
    expect(searched).toHaveLength(1);
    expect(await subscription()).toMatchObject({ state: 'active', channelId: 'new' });
  });

  it('that is gone ends the subscription once Discord has said so again after a while', async () => {
    const gone: SendOutcome = { kind: 'gone', reason: 'the channel was deleted' };
    await add();
    outcomes = [gone];
    expect(await round()).toMatchObject({ delayed: 1 });
    expect(await subscription()).toMatchObject({ state: 'failing', stateReason: 'the channel was deleted' });
    expect(sent).toEqual([]);
    nowMs += 15 * MINUTE_MS;
    outcomes = [gone];
    expect(await publishing.publishDue(endless)).toMatchObject({ failed: 1 });
    await publishing.publishDue(endless);
    expect(await subscription()).toMatchObject({ state: 'retired', stateReason: 'the channel was deleted' });
    expect(sent).toEqual([expect.stringContaining('has ended')]);
    nowMs += 24 * HOUR_MS;
    expect(await publishing.plan(nowMs)).toMatchObject({ due: 0 });
  });

  it('that only seemed to be gone gets its post, and nobody is told', async () => {
    await add();
    outcomes = [{ kind: 'gone', reason: 'the channel was deleted' }];
    await round();
    nowMs += 15 * MINUTE_MS;
    expect(await publishing.publishDue(endless)).toMatchObject({ sent: 1 });
    expect(await subscription()).toMatchObject({ state: 'active' });
    expect(sent).toEqual(['c: daily']);
  });

  it('that seems to be gone while a post may be there is searched again before anything is sent', async () => {
    await add();
    outcomes = [busy(true)];
    await round();
    nowMs += MINUTE_MS;
    found = { kind: 'gone', reason: 'the channel was deleted' };
    expect(await publishing.publishDue(endless)).toMatchObject({ delayed: 1 });
    nowMs += HOUR_MS;
    found = { kind: 'found', messageId: 'there' };
    expect(await publishing.publishDue(endless)).toMatchObject({ sent: 1 });
    expect(sent).toEqual(['c: daily']);
  });

  it('for one cause in many subscriptions of one person is told to them once, and another cause again', async () => {
    for (const id of ['a', 'b', 'c']) await add({ id, channelId: id });
    await add({ id: 'd', channelId: 'd', createdBy: 'v' });
    outcomes = [forbidden, forbidden, forbidden, forbidden];
    await round();
    await publishing.publishDue(endless);
    expect(sent.map((line) => line.slice(0, 2)).sort()).toEqual(['@u', '@v']);
    expect(sent.find((line) => line.startsWith('@u'))).toContain('/subscriptions list');
    expect(sent.find((line) => line.startsWith('@v'))).not.toContain('/subscriptions list');
    nowMs += 20 * MINUTE_MS;
    sent = [];
    outcomes = Array.from({ length: 4 }, () => ({ kind: 'forbidden', reason: 'AutoMod blocks it' }) as const);
    await publishing.publishDue(endless);
    outcomes = [];
    await publishing.publishDue(endless);
    expect(sent).toEqual([expect.stringContaining('AutoMod'), expect.stringContaining('AutoMod')]);
    expect(await subscription('b')).toMatchObject({ stateReason: 'AutoMod blocks it', stateSinceMs: NINE_MS });
  });
});

describe('a message that cannot be made', () => {
  it('is tried again where that may help', async () => {
    await add();
    const make = making;
    making = async () => {
      throw new CandlecastError('CC_SOURCE_UNAVAILABLE', 'No market source answered.', { retryable: true });
    };
    expect(await round()).toMatchObject({ delayed: 1 });
    expect((await storage.posts.recent('sub00001', 1))[0]?.reason).toEqual({
      key: 'refusals.notMade',
      values: { code: 'CC_SOURCE_UNAVAILABLE' },
    });
    making = make;
    nowMs += 5 * MINUTE_MS;
    expect(await publishing.publishDue(endless)).toMatchObject({ sent: 1 });
  });

  it('because of a mistake of ours is left out', async () => {
    await add();
    making = async () => {
      throw new TypeError('oops');
    };
    expect(await round()).toMatchObject({ skipped: 1 });
  });

  it('that Discord calls malformed is told, tried again later, and makes the subscription failing until then', async () => {
    await add();
    outcomes = [{ kind: 'invalid', reason: 'bad embed' }];
    expect(await round()).toMatchObject({ delayed: 1 });
    expect(await subscription()).toMatchObject({ state: 'failing', stateReason: 'bad embed' });
    await publishing.publishDue(endless);
    expect(sent).toEqual([expect.stringContaining('bad embed')]);
    nowMs += HOUR_MS;
    expect(await publishing.publishDue(endless)).toMatchObject({ sent: 1 });
    expect(await subscription()).toMatchObject({ state: 'active' });
  });
});

describe('a clock that was wrong', () => {
  const YEAR = 365 * 24 * HOUR_MS;

  it('a year ahead for one start silences no subscription once it is right', async () => {
    await add();
    await add({ id: 'sub00002', report: 'weekly', nextDueMs: NINE_MS + 24 * HOUR_MS });
    nowMs += YEAR;
    await round();
    sent = [];
    nowMs = NINE_MS - MINUTE_MS;
    await round();
    expect(sent).toEqual([]);
    expect((await subscription()).nextDueMs).toBe(NINE_MS);
    // The Monday after that Sunday.
    expect((await subscription('sub00002')).nextDueMs).toBe(NINE_MS + 24 * HOUR_MS);
    nowMs = NINE_MS;
    await round();
    // And what seemed to be missed in that year is not counted.
    expect(sent).toEqual(['c: daily']);
    nowMs += 24 * HOUR_MS;
    await round();
    expect(sent.sort()).toEqual(['c: daily', 'c: daily', 'c: weekly']);
  });

  it('posts nothing twice of what went out early, and nothing that is still far ahead', async () => {
    await add();
    await add({ id: 'sub00002', channelId: 'd' });
    nowMs += 24 * HOUR_MS;
    outcomes = [{ kind: 'sent', messageId: 'early' }, busy(false)];
    await round();
    nowMs -= 24 * HOUR_MS - 10 * MINUTE_MS;
    sent = [];
    expect(await round()).toMatchObject({ skipped: 1 });
    nowMs = NINE_MS + 24 * HOUR_MS;
    await round();
    expect(sent).toEqual([]);
    nowMs += 24 * HOUR_MS;
    await round();
    expect(sent.sort()).toEqual(['c: daily', 'd: daily']);
  });

  it('while a post was sent does not hide it: it is looked for by the time of Discord', async () => {
    await add();
    let aheadMs = 2 * MINUTE_MS;
    const byDiscord = () => nowMs - aheadMs;
    nowMs += aheadMs;
    outcomes = [busy(true)];
    await round(service('ahead', storage.leases, byDiscord));
    nowMs += 6 * MINUTE_MS - aheadMs;
    aheadMs = 0;
    found = { kind: 'found', messageId: 'there' };
    expect(await round(service('right', storage.leases, byDiscord))).toMatchObject({ sent: 1 });
    expect(searchedSince).toEqual([NINE_MS]);
    expect(sent).toEqual(['c: daily']);
  });

  it('does not keep a failing subscription failing for as long as it was off', async () => {
    await add({ state: 'failing', stateReason: 'refused', stateSinceMs: NINE_MS + YEAR, nextDueMs: NINE_MS + HOUR_MS });
    await round();
    expect((await subscription()).stateSinceMs).toBe(NINE_MS);
  });
});

describe('how posts are doing', () => {
  it('names those that are late and what delays them, and counts subscriptions that are refused', async () => {
    await add();
    await add({ id: 'b', channelId: 'b' });
    expect(await publishing.status()).toEqual({ late: 0, oldestDueMs: null, reason: null, failing: 0, problem: null });
    await publishing.plan(nowMs);
    nowMs += 2 * MINUTE_MS;
    outcomes = [busy(false), { kind: 'forbidden', reason: 'AutoMod blocks it' }];
    await publishing.publishDue(endless);
    expect(await publishing.status()).toMatchObject({ late: 0, failing: 1 });
    nowMs += 14 * MINUTE_MS;
    expect(await publishing.status()).toEqual({
      late: 1,
      oldestDueMs: NINE_MS,
      reason: 'busy',
      failing: 1,
      problem: null,
    });
  });
});

describe('a test post', () => {
  it('is sent at once, also of a paused subscription and while another process publishes', async () => {
    await add({ state: 'paused' });
    await storage.leases.acquire('publishing', 'somebody', nowMs, nowMs + HOUR_MS);
    expect(await publishing.test('sub00001', 'c', endless)).toEqual({ kind: 'sent', reason: null });
    expect(sent).toEqual(['c: test']);
  });

  it('asks Discord although a refusal is remembered, and so does no other post', async () => {
    await add();
    await publishing.test('sub00001', 'c', endless);
    await round();
    expect(asked).toEqual([true, false]);
  });

  it('says what Discord lacks, and leaves the subscription as it is', async () => {
    await add();
    outcomes = [{ kind: 'forbidden', reason: 'I lack Embed Links' }];
    expect(await publishing.test('sub00001', 'c', endless)).toEqual({ kind: 'failed', reason: 'I lack Embed Links' });
    expect(await subscription()).toMatchObject({ state: 'active' });
  });
});

describe('a message to an owner of the bot', () => {
  const queue = (subscriptionId: string, dueMs = nowMs) =>
    storage.posts.queue([
      {
        id: `${subscriptionId}-o${dueMs}`,
        subscriptionId,
        kind: 'owner',
        channelId: '',
        dueMs,
        payload: 'All well.',
        missed: 0,
      },
    ]);
  const states = async (subscriptionId: string) =>
    (await storage.posts.recent(subscriptionId, 5)).map(({ state, reason }) => [state, reason]);

  it('is sent to each in private, and to nobody who is an owner no more', async () => {
    await queue('digest-0');
    await queue('digest-1');
    await queue('digest-2');
    expect(await round()).toMatchObject({ sent: 2, skipped: 1 });
    expect(sent.toSorted()).toEqual(['@owner-a: All well.', '@owner-b: All well.']);
    expect(await states('digest-2')).toEqual([['skipped', { key: 'refusals.ownerRemoved' }]]);
    nowMs += HOUR_MS;
    expect(await round()).toMatchObject({ sent: 0 });
  });

  it('is tried again while Discord is busy, and never after a send whose end nobody knows', async () => {
    await queue('alarm-0');
    notices = [busy(false)];
    expect(await round()).toMatchObject({ delayed: 1 });
    nowMs += MINUTE_MS;
    expect(await round()).toMatchObject({ sent: 1 });

    await queue('alarm-1');
    notices = [busy(true)];
    expect(await round()).toMatchObject({ delayed: 1 });
    // Within the time for which Discord keeps the nonce it is the same message.
    nowMs += MINUTE_MS;
    notices = [busy(true)];
    expect(await round()).toMatchObject({ delayed: 1 });
    nowMs += 5 * MINUTE_MS;
    expect(await round()).toMatchObject({ failed: 1 });
    expect(await states('alarm-1')).toEqual([['failed', { key: 'refusals.uncertain' }]]);
  });

  it('is left alone where the owner takes none, or it would come a day late', async () => {
    await queue('alarm-0');
    notices = [{ kind: 'forbidden', reason: 'the person takes no direct messages' }];
    expect(await round()).toMatchObject({ failed: 1 });
    await queue('alarm-1');
    nowMs += 25 * HOUR_MS;
    expect(await round()).toMatchObject({ skipped: 1 });
    expect(sent).toEqual([]);
  });
});
