import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'libsql';
import { afterAll, describe, expect, it } from 'vitest';
import { runDoctor } from '../../src/cli/doctor.ts';
import { givenSettings, loadConfig } from '../../src/config.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { DoctorReport, ModelStatus } from '../../src/core/status.ts';
import { DAY_MS, MINUTE_MS } from '../../src/core/time.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { START_MS, sourced, walk } from '../support/candles.ts';
import { hang, json, startServer } from '../support/http-server.ts';
import { unissued } from '../support/ledger.ts';
import { unconfirmedPrice } from '../support/unconfirmed.ts';

const TOKEN = 'secret-of-the-bot.abcdef.0123456789abcdefghij';
const SIMULATED = { MARKET_SOURCES: 'simulated', DATABASE_URL: 'sqlite::memory:' };
const folder = mkdtempSync(join(tmpdir(), 'candlecast-doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What serves: a young model, an old one, or none at all. */
const young: ModelStatus = {
  interval: '1d',
  version: '1d-2024-01-01',
  trainedAtMs: START_MS,
  dataUntilMs: START_MS,
  family: 'cnn-lstm',
  problem: null,
};

async function examine(
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = ['--json', '-'],
  limitMs = 20_000,
  models: readonly ModelStatus[] = [young],
) {
  let out = '';
  const startMs = performance.now();
  const code = await runDoctor({
    args,
    settings: () => loadConfig({}, environment),
    given: () => givenSettings(environment),
    logger: () => silentLogger,
    models: async () => models,
    version: '0.1.0',
    node: 'v20.19.0',
    now: () => START_MS + 2 * DAY_MS,
    sleep: () => Promise.resolve(),
    random: () => 0.5,
    out: {
      write: (text) => {
        out += text;
      },
    },
    limitMs,
  });
  const report = args.includes('-') ? (JSON.parse(out) as DoctorReport) : null;
  const check = (name: string) => report?.checks.find((one) => one.name === name);
  return { code, out, report, check, ms: performance.now() - startMs };
}

/** Discord as far as the doctor asks it; every route can be replaced. */
async function discord(answers: Readonly<Record<string, unknown>> = {}) {
  const all = {
    '/api/v10/users/@me': { id: '1', username: 'candlecast' },
    '/api/v10/applications/@me': { id: '123456789012345678' },
    '/api/v10/users/@me/guilds': [{ id: '5', name: 'One', permissions: String(8) }],
    ...answers,
  };
  const server = await startServer((request, response, url) => {
    const body = all[decodeURIComponent(url.pathname) as keyof typeof all];
    json(body ?? { message: 'Not Found', code: 0 }, body ? 200 : 404)(request, response, url);
  });
  return { server, environment: { ...SIMULATED, DISCORD_TOKEN: TOKEN, DISCORD_API_URL: `${server.url}/api` } };
}

describe('the doctor', () => {
  it('says how many coins there are to learn from, and since when no source has told what it trades', async () => {
    const live = {
      DATABASE_URL: `sqlite:${join(folder, 'coins.db')}`,
      MARKET_SOURCES: 'binance',
      BINANCE_URL: 'http://127.0.0.1:9',
    };
    const storage = await openStorage(live.DATABASE_URL, { now: () => START_MS });
    expect((await examine(live)).check('training coins')).toMatchObject({
      state: 'ok',
      message: 'None is chosen yet; the first start with a network chooses them.',
    });
    const coin = (symbol: string, listedMs: number) => ({
      symbol,
      place: 1,
      volumes: { binance: 5 },
      addedMs: START_MS,
      listedMs,
      historyFromMs: null,
      historyDueMs: 0,
    });
    await storage.trainingCoins.put('1d', [coin('BTC', START_MS), coin('ETH', START_MS)]);
    await storage.candles.upsert('BTC', '1d', sourced(walk(3)));
    expect((await examine(live)).check('training coins')).toMatchObject({
      state: 'ok',
      message: 'There are candles to learn from: days of 1 of 2, hours of 0 of 0.',
    });
    const days = ['BTC', 'ETH'].map((symbol) => coin(symbol, START_MS - 5 * DAY_MS));
    await storage.trainingCoins.put('1d', days);
    await storage.close();
    expect((await examine(live)).check('training coins')).toMatchObject({
      state: 'warning',
      message: expect.stringContaining('No source has told what it trades since 2023-12-27.'),
    });
    expect((await examine(SIMULATED)).check('training coins')?.state).toBe('skipped');
  });

  it('is content without token and network where nothing needs them, and says so', async () => {
    const { code, check, report } = await examine(SIMULATED);
    expect(code).toBe(0);
    expect(report!.ok).toBe(true);
    expect(check('token')).toMatchObject({ state: 'skipped', message: expect.stringContaining('not set') });
    expect(check('market sources')).toMatchObject({ state: 'skipped' });
    expect(check('database')).toMatchObject({ state: 'ok' });
    expect(check('model 1d')).toMatchObject({
      state: 'ok',
      message: '1d-2024-01-01, learnt from candles to 2024-01-01, 2 days ago.',
    });
  });

  it('writes one line a check with its remedy, and a verdict', async () => {
    const { out } = await examine({ ...SIMULATED, DISCORD_TOKEN: 'nonsense' }, []);
    const lines = out.trim().split('\n');
    expect(lines.find((text) => text.startsWith('✗ token'))).toMatch(
      /three parts joined by dots\. → Copy the token again/,
    );
    expect(lines.at(-1)).toMatch(/^1 thing is wrong/);
    expect(out).not.toContain('nonsense');
  });

  it('names every wrong setting and looks at nothing else', async () => {
    const { code, check } = await examine({ LOG_LEVEL: 'loud', CONSOLE_PORT: 'eighty' });
    expect(code).toBe(1);
    expect(check('configuration')!.message).toMatch(/LOG_LEVEL.*CONSOLE_PORT|CONSOLE_PORT.*LOG_LEVEL/);
    expect(check('database')).toBeUndefined();
  });

  it('warns of a model that is old or stands in, and fails without one', async () => {
    const old = { ...young, dataUntilMs: START_MS - 200 * DAY_MS };
    const standIn = {
      ...young,
      interval: '1h' as const,
      problem: 'The model x cannot be used. The one shipped stands in.',
    };
    const { code, check } = await examine(SIMULATED, ['--json', '-'], 20_000, [old, standIn]);
    expect(code).toBe(0);
    expect(check('model 1d')).toMatchObject({ state: 'warning', remedy: expect.stringContaining('npm run train') });
    expect(check('model 1h')).toMatchObject({ state: 'warning', message: standIn.problem });
    const none = {
      ...young,
      version: null,
      trainedAtMs: null,
      dataUntilMs: null,
      family: null,
      problem: 'There is no model.',
    };
    expect((await examine(SIMULATED, ['--json', '-'], 20_000, [none])).code).toBe(1);
  });

  it('refuses options it does not know', async () => {
    await expect(examine(SIMULATED, ['--fast'])).rejects.toMatchObject({ code: 'CC_USAGE' });
  });

  describe('asks Discord', () => {
    it('who the bot is and what it may do, with the token in the header alone', async () => {
      const { environment, server } = await discord();
      const { code, check, out } = await examine(environment);
      expect(code).toBe(0);
      expect(check('token')).toMatchObject({ state: 'ok', message: 'Discord accepts it, for candlecast.' });
      expect(check('permissions')).toMatchObject({ state: 'ok', message: 'All that posting takes, in 1 server.' });
      expect(server.requests.every(({ headers }) => headers.authorization === `Bot ${TOKEN}`)).toBe(true);
      expect(out).not.toContain(TOKEN);
    });

    it('and names the servers where a permission is missing, and another application', async () => {
      const view = String(1 << 10);
      const { environment } = await discord({
        '/api/v10/users/@me/guilds': [{ id: '5', name: 'Two', permissions: view }],
      });
      const { code, check } = await examine({ ...environment, DISCORD_APPLICATION_ID: '999999999999999999' });
      expect(code).toBe(0);
      expect(check('permissions')).toMatchObject({
        state: 'warning',
        remedy: expect.stringContaining('client_id=123456789012345678'),
      });
      expect(check('permissions')!.message).toContain('Two (Send Messages, Embed Links, Attach Files)');
      expect(check('token')).toMatchObject({
        state: 'warning',
        remedy: expect.stringContaining('DISCORD_APPLICATION_ID'),
      });
    });

    it('and says that the bot is in no server, or not in the one for its owners', async () => {
      const none = await discord({ '/api/v10/users/@me/guilds': [] });
      expect((await examine(none.environment)).check('permissions')!.message).toBe('The bot is in no server.');
      const other = await discord();
      const { check } = await examine({ ...other.environment, DISCORD_DEV_GUILD_ID: '111111111111111111' });
      expect(check('permissions')!.message).toContain('111111111111111111');
    });

    it('and fails on a token that is refused, an answer that is none, and a Discord that is silent', async () => {
      const { environment, server } = await discord();
      server.answer(json({ message: '401: Unauthorized', code: 0 }, 401));
      const refused = await examine(environment);
      expect(refused.code).toBe(1);
      expect(refused.check('token')).toMatchObject({
        state: 'failed',
        message: 'Discord does not accept the bot token.',
      });
      expect(refused.out).not.toContain(TOKEN);
      server.answer(json({ id: 5 }));
      expect((await examine(environment)).check('token')!.message).toContain('something else than it documents');
      server.answer(json({ message: 'slow down', retry_after: 60, global: false }, 429, { 'retry-after': '60' }));
      const limited = await examine(environment);
      expect(limited.check('token')).toMatchObject({ state: 'failed', message: expect.stringContaining('wait') });
      expect(limited.ms).toBeLessThan(15_000);
      server.answer(hang);
      const silent = await examine(environment, ['--json', '-'], 300);
      expect(silent.check('token')).toMatchObject({ state: 'failed' });
      expect(silent.ms).toBeLessThan(15_000);
    });
  });

  describe('asks the sources', () => {
    const live = (url: string) => ({
      DATABASE_URL: 'sqlite::memory:',
      MARKET_SOURCES: 'binance,kraken',
      BINANCE_URL: url,
      KRAKEN_URL: url,
      COINGECKO_URL: url,
      BLOCKCHAIN_URL: url,
      FEARGREED_URL: url,
      FED_URL: url,
      BLS_URL: url,
      REDDIT_URL: url,
      NEWS_FEEDS: `${url}/feed`,
    });

    it('and goes on with those that answer', async () => {
      const server = await startServer((request, response, url) => {
        const day = (ms: number) => [ms, '1', '2', '1', '1.5', '10', ms + DAY_MS - 1, '1', 1, '1', '1', '0'];
        const isKlines = url.pathname === '/api/v3/klines';
        json(isKlines ? [day(START_MS), day(START_MS + DAY_MS)] : { nothing: true }, isKlines ? 200 : 500)(
          request,
          response,
          url,
        );
      });
      const { code, check } = await examine(live(server.url));
      expect(check('binance')).toMatchObject({ state: 'ok', message: '2 of the newest two daily candles of BTC.' });
      expect(check('kraken')).toMatchObject({ state: 'warning', remedy: expect.any(String) });
      expect(check('market sources')).toBeUndefined();
      // A calendar that cannot be read changes nothing.
      expect(check('bls.gov (calendar)')).toMatchObject({
        state: 'warning',
        remedy: expect.stringContaining('the calendar that comes with Candlecast'),
      });
      expect(check('federalreserve.gov (calendar)')?.state).toBe('warning');
      expect(code).toBe(0);
    });

    it.each([
      [0, 'ok', 'Within seconds of '],
      [-20_000, 'warning', '20 s behind by the answers of '],
      [10 * MINUTE_MS, 'failed', '10 min ahead by the answers of '],
    ] as const)('and compares its clock, %d ms ahead, with theirs', async (aheadMs, state, words) => {
      const hostMs = START_MS + 2 * DAY_MS - aheadMs;
      const day = (ms: number) => [ms, '1', '2', '1', '1.5', '10', ms + DAY_MS - 1, '1', 1, '1', '1', '0'];
      const server = await startServer((request, response, url) => {
        const isKlines = url.pathname === '/api/v3/klines';
        const body = isKlines ? [day(START_MS), day(START_MS + DAY_MS)] : { nothing: true };
        json(body, isKlines ? 200 : 500, { date: new Date(hostMs).toUTCString() })(request, response, url);
      });
      const { code, check } = await examine(live(server.url));
      expect(check('clock')).toMatchObject({ state, message: expect.stringContaining(words) });
      if (state !== 'ok') expect(check('clock')?.remedy).toContain('timedatectl');
      expect(code).toBe(state === 'failed' ? 1 : 0);
    });

    it('and counts the odd rows of their answers, with the reasons', async () => {
      const coin = (id: string, rank: number, more: object = {}) => ({
        id,
        symbol: id,
        name: id,
        current_price: 1,
        market_cap: 1e9 - rank,
        market_cap_rank: rank,
        ...more,
      });
      const coins = [
        ...Array.from({ length: 12 }, (_, i) => coin(`c${i}`, i + 1)),
        coin('odd', 13, { market_cap: -3.5 }),
      ];
      const days = [2, 1, 0, -1, -2, -3].map((back) => ({
        value: back === -2 ? '1e400' : '40',
        timestamp: String((START_MS + (2 + back - 2) * DAY_MS) / 1000),
      }));
      const server = await startServer((request, response, url) => {
        const answers: Readonly<Record<string, unknown>> = {
          '/api/v3/coins/markets': url.searchParams.get('page') === '1' ? coins : [],
          '/fng/': { data: days },
        };
        const body = answers[url.pathname];
        json(body ?? { nothing: true }, body ? 200 : 500)(request, response, url);
      });
      const { check } = await examine(live(server.url));
      expect(check('coingecko (coin list)')).toMatchObject({
        state: 'ok',
        message: '12 coins. 1 odd row dropped (1 of another form than documented).',
      });
      expect(check('fear-greed (index)')).toMatchObject({
        state: 'ok',
        message: expect.stringMatching(
          /of the last seven days\. 1 odd row dropped \(1 of another form than documented\)\.$/,
        ),
      });
    });

    it('and says what became of tracked coins, and that a source has nothing', async () => {
      const server = await startServer((request, response, url) =>
        json(url.pathname === '/fng/' ? { data: [] } : { nothing: true }, url.pathname === '/fng/' ? 200 : 500)(
          request,
          response,
          url,
        ),
      );
      const { check } = await examine({ ...live(server.url), SYMBOLS: 'EOS,BTC,MKR' });
      expect(check('coins')).toMatchObject({
        state: 'warning',
        message: expect.stringMatching(/EOS became Vaulta \(A\).*one MKR for 24,000 SKY/),
        remedy: 'The present tickers: A,BTC,SKY.',
      });
      expect(check('fear-greed (index)')?.state).toBe('warning');
    });

    it('and says within its limit that none answers', async () => {
      const server = await startServer(hang);
      const { code, check, ms } = await examine(live(server.url), ['--json', '-'], 300);
      expect(code).toBe(1);
      expect(check('market sources')).toMatchObject({
        state: 'failed',
        remedy: expect.stringContaining('npm run demo'),
      });
      expect(check('binance')!.state).toBe('warning');
      expect(ms).toBeLessThan(15_000);
    });

    it('and looks into folders of files', async () => {
      const { code, check } = await examine({ MARKET_SOURCES: `csv:${folder}`, DATABASE_URL: 'sqlite::memory:' });
      expect(code).toBe(1);
      expect(check('market sources')).toMatchObject({ state: 'failed', remedy: expect.stringContaining('csv:DIR') });
    });
  });

  describe('looks at the ledger', () => {
    async function kept(name: string) {
      const path = join(folder, name);
      const storage = await openStorage(`sqlite:${path}`, { now: () => START_MS + MINUTE_MS });
      await storage.ledger.append([unissued(), unissued({ symbol: 'ETH' })], 'scheduled');
      await storage.close();
      return { path, environment: { ...SIMULATED, DATABASE_URL: `sqlite:${path}` } };
    }

    it('and names its last row, and what should have a score by now', async () => {
      const { environment } = await kept('good.db');
      const { code, check } = await examine(environment);
      expect(code).toBe(0);
      expect(check('ledger')!.message).toMatch(
        /^2 forecasts, 0 marks, 0 outcomes, 0 models and 0 checkpoints in unbroken chains; .* The last forecast is number 2, its hash is [0-9a-f]{64}\.$/,
      );
      expect(check('scores')).toMatchObject({ state: 'warning', message: expect.stringContaining('2 forecasts') });
    });

    it('and ends with 1 when a row was changed past the program', async () => {
      const { environment, path } = await kept('bad.db');
      const database = new Sqlite(path);
      database.exec('drop trigger ledger_no_update');
      database.exec('update ledger set p_up = 0.9 where sequence = 2');
      database.close();
      const { code, check } = await examine(environment);
      expect(code).toBe(1);
      expect(check('ledger')).toMatchObject({
        state: 'failed',
        message:
          'The record is broken. Forecast 2 (ETH 1d from 2024-01-01 00:00 UTC) has been changed, or put in: its hash does not follow from what it holds and from the row before. The trigger ledger_no_update of the database, which keeps rows of the record from being changed, is missing.',
      });
    });

    it('and walks the records of paper portfolios too', async () => {
      const { environment, path } = await kept('paper.db');
      expect((await examine(environment)).check('paper portfolios')).toMatchObject({
        state: 'ok',
        message: 'None yet.',
      });
      const storage = await openStorage(`sqlite:${path}`, { now: () => START_MS });
      const wish = { rule: 'r', horizon: '1d', symbols: ['BTC'], capital: 1, startedBy: 'u', startedMs: 1 } as const;
      const portfolio = { ...wish, id: 'p', guildId: 'g', stoppedMs: null };
      await storage.paper.start(portfolio, { markedMs: 1, blocked: null }, []);
      await storage.close();
      expect((await examine(environment)).check('paper portfolios')!.message).toBe('1 event in unbroken chains.');
      const database = new Sqlite(path);
      database.exec('drop trigger paper_events_no_update');
      database.exec('update paper_events set time_ms = 2');
      database.close();
      const { code, check } = await examine(environment);
      expect(code).toBe(1);
      expect(check('paper portfolios')).toMatchObject({
        state: 'failed',
        message: 'Event 1 of the paper portfolio p has been changed.',
      });
    });

    it('and names the prices that are unconfirmed, with the time since when', async () => {
      const path = join(folder, 'unconfirmed.db');
      const storage = await openStorage(`sqlite:${path}`, { now: () => START_MS });
      await storage.unconfirmed.put(unconfirmedPrice('ETH', '1h', START_MS));
      await storage.close();
      const { check, code } = await examine({ ...SIMULATED, DATABASE_URL: `sqlite:${path}` });
      expect(check('prices')).toMatchObject({
        state: 'warning',
        message: expect.stringMatching(/^Unconfirmed and not used: ETH \(1h\) since \d{4}-\d\d-\d\d .*\$30,000/),
        remedy: expect.stringContaining('MARKET_SOURCES'),
      });
      expect(code).toBe(0);
    });

    it('and makes no database where there is none', async () => {
      const path = join(folder, 'not/yet.db');
      const { check } = await examine({ ...SIMULATED, DATABASE_URL: `sqlite:${path}` });
      expect(check('database')).toMatchObject({ state: 'ok', message: expect.stringContaining('not there yet') });
      expect(check('ledger')!.state).toBe('skipped');
    });

    it('and never shows the password of a database that does not answer', async () => {
      const { code, check, out } = await examine({
        ...SIMULATED,
        DATABASE_URL: 'postgres://bot:s%C3%A9same99@127.0.0.1:1/x',
      });
      expect(code).toBe(1);
      expect(check('database')).toMatchObject({ state: 'failed', remedy: expect.stringContaining('PostgreSQL') });
      expect(out).not.toMatch(/sésame99|s%C3%A9same99/);
    });
  });
});

describe.skipIf(process.platform === 'win32')('files', () => {
  it('that others of the machine can read are named, with the command that closes them', async () => {
    const path = join(folder, 'modes.db');
    const environment = { ...SIMULATED, DATABASE_URL: `sqlite:${path}` };
    await (await openStorage(environment.DATABASE_URL, { now: () => START_MS })).close();
    expect((await examine(environment)).check('files')).toMatchObject({ state: 'ok' });
    chmodSync(path, 0o644);
    const { check, code } = await examine(environment);
    expect(check('files')).toMatchObject({ state: 'warning', remedy: `chmod 600 ${path}` });
    expect(check('files')?.message).toContain(path);
    expect(code).toBe(0);
  });
});
