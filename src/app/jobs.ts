import { randomUUID } from 'node:crypto';
import type { Logger } from '../core/logger.ts';
import { type Metrics, noMetrics } from '../core/metrics.ts';
import { DEPARTED_KEPT_DAYS } from '../core/privacy.ts';
import { type Clock, DAY_MS, HOUR_MS, type Sleep } from '../core/time.ts';
import { checkAlertsJob } from '../jobs/check-alerts.ts';
import { cleanUpJob, type Retention } from '../jobs/clean-up.ts';
import { confirmPricesJob } from '../jobs/confirm-prices.ts';
import { ingestCandlesJob } from '../jobs/ingest-candles.ts';
import { ingestHeadlinesJob } from '../jobs/ingest-headlines.ts';
import { ingestHoursJob } from '../jobs/ingest-hours.ts';
import { ingestTrainingJob } from '../jobs/ingest-training.ts';
import { issueForecastsJob } from '../jobs/issue-forecasts.ts';
import type { Job } from '../jobs/job.ts';
import { createJobWatch } from '../jobs/job-watch.ts';
import { learnWidthsJob } from '../jobs/learn-widths.ts';
import { publishJob } from '../jobs/publish.ts';
import { readCalendarsJob } from '../jobs/read-calendars.ts';
import { readRatesJob } from '../jobs/read-rates.ts';
import { type RetrainSchedule, retrainJob } from '../jobs/retrain.ts';
import { createScheduler, type Scheduler } from '../jobs/scheduler.ts';
import { scoreCallsJob } from '../jobs/score-calls.ts';
import { scoreForecastsJob } from '../jobs/score-forecasts.ts';
import { scoreOddsJob } from '../jobs/score-odds.ts';
import { stepPaperJob } from '../jobs/step-paper.ts';
import { checkAlarmsJob, dailyDigestJob } from '../jobs/tell-owners.ts';
import type { LedgerService } from '../services/accuracy/ledger.ts';
import type { OwnerReports } from '../services/admin/owner-reports.ts';
import type { AlertService } from '../services/alerts/alerts.ts';
import type { PersonalAlertService } from '../services/alerts/personal-alerts.ts';
import type { ExchangeRateService } from '../services/currency/exchange-rates.ts';
import type { CandleIngestService, HourIngestService } from '../services/forecast/candle-ingest.ts';
import type { EventCalendar } from '../services/forecast/event-calendar.ts';
import type { RetrainingService } from '../services/models/retraining.ts';
import { TRAININGS_KEPT_MS } from '../services/models/training-requests.ts';
import type { WidthService } from '../services/models/widths.ts';
import type { OddsScorer } from '../services/odds/score-odds.ts';
import type { PaperService } from '../services/paper/paper.ts';
import type { CallScorer } from '../services/predict/score-calls.ts';
import type { PrivacyService } from '../services/privacy/privacy.ts';
import type { HeadlineIngestService } from '../services/sentiment/headlines.ts';
import type { PublishingService } from '../services/subscriptions/publishing.ts';
import type { Universe } from '../services/universe/universe.ts';
import type { JobRunRepository } from '../storage/job-run-repository.ts';
import type { Storage } from '../storage/open-storage.ts';
import type { PrivacyRepository } from '../storage/privacy-repository.ts';
import type { TrainingRepository } from '../storage/training-repository.ts';

/** Deletes the data of servers that removed the bot long enough ago. */
export function departedServers(privacy: Pick<PrivacyService, 'deleteDeparted'>): Retention {
  return {
    what: 'departed server',
    keptMs: DEPARTED_KEPT_DAYS * DAY_MS,
    removeBefore: (ms) => privacy.deleteDeparted(ms),
  };
}

/** Drafts and other settings whose time is over: they hold ids of persons, and would stay until something else is stored. */
export function expiredSettings(privacy: Pick<PrivacyRepository, 'removeExpired'>): Retention {
  return { what: 'expired setting', keptMs: 0, removeBefore: (ms) => privacy.removeExpired(ms) };
}

/** Trainings that ended long ago, and requests that nobody took up. */
export function endedTrainings(trainings: Pick<TrainingRepository, 'removeBefore'>): Retention {
  return { what: 'training', keptMs: TRAININGS_KEPT_MS, removeBefore: (ms) => trainings.removeBefore(ms) };
}

/** What processes have left each other: facts about channels without a subscription, and the ended turns of single requests and interactions. */
export function leftToOthers({
  channelFacts,
  leases,
  interactionCounts,
}: Pick<Storage, 'channelFacts' | 'leases' | 'interactionCounts'>): readonly Retention[] {
  return [
    { what: 'fact about a channel', keptMs: 0, removeBefore: () => channelFacts.removeUnused() },
    { what: 'ended turn', keptMs: HOUR_MS, removeBefore: (ms) => leases.removeEnded(ms) },
    { what: 'hour of interactions', keptMs: RUNS_KEPT_MS, removeBefore: (ms) => interactionCounts.removeBefore(ms) },
  ];
}

/** The services that the jobs call; a job without its service is not scheduled. */
export interface JobParts {
  readonly candles: CandleIngestService;
  /** Absent where candles are files or simulated, and cost nothing to fetch when they are needed. */
  readonly hours?: HourIngestService;
  readonly headlines?: Pick<HeadlineIngestService, 'ingest'>;
  /** Absent where no official calendars are read. */
  readonly calendars?: Pick<EventCalendar, 'refresh' | 'schedule'>;
  /** Absent where no exchange rates are read. */
  readonly rates?: Pick<ExchangeRateService, 'refresh'>;
  readonly ledger?: Pick<LedgerService, 'issueScheduled' | 'scoreMatured'>;
  /** Absent where candles are files, which end. */
  readonly callScorer?: CallScorer;
  readonly oddsScorer?: OddsScorer;
  /** Absent where the market is simulated: widths are learnt from no simulated prices. */
  readonly widths?: Pick<WidthService, 'carryOn'>;
  readonly paper?: Pick<PaperService, 'step'>;
  readonly publishing?: Pick<PublishingService, 'plan' | 'publishDue' | 'prune'>;
  readonly alerts?: AlertService;
  readonly personalAlerts?: Pick<PersonalAlertService, 'check' | 'prune'>;
  /** Absent where the market is simulated: no model is trained on simulated prices. */
  readonly retraining?: {
    readonly service: Pick<RetrainingService, 'retrainByItself' | 'isBusy'>;
    readonly when: RetrainSchedule;
  };
  /** Absent where the candles that models learn from are files. */
  readonly universe?: Pick<Universe, 'ingest' | 'isReady'>;
  /** Absent where nobody owns the bot, or it is not on Discord. */
  readonly owners?: { readonly reports: OwnerReports; readonly timeZone: string };
  /** Rows that are removed beside job runs and old posts. */
  readonly retentions?: readonly Retention[];
  readonly runs: JobRunRepository;
  /** Whether this process runs the job of that name; others run the rest. Default: it runs all. */
  readonly runsHere?: (job: string) => boolean;
  readonly now: Clock;
  readonly monotonic: Clock;
  /** Whether other hosts confirm the clock, or none could: then rows may be removed for their age. */
  readonly clockIsRight: () => boolean;
  readonly sleep: Sleep;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics?: Pick<Metrics, 'jobRun'>;
}

const RUNS_KEPT_MS = 30 * DAY_MS;

/** Every job in the order in which those of one lane run: candles, then widths and forecasts from them, then scores and paper portfolios, then posts. */
export function createJobs(parts: JobParts): readonly Job[] {
  const {
    candles,
    hours,
    headlines,
    calendars,
    rates,
    ledger,
    callScorer,
    oddsScorer,
    widths,
    paper,
    publishing,
    alerts,
    personalAlerts,
    retraining,
    universe,
    owners,
    retentions = [],
    runs,
    now,
    clockIsRight,
  } = parts;
  const oldRuns: Retention = { what: 'job run', keptMs: RUNS_KEPT_MS, removeBefore: (ms) => runs.removeBefore(ms) };
  const oldAlerts = personalAlerts && {
    what: 'ended alert',
    keptMs: RUNS_KEPT_MS,
    removeBefore: (ms: number) => personalAlerts.prune(ms),
  };
  // The publishing service holds the retention time of its posts.
  const oldPosts = publishing && { what: 'post', keptMs: 0, removeBefore: (ms: number) => publishing.prune(ms) };
  return [
    ingestCandlesJob('1d', candles),
    ingestCandlesJob('1h', candles),
    confirmPricesJob(candles),
    ...(headlines ? [ingestHeadlinesJob(headlines)] : []),
    ...(calendars ? [readCalendarsJob(calendars, now)] : []),
    ...(rates ? [readRatesJob(rates)] : []),
    ...(widths ? [learnWidthsJob('1d', widths), learnWidthsJob('1h', widths)] : []),
    ...(ledger ? [issueForecastsJob('1d', ledger), issueForecastsJob('1h', ledger), scoreForecastsJob(ledger)] : []),
    ...(callScorer ? [scoreCallsJob(callScorer)] : []),
    ...(oddsScorer ? [scoreOddsJob(oddsScorer)] : []),
    ...(paper ? [stepPaperJob(paper)] : []),
    ...(personalAlerts ? [checkAlertsJob(personalAlerts)] : []),
    ...(publishing ? [publishJob(publishing, alerts ?? null, now)] : []),
    ...(retraining
      ? (['1d', '1h'] as const).map((interval) =>
          retrainJob(interval, retraining.when, retraining.service, universe?.isReady),
        )
      : []),
    ...(universe ? [ingestTrainingJob(universe)] : []),
    ...(hours ? [ingestHoursJob(hours)] : []),
    ...(owners ? [checkAlarmsJob(owners.reports), dailyDigestJob(owners.reports, owners.timeZone)] : []),
    cleanUpJob(
      [oldRuns, ...(oldPosts ? [oldPosts] : []), ...(oldAlerts ? [oldAlerts] : []), ...retentions],
      now,
      clockIsRight,
    ),
  ];
}

/**
 * Makes the scheduler of the jobs that run here; nothing runs before its `start()`. Its status also has the jobs that other processes run, as the
 * database tells of them.
 */
export function createJobScheduler(parts: JobParts): Scheduler {
  const { runs, runsHere = () => true, now, monotonic, sleep, random, logger, metrics = noMetrics } = parts;
  const all = createJobs(parts);
  const jobs = all.filter(({ name }) => runsHere(name));
  const scheduler = createScheduler({
    jobs,
    runs,
    owner: randomUUID(),
    now,
    monotonic,
    sleep,
    random,
    logger,
    metrics,
  });
  const others = createJobWatch({ jobs: all.filter(({ name }) => !runsHere(name)), runs, now });
  return {
    ...scheduler,
    async status() {
      const known = new Map([...(await scheduler.status()), ...(await others())].map((one) => [one.name, one]));
      return all.flatMap(({ name }) => known.get(name) ?? []);
    },
  };
}
