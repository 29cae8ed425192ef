import { beforeEach, describe, expect, test } from 'vitest';
import type { CommandContext } from '../../../src/commands/command.ts';
import { createPostMaker } from '../../../src/commands/subscriptions/post-message.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import type { AlertPayload, DuePost } from '../../../src/core/subscription.ts';
import { MINUTE_MS } from '../../../src/core/time.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { forecastComponents } from '../../../src/render/forecast/forecast-components.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import type { Reply } from '../../../src/render/reply.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import { ORIGIN_MS } from '../../render/forecast/believable-report.ts';
import { ENGLISH } from '../../support/english.ts';
import { sampleSubscription } from '../../support/subscriptions.ts';
import { fakeContext } from '../fakes.ts';

let nowMs: number;
let asked: string[];
let drawn: string[];
let broken: ReadonlySet<string>;
let context: CommandContext;
let reports: number;
let warned: readonly { readonly facts: object; readonly message: string }[];
const weekly = async (): Promise<Reply> => {
  reports++;
  return {
    embeds: [{ title: 'Accuracy' }],
    files: [],
    components: forecastComponents('BTC', '1d', { translator: ENGLISH }),
  };
};

beforeEach(() => {
  nowMs = ORIGIN_MS + 5 * MINUTE_MS;
  asked = [];
  drawn = [];
  reports = 0;
  broken = new Set();
  const { context: fake, warned: warnings } = fakeContext();
  warned = warnings;
  context = {
    ...fake,
    now: () => nowMs,
    charts: {
      ...fake.charts,
      async fanChart(report) {
        drawn.push(report.asset.symbol);
        return Uint8Array.of(1);
      },
    },
    services: {
      ...fake.services,
      forecast: {
        async forecast(request) {
          asked.push(request.symbol);
          if (broken.has(request.symbol)) throw new CandlecastError('CC_SOURCE_UNAVAILABLE', 'Nobody answers.');
          return fake.services.forecast.forecast(request);
        },
      },
    },
  };
});

const post = (changes: Partial<DuePost> = {}): DuePost => ({
  id: 'sub00001-d1',
  subscriptionId: 'sub00001',
  kind: 'daily',
  channelId: '1',
  dueMs: nowMs,
  attempts: 0,
  payload: null,
  missed: 0,
  sendingSinceMs: null,
  ...changes,
});

describe('the message of a post', () => {
  test('asks once for the last call of a coin and the paper portfolio of a server, not once for every channel', async () => {
    const read: string[] = [];
    const { accuracy, paper } = context.services;
    context = {
      ...context,
      services: {
        ...context.services,
        accuracy: {
          report: () => Promise.reject(new Error('A post needs no whole report.')),
          last(symbol, horizon) {
            read.push(`${symbol} ${horizon}`);
            return accuracy.last(symbol, horizon);
          },
        },
        paper: {
          ...paper,
          report(guildId) {
            read.push(guildId);
            return paper.report(guildId);
          },
        },
      },
    };
    const make = createPostMaker(context, weekly);
    const posts = Array.from({ length: 30 }, (_, i) =>
      make(post({ id: `s${i}-d1` }), sampleSubscription({ id: `s${i}`, guildId: `guild ${i % 3}` })),
    );
    expect((await Promise.all(posts))[0]!.embeds[0]!.description).toContain('Last call');
    expect(read.sort()).toEqual(['BTC 1d', 'ETH 1d', 'guild 0', 'guild 1', 'guild 2']);
    nowMs += 6 * MINUTE_MS;
    await make(post({ id: 's0-d2' }), sampleSubscription({ guildId: 'guild 0' }));
    expect(read).toHaveLength(8);
  });

  test('is made from one forecast and one chart of each coin, however many channels show it', async () => {
    const make = createPostMaker(context, weekly);
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, i) => make(post({ id: `s${i}-d1` }), sampleSubscription({ id: `s${i}` }))),
    );
    expect(asked.sort()).toEqual(['BTC', 'ETH']);
    expect(drawn.sort()).toEqual(['BTC', 'ETH']);
    expect(new Set(replies.map((reply) => reply.embeds[1]?.footer?.text)).size).toBe(50);
    // The same bytes, not copies of them.
    expect(new Set(replies.map((reply) => reply.files[0]?.data)).size).toBe(1);
  });

  test('is made anew within half a minute, and a failure is tried again sooner', async () => {
    const make = createPostMaker(context, weekly);
    broken = new Set(['ETH']);
    const first = await make(post(), sampleSubscription());
    expect(first.embeds[1]?.description).toContain('Nobody answers.');
    broken = new Set();
    nowMs += 12_000;
    expect((await make(post(), sampleSubscription())).embeds[1]?.title).toContain('Ethereum');
    expect(asked).toEqual(['BTC', 'ETH', 'ETH']);
    nowMs += 15_000;
    await make(post(), sampleSubscription());
    expect(asked).toEqual(['BTC', 'ETH', 'ETH', 'BTC']);
  });

  test('is a line a coin, in the language and with the mention that the server has set', async () => {
    const subscription = sampleSubscription({ guildId: 'g9', locale: 'en-GB' });
    const { serverSettings } = context.services;
    await serverSettings.change('g9', { language: 'de', postStyle: 'compact', alertRoleId: '77' });
    const make = createPostMaker(context, weekly);
    const daily = await make(post(), subscription);
    expect(daily.files).toEqual([]);
    expect(daily.embeds).toHaveLength(1);
    expect(daily.embeds[0]!.fields).toHaveLength(subscription.symbols.length);
    expect(daily.embeds[0]!.fields![0]!.value).toContain('Wahrscheinlich');
    expect(daily.embeds[0]!.footer!.text).toContain(post().id);
    expect(daily.mentionedRoleId).toBeUndefined();
    expect(limitProblems(daily)).toEqual([]);
    const payload = JSON.stringify({ horizon: '1d', flipAt: null, events: [] });
    const alert = await make(post({ kind: 'alert', payload }), subscription);
    expect(alert).toMatchObject({ content: '<@&77>', mentionedRoleId: '77' });
    await serverSettings.change('g9', { alertRoleId: null });
    expect((await make(post({ kind: 'alert', payload }), subscription)).content).toBeUndefined();
  });

  test('cannot be made while no coin has a forecast, which may pass', async () => {
    broken = new Set(['BTC', 'ETH']);
    await expect(createPostMaker(context, weekly)(post(), sampleSubscription())).rejects.toMatchObject({
      code: 'CC_SOURCE_UNAVAILABLE',
      retryable: true,
    });
  });

  test('of a Monday shows members’ calls of the month of a week ago where the server wants it, in any language within Discord’s limits', async () => {
    const skill = { value: 5, low: 1, high: 9 };
    const many = Array.from({ length: 12 }, (_, i) => ({
      userId: String(1100000000000000000n + BigInt(i)),
      calls: 40,
      againstBot: skill,
      againstToss: skill,
    }));
    const months: (string | null)[] = [];
    let standings: typeof many = many;
    const leaderboard = async (_guildId: string, month: string | null) => {
      months.push(month);
      return { month, direction: standings, range: standings };
    };
    context = { ...context, services: { ...context.services, predict: { ...context.services.predict, leaderboard } } };
    const long = async (): Promise<Reply> => ({ ...(await weekly()), embeds: [{ description: 'x'.repeat(4_000) }] });
    const monday = post({ kind: 'weekly', id: 'sub00001-w1' });
    const made = async (report = weekly) =>
      createPostMaker(context, report)(monday, sampleSubscription({ guildId: 'g9' }));
    expect((await made()).embeds).toHaveLength(1);
    expect(months).toEqual([]);
    const { serverSettings } = context.services;
    await serverSettings.change('g9', { weeklyCalls: true });
    const { embeds } = await made();
    expect(embeds[1]!.description).toMatch(/^12 members are measurably better than I am\.\n/);
    expect(embeds[1]!.description).toContain('against me +5.0');
    expect(embeds[1]!.description).toContain('40 calls');
    expect(embeds[1]!.footer!.text).toMatch(/ sub00001-w1$/);
    expect(embeds[0]!.footer).toBeUndefined();
    for (const language of LANGUAGES) {
      await serverSettings.change('g9', { language });
      for (const report of [weekly, long]) {
        const reply = await made(report);
        expect(reply.embeds).toHaveLength(2);
        expect(limitProblems(reply)).toEqual([]);
      }
    }
    nowMs = Date.UTC(2026, 11, 7, 9);
    await made();
    nowMs = Date.UTC(2026, 11, 14, 9);
    await made();
    expect(months.slice(-2)).toEqual(['2026-11', '2026-12']);
    standings = [];
    expect((await made()).embeds).toHaveLength(1);
  });

  test('of a Monday is the accuracy report, without controls, with its id', async () => {
    const make = createPostMaker(context, weekly);
    const reply = await make(post({ kind: 'weekly', id: 'sub00001-w1', missed: 2 }), sampleSubscription());
    await make(post({ kind: 'weekly', id: 'sub00002-w1' }), sampleSubscription({ id: 'sub00002' }));
    expect(reports).toBe(1);
    expect(reply.content).toContain('2 posts before this one were left out');
    expect(reply.components).toEqual([]);
    expect(reply.embeds.at(-1)?.footer?.text).toMatch(/ sub00001-w1$/);
    expect(limitProblems(reply)).toEqual([]);
  });

  test('bears the head of the record as it is once its own forecasts are written, before its id', async () => {
    const order: string[] = [];
    const { forecast } = context.services;
    const heads = ['a', 'b', 'c', 'd'].map((digit, i) => ({ forecasts: i + 1, digits: digit.repeat(20) }));
    context = {
      ...context,
      services: {
        ...context.services,
        forecast: {
          async forecast(request) {
            const made = await forecast.forecast(request);
            order.push(request.symbol);
            return made;
          },
        },
        witness: {
          ...context.services.witness,
          async head() {
            order.push('head');
            return heads.shift() ?? null;
          },
        },
      },
    };
    const make = createPostMaker(context, weekly);
    const alert: AlertPayload = { horizon: '1d', flipAt: null, events: [] };
    const trip = { atMs: nowMs, trips: [], simulated: false };
    const footerOf = async (changes: Partial<DuePost>) =>
      (await make(post(changes), sampleSubscription())).embeds.at(-1)?.footer?.text;
    expect(await footerOf({})).toBe(`Not investment advice · Record 1 · ${'a'.repeat(20)} · sub00001-d1`);
    expect(order).toEqual(['BTC', 'ETH', 'head']);
    expect(await footerOf({ kind: 'weekly', id: 'w' })).toBe(
      `Not investment advice · Record 2 · ${'b'.repeat(20)} · w`,
    );
    expect(await footerOf({ kind: 'alert', id: 'a', payload: JSON.stringify(alert) })).toContain('Record 3 · cccc');
    expect(await footerOf({ kind: 'paper', id: 'p', payload: JSON.stringify(trip) })).toContain('Record 4 · dddd');
    // Without a head, as where the database fails, the post goes out all the same.
    expect(await footerOf({ id: 'sub00001-d2' })).toBe('Not investment advice · sub00001-d2');
  });

  describe('whose parts fail', () => {
    /** Replaces services for this test; what they throw holds something that only the log may see. */
    const down = new CandlecastError('CC_DATABASE', 'The database does not answer.', {
      cause: new Error('disk I/O error in /srv/candlecast.db'),
    });
    const without = (changes: Partial<CommandContext['services']>) => {
      context = { ...context, services: { ...context.services, ...changes } };
      return createPostMaker(context, weekly);
    };
    const noPaper = (failure: unknown) => ({ ...context.services.paper, report: () => Promise.reject(failure) });
    const shown = (reply: Reply) => JSON.stringify([reply.content, reply.embeds]);

    test('says in a line that the last call is missing, and logs the cause once for all channels', async () => {
      let broken = true;
      const last = async () => {
        if (broken) throw down;
        return null;
      };
      const make = without({ accuracy: { ...context.services.accuracy, last } });
      const subscription = sampleSubscription({ symbols: ['BTC'] });
      const replies = await Promise.all([make(post(), subscription), make(post({ id: 's2-d1' }), subscription)]);
      for (const reply of replies) {
        expect(reply.embeds[0]?.description).toContain('The last call could not be looked up this time.');
        expect(reply.files).toHaveLength(1);
        expect(shown(reply)).not.toContain('disk');
        expect(limitProblems(reply)).toEqual([]);
      }
      expect(warned).toEqual([
        {
          message: expect.stringContaining('without its last call'),
          facts: expect.objectContaining({ symbol: 'BTC', err: down }),
        },
      ]);
      // A clock that was set back says nothing about how long the coin was kept.
      nowMs -= MINUTE_MS;
      await make(post(), subscription);
      nowMs += 30_000;
      broken = false;
      expect(shown(await make(post(), subscription))).not.toContain('ast call');
    });

    test('says in a line that the paper portfolio is missing, in daily and in weekly posts, and logs the cause', async () => {
      const make = without({ paper: noPaper(down) });
      const daily = await make(post(), sampleSubscription());
      const report = await make(post({ kind: 'weekly', id: 'sub00001-w1' }), sampleSubscription());
      for (const reply of [daily, report]) {
        expect(reply.content).toContain('Paper portfolio: it could not be looked up this time.');
        expect(shown(reply)).not.toContain('disk');
      }
      expect(warned).toEqual([
        {
          message: expect.stringContaining('without its paper portfolio'),
          facts: expect.objectContaining({ err: down }),
        },
      ]);
    });

    test('is silent about what there is not: no call yet, no portfolio', async () => {
      const make = without({
        paper: noPaper(new CandlecastError('CC_PAPER_NONE', 'This server has no paper portfolio.')),
        accuracy: { ...context.services.accuracy, last: async () => null },
      });
      expect(shown(await make(post(), sampleSubscription()))).not.toMatch(/aper portfolio|ast call|could not/);
      expect(warned).toEqual([]);
    });

    test('says in a line that the chart is missing', async () => {
      context = { ...context, charts: { ...context.charts, fanChart: () => Promise.reject(down) } };
      const reply = await createPostMaker(context, weekly)(post(), sampleSubscription());
      expect(reply.embeds[0]?.description).toContain('The chart could not be drawn this time');
      expect(reply.files).toEqual([]);
    });

    test('leaves the cause of a missing forecast in the log', async () => {
      broken = new Set(['ETH']);
      await createPostMaker(context, weekly)(post(), sampleSubscription());
      expect(warned).toEqual([
        {
          message: 'a coin of a post has no forecast',
          facts: expect.objectContaining({ symbol: 'ETH', code: 'CC_SOURCE_UNAVAILABLE' }),
        },
      ]);
    });

    test('leaves the cause of a missing accuracy report in the log once for all channels', async () => {
      const make = createPostMaker(context, () => Promise.reject(down));
      const all = ['a', 'b', 'c'].map((id) =>
        make(post({ kind: 'weekly', id: `${id}-w1` }), sampleSubscription({ id })),
      );
      expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      expect(warned.map(({ facts }) => facts)).toEqual([{ code: 'CC_DATABASE', err: down }]);
    });
  });

  test('of a subscription that an earlier version stored with 24 hours is one day from now', async () => {
    const storage = await openStorage('sqlite::memory:', { now: () => nowMs });
    await storage.subscriptions.insert(sampleSubscription({ id: 'old', symbols: ['BTC'], horizon: '24h' }), 5);
    const old = await storage.subscriptions.byId('old');
    await storage.close();
    const horizons: string[] = [];
    const { forecast } = context.services;
    const asking = (request: Parameters<typeof forecast.forecast>[0]) => {
      horizons.push(request.horizon);
      return forecast.forecast(request);
    };
    context = { ...context, services: { ...context.services, forecast: { forecast: asking } } };
    const reply = await createPostMaker(context, weekly)(post(), old!);
    expect(horizons).toEqual(['1d']);
    expect(reply.content).toContain('**Forecast, 1 day ahead**');
  });

  test('has charts by the clock of its subscription, which is shared by those of one zone', async () => {
    const zones: (string | undefined)[] = [];
    const fanChart: CommandContext['charts']['fanChart'] = async (_report, _theme, timeZone) => {
      zones.push(timeZone);
      return Uint8Array.of(1);
    };
    context = { ...context, charts: { ...context.charts, fanChart } };
    const make = createPostMaker(context, weekly);
    for (const timeZone of ['Asia/Tokyo', 'America/New_York', 'Asia/Tokyo']) {
      await make(post(), sampleSubscription({ symbols: ['BTC'], timeZone }));
    }
    expect(zones).toEqual(['Asia/Tokyo', 'America/New_York']);
  });

  test('of a notice is what it says', async () => {
    const reply = await createPostMaker(context, weekly)(
      post({ kind: 'notice', payload: 'It broke.' }),
      sampleSubscription(),
    );
    expect(reply.content).toBe('It broke.');
  });
});
