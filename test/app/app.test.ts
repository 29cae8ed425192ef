import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, buildApp } from '../../src/app/app.ts';
import type { AppOptions } from '../../src/app/data.ts';
import { createMovableClock } from '../../src/app/environment.ts';
import { dispatch } from '../../src/commands/dispatch.ts';
import { loadConfig } from '../../src/config.ts';
import { localCaller } from '../../src/console/guild.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { PROVIDER_URLS } from '../../src/core/sources.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { candleFolder } from '../support/candle-files.ts';
import { randomCandles } from '../support/candles.ts';

const CANDLES = 400;
/** A little after the close of the last candle. */
const NOW_MS = Date.UTC(2020, 0, 1) + CANDLES * DAY_MS + 60_000;
const folder = candleFolder(
  Object.fromEntries(['BTC', 'ETH'].map((symbol, i) => [symbol, randomCandles(CANDLES, { seed: i + 1 })])),
);
afterAll(() => rmSync(folder, { recursive: true }));

/** Addresses on this machine at which nothing listens: no test asks a provider. */
const NOBODY = Object.fromEntries(Object.keys(PROVIDER_URLS).map((name) => [name, 'http://127.0.0.1:9']));

/** The simulated market has no candles before 2021. */
const SIMULATED_NOW_MS = Date.UTC(2025, 5, 1, 12, 1);

const build = (simulate: 'always' | 'never', databaseUrl = 'sqlite::memory:', extra: Partial<AppOptions> = {}) =>
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

const jobNames = async (app: App) => (await app.context.services.status.status()).jobs.map((job) => job.name);

describe('the app on candles from files', () => {
  let app: App;
  beforeAll(async () => {
    app = await build('never');
  });
  afterAll(() => app.close());

  it('answers /forecast with a chart', async () => {
    const reply = await dispatch('/forecast symbol:BTC horizon:1d', localCaller('en-GB'), app.context);
    expect(JSON.stringify(reply.embeds)).toContain('BTC');
    expect(reply.files).toHaveLength(1);
  });

  it('answers /status from its own parts', async () => {
    expect(await app.context.services.status.status()).toMatchObject({
      version: '1.2.3',
      node: process.version,
      nowMs: NOW_MS,
      surface: 'console',
      simulated: false,
      trackedSymbols: 2,
      database: { kind: 'sqlite', ok: true, problem: null },
      models: [{ problem: null }, { problem: null }],
      jobsProblem: null,
      training: null,
    });
    expect(app).toMatchObject({ simulation: null, timeMachine: null });
  });
});

describe('the app', () => {
  it('schedules every job of docs/jobs.md, with files none of the ledger, simulated no retraining', async () => {
    const files = await build('never');
    const simulated = await build('always');
    const [ofFiles, ofSimulation] = [await jobNames(files), await jobNames(simulated)];
    expect(simulated.simulation).toContain('simulated market');
    expect(simulated.timeMachine).not.toBeNull();
    await Promise.all([files.close(), simulated.close()]);
    const page = readFileSync(new URL('../../docs/jobs.md', import.meta.url), 'utf8');
    const listed = [...page.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell]) =>
      cell!.split(', ').map((name) => name.replaceAll('`', '')),
    );
    // The candles of files and of a simulated market cost nothing to fetch when they are needed, and announcements are of the real market.
    const ofLive = ['ingest-hours', 'ingest-training', 'read-calendars'];
    // Nobody owns these bots.
    const ofOwners = ['check-alarms', 'daily-digest'];
    expect([...new Set([...ofFiles, ...ofSimulation, ...ofLive, ...ofOwners])].sort()).toEqual(listed.sort());
    expect(listed.filter((name) => !ofFiles.includes(name))).toEqual([
      ...ofOwners,
      'ingest-hours',
      'ingest-training',
      'issue-forecasts-1d',
      'issue-forecasts-1h',
      'read-calendars',
      'score-calls',
      'score-forecasts',
    ]);
    expect(listed.filter((name) => !ofSimulation.includes(name))).toEqual([
      ...ofOwners,
      'ingest-hours',
      'ingest-training',
      'learn-widths-1d',
      'learn-widths-1h',
      'read-calendars',
      'retrain-1d',
      'retrain-1h',
    ]);
  });
});
