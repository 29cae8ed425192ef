import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BreakerName } from '../../../src/core/backtest.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { createTripAnnouncer } from '../../../src/services/paper/paper.ts';
import { createPublishingService } from '../../../src/services/subscriptions/publishing.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { START_MS, sourced, walk } from '../../support/candles.ts';
import { ENGLISH } from '../../support/english.ts';
import { unissued } from '../../support/ledger.ts';
import { paperService } from '../../support/paper-service.ts';
import { turnAlone } from '../../support/publishing-turn.ts';
import { sampleSubscription } from '../../support/subscriptions.ts';
import { unconfirmedPrice } from '../../support/unconfirmed.ts';

const never = new AbortController().signal;
/** A forecast that is sure of a rise. */
const RISE = 0.02;
const healthy = { health: async () => null };

let storage: Storage;
const clock = { nowMs: 0 };
beforeEach(async () => {
  // In the afternoon: the first candle that counts opens at midnight.
  clock.nowMs = START_MS - 9 * HOUR_MS;
  storage = await openStorage('sqlite::memory:', { now: () => clock.nowMs });
});
afterEach(() => storage.close());

const candles = walk(40, '1d', 3);
const putCandle = (day: number, symbol = 'BTC') => storage.candles.upsert(symbol, '1d', sourced([candles[day]!]));
async function putForecast(day: number, options: { drift?: number; atMs?: number; symbol?: string } = {}) {
  const { drift = RISE, symbol = 'BTC', atMs = START_MS + day * DAY_MS + 5 * MINUTE_MS } = options;
  clock.nowMs = atMs;
  const lastPrice = candles[day]!.open;
  const forecast = unissued({ symbol, originMs: START_MS + day * DAY_MS, lastPrice, drift, model: `m${drift}` });
  expect(await storage.ledger.append([forecast], 'on-demand')).toEqual(['appended']);
}
const atDay = (day: number) => {
  clock.nowMs = START_MS + day * DAY_MS + 10 * MINUTE_MS;
};
const begin = (service = paperService(storage, clock, healthy), symbols = ['BTC']) =>
  service.start({ guildId: 'g', userId: 'u', symbols, rule: 'pup-threshold', horizon: '1d', capital: 5_000 });
const fillsOf = async () => {
  const { portfolio } = await paperService(storage, clock).report('g');
  return (await storage.paper.events(portfolio.id, 'fill', 99))
    .map(({ body }) => (body.kind === 'fill' ? body.fill : null)!)
    .reverse();
};

describe('beginning a paper portfolio', () => {
  it.each([
    [
      ['SOL', 'ETH', 'BTC'],
      ['BTC', 'ETH'],
    ],
    [['BTC'], ['BTC']],
    [
      ['DOGE', 'SOL', 'ADA'],
      ['DOGE', 'SOL'],
    ],
  ])('without coins takes Bitcoin and Ether where they are tracked: of %j %j', async (symbols, taken) => {
    const service = paperService(storage, clock, { ...healthy, symbols });
    const { positions } = await service.start({ guildId: 'g', userId: 'u', rule: 'pup-threshold', horizon: '1d' });
    expect(positions.map(({ symbol }) => symbol)).toEqual(taken);
  });

  it('counts from the first candle that opens afterwards, with all money in equal parts', async () => {
    const report = await begin(undefined, ['bitcoin', 'ETH', 'btc']);
    expect(report).toMatchObject({ fromMs: START_MS, markedMs: null, equity: 5_000, hold: 5_000, fills: 0, marks: [] });
    expect(report.positions.map(({ symbol, equity }) => [symbol, equity])).toEqual([
      ['BTC', 2_500],
      ['ETH', 2_500],
    ]);
    atDay(0);
    expect(await paperService(storage, clock).step(never)).toEqual({ steps: 0 });
  });

  it.each([
    [{ symbols: ['BTC', 'DOGE'] }, 'CC_USAGE', /DOGE is not tracked/],
    [{ symbols: [] }, 'CC_USAGE', /1 to 10 coins/],
    [{ symbols: ['BTTC'] }, 'CC_UNKNOWN_SYMBOL', /BTTC/],
    [{ rule: 'martingale' }, 'CC_UNKNOWN_RULE', /martingale/],
    [{ horizon: '2d' }, 'CC_UNKNOWN_HORIZON', /2d/],
    [{ capital: 99 }, 'CC_USAGE', /\$100/],
    [{ capital: Number.NaN }, 'CC_USAGE', /\$100/],
    [{ capital: 2e9 }, 'CC_USAGE', /\$100/],
  ])('refuses %j', async (changes, code, words) => {
    const wish = { guildId: 'g', userId: 'u', symbols: ['BTC'], rule: 'pup-threshold', horizon: '1d', ...changes };
    const refused = await paperService(storage, clock, healthy)
      .start(wish)
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ code });
    expect((refused as Error).message).toMatch(words);
    expect(await storage.paper.active()).toEqual([]);
  });

  it('allows one a server, and another once it was stopped', async () => {
    const service = paperService(storage, clock, healthy);
    await expect(service.report('g')).rejects.toMatchObject({ code: 'CC_PAPER_NONE' });
    await expect(service.stop('g')).rejects.toMatchObject({ code: 'CC_PAPER_NONE' });
    await begin(service);
    await expect(begin(service)).rejects.toMatchObject({ code: 'CC_PAPER_RUNNING' });
    expect((await service.stop('g')).portfolio.stoppedMs).toBe(clock.nowMs);
    await expect(service.stop('g')).rejects.toMatchObject({ code: 'CC_PAPER_NONE' });
    expect((await service.report('g')).portfolio.stoppedMs).toBe(clock.nowMs);
    clock.nowMs += 1;
    expect((await begin(service)).portfolio.stoppedMs).toBeNull();
  });
});

describe('stepping a paper portfolio', () => {
  it('buys at the open of the candle after the forecast, and marks it at the close', async () => {
    await begin();
    await putForecast(0);
    await putCandle(0);
    atDay(1);
    const service = paperService(storage, clock, healthy);
    expect(await service.step(never)).toEqual({ steps: 1 });
    const [fill] = await fillsOf();
    expect(fill).toMatchObject({ timeMs: START_MS, side: 'buy' });
    expect(fill!.price).toBeGreaterThan(candles[0]!.open);
    expect(fill!.price).toBeLessThan(candles[0]!.open * 1.01);
    const report = await service.report('g');
    expect(report.markedMs).toBe(START_MS + DAY_MS);
    expect(report.equity).toBeCloseTo(fill!.units * candles[0]!.close, 6);
    expect(report.hold).toBeCloseTo(report.equity, 6);
    expect(report.positions[0]).toMatchObject({ exposure: expect.closeTo(1, 9), lastClose: candles[0]!.close });
    expect(await service.step(never)).toEqual({ steps: 0 });
  });

  it('does not act on a forecast that was written after the grace, nor on one from a later close', async () => {
    await begin();
    await putForecast(0, { atMs: START_MS + 2 * HOUR_MS + 1 });
    await putForecast(1);
    await putCandle(0);
    atDay(1);
    await paperService(storage, clock, healthy).step(never);
    expect(await fillsOf()).toEqual([]);
    // The late one was there long before the next open, where it is old; the timely one is followed.
    await putCandle(1);
    atDay(2);
    await paperService(storage, clock, healthy).step(never);
    expect((await fillsOf()).map(({ timeMs }) => timeMs)).toEqual([START_MS + DAY_MS]);
  });

  it('takes the forecast that was written first where several models forecast from one close', async () => {
    await begin();
    await putForecast(0, { drift: -RISE });
    await putForecast(0, { drift: RISE });
    await putCandle(0);
    atDay(1);
    await paperService(storage, clock, healthy).step(never);
    expect(await fillsOf()).toEqual([]);
  });

  it('leaves the market where a forecast is missing, and says why', async () => {
    await begin();
    await putForecast(0);
    for (const day of [0, 1]) await putCandle(day);
    atDay(2);
    const service = paperService(storage, clock, healthy);
    expect(await service.step(never)).toEqual({ steps: 2 });
    expect((await fillsOf()).map(({ side, reason }) => `${side} ${reason}`)).toEqual([
      'buy decision',
      'sell stale-data',
    ]);
    const report = await service.report('g');
    expect(report.trips.map(({ breaker }) => breaker)).toEqual(['stale-data']);
    expect(report.positions[0]).toMatchObject({ exposure: 0, heldBack: 'stale-data' });
  });

  it('bridges one missing forecast on hourly candles, and no more', async () => {
    const hourly = walk(12, '1h', 4);
    const openMs = (hour: number) => START_MS + hour * HOUR_MS;
    clock.nowMs = START_MS - MINUTE_MS;
    const service = paperService(storage, clock, healthy);
    await service.start({ guildId: 'g', userId: 'u', symbols: ['BTC'], rule: 'pup-threshold', horizon: '4h' });
    for (let hour = 0; hour < 5; hour++) {
      clock.nowMs = openMs(hour) + MINUTE_MS;
      const lastPrice = hourly[hour]!.open;
      // Stops far away: only the forecasts decide.
      const forecast = unissued({ horizon: '4h', originMs: openMs(hour), lastPrice, drift: 0.1, sigma: 0.2 });
      if (hour === 0 || hour === 2) await storage.ledger.append([forecast], 'scheduled');
      await storage.candles.upsert('BTC', '1h', sourced([hourly[hour]!]));
    }
    clock.nowMs = openMs(5) + MINUTE_MS;
    expect(await service.step(never)).toEqual({ steps: 5 });
    expect((await fillsOf()).map(({ timeMs, reason }) => [(timeMs - START_MS) / HOUR_MS, reason])).toEqual([
      [0, 'decision'],
      [4, 'stale-data'],
    ]);
  });

  it('waits while no coin has its candle, however long, and goes on without one that the others have left behind', async () => {
    await begin(undefined, ['BTC', 'ETH']);
    atDay(9);
    const service = paperService(storage, clock, healthy);
    expect(await service.step(never)).toEqual({ steps: 0 });
    for (const day of [0, 1]) await putCandle(day);
    expect(await service.step(never)).toEqual({ steps: 0 });
    await putCandle(2);
    expect(await service.step(never)).toEqual({ steps: 1 });
    expect((await service.report('g')).positions.map(({ lastClose }) => lastClose)).toEqual([candles[0]!.close, 0]);
    for (let day = 1; day < 9; day++) await putCandle(day, 'ETH');
    for (let day = 2; day < 9; day++) await putCandle(day);
    expect(await service.step(never)).toEqual({ steps: 8 });
  });

  it('goes on with a coin under its new ticker, and says so', async () => {
    const eos = { symbol: 'EOS', name: 'EOS', rank: null, marketCapUsd: null, stablecoin: false };
    await begin(paperService(storage, clock, { ...healthy, symbols: ['EOS'], assets: { resolve: () => eos } }), [
      'EOS',
    ]);
    const service = paperService(storage, clock, { ...healthy, symbols: ['BTC', 'A'] });
    for (const day of [0, 1]) {
      await putForecast(day, { symbol: 'A' });
      await putCandle(day, 'A');
    }
    atDay(2);
    expect(await service.step(never)).toEqual({ steps: 2 });
    const report = await service.report('g');
    expect(report.positions).toMatchObject([{ symbol: 'EOS', lastClose: candles[1]!.close }]);
    expect(report.positions[0]!.exposure).toBeGreaterThan(0);
    expect(report.changes.map((change) => ENGLISH.message(change))).toEqual([
      'EOS became Vaulta (A) in May 2025, one for one: it is the same coin under a new ticker. It goes on with A.',
    ]);
  });

  it('leaves a part alone whose coin was exchanged for another at another ratio, and says why', async () => {
    const mkr = { symbol: 'MKR', name: 'Maker', rank: null, marketCapUsd: null, stablecoin: false };
    const resolve = (text: string) => ({ ...mkr, symbol: text, name: text });
    const before = paperService(storage, clock, { ...healthy, symbols: ['MKR', 'BTC'], assets: { resolve } });
    await begin(before, ['MKR', 'BTC']);
    const service = paperService(storage, clock, { ...healthy, symbols: ['BTC', 'SKY'] });
    for (const day of [0, 1, 2, 3]) {
      await putForecast(day);
      await putForecast(day, { symbol: 'SKY' });
      await putCandle(day);
      await putCandle(day, 'SKY');
    }
    atDay(4);
    expect((await service.step(never)).steps).toBeGreaterThan(0);
    const report = await service.report('g');
    expect(report.positions).toMatchObject([
      { symbol: 'MKR', equity: 2_500, exposure: 0, lastClose: 0 },
      { symbol: 'BTC', lastClose: expect.any(Number) },
    ]);
    expect(report.changes.map((change) => ENGLISH.message(change))).toEqual([
      expect.stringMatching(/24,000 SKY.*MKR is not tracked any more, so its part stays/),
    ]);
  });

  it('trades nothing while the newest price is unconfirmed: neither candle nor forecast of it is stored', async () => {
    await begin();
    await putForecast(0);
    await putCandle(0);
    atDay(1);
    const service = paperService(storage, clock, healthy);
    await service.step(never);
    const held = await service.report('g');
    // What the gate does with a price that is ten times the last: see test/market/price-gate.test.ts.
    await storage.unconfirmed.put(unconfirmedPrice('BTC', '1d', START_MS + DAY_MS));
    atDay(3);
    expect(await service.step(never)).toEqual({ steps: 0 });
    expect(await service.report('g')).toMatchObject({
      equity: held.equity,
      fills: held.fills,
      markedMs: held.markedMs,
    });
  });

  it('lets nothing learnt of the model afterwards decide about candles that had opened before', async () => {
    let known: BreakerName | null = null;
    const service = () => paperService(storage, clock, { health: async () => known });
    await begin(service());
    for (const day of [0, 1, 2, 3]) {
      await putForecast(day);
      await putCandle(day);
    }
    // The program was away; the alarm came while it was.
    known = 'drift-alarm';
    atDay(3);
    await service().step(never);
    expect((await fillsOf()).map(({ side }) => side)).toEqual(['buy']);
    expect((await service().report('g')).positions[0]!.heldBack).toBe('drift-alarm');
    atDay(4);
    await service().step(never);
    expect((await fillsOf()).at(-1)).toMatchObject({ timeMs: START_MS + 3 * DAY_MS, reason: 'drift-alarm' });
  });

  it('keeps what it knew of the model where nothing can be learnt', async () => {
    await begin(paperService(storage, clock, { health: async () => 'no-edge' }));
    for (const day of [0, 1]) {
      await putForecast(day);
      await putCandle(day);
    }
    atDay(1);
    const failing = { health: () => Promise.reject(new CandlecastError('CC_MODEL_MISSING', 'None.')) };
    await paperService(storage, clock, failing).step(never);
    atDay(2);
    await paperService(storage, clock, failing).step(never);
    expect(await fillsOf()).toEqual([]);
  });

  it('asks for the health of a horizon once, and steps the others when one portfolio fails', async () => {
    let asked = 0;
    const health = async () => {
      asked++;
      return null;
    };
    for (const guildId of ['a', 'b', 'c']) {
      clock.nowMs += 1;
      await paperService(storage, clock, healthy).start({
        guildId,
        userId: 'u',
        symbols: [guildId === 'b' ? 'ETH' : 'BTC'],
        rule: 'pup-threshold',
        horizon: '1d',
      });
    }
    await putForecast(0);
    await putCandle(0);
    await putCandle(0, 'ETH');
    atDay(1);
    const broken = {
      ...storage.ledger,
      newestFrom: (...args: Parameters<typeof storage.ledger.newestFrom>) =>
        args[0] === 'ETH'
          ? Promise.reject(new CandlecastError('CC_DATABASE', 'No answer.'))
          : storage.ledger.newestFrom(...args),
    };
    await expect(paperService(storage, clock, { health, ledger: broken }).step(never)).rejects.toMatchObject({
      code: 'CC_DATABASE',
    });
    const marked = await storage.paper.active();
    expect(marked.map(({ guildId, markedMs }) => [guildId, (markedMs - START_MS) / DAY_MS])).toEqual([
      ['a', 1],
      ['b', 0],
      ['c', 1],
    ]);
    expect(asked).toBe(1);
  });

  it('ends when the program stops', async () => {
    await begin();
    await putCandle(0);
    atDay(1);
    const stopping = AbortSignal.abort(new CandlecastError('CC_STOPPING', 'Stopped.'));
    await expect(paperService(storage, clock, healthy).step(stopping)).rejects.toMatchObject({ code: 'CC_STOPPING' });
  });

  it('works out what closed before it was stopped', async () => {
    await begin();
    await putForecast(0);
    await putCandle(0);
    atDay(1);
    const report = await paperService(storage, clock, healthy).stop('g');
    expect(report).toMatchObject({ markedMs: START_MS + DAY_MS, fills: 1 });
    await putCandle(1);
    atDay(2);
    expect(await paperService(storage, clock, healthy).step(never)).toEqual({ steps: 0 });
  });
});

describe('telling of tripped breakers', () => {
  const announcer = () =>
    createTripAnnouncer({ subscriptions: storage.subscriptions, posts: storage.posts, simulated: () => true });
  /** A portfolio that is thrown out on the second day for want of a forecast. */
  async function trip(announce = announcer()) {
    await begin();
    await putForecast(0);
    for (const day of [0, 1]) await putCandle(day);
    atDay(2);
    return paperService(storage, clock, { ...healthy, announce }).step(never);
  }
  const subscribe = (id: string, channelId: string, changes = {}) =>
    storage.subscriptions.insert(sampleSubscription({ id, channelId, guildId: 'g', ...changes }), 99);

  it('queues one post for every channel that is posted to, once', async () => {
    await subscribe('sub00001', '1', { createdAtMs: 2 });
    await subscribe('sub00002', '1', { createdAtMs: 1 });
    await subscribe('sub00003', '2', { state: 'failing' });
    await subscribe('sub00004', '3', { state: 'paused' });
    await subscribe('sub00005', '4', { guildId: 'other' });
    await trip();
    await paperService(storage, clock, { ...healthy, announce: announcer() }).step(never);
    const posts = await storage.posts.claim({ owner: 'o', nowMs: clock.nowMs, leaseMs: 1, limit: 9 });
    expect(posts.map(({ subscriptionId, channelId, kind, dueMs }) => [subscriptionId, channelId, kind, dueMs])).toEqual(
      [
        ['sub00002', '1', 'paper', START_MS + 2 * DAY_MS],
        ['sub00003', '2', 'paper', START_MS + 2 * DAY_MS],
      ],
    );
    for (const { id } of posts) expect(id.length).toBeLessThanOrEqual(25);
    expect(JSON.parse(posts[0]!.payload!)).toEqual({
      atMs: START_MS + 2 * DAY_MS,
      trips: [{ symbol: 'BTC', breaker: 'stale-data', untilMs: null }],
      simulated: true,
    });
  });

  it('is published once to each channel, like every other post, and left out when it would be days late', async () => {
    await subscribe('sub00001', '1');
    await subscribe('sub00002', '2');
    await trip();
    const sent: string[] = [];
    const publishing = createPublishingService<string>({
      subscriptions: storage.subscriptions,
      posts: storage.posts,
      turn: turnAlone(storage.leases, () => clock.nowMs),
      port: {
        send: async (channelId, message) => {
          sent.push(`${channelId} ${message}`);
          return { kind: 'sent', messageId: channelId };
        },
        findPrivate: async () => ({ kind: 'absent' }),
        find: async () => ({ kind: 'absent' }),
        crosspost: async () => ({ kind: 'sent', messageId: '0' }),
        notify: async () => ({ kind: 'gone', reason: 'nobody' }),
      },
      makeMessage: async ({ kind }) => kind,
      owner: 'o',
      now: () => clock.nowMs,
      logger: silentLogger,
    });
    for (let i = 0; i < 2; i++) await publishing.publishDue(never);
    expect(sent.sort()).toEqual(['1 paper', '2 paper']);
    const [portfolio] = await storage.paper.active();
    await announcer()(portfolio!, [{ symbol: 'BTC', breaker: 'no-edge', untilMs: null }], clock.nowMs - 4 * DAY_MS);
    expect(await publishing.publishDue(never)).toMatchObject({ sent: 0, skipped: 2 });
  });

  it('is made up for after a crash in between, without saying anything twice', async () => {
    await subscribe('sub00001', '1');
    const down = () => Promise.reject(new CandlecastError('CC_DATABASE', 'Gone.'));
    await expect(trip(down)).rejects.toMatchObject({ code: 'CC_DATABASE' });
    expect(await storage.posts.open()).toBe(0);
    // The post is queued, and the note that it was is lost.
    const forgetful = { ...storage.paper, markAnnounced: down };
    const service = paperService(storage, clock, { ...healthy, announce: announcer(), paper: forgetful });
    await expect(service.step(never)).rejects.toMatchObject({ code: 'CC_DATABASE' });
    expect(await storage.posts.open()).toBe(1);
    await paperService(storage, clock, { ...healthy, announce: announcer() }).step(never);
    expect(await storage.posts.open()).toBe(1);
    const { portfolio } = await paperService(storage, clock).report('g');
    expect(await storage.paper.unannounced(portfolio.id)).toEqual([]);
  });
});
