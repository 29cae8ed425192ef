import { describe, expect, test } from 'vitest';
import { CandlecastError, ERROR_CATALOGUE, type ErrorCode, UnknownNameError } from '../../../src/core/errors.ts';
import type { SourceHealth } from '../../../src/core/market.ts';
import type { DriftStatus } from '../../../src/core/model-info.ts';
import type { JobStatus, StatusReport } from '../../../src/core/status.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { MESSAGES, translatorFor } from '../../../src/language/translator.ts';
import { helpReply } from '../../../src/render/admin/help-embed.ts';
import { type StatusReader, statusReply } from '../../../src/render/admin/status-embed.ts';
import type { View } from '../../../src/render/details.ts';
import { errorReply } from '../../../src/render/error-embed.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import { QUIET_STATUS } from '../../support/quiet-status.ts';
import { unconfirmedPrice } from '../../support/unconfirmed.ts';
import { ORIGIN_MS } from '../forecast/believable-report.ts';

const source = (name: string, change: Partial<SourceHealth> = {}): SourceHealth => ({
  name,
  kind: 'market',
  state: 'ok',
  lastSuccessMs: ORIGIN_MS,
  lastFailure: null,
  retryAtMs: null,
  ...change,
});

const failed = { atMs: ORIGIN_MS, code: 'CC_SOURCE_HTTP' as const, reason: 'It answered with status 503.' };

const well: StatusReport = {
  version: '0.1.0',
  node: 'v20.19.0',
  startedAtMs: ORIGIN_MS - 3 * DAY_MS,
  nowMs: ORIGIN_MS,
  surface: 'discord',
  simulated: false,
  sources: [source('binance'), source('kraken', { state: 'untried', lastSuccessMs: null })],
  models: (['1h', '1d'] as const).map((interval) => ({
    interval,
    version: `${interval}-2026-11-01`,
    trainedAtMs: ORIGIN_MS - DAY_MS,
    dataUntilMs: ORIGIN_MS - DAY_MS,
    family: 'conv-lstm',
    problem: null,
  })),
  drift: [],
  database: { kind: 'sqlite', ok: true, candles: 123_456, problem: null },
  ...QUIET_STATUS,
  newestForecastMs: ORIGIN_MS - HOUR_MS,
};

const english = translatorFor('en-US');
const shown = (report: StatusReport, reader: StatusReader = 'owner', view: View = 'brief') =>
  statusReply(report, english, reader, view).embeds[0]!;
/** The first line, which says whether everything works. */
const said = (report: StatusReport) => shown(report, 'member').description!.split('\n')[0];
/** Problems in every language and for every reader. */
const problemsOf = (report: StatusReport) =>
  LANGUAGES.flatMap((locale) =>
    (['owner', 'manager', 'member'] as const).flatMap((reader) =>
      limitProblems(statusReply(report, translatorFor(locale), reader, 'details')),
    ),
  );

describe('/status', () => {
  test('says how many coins models learn from, how far their candles are, and how long the last training took', () => {
    const report: StatusReport = {
      ...well,
      universe: [
        { interval: '1d', coins: 153, former: 3, withCandles: 120, fetching: { done: 40, of: 73, secondsLeft: 61 } },
        { interval: '1h', coins: 60, former: 0, withCandles: 0, fetching: null },
      ],
      retrainings: [{ interval: '1d', endedMs: ORIGIN_MS - HOUR_MS, seconds: 250, coins: 149 }],
    };
    expect(problemsOf(report)).toEqual([]);
    const value = shown(report).fields?.find(({ name }) => name === 'Learning')?.value;
    expect(value?.split('\n')).toEqual([
      expect.stringMatching(
        /^\*\*Daily\*\* ⏳ candles of 120 of 153 coins, 3 of them no longer among the most traded · fetching: 40 of 73, 1.minute left · last retrained <t:\d+:R>, 4.minutes on 149 coins$/,
      ),
      '**Hourly** ⚪ candles of 0 of 60 coins · not retrained yet',
    ]);
    expect(shown(well).fields?.some(({ name }) => name === 'Learning')).toBe(false);
  });

  test('names the coins whose newest price is unconfirmed, since when and why, and what else is known of a source', () => {
    const unconfirmed = [unconfirmedPrice('ETH', '1h', ORIGIN_MS - 7_200_000)];
    const sources = [source('r/NoSuch', { kind: 'reddit', note: 'no post seen since the start' })];
    const embed = shown({ ...well, unconfirmed, sources });
    expect(embed.description).toContain('the newest price of ETH is unconfirmed and not used');
    const field = embed.fields?.find(({ name }) => name === 'Unconfirmed prices');
    expect(field?.value).toMatch(/ETH.*since <t:\d+:f>\. Asked again at <t:\d+:t>\. .*30,000/);
    expect(JSON.stringify(embed.fields)).toContain('no post seen since the start');
  });

  test('is three lines for members, and more by a button for managers, who get no operator’s advice', () => {
    const down = source('binance', { state: 'down', lastFailure: failed, retryAtMs: ORIGIN_MS + HOUR_MS });
    const job = { name: 'publish', schedule: '', timeZone: 'UTC', running: false, lastRun: null, nextRunMs: null };
    const clock = { state: 'off', aheadMs: 8_400, hosts: ['binance'] } as const;
    const bad: StatusReport = {
      ...well,
      clock,
      sources: [down, source('kraken')],
      jobs: [{ ...job, overdueSinceMs: ORIGIN_MS }],
      models: [{ ...well.models[0]!, problem: 'Set MODELS_DIR and run npm run train.' }],
    };
    const member = statusReply(bad, english, 'member', 'details');
    expect(member.components).toEqual([]);
    expect(member.embeds[0]!.fields).toBeUndefined();
    expect(member.embeds[0]!.description!.split('\n')).toEqual([
      '🟠 Commands are answered, but 1 scheduled task is late.',
      `Prices: fresh, read <t:${ORIGIN_MS / 1000}:R>.`,
      `Newest recorded forecast: <t:${(ORIGIN_MS - HOUR_MS) / 1000}:R>.`,
    ]);
    const [button] = statusReply(bad, english, 'manager', 'brief').components[0]!.components;
    expect(button).toMatchObject({ custom_id: 'status:details', label: 'Details' });
    const manager = shown(bad, 'manager', 'details');
    expect(manager.fields!.map(({ name }) => name)).toEqual(['Clock', 'Sources', 'Models', 'Coins tracked']);
    expect(JSON.stringify(manager)).not.toMatch(/npm|MODELS_DIR|timedatectl|status 503|publish/);
    expect(JSON.stringify(shown(bad))).toMatch(/npm run train.*publish/);
    expect(statusReply(bad, english, 'owner', 'brief').components).toEqual([]);
  });

  test('says what is overdue beside something worse, old prices, and a record that does not go on', () => {
    const unconfirmed = [unconfirmedPrice('ETH', '1h', ORIGIN_MS - 7_200_000)];
    const late = shown({ ...well, unconfirmed, overduePosts: 2 }, 'member').description!;
    expect(late).toContain('the newest price of ETH is unconfirmed');
    expect(late).toContain('2 posts are late');
    const old = {
      ...well,
      newestForecastMs: ORIGIN_MS - 3 * HOUR_MS,
      sources: [source('binance', { lastSuccessMs: ORIGIN_MS - 5 * HOUR_MS })],
    };
    expect(shown(old, 'member').description).toContain('⚠️ Prices: old, last read');
    expect(shown(old, 'member').description).toContain('A newer one is overdue.');
    const daily = { ...old, models: well.models.slice(1) };
    expect(shown(daily, 'member').description).not.toContain('A newer one is overdue.');
    expect(shown({ ...well, newestForecastMs: null }, 'member').description).toContain(
      'No scheduled forecast has been recorded yet.',
    );
    expect(shown({ ...well, newestForecastMs: 'unknown' }, 'member').description).toContain('is not known.');
  });

  test('says that everything works, in the first words', () => {
    expect(said(well)).toBe('✅ Everything works.');
    expect(shown(well).fields?.find((field) => field.name === 'Running')?.value).toBe('for 3 days, discord');
  });

  test('counts the odd rows of a source that were dropped', () => {
    const oddRows = [
      { reason: 'with a negative volume', rows: 2 },
      { reason: 'that is not 1h long', rows: 1 },
    ];
    const embed = shown({ ...well, sources: [source('binance', { oddRows })] });
    expect(embed.fields?.find(({ value }) => value.includes('binance'))?.value).toContain('3 odd rows dropped');
  });

  test('says that nothing is known of the jobs instead of that there are none', () => {
    const embed = shown({ ...well, jobsProblem: 'The database does not answer.' });
    expect(embed.description).toContain('Forecasts work; whether scheduled work is done is not known.');
    expect(embed.fields?.find(({ name }) => name === 'Jobs')?.value).toBe('🔴 The database does not answer.');
  });

  test('says what is broken and why', () => {
    const down = source('binance', { state: 'down', lastFailure: failed, retryAtMs: ORIGIN_MS + HOUR_MS });
    const embed = shown({
      ...well,
      sources: [down],
      models: [{ ...well.models[0]!, version: null, problem: 'The file is damaged.' }],
      database: { ...well.database, ok: false, problem: 'The disk is full.' },
    });
    expect(embed.description).toContain(
      'Not well: the bot’s database cannot be used, no exchange answers, so there are no new prices, and there is no model for hours.',
    );
    const words = JSON.stringify(embed.fields);
    for (const reason of ['status 503', 'next try at <t:', 'The file is damaged.', 'The disk is full.'])
      expect(words).toContain(reason);
  });

  test('tells limping from broken', () => {
    const sources = [source('binance'), source('kraken', { state: 'degraded', lastFailure: failed })];
    expect(said({ ...well, sources })).toBe('🟠 Forecasts work; some sources do not answer.');
  });

  test('shows how the models do on later candles, and does not call a drifted one well', () => {
    const drift: DriftStatus = {
      interval: '1d',
      version: '1d-2026-11-01',
      state: 'ok',
      coins: 12,
      fromMs: ORIGIN_MS - 200 * DAY_MS,
      toMs: ORIGIN_MS,
      horizons: [
        {
          steps: 7,
          name: '7d',
          n: 2_400,
          periods: 200,
          coverage80: 0.672,
          expectedCoverage80: 0.813,
          skillPct: -0.4,
          expectedSkillLowPct: 1,
        },
      ],
      findings: [],
      falseAlarmsPerYear: 0.05,
      checkedAtMs: ORIGIN_MS,
    };
    const fieldOf = (report: StatusReport) =>
      shown(report)
        .fields?.find((field) => field.name === 'Drift since training')
        ?.value.replaceAll('\u00a0', ' ');
    expect(fieldOf(well)).toBeUndefined();
    expect(said({ ...well, drift: [drift] })).toBe('✅ Everything works.');
    expect(fieldOf({ ...well, drift: [drift] })).toContain(
      '7d: 80 % range held 67.2 % (card 81.3 %), skill −0.4 %, n = 2,400',
    );
    const sinceMs = ORIGIN_MS - 50 * DAY_MS;
    const alarm: DriftStatus = {
      ...drift,
      state: 'alarm',
      findings: [{ steps: 7, sign: 'bands-too-narrow', sinceMs }],
    };
    expect(said({ ...well, drift: [alarm] })).toMatch(/lately done worse than their record says/);
    expect(fieldOf({ ...well, drift: [alarm] })).toContain(
      `🔴 alarm, 7d ranges too narrow since about <t:${sinceMs / 1000}:D>; 12 coins`,
    );
    expect(fieldOf({ ...well, drift: [{ ...drift, state: 'checking', horizons: [] }] })).toBe(
      '**Daily** ⚪ being checked',
    );
  });

  test('shows a training run and a simulated market', () => {
    const embed = shown({ ...well, simulated: true, training: { interval: '1d', done: 0.42, secondsLeft: 600 } });
    expect(embed.title).toBe('SIMULATED: Status');
    expect(embed.fields?.find((field) => field.name === 'Training')?.value.replace('\u00a0', ' ')).toBe(
      'Daily model, 42 % done, 10 minutes left',
    );
  });

  const job = (name: string, change: Partial<JobStatus> = {}): JobStatus => ({
    name,
    schedule: '* * * * *',
    timeZone: 'UTC',
    running: false,
    lastRun: {
      scheduledMs: ORIGIN_MS,
      startedMs: ORIGIN_MS,
      endedMs: ORIGIN_MS + 2_000,
      outcome: 'ok',
      summary: '3 posts sent',
    },
    nextRunMs: ORIGIN_MS + HOUR_MS,
    overdueSinceMs: null,
    ...change,
  });

  test('never says that everything works while a job or a post is overdue', () => {
    const late = shown({ ...well, jobs: [job('publish', { overdueSinceMs: ORIGIN_MS }), job('clean-up')] });
    expect(late.description).toContain('Commands are answered, but 1 scheduled task is late.');
    expect(late.fields?.find((field) => field.name === 'Jobs')?.value).toContain(
      `🔴 overdue since <t:${ORIGIN_MS / 1000}:R>`,
    );
    expect(said({ ...well, overduePosts: 2 })).toBe('🟠 Commands are answered, but 2 posts are late.');
  });

  test('says how far the clock is off, by whom, what that stops, and what sets it right', () => {
    const hosts = ['Discord', 'binance'];
    const off = shown({ ...well, clock: { state: 'off', aheadMs: 8_400, hosts } });
    expect(off.description).toContain('Forecasts work, but the bot’s clock is 8 seconds ahead.');
    const wrong = shown({ ...well, clock: { state: 'wrong', aheadMs: -30 * 86_400_000, hosts } });
    expect(wrong.description).toContain('Not well: the bot’s clock is wrong (30 days behind), so nothing is recorded.');
    const line = wrong.fields?.find(({ name }) => name === 'Clock')?.value;
    expect(line).toMatch(/^🔴 30 days behind by the answers of Discord, binance\. .*timedatectl set-ntp true/);
    expect(shown(well).fields?.some(({ name }) => name === 'Clock')).toBe(false);
  });

  test('shows of every job its last run, how it went, and the next one', () => {
    const jobs = [job('publish'), job('retrain-1d', { lastRun: null }), job('ingest-candles-1h', { running: true })];
    const embed = shown({ ...well, jobs });
    expect(embed.description).toContain('✅ Everything works.');
    expect(embed.fields?.find((field) => field.name === 'Jobs')?.value.split('\n')).toEqual([
      `**publish** 🟢 · <t:${ORIGIN_MS / 1000 + 2}:R>: 3 posts sent · next <t:${ORIGIN_MS / 1000 + 3600}:f>`,
      `**retrain-1d** ⚪ not yet · next <t:${ORIGIN_MS / 1000 + 3600}:f>`,
      `**ingest-candles-1h** ⏳ running · <t:${ORIGIN_MS / 1000 + 2}:R>: 3 posts sent · next <t:${ORIGIN_MS / 1000 + 3600}:f>`,
    ]);
  });

  test('does not call it well when a job failed last time', () => {
    const lastRun = {
      ...job('publish').lastRun!,
      outcome: 'failed' as const,
      summary: 'CC_DATABASE: The disk is full.',
    };
    const embed = shown({ ...well, jobs: [job('publish', { lastRun }), job('clean-up')] });
    expect(embed.description).toContain('Forecasts work; 1 scheduled task failed last time.');
    expect(JSON.stringify(embed.fields)).toContain('🔴 failed');
  });

  test('keeps every limit with a dozen jobs that all have much to say', () => {
    const lastRun = { ...job('publish').lastRun!, summary: '*'.repeat(300) };
    const jobs = Array.from({ length: 12 }, (_, i) => job(`ingest-something-${i}`, { lastRun }));
    expect(problemsOf({ ...well, jobs })).toEqual([]);
  });

  test('keeps every limit with many sources and long reasons', () => {
    const sources = Array.from({ length: 60 }, (_, i) =>
      source(`source-${i}`, { state: 'degraded', lastFailure: { ...failed, reason: '*'.repeat(900) } }),
    );
    expect(problemsOf({ ...well, sources })).toEqual([]);
  });
});

describe('/status of Discord and posts', () => {
  const value = (report: StatusReport, name: string) =>
    shown(report).fields?.find((field) => field.name === name)?.value;
  const posts = { late: 0, oldestDueMs: null, reason: null, failing: 0, problem: null };

  test('says when posts are late, since when and why, and how many subscriptions are refused', () => {
    const late = { ...posts, late: 3, oldestDueMs: ORIGIN_MS - HOUR_MS, reason: 'Discord does not answer', failing: 1 };
    const report = { ...well, posts: late };
    expect(value(report, 'Posts')).toMatch(
      /^🔴 3 are late, the oldest due <t:\d+:R>: Discord does not answer\n🟠 1 sub/,
    );
    expect(value({ ...well, posts }, 'Posts')).toBe('🟢 none is late');
    expect(said({ ...well, posts: { ...posts, failing: 2 } })).toBe('✅ Everything works.');
    expect(value({ ...well, posts: { ...posts, problem: 'It does not answer.' } }, 'Posts')).toContain(
      '🔴 It does not',
    );
  });

  test('says how many connections are ready and what is wrong with Discord', () => {
    const discord = { shards: { ready: 3, total: 14 }, problems: ['commands could not be registered'] };
    const report = { ...well, discord };
    expect(shown(report).description).toContain('something is wrong with Discord');
    expect(value(report, 'Discord')).toBe('🟠 connecting, 3 of 14 connections\n🟠 commands could not be registered');
    const one = { shards: { ready: 1, total: 1 }, problems: [] };
    expect(value({ ...well, discord: one }, 'Discord')).toBe('🟢 connected');
  });
});

describe('/help', () => {
  test('lists every command with its options and keeps every limit', () => {
    const reply = helpReply(
      [
        {
          name: 'forecast',
          description: 'A forecast',
          options: [
            { name: 'symbol', required: true },
            { name: 'horizon', required: false },
          ],
        },
      ],
      '0.1.0',
      {
        invite: 'https://discord.com/oauth2/authorize?client_id=123456789012345678',
        privacy: 'https://example.org/privacy',
        terms: null,
        support: 'https://example.org/support',
      },
      english,
    );
    expect(reply.embeds[0]?.fields?.find(({ name }) => name === 'Links')?.value).toBe(
      '[Invite the bot](https://discord.com/oauth2/authorize?client_id=123456789012345678) · [Privacy](https://example.org/privacy) · [Support](https://example.org/support)',
    );
    expect(reply.embeds[0]?.fields?.at(-1)?.value).toBe('**/forecast symbol \\[horizon\\]**\nA forecast');
    expect(reply.embeds[0]?.footer?.text).toContain('0.1.0');
    expect(limitProblems(reply)).toEqual([]);
  });
});

describe('errors', () => {
  test('name the nearest coins instead of the general remedy', () => {
    const error = new UnknownNameError('CC_UNKNOWN_SYMBOL', 'There is no coin "BTX".', ['BTC', 'BTG']);
    const embed = errorReply(error, 'REF1').embeds[0]!;
    expect(embed.description).toBe('There is no coin "BTX".\nDid you mean **BTC** or **BTG**?');
    expect(embed.footer?.text).toBe('CC_UNKNOWN_SYMBOL');
  });

  test('show message, remedy and reference of a failure, never its cause', () => {
    const error = new CandlecastError('CC_DATABASE', 'The database did not answer.', {
      cause: new Error('password=hunter2'),
    });
    const text = JSON.stringify(errorReply(error, 'REF1'));
    expect(text).toContain('The database did not answer.');
    expect(text).toContain('CC_DATABASE · reference REF1');
    expect(text).not.toContain('hunter2');
    expect(JSON.stringify(errorReply(new Error('secret'), 'REF2'))).not.toContain('secret');
  });

  test.each(LANGUAGES)('have words in %s, title and remedy too, for every code that members meet', (locale) => {
    const { t, language } = translatorFor(locale);
    for (const code of Object.keys(MESSAGES.en.errorTitles) as (keyof typeof MESSAGES.en.errorTitles)[]) {
      const error = new CandlecastError(code, 'Something in English.');
      const [embed] = errorReply(error, 'REF1', { locale, isOwner: false }).embeds;
      expect(embed!.title).toBe(t(`errorTitles.${code}`));
      expect(embed!.description).toContain(t(`errorRemedies.${code}`));
      if (language !== 'en') expect(embed!.description).toContain(t(`errorMeanings.${code}`));
    }
  });

  test('say in the reader’s language exactly what was wrong where that has words, and in English where nothing else would help', () => {
    const reader = { locale: 'de', isOwner: false };
    const unknown = new UnknownNameError('CC_UNKNOWN_SYMBOL', 'No coin is called "BTX".', ['BTC', 'BTG'], {
      said: { key: 'errors.coinUnknown', values: { typed: 'BTX' } },
    });
    expect(errorReply(unknown, null, reader).embeds[0]).toMatchObject({
      title: 'Coin nicht gefunden',
      description: 'Kein Coin heißt „BTX“.\nGemeint ist vielleicht **BTC** oder **BTG**?',
    });
    const usage = new CandlecastError('CC_USAGE', 'The capital must be between $100 and $1.', { remedy: 'Usage.' });
    expect(errorReply(usage, null, reader).embeds[0]?.description).toContain('Auf Englisch: The capital must be');
  });

  test('keep what operators do from members, and tell it to owners', () => {
    const error = new CandlecastError('CC_DATABASE', 'The database did not answer.');
    const text = (isOwner: boolean) => errorReply(error, null, { locale: 'en', isOwner }).embeds[0]!.description;
    expect(text(false)).not.toContain('DATABASE_URL');
    expect(text(true)).toContain('DATABASE\\_URL');
  });

  test('escape what a person typed', () => {
    const error = new CandlecastError('CC_UNKNOWN_SYMBOL', 'There is no coin "@everyone **x**".');
    expect(errorReply(error).embeds[0]?.description).toContain('@\u200beveryone \\*\\*x\\*\\*');
  });

  test('keep every limit for every code, however long the message', () => {
    for (const code of Object.keys(ERROR_CATALOGUE) as ErrorCode[]) {
      const error = new CandlecastError(code, '*'.repeat(9_000), { remedy: '_'.repeat(9_000) });
      for (const locale of LANGUAGES) {
        expect(limitProblems(errorReply(error, 'r'.repeat(50), { locale, isOwner: true }))).toEqual([]);
      }
    }
    const near = Array<string>(30).fill('x'.repeat(500));
    const unknown = new UnknownNameError('CC_UNKNOWN_SYMBOL', '*'.repeat(9_000), near);
    expect(limitProblems(errorReply(unknown, 'r'.repeat(50)))).toEqual([]);
  });
});
