import { validate } from 'node-cron';
import { describe, expect, it } from 'vitest';
import { createJobs } from '../../src/app/jobs.ts';
import { INTERVAL_MS } from '../../src/core/candle.ts';
import { CandlecastError } from '../../src/core/errors.ts';
import { SCHEDULE_GRACE_MS } from '../../src/core/ledger.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { createEventSchedule } from '../../src/core/market-events.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, utcDay } from '../../src/core/time.ts';
import { cleanUpJob } from '../../src/jobs/clean-up.ts';
import { confirmPricesJob } from '../../src/jobs/confirm-prices.ts';
import { cronTimes } from '../../src/jobs/cron-times.ts';
import { ingestCandlesJob } from '../../src/jobs/ingest-candles.ts';
import { ingestHeadlinesJob } from '../../src/jobs/ingest-headlines.ts';
import { ingestHoursJob } from '../../src/jobs/ingest-hours.ts';
import { ingestTrainingJob } from '../../src/jobs/ingest-training.ts';
import { issueForecastsJob } from '../../src/jobs/issue-forecasts.ts';
import { publishJob } from '../../src/jobs/publish.ts';
import { readCalendarsJob } from '../../src/jobs/read-calendars.ts';
import { retrainJob } from '../../src/jobs/retrain.ts';
import { scoreForecastsJob } from '../../src/jobs/score-forecasts.ts';
import { stepPaperJob } from '../../src/jobs/step-paper.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { keptVerdict } from '../commands/admin/fake-admin.ts';
import { idlePublishing } from '../support/subscriptions.ts';

const signal = new AbortController().signal;
const NOW = Date.UTC(2026, 0, 1);
const now = () => NOW;

const candles = {
  ingest: async () => ({
    refreshed: 27,
    unlisted: ['ODD'],
    failures: [{ symbol: 'XRP', code: 'CC_SOURCE_TIMEOUT' as const }],
    unconfirmed: ['ETH'],
  }),
  confirm: async () => ({ confirmed: 1, waiting: ['ETH'] }),
};
const ledger = {
  issueScheduled: async () => ({
    issued: 90,
    already: 3,
    failed: [{ symbol: 'XRP', reason: 'No candle.' }],
    tooLate: false,
  }),
  scoreMatured: async () => ({ scored: 12, revised: 1, waiting: 4 }),
};
const retraining = { isBusy: () => false, retrainByItself: async () => keptVerdict };
const nightly = { schedule: '15 0 * * *', timeZone: 'Europe/Berlin' };

describe('jobs', () => {
  it('say in one line what they did', async () => {
    const headlines = {
      ingest: async () => ({ fetched: 40, added: 8, setAside: 2, failures: [] }),
    };
    const publishing = {
      plan: async () => ({ due: 2, queued: 3, skipped: 1 }),
      publishDue: async () => ({ sent: 2, failed: 1, skipped: 0, delayed: 0, elsewhere: false }),
    };
    const alerts = { checkAlerts: async () => ({ subscriptions: 5, alerts: 1 }) };
    const say = async (job: { run: (signal: AbortSignal, scheduledMs: number) => Promise<string> }) =>
      job.run(signal, NOW);
    expect(await say(ingestCandlesJob('1h', candles))).toBe(
      '27 coins up to date, 1 not listed, 1 failed (CC_SOURCE_TIMEOUT), 1 unconfirmed (ETH)',
    );
    expect(await say(confirmPricesJob(candles))).toBe('1 price confirmed, 1 still unconfirmed (ETH)');
    const sure = { confirm: async () => ({ confirmed: 0, waiting: [] }) };
    expect(await say(confirmPricesJob(sure))).toBe('Every price is confirmed');
    const report = { complete: 25, shorter: [], failures: [] };
    expect(await say(ingestHoursJob({ complete: async () => report }))).toBe('all hours of 25 coins');
    const young = ['APE', 'ARB', 'OP', 'SUI'].map((symbol) => ({ symbol, fromMs: NOW }));
    const failures = [{ symbol: 'XRP', code: 'CC_SOURCE_TIMEOUT' as const }];
    expect(await say(ingestHoursJob({ complete: async () => ({ ...report, shorter: young, failures }) }))).toBe(
      'all hours of 25 coins, fewer of 4 (APE since 2026-01-01, ARB since 2026-01-01, OP since 2026-01-01 and 1 more), 1 failed (CC_SOURCE_TIMEOUT)',
    );
    const publishers = [
      { name: 'federalreserve.gov', events: 18, problem: null },
      { name: 'bls.gov', events: 0, problem: 'bls.gov answered with the status 403.' },
    ];
    const cpi = { kind: 'cpi', atMs: NOW + 44 * DAY_MS } as const;
    const calendars = { refresh: async () => ({ publishers, changed: 2 }), schedule: () => createEventSchedule([cpi]) };
    expect(await say(readCalendarsJob(calendars, () => NOW - 2 * DAY_MS))).toBe(
      'federalreserve.gov: 18 events to come; bls.gov answered with the status 403, so what was known stays; 2 new or moved',
    );
    expect(await say(readCalendarsJob(calendars, () => NOW))).toContain(
      `; no US inflation figures are known after ${utcDay(cpi.atMs)}; 2 new or moved`,
    );
    expect(await say(ingestHeadlinesJob(headlines))).toBe('8 new of 40 headlines, 2 set aside');
    expect(await say(issueForecastsJob('1d', ledger))).toBe(
      '90 forecasts issued, 3 were there, 1 coin missing (XRP: No candle.)',
    );
    expect(await say(scoreForecastsJob(ledger))).toBe('12 forecasts scored, 1 scored anew, 4 wait for their candle');
    const none = { scoreMatured: async () => ({ scored: 0, revised: 0, waiting: 0 }) };
    expect(await say(scoreForecastsJob(none))).toBe('No forecast has come due since');
    expect(await say(publishJob(idlePublishing, null, now))).toBe('Nothing was due');
    expect(await say(stepPaperJob({ step: async () => ({ steps: 2 }) }))).toBe(
      '2 closes of paper portfolios worked out',
    );
    expect(await say(stepPaperJob({ step: async () => ({ steps: 0 }) }))).toBe('No paper portfolio has a new close');
    expect(await say(publishJob(publishing, alerts, now))).toBe(
      '2 posts sent, 3 queued, 1 alert, 1 too late, 1 failed',
    );
    expect(await say(retrainJob('1d', nightly, retraining))).toBe(
      'The serving model stays. It is not clearly better than the serving model.',
    );
  });

  it('say of a close that is too long ago when the next one is, and of one that is complete that it is', async () => {
    const say = (
      interval: '1h' | '1d',
      already: number,
      missing: readonly string[],
      scheduledMs = NOW + 18 * HOUR_MS + 13 * MINUTE_MS,
    ) => {
      const failed = missing.map((symbol) => ({ symbol, reason: 'It was not tried any more.' }));
      const found = { issued: 0, already, failed, tooLate: missing.length > 0 };
      return issueForecastsJob(interval, { issueScheduled: async () => found }).run(signal, scheduledMs);
    };
    expect(await say('1h', 0, ['BTC', 'ETH'])).toBe(
      'None: the last close is too long ago to count. The next is at 19:00 UTC',
    );
    expect(await say('1d', 3, ['ETH'])).toBe(
      '1 coin missing: the last close is too long ago to count. The next is at 00:00 UTC',
    );
    expect(await say('1h', 90, [])).toBe('All 90 forecasts were there');
  });

  it('issue several times while a close counts, and not after', () => {
    for (const interval of ['1h', '1d'] as const) {
      const { schedule, timeZone } = issueForecastsJob(interval, ledger);
      const times = cronTimes(schedule, timeZone);
      const closeMs = NOW + (interval === '1h' ? 18 * HOUR_MS : 0);
      const tries: number[] = [];
      for (let at = times.next(closeMs); at! < closeMs + INTERVAL_MS[interval]; at = times.next(at!)) tries.push(at!);
      expect(tries.length).toBeGreaterThanOrEqual(3);
      expect(tries.at(-1)).toBeGreaterThan(closeMs + 0.8 * SCHEDULE_GRACE_MS[interval]);
      expect(tries.at(-1)).toBeLessThan(closeMs + SCHEDULE_GRACE_MS[interval]);
    }
  });

  it('clean-up removes everything that is past its own time', async () => {
    const asked: [string, number][] = [];
    const remains = ['post', 'run'].map((what, i) => ({
      what,
      keptMs: (i + 1) * DAY_MS,
      removeBefore: async (ms: number) => {
        asked.push([what, ms]);
        return i;
      },
    }));
    expect(await cleanUpJob(remains, now, () => true).run(signal, NOW)).toBe('Removed 1 run');
    expect(asked).toEqual([
      ['post', NOW - DAY_MS],
      ['run', NOW - 2 * DAY_MS],
    ]);
    asked.length = 0;
    expect(await cleanUpJob(remains, now, () => false).run(signal, NOW)).toContain(
      'Removed nothing, because the clock',
    );
    expect(asked).toEqual([]);
    expect(await cleanUpJob([], now, () => true).run(signal, NOW)).toBe('Nothing to remove');
  });

  it('pass a failure on to the scheduler', async () => {
    const down = {
      ...candles,
      ingest: () => Promise.reject(new CandlecastError('CC_SOURCE_UNAVAILABLE', 'None answers.')),
    };
    await expect(ingestCandlesJob('1d', down).run(signal, NOW)).rejects.toMatchObject({
      code: 'CC_SOURCE_UNAVAILABLE',
    });
  });

  it('are listed once each, with schedules that node-cron accepts, candles before forecasts before scores', async () => {
    const storage = await openStorage('sqlite::memory:', { now });
    const jobs = createJobs({
      candles,
      hours: { complete: async () => ({ complete: 1, shorter: [], failures: [] }) },
      ledger,
      widths: { carryOn: async () => ({ untilMs: NOW, closes: 1, coins: 2 }) },
      paper: { step: async () => ({ steps: 2 }) },
      publishing: idlePublishing,
      headlines: { ingest: async () => ({ fetched: 0, added: 0, setAside: 0, failures: [] }) },
      retraining: { service: retraining, when: nightly },
      runs: storage.jobRuns,
      now,
      monotonic: now,
      clockIsRight: () => true,
      sleep: async () => {},
      random: () => 0,
      logger: silentLogger,
    });
    const names = jobs.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(jobs.filter(({ schedule }) => !validate(schedule))).toEqual([]);
    expect(jobs.filter(({ lane }) => lane === 'market').map(({ name }) => name)).toEqual([
      'ingest-candles-1d',
      'ingest-candles-1h',
      'confirm-prices',
      'learn-widths-1d',
      'learn-widths-1h',
      'issue-forecasts-1d',
      'issue-forecasts-1h',
      'score-forecasts',
      'step-paper',
    ]);
    // A first start fetches the newest candles and makes forecasts before it fetches more than a year of hours.
    expect(jobs.find(({ name }) => name === 'ingest-hours')).toMatchObject({ lane: 'upkeep', atFirstStart: false });
    expect(jobs.find(({ name }) => name === 'retrain-1h')).toMatchObject(nightly);
    expect(await jobs.at(-1)?.run(signal, NOW)).toBe('Nothing to remove');
    await storage.close();
  });
});

describe('the first training', () => {
  it('waits for the candles, and while another is under way', async () => {
    const state = { busy: true, ready: false };
    const service = { ...retraining, isBusy: () => state.busy };
    const job = retrainJob('1h', nightly, service, async (interval) => interval === '1h' && state.ready);
    expect(await job.isReadyForFirstRun?.()).toBe(false);
    state.ready = true;
    expect(await job.isReadyForFirstRun?.()).toBe(false);
    state.busy = false;
    expect(await job.isReadyForFirstRun?.()).toBe(true);
    expect(retrainJob('1h', nightly, service).isReadyForFirstRun).toBeUndefined();
  });

  it('has its candles fetched by a job that says how many coins have them', async () => {
    const report = { coins: 150, withCandles: 120, left: 29, failures: [{ symbol: 'XYZ', code: 'CC_BUSY' as const }] };
    const ingest = async () => [
      { ...report, interval: '1d' as const },
      { interval: '1h' as const, coins: 1, withCandles: 1, left: 0, failures: [] },
    ];
    expect(await ingestTrainingJob({ ingest }).run(new AbortController().signal, NOW)).toBe(
      'days of 120 of 150 coins, 29 to be asked for, 1 failed (XYZ: CC_BUSY); hours of 1 of 1 coin',
    );
  });
});
