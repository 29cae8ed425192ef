import { rmSync } from 'node:fs';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { buildApp } from '../../src/app/app.ts';
import type { AppOptions } from '../../src/app/data.ts';
import { createMovableClock } from '../../src/app/environment.ts';
import { loadConfig } from '../../src/config.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { PROVIDER_URLS } from '../../src/core/sources.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { candleFolder } from './candle-files.ts';
import { randomCandles } from './candles.ts';

const CANDLES = 400;
/** A little after the close of the last candle. */
export const NOW_MS = Date.UTC(2020, 0, 1) + CANDLES * DAY_MS + 60_000;
/** Addresses on this machine at which nothing listens: no test asks a provider. */
const NOBODY = Object.fromEntries(Object.keys(PROVIDER_URLS).map((name) => [name, 'http://127.0.0.1:9']));

/** The simulated market has no candles before 2021. */
const SIMULATED_NOW_MS = Date.UTC(2025, 5, 1, 12, 1);

/** Builds apps on files of candles or on the simulated market; the files go when the tests of the file that calls this are over. */
export function appsOfFiles() {
  const folder = candleFolder(
    Object.fromEntries(['BTC', 'ETH'].map((symbol, i) => [symbol, randomCandles(CANDLES, { seed: i + 1 })])),
  );
  afterAll(() => rmSync(folder, { recursive: true }));

  return (simulate: 'always' | 'never', databaseUrl = 'sqlite::memory:', extra: Partial<AppOptions> = {}) =>
    buildApp({
      config: loadConfig(
        {},
        {
          MARKET_SOURCES: `csv:${folder}`,
          DATABASE_URL: databaseUrl,
          SYMBOLS: 'BTC,ETH',
          NEWS_FEEDS: 'off',
          SUBREDDITS: 'off',
          ...NOBODY,
        },
      ),
      logger: silentLogger,
      clock: createMovableClock(
        () => (simulate === 'always' ? SIMULATED_NOW_MS : NOW_MS),
        () => 0,
      ),
      sleep: (ms, signal) => sleepFor(ms, undefined, signal ? { signal } : {}),
      random: () => 0.5,
      surface: 'console',
      simulate,
      version: '1.2.3',
      node: process.version,
      ...extra,
    });
}
