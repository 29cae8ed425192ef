import { setTimeout as sleepFor } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, buildApp } from '../../src/app/app.ts';
import { createMovableClock, type MovableClock } from '../../src/app/environment.ts';
import { dispatch } from '../../src/commands/dispatch.ts';
import { COMPONENT_HANDLERS } from '../../src/commands/registry.ts';
import { createPostMaker, previewDailyPost } from '../../src/commands/subscriptions/post-message.ts';
import { loadConfig } from '../../src/config.ts';
import { localCaller } from '../../src/console/guild.ts';
import { CHOICES, HORIZONS, horizonMs } from '../../src/core/horizon.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { seededRandom } from '../../src/core/random.ts';
import { PROVIDER_URLS } from '../../src/core/sources.ts';
import { DAY_MS, MINUTE_MS } from '../../src/core/time.ts';
import { formatZoned } from '../../src/render/chart/time-axis.ts';
import type { Reply } from '../../src/render/reply.ts';
import { sampleSubscription } from '../support/subscriptions.ts';

const START_MS = Date.UTC(2025, 5, 1, 12, 1);
const NOBODY = Object.fromEntries(Object.keys(PROVIDER_URLS).map((name) => [name, 'http://127.0.0.1:9']));
const ZONES = ['UTC', 'America/Los_Angeles', 'Asia/Kolkata'];
/** Random minutes of a week, in order. */
const random = seededRandom(14);
const MOMENTS = Array.from({ length: 6 }, () => START_MS + Math.floor(random() * 7 * DAY_MS)).sort((a, b) => a - b);
/** How far a displayed moment, of whole seconds, may lie from the true one. */
const TO_THE_MINUTE_MS = MINUTE_MS / 2;

let app: App;
let clock: MovableClock;
beforeAll(async () => {
  clock = createMovableClock(
    () => START_MS,
    () => 0,
  );
  app = await buildApp({
    config: loadConfig(
      {},
      { DATABASE_URL: 'sqlite::memory:', SYMBOLS: 'BTC,ETH', NEWS_FEEDS: 'off', SUBREDDITS: 'off', ...NOBODY },
    ),
    logger: silentLogger,
    clock,
    sleep: (ms, signal) => sleepFor(ms, undefined, signal ? { signal } : {}),
    random: () => 0.5,
    surface: 'console',
    simulate: 'always',
    version: '1.2.3',
    node: process.version,
  });
});
afterAll(() => app.close());

const caller = localCaller('en-GB');
const forecastButtons = COMPONENT_HANDLERS.find(({ prefix }) => prefix === 'fc')!;
const press = (rest: string, values: string[] = []) =>
  forecastButtons.execute({ rest, values }, caller, app.context) as Promise<Reply>;

/** The moment of the first of Discord's timestamps that follows some words. */
function momentAfter(text: string | undefined, words: RegExp): number {
  const found = new RegExp(`${words.source}<t:(\\d+):`, 's').exec(text ?? '');
  if (!found) throw new Error(`${words} is not in ${text}`);
  return Number(found[1]) * 1000;
}

/** The target and the price's moment that a reply of /forecast shows. */
function shownBy({ embeds: [embed, details] }: Reply) {
  const price = details?.fields?.find(({ name }) => name === 'Price now');
  return {
    targetMs: momentAfter(embed!.description, /8 in 10\) by /),
    priceAtMs: momentAfter(price?.value, /^\$[\d,.]+\n/),
    chart: embed!.image?.url,
  };
}

function expectFromNow({ targetMs, priceAtMs }: { targetMs: number; priceAtMs: number }, aheadMs: number): void {
  const nowMs = clock.now();
  expect(Math.abs(targetMs - nowMs - aheadMs)).toBeLessThan(TO_THE_MINUTE_MS);
  expect(nowMs - priceAtMs).toBeLessThanOrEqual(MINUTE_MS);
  expect(priceAtMs).toBeLessThanOrEqual(nowMs);
}

describe.each(MOMENTS)('at %d, in the middle of an hour', (momentMs) => {
  beforeAll(() => clock.move(momentMs - clock.now()));

  it('every horizon is counted from now, from the price of this minute', async () => {
    for (const horizon of CHOICES) {
      await dispatch(`/forecast BTC ${horizon}`, caller, app.context);
      const reply = await press(`details:BTC:${horizon}`);
      expectFromNow(shownBy(reply), horizonMs(HORIZONS[horizon]));
      expect(JSON.stringify(reply)).not.toMatch(/next \d|in 12 minutes/i);
      expect(reply.files[0]?.data.length).toBeGreaterThan(1_000);
    }
  }, 180_000);

  it('a pressed button counts from the press, that of an old message for 24 hours as one day', async () => {
    for (const [reply, horizon] of [
      [await press('refresh:BTC:24h'), '1d'],
      [await press('horizon:BTC:24h', ['24h']), '1d'],
      [await press('horizon:BTC:24h', ['4h']), '4h'],
      [await press('hide:BTC:24h'), '1d'],
      [await dispatch('/forecast symbol:BTC horizon:24h', caller, app.context), '1d'],
    ] as const) {
      const targetMs = momentAfter(reply.embeds[0]!.description, /8 in 10\) by /);
      expect(Math.abs(targetMs - clock.now() - horizonMs(HORIZONS[horizon]))).toBeLessThan(TO_THE_MINUTE_MS);
      expect(JSON.stringify(reply.components)).not.toContain('24h');
    }
  }, 180_000);

  it.each(ZONES)(
    'posts and previews of %s count from when they are made',
    async (timeZone) => {
      const nowMs = clock.now();
      const make = createPostMaker(app.context, () => Promise.reject(new Error('No report is due.')));
      // Due hours ago: it is sent late, and made now.
      const post = { subscriptionId: 's', channelId: '1', attempts: 3, payload: null, missed: 0, sendingSinceMs: null };
      const due = { ...post, id: 's-d1', kind: 'daily', dueMs: nowMs - 5 * 3_600_000 } as const;
      for (const horizon of ['1h', '1d', '7d'] as const) {
        const subscription = sampleSubscription({ symbols: ['BTC', 'ETH'], horizon, timeZone });
        for (const reply of [await make(due, subscription), await previewDailyPost(subscription, app.context)]) {
          const targetMs = momentAfter(reply.content, /may be by /);
          expect(Math.abs(targetMs - nowMs - horizonMs(HORIZONS[horizon]))).toBeLessThan(TO_THE_MINUTE_MS);
          for (const { description } of reply.embeds) {
            expect(momentAfter(description, /^Likely \(8 in 10\) by /)).toBe(targetMs);
          }
          expect(reply.files[0]?.description).toContain(`from ${formatZoned(nowMs, timeZone)} to `);
        }
      }
    },
    180_000,
  );
});
