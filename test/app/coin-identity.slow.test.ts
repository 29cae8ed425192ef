import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type App, buildApp } from '../../src/app/app.ts';
import { createMovableClock } from '../../src/app/environment.ts';
import { dispatch } from '../../src/commands/dispatch.ts';
import { loadConfig } from '../../src/config.ts';
import { localCaller } from '../../src/console/guild.ts';
import { type Candle, INTERVAL_MS, type Interval } from '../../src/core/candle.ts';
import { errorLine } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { PROVIDER_URLS } from '../../src/core/sources.ts';
import type { Reply } from '../../src/render/reply.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { scaled, walk } from '../support/candles.ts';
import { json, startServer } from '../support/http-server.ts';
import { klinesHandler } from '../support/market-candles.ts';
import { coingeckoHandler, krakenHandler, listedCoin } from '../support/market-servers.ts';
import { sampleSubscription } from '../support/subscriptions.ts';

const NOW_MS = Date.UTC(2026, 5, 1, 12, 1);
/** Moves on between questions, so that sources may be asked again. */
let nowMs = NOW_MS;
const NOBODY = Object.fromEntries(Object.keys(PROVIDER_URLS).map((name) => [name, 'http://127.0.0.1:9']));

/** Candles up to now that end at about that price. */
function ending(price: number, interval: Interval): Candle[] {
  const step = INTERVAL_MS[interval];
  const count = interval === '1d' ? 500 : 1_200;
  const candles = walk(count, interval, 3, Math.floor(NOW_MS / step) * step - count * step);
  return candles.map((candle) => scaled(candle, price / candles.at(-1)!.close));
}

async function open(env: Record<string, string>): Promise<App> {
  return buildApp({
    config: loadConfig(
      {},
      { DATABASE_URL: 'sqlite::memory:', SYMBOLS: 'BTC', NEWS_FEEDS: 'off', SUBREDDITS: 'off', ...NOBODY, ...env },
    ),
    logger: silentLogger,
    clock: createMovableClock(
      () => nowMs,
      () => 0,
    ),
    sleep: (ms, signal) => sleepFor(ms, undefined, signal ? { signal } : {}),
    random: () => 0.5,
    surface: 'terminal',
    simulate: 'never',
    version: '1.2.3',
    node: process.version,
  });
}

/** What the bot says to `/forecast`: the reply's text, or the line about an error. */
async function ask(app: App, symbol: string, horizon = '1d'): Promise<string> {
  nowMs += 10_000;
  try {
    const reply = await dispatch(`/forecast symbol:${symbol} horizon:${horizon}`, localCaller('en-GB'), app.context);
    return JSON.stringify(reply.embeds);
  } catch (error) {
    return errorLine(error);
  }
}

describe('the bot', () => {
  it('with Binance down and a Kraken whose LUNA is Terra Classic answers nothing for Terra, and stores nothing', async () => {
    const kraken = await startServer((request, response, url) => {
      const { searchParams } = url;
      const interval: Interval = searchParams.get('interval') === '60' ? '1h' : '1d';
      const held = {
        LUNA: ending(0.00006, interval),
        BTC: ending(60_000, interval),
        SOL: ending(0.015, interval),
      } as Record<string, Candle[]>;
      return krakenHandler((symbol) => held[symbol] ?? null)(request, response, url);
    });
    const list = [
      listedCoin('bitcoin', 'btc', 1, { current_price: 60_000 }),
      listedCoin('terra-luna-2', 'luna', 300, { name: 'Terra', current_price: 0.4 }),
      listedCoin('terra-luna', 'lunc', 200, { name: 'Terra Luna Classic', current_price: 0.00006 }),
      // A ticker that means another coin at Kraken and stands in no table.
      listedCoin('other', 'sol', 7, { name: 'Solana', current_price: 150 }),
    ];
    const coingecko = await startServer((request, response, url) =>
      url.pathname.endsWith('/coins/markets')
        ? coingeckoHandler(list, () => 1, NOW_MS)(request, response, url)
        : json({ error: 'no charts today' }, 500)(request, response, url),
    );
    const app = await open({ KRAKEN_URL: kraken.url, COINGECKO_URL: coingecko.url });
    expect(await ask(app, 'LUNA')).toMatch(/CC_SOURCE_UNAVAILABLE|CC_UNKNOWN_SYMBOL/);
    expect(kraken.requests.map(({ url }) => url.searchParams.get('pair'))).toContain('LUNA2USD');
    expect(kraken.requests.map(({ url }) => url.searchParams.get('pair'))).not.toContain('LUNAUSD');
    expect(await ask(app, 'LUNC')).toContain('Terra Luna Classic');
    expect(await ask(app, 'BTC')).toContain('$60,000');
    expect(await ask(app, 'SOL')).toMatch(
      /kraken gives \$0\.015\d* for SOL, several times off the coin list \(\$150\)/,
    );
    await app.close();
  });

  it('answers EOS as Vaulta and says so, also where EOS is what it tracks', async () => {
    const binance = await startServer((request, response, url) => {
      const interval = (url.searchParams.get('interval') ?? '1d') as Interval;
      const held: Record<string, Candle[]> = { BTCUSDT: ending(60_000, interval), AUSDT: ending(0.2, interval) };
      return klinesHandler((pair) => held[pair] ?? null)(request, response, url);
    });
    const app = await open({ BINANCE_URL: binance.url, SYMBOLS: 'EOS,BTC,MATIC' });
    const text = await ask(app, 'EOS');
    expect(text).toContain('EOS became Vaulta (A) in May 2025, one for one');
    expect(text).toContain('Vaulta');
    expect(binance.requests.map(({ url }) => url.searchParams.get('symbol'))).not.toContain('EOSUSDT');
    expect(await ask(app, 'MKR')).toMatch(/one MKR for 24,000 SKY.*Ask for SKY/);
    await app.close();
  });

  it('with CoinGecko alone does not call an old coin young: it says that the source gives one day of hours, and what helps', async () => {
    const list = [
      listedCoin('bitcoin', 'btc', 1, { current_price: 60_000 }),
      listedCoin('solana', 'sol', 7, { name: 'Solana', current_price: 150 }),
    ];
    const wave = (timeMs: number) => 150 * (1 + 0.02 * Math.sin(timeMs / 7e6) + 0.01 * Math.sin(timeMs / 9e5));
    const coingecko = await startServer(coingeckoHandler(list, wave, NOW_MS));
    const app = await open({ MARKET_SOURCES: 'coingecko', COINGECKO_URL: coingecko.url });
    expect(await ask(app, 'SOL', '4h')).toMatch(
      /SOL has 2\d complete hourly candles; a forecast needs \d+\. They come from coingecko, which gives only the hours of the last day, however long the coin has traded\. .*Ask for 1d or longer, or let the owner of the bot add a source that lists SOL to MARKET_SOURCES\./,
    );
    // Of days it gives ninety, which are enough.
    expect(await ask(app, 'SOL')).toContain('Solana');
    await app.close();
  });

  it('goes on with a subscription of coins that have changed: the post has Vaulta for EOS and says why, and what became of MKR', async () => {
    const binance = await startServer((request, response, url) => {
      const interval = (url.searchParams.get('interval') ?? '1d') as Interval;
      const held = new Map(
        [
          ['BTCUSDT', 60_000],
          ['AUSDT', 0.2],
          ['SKYUSDT', 0.07],
        ].map(([pair, price]) => [pair, ending(price as number, interval)] as const),
      );
      return klinesHandler((pair) => held.get(pair) ?? null)(request, response, url);
    });
    const folder = mkdtempSync(join(tmpdir(), 'candlecast-renamed-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const database = { DATABASE_URL: `sqlite:${join(folder, 'one.db')}` };
    const before = await openStorage(database.DATABASE_URL, { now: () => nowMs });
    const stored = sampleSubscription({ symbols: ['EOS', 'BTC', 'MKR'], nextDueMs: nowMs });
    await before.subscriptions.insert(stored, 5);
    await before.close();

    const app = await open({ ...database, BINANCE_URL: binance.url });
    const posts: Reply[] = [];
    const never = () => Promise.reject(new Error('nothing of this kind is due'));
    app.start({
      async send(_channelId, message) {
        posts.push(message);
        return { kind: 'sent', messageId: '1' };
      },
      findPrivate: async () => ({ kind: 'absent' }),
      find: async () => ({ kind: 'absent' }),
      crosspost: never,
      notify: never,
    });
    // The posts are made here, at a moment of the test.
    await app.stopJobs();
    const { publishing } = app.context.services;
    await publishing.plan(nowMs);
    await publishing.publishDue(new AbortController().signal);
    const [post, ...more] = posts;
    expect(more).toEqual([]);
    const [eos, btc, mkr] = post!.embeds;
    expect(eos?.title).toMatch(/^Vaulta \(A\) · \$0\.2/);
    expect(eos?.description).toContain('EOS became Vaulta (A) in May 2025, one for one');
    // Nothing was missing: the ledger, too, was asked about the coin of now.
    expect(eos?.description).not.toContain('could not be looked up');
    expect(btc?.title).toMatch(/^Bitcoin \(BTC\)/);
    expect(mkr?.title).toMatch(/^Sky \(SKY\) · \$0\.07/);
    expect(mkr?.description).toContain('1 MKR for 24,000 SKY');
    expect(post!.files.map(({ description }) => description)).toContainEqual(
      expect.stringContaining('Fan chart of A from'),
    );
    await app.close();
  });
});
