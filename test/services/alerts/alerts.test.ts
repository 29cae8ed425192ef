import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ForecastReport } from '../../../src/core/forecast.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { AlertPayload } from '../../../src/core/subscription.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { alertReply } from '../../../src/render/alerts/alert-post.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import { type AlertService, createAlertService, MAX_ALERTS_PER_DAY } from '../../../src/services/alerts/alerts.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { believableReport } from '../../render/forecast/believable-report.ts';
import { ENGLISH } from '../../support/english.ts';
import { sampleSubscription } from '../../support/subscriptions.ts';
import { unconfirmedPrice } from '../../support/unconfirmed.ts';

let storage: Storage;
let alerts: AlertService;
let report: ForecastReport;
let price: number;
let priceAtMs: number;
let asked: string[];
let nowMs: number;
let warned: object[];
let recorded: ForecastReport[];
/** Tickers of coins that have changed, by the old one. */
let became: Record<string, string>;

beforeEach(async () => {
  storage = await openStorage('sqlite::memory:', { now: () => nowMs });
  report = believableReport({ horizon: '1d' });
  nowMs = report.originMs + HOUR_MS;
  priceAtMs = nowMs;
  price = report.lastPrice;
  asked = [];
  warned = [];
  recorded = [];
  became = {};
  alerts = createAlertService({
    subscriptions: storage.subscriptions,
    alertStates: storage.alertStates,
    leases: storage.leases,
    forecast: async (symbol) => {
      asked.push(symbol);
      if (symbol === 'XRP') throw new Error('no candles');
      const asset = { ...report.asset, symbol: became[symbol] ?? symbol };
      return { ...report, asset, lastPrice: price, price: { kind: 'trade', atMs: priceAtMs, source: 'binance' } };
    },
    record: async (one) => recorded.push(one),
    owner: 'one',
    logger: { ...silentLogger, warn: (facts, message) => warned.push({ ...facts, message }) },
  });
});
afterEach(() => storage.close());

const add = (id: string, changes = {}) =>
  storage.subscriptions.insert(sampleSubscription({ id, alerts: { bandBreak: true, flipAt: null }, ...changes }), 99);
const high = () => report.quantiles.at(-1)!;

it('asks for each coin once, however many subscriptions watch it', async () => {
  for (let i = 0; i < 5; i++) await add(`s${i}`);
  expect(await alerts.checkAlerts(nowMs)).toEqual({ subscriptions: 5, alerts: 0 });
  expect(asked.sort()).toEqual(['BTC', 'ETH']);
});

it('looks at eight coins at a time, so that posts do not wait for one after the other', async () => {
  let atOnce = 0;
  let most = 0;
  const waiting: (() => void)[] = [];
  const service = createAlertService({
    subscriptions: storage.subscriptions,
    alertStates: storage.alertStates,
    leases: storage.leases,
    async forecast() {
      most = Math.max(most, ++atOnce);
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 8 || atOnce === 2) setImmediate(() => waiting.splice(0).forEach((go) => void go()));
      });
      atOnce--;
      return report;
    },
    record: async () => null,
    owner: 'one',
    logger: silentLogger,
  });
  const symbols = ['BTC', 'ETH', 'SOL', 'ADA', 'XRP', 'DOGE', 'DOT', 'LTC', 'BCH', 'UNI'];
  await add('s', { symbols: symbols.slice(0, 5) });
  await add('t', { symbols: symbols.slice(5) });
  expect(await service.checkAlerts(nowMs)).toEqual({ subscriptions: 2, alerts: 0 });
  expect(most).toBe(8);
});

it('queues one post with all that happened, once', async () => {
  await add('s');
  await alerts.checkAlerts(nowMs);
  price = high() * 1.01;
  nowMs += 5 * MINUTE_MS;
  expect(await alerts.checkAlerts(nowMs)).toMatchObject({ alerts: 1 });
  expect(await alerts.checkAlerts(nowMs + MINUTE_MS)).toMatchObject({ alerts: 0 });
  const [post, ...more] = await storage.posts.recent('s', 5);
  expect(more).toEqual([]);
  const payload = JSON.parse(post!.payload!) as AlertPayload;
  expect(payload.events.map(({ symbol, kind }) => `${symbol} ${kind}`)).toEqual(['BTC band', 'ETH band']);
  const reply = alertReply(payload, post!.id, null, ENGLISH);
  expect(limitProblems(reply)).toEqual([]);
  expect(reply.embeds[0]?.description).toContain('it is above it');
  expect(reply.embeds[0]?.footer?.text).toContain(post!.id);
});

it('goes on with what a coin has become, by its name, and measures it by nothing that was watched before', async () => {
  await add('s', { symbols: ['MKR'] });
  await alerts.checkAlerts(nowMs);
  became = { MKR: 'SKY' };
  price = report.quantiles[0]! / 24_000;
  nowMs += 5 * MINUTE_MS;
  expect(await alerts.checkAlerts(nowMs)).toMatchObject({ alerts: 0 });
  price = high() * 1.01;
  nowMs += 5 * MINUTE_MS;
  expect(await alerts.checkAlerts(nowMs)).toMatchObject({ alerts: 1 });
  const [post] = await storage.posts.recent('s', 5);
  const { events } = JSON.parse(post!.payload!) as AlertPayload;
  expect(events).toMatchObject([{ symbol: 'SKY', kind: 'band', side: 'above' }]);
});

it('alerts to nothing while the newest price is unconfirmed, and to what is true once it is confirmed', async () => {
  await add('s');
  await alerts.checkAlerts(nowMs);
  price = high() * 1.01;
  nowMs += 5 * MINUTE_MS;
  const confirmed = report;
  report = { ...report, unconfirmed: unconfirmedPrice('ETH', '1d', report.originMs) };
  expect(await alerts.checkAlerts(nowMs)).toEqual({ subscriptions: 1, alerts: 0 });
  report = confirmed;
  expect(await alerts.checkAlerts(nowMs + MINUTE_MS)).toMatchObject({ alerts: 1 });
});

it('tells of odds that cross the threshold', async () => {
  await add('s', { symbols: ['BTC'], alerts: { bandBreak: false, flipAt: 0.6 } });
  report = { ...report, pUp: 0.5 };
  await alerts.checkAlerts(nowMs);
  report = { ...report, pUp: 0.35 };
  await alerts.checkAlerts(nowMs + MINUTE_MS);
  const [post] = await storage.posts.recent('s', 5);
  const reply = alertReply(JSON.parse(post!.payload!) as AlertPayload, post!.id, null, ENGLISH);
  expect(reply.embeds[0]?.description).toBe(
    `**BTC**: the chance of a fall by <t:${report.targetMs / 1000}:f> is now 65\u00a0%. This was asked for from 60\u00a0% on. The price is $98,123 (<t:${priceAtMs / 1000}:t>).`,
  );
});

it('goes by no price that is old or from before the forecast, and by no coin without a forecast', async () => {
  await add('s', { symbols: ['BTC', 'XRP'] });
  await alerts.checkAlerts(nowMs);
  price = high() * 2;
  priceAtMs = report.originMs - 1;
  expect(await alerts.checkAlerts(nowMs)).toMatchObject({ alerts: 0 });
  priceAtMs = nowMs;
  expect(await alerts.checkAlerts(nowMs + 3 * HOUR_MS)).toMatchObject({ alerts: 0 });
  expect(await alerts.checkAlerts(nowMs)).toMatchObject({ alerts: 1 });
});

it('writes nothing down where nothing has changed', async () => {
  await add('s');
  let writes = 0;
  const save = storage.alertStates.save;
  storage.alertStates.save = (...what) => {
    writes++;
    return save(...what);
  };
  for (let i = 0; i < 5; i++) await alerts.checkAlerts(nowMs + i * MINUTE_MS);
  expect(writes).toBe(1);
});

it('tells the range that was left, not the newer one of the last close', async () => {
  await add('s', { symbols: ['BTC'], horizon: '24h' });
  report = { ...report, targetMs: report.originMs + 24 * HOUR_MS };
  await alerts.checkAlerts(nowMs);
  const [low, left] = [report.quantiles[0]!, high()];
  nowMs += HOUR_MS;
  priceAtMs = nowMs;
  price = left * 1.01;
  report = {
    ...report,
    originMs: nowMs,
    targetMs: nowMs + 24 * HOUR_MS,
    lastPrice: price,
    quantiles: report.quantiles.map((value) => value * 1.2),
  };
  expect(await alerts.checkAlerts(nowMs)).toMatchObject({ alerts: 1 });
  const [post] = await storage.posts.recent('s', 5);
  const { events } = JSON.parse(post!.payload!) as AlertPayload;
  expect(events).toMatchObject([{ kind: 'band', side: 'above', low, high: left, targetMs: nowMs + 22 * HOUR_MS }]);
});

it('says no more than the cap in a day', async () => {
  await add('s');
  for (let i = 0; i < 20; i++) {
    price = i % 2 === 0 ? report.lastPrice : high() * 1.01;
    priceAtMs = nowMs + i * MINUTE_MS;
    await alerts.checkAlerts(priceAtMs);
  }
  const posts = await storage.posts.recent('s', 50);
  const events = posts.flatMap(({ payload }) => (JSON.parse(payload!) as AlertPayload).events);
  expect(events).toHaveLength(MAX_ALERTS_PER_DAY);
});

it('is left to one process at a time', async () => {
  await add('s');
  await storage.leases.acquire('alerts', 'somebody', nowMs, nowMs + MINUTE_MS);
  expect(await alerts.checkAlerts(nowMs)).toEqual({ subscriptions: 0, alerts: 0 });
});

it('begins anew where it cannot be read how alerts stood, and says so in the log once', async () => {
  await add('s', { symbols: ['BTC'] });
  await storage.alertStates.save([{ subscriptionId: 's', symbol: 'BTC', state: '{"basis":' }], []);
  price = high() * 1.01;
  expect(await alerts.checkAlerts(nowMs)).toMatchObject({ alerts: 0 });
  await alerts.checkAlerts(nowMs + MINUTE_MS);
  expect(warned).toMatchObject([
    { subscriptionId: 's', symbol: 'BTC', message: expect.stringContaining('begin anew') },
  ]);
});

it('watches the band from now to the target to the minute, and tells the price now with its time', async () => {
  const { lastPrice } = report;
  // Between two hours.
  nowMs = report.originMs + 7 * HOUR_MS + 48 * MINUTE_MS;
  priceAtMs = nowMs - 20_000;
  report = { ...report, originMs: nowMs, targetMs: nowMs + 24 * HOUR_MS };
  const { targetMs } = report;
  await add('s', { symbols: ['BTC'], timeZone: 'Asia/Kolkata' });
  await alerts.checkAlerts(nowMs);
  nowMs += 23 * HOUR_MS + 59 * MINUTE_MS;
  priceAtMs = nowMs - 20_000;
  price = high() * 1.01;
  // The newest forecast starts at that price, and holds it.
  report = { ...report, originMs: nowMs, targetMs: nowMs + 24 * HOUR_MS };
  expect(await alerts.checkAlerts(nowMs)).toMatchObject({ alerts: 1 });
  const [post] = await storage.posts.recent('s', 5);
  const { description } = alertReply(JSON.parse(post!.payload!) as AlertPayload, post!.id, null, ENGLISH).embeds[0]!;
  const seconds = (ms: number) => Math.floor(ms / 1000);
  expect(description).toMatch(new RegExp(`it is above it.* \\(<t:${seconds(priceAtMs)}:t>\\)\\.$`));
  expect(description).toContain(`forecast for <t:${seconds(targetMs)}:f>: it is`);
  expect(price).toBeGreaterThan(lastPrice);
});

it('records the forecast whose band it watches, when it begins to, and one whose odds it tells', async () => {
  await add('s', { symbols: ['BTC'], alerts: { bandBreak: true, flipAt: 0.6 } });
  await add('t', { symbols: ['BTC'], alerts: { bandBreak: true, flipAt: null } });
  report = { ...report, pUp: 0.5 };
  const [first] = [report];
  for (let minute = 0; minute < 10; minute++) {
    report = { ...report, originMs: first.originMs + minute * MINUTE_MS };
    await alerts.checkAlerts(nowMs + minute * MINUTE_MS);
  }
  expect(new Set(recorded.map(({ originMs }) => originMs))).toEqual(new Set([first.originMs]));
  report = { ...report, pUp: 0.7 };
  await alerts.checkAlerts(nowMs + 10 * MINUTE_MS);
  expect(recorded.at(-1)?.pUp).toBe(0.7);
  const before = recorded.length;
  priceAtMs = report.targetMs + MINUTE_MS;
  report = { ...report, originMs: priceAtMs, targetMs: priceAtMs + 24 * HOUR_MS };
  await alerts.checkAlerts(priceAtMs);
  expect(recorded.slice(before).map(({ originMs }) => originMs)).toEqual([priceAtMs, priceAtMs]);
});

it('goes on with the state that an earlier version wrote for 24 hours, and posts what it had queued', async () => {
  await add('s', { symbols: ['BTC'], horizon: '24h' });
  const { originMs, quantiles } = report;
  const watched = { originMs, targetMs: originMs + 24 * HOUR_MS, low: quantiles[0]!, high: high() };
  const state = {
    basis: '24h true null',
    watched,
    side: 'inside',
    lean: null,
    day: Math.floor(nowMs / 86_400_000),
    sent: 1,
  };
  await storage.alertStates.save([{ subscriptionId: 's', symbol: 'BTC', state: JSON.stringify(state) }], []);
  report = {
    ...report,
    originMs: nowMs,
    targetMs: nowMs + 24 * HOUR_MS,
    quantiles: quantiles.map((value) => value * 1.2),
  };
  price = watched.high * 1.01;
  expect(await alerts.checkAlerts(nowMs)).toMatchObject({ alerts: 1 });
  const [post] = await storage.posts.recent('s', 5);
  expect((JSON.parse(post!.payload!) as AlertPayload).events).toMatchObject([
    { high: watched.high, targetMs: watched.targetMs },
  ]);
  const queued = `{"horizon":"24h","flipAt":null,"events":[{"symbol":"BTC","pUp":0.5,"simulated":false,"low":1,"high":2,"targetMs":${originMs},"kind":"band","side":"above","price":3}]}`;
  expect(alertReply(JSON.parse(queued) as AlertPayload, 'id', null, ENGLISH).embeds[0]?.description).toMatch(
    /^\*\*BTC\*\* has left the range \$1\.0000 to \$2\.0000 that was forecast for <t:\d+:f>: it is above it\..* The price is \$3\.0000\.$/,
  );
});
