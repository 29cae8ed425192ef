import { schedule } from 'node-cron';
import { asCandlecastError, CandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { JobStatus } from '../core/status.ts';
import type { Clock, Sleep } from '../core/time.ts';
import type { JobRunRepository } from '../storage/job-run-repository.ts';
import { attempt } from './attempt.ts';
import { type CronTimes, cronTimes } from './cron-times.ts';
import type { Job } from './job.ts';

/** What the scheduler is made of. */
export interface SchedulerOptions {
  /** In the order in which those of one lane run. */
  readonly jobs: readonly Job[];
  readonly runs: JobRunRepository;
  /** This process, different from all others on the same database. */
  readonly owner: string;
  /** May be moved forward: this clock alone decides which jobs are due. */
  readonly now: Clock;
  readonly sleep: Sleep;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
}

/** Runs jobs on their schedules, each at most once per scheduled time across all processes. */
export interface Scheduler {
  /** Checks every few seconds whether a job is due; jobs missed before the start run at once, each once. */
  start(): void;
  /** Starts the due jobs, without waiting for busy lanes; resolves when those it started have ended. */
  tick(): Promise<void>;
  /** Runs the due jobs, of one lane or of all, in the order of the list and one after the other; for the demo's clock and for tests. */
  runDue(lane?: Job['lane']): Promise<void>;
  status(): Promise<readonly JobStatus[]>;
  /** Aborts running jobs and waits a moment for them; aborted jobs run again at the next start. */
  stop(): Promise<void>;
}

/** Schedule of the check for due jobs, in node-cron's syntax. */
const CHECK_SCHEDULE = '*/15 * * * * *';
/** An aborted job has this long to end before its lane goes on; its lease lasts for its time limit and twice this. */
const GRACE_MS = 10_000;
/** The same when the program stops, which takes five seconds in all. */
const STOP_GRACE_MS = 2_500;

interface JobState {
  readonly job: Job;
  readonly times: CronTimes;
  /** The next scheduled time; undefined until the database was read, null where there is none. */
  dueMs: number | null | undefined;
  /** Jitter of the next run. */
  delayMs: number;
  running: boolean;
  /** How a run ended that could not be stored, which keeps the job claimed; stored before the next run. */
  unstored: Parameters<JobRunRepository['finish']>[0] | null;
}

/** Makes a scheduler that does nothing yet. Throws what `cronTimes` throws for a schedule that cannot be read. */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { runs, owner, now, sleep, random, logger } = options;
  const stopping = new AbortController();
  const states = options.jobs.map(
    (job): JobState => ({
      job,
      times: cronTimes(job.schedule, job.timeZone),
      dueMs: undefined,
      delayMs: 0,
      running: false,
      unstored: null,
    }),
  );
  const lanes = new Map<Job['lane'], Promise<void>>();
  let checks: ReturnType<typeof schedule> | null = null;

  /** Runs the work when the lane is free. */
  function inLane(lane: Job['lane'], work: () => Promise<void>): Promise<void> {
    const run = (lanes.get(lane) ?? Promise.resolve()).then(work).finally(() => {
      if (lanes.get(lane) === run) lanes.delete(lane);
    });
    lanes.set(lane, run);
    return run;
  }

  /** Reads from the database when the job is due next. */
  async function load(state: JobState): Promise<void> {
    const { job, times } = state;
    const lease = await runs.lease(job.name);
    if (lease !== null) state.dueMs = lease.finished ? times.next(lease.scheduledMs) : lease.scheduledMs;
    else if (job.atFirstStart) state.dueMs = times.last(now()) ?? times.next(now());
    else {
      await runs.begin(job.name, times.last(now()) ?? now());
      state.dueMs = times.next(now());
    }
  }

  async function runIfDue(state: JobState): Promise<void> {
    const { job, times } = state;
    if (state.running || stopping.signal.aborted) return;
    try {
      if (state.unstored) await store(state, state.unstored);
      if (state.dueMs === undefined) await load(state);
      const nowMs = now();
      if (state.dueMs === null || state.dueMs === undefined || nowMs < state.dueMs + state.delayMs) return;
      // Of several missed scheduled times, only the newest is run.
      const scheduledMs = Math.max(state.dueMs, times.last(nowMs) ?? state.dueMs);
      const leaseMs = job.timeLimitMs + 2 * GRACE_MS;
      const claim = await runs.claim({ job: job.name, scheduledMs, owner, nowMs, leaseMs });
      if (claim === 'held') return;
      if (claim === 'claimed') await run(state, scheduledMs);
      if (stopping.signal.aborted) return;
      state.dueMs = times.next(scheduledMs);
      state.delayMs = random() * job.jitterMs;
    } catch (error) {
      // The database failed: the job did not run, or its run could not be stored. It stays due.
      const failure = asCandlecastError(error);
      logger.error({ job: job.name, code: failure.code, err: failure }, 'a job could not be started or written down');
    }
  }

  async function run(state: JobState, scheduledMs: number): Promise<void> {
    const { job } = state;
    const startedMs = now();
    state.running = true;
    const { outcome, summary, settled } = await attempt(job, scheduledMs, {
      sleep,
      random,
      logger,
      stopping: stopping.signal,
    });
    // A job that ignores its signal is not started again before it has ended, but its lane goes on.
    void settled.then(() => {
      state.running = false;
    });
    if (outcome === 'timed-out' || outcome === 'cancelled') {
      const waited = new AbortController();
      const graceMs = outcome === 'cancelled' ? STOP_GRACE_MS : GRACE_MS;
      await Promise.race([settled, sleep(graceMs, waited.signal).catch(() => undefined)]);
      waited.abort();
    }
    const endedMs = now();
    const entry = { job: job.name, scheduledMs, startedMs, endedMs, outcome, summary };
    await store(state, { job: job.name, owner, run: entry, again: outcome === 'cancelled' });
    if (outcome === 'ok')
      logger.info({ job: job.name, scheduledMs, durationMs: endedMs - startedMs, summary }, 'a job ran');
  }

  async function store(state: JobState, ended: NonNullable<JobState['unstored']>): Promise<void> {
    state.unstored = ended;
    await runs.finish(ended);
    state.unstored = null;
  }

  function tick(): Promise<void> {
    const free = [...new Set(states.map(({ job }) => job.lane))].filter((lane) => !lanes.has(lane));
    const runs = free.map((lane) =>
      inLane(lane, async () => {
        for (const state of states) if (state.job.lane === lane) await runIfDue(state);
      }),
    );
    return Promise.all(runs).then(() => undefined);
  }

  return {
    start() {
      if (checks || stopping.signal.aborted) return;
      checks = schedule(CHECK_SCHEDULE, () => void tick(), { unref: true, suppressMissedWarning: true });
      void tick();
    },
    tick,
    async runDue(lane) {
      const wanted = states.filter(({ job }) => lane === undefined || job.lane === lane);
      for (const state of wanted) await inLane(state.job.lane, () => runIfDue(state));
    },
    async status() {
      const last = new Map((await runs.lastRuns()).map((one) => [one.job, one]));
      return states.map(({ job, times, dueMs, running }): JobStatus => {
        const { name, schedule: cron, timeZone } = job;
        const one = last.get(name);
        // Another process may have run it meanwhile.
        const known = dueMs !== undefined && dueMs !== null && dueMs > (one?.scheduledMs ?? Number.NEGATIVE_INFINITY);
        return {
          name,
          schedule: cron,
          timeZone,
          running,
          lastRun: one
            ? {
                scheduledMs: one.scheduledMs,
                startedMs: one.startedMs,
                endedMs: one.endedMs,
                outcome: one.outcome,
                summary: one.summary,
              }
            : null,
          nextRunMs: known ? dueMs : times.next(now()),
        };
      });
    },
    async stop() {
      void checks?.destroy();
      stopping.abort(new CandlecastError('CC_STOPPING', 'The bot is being stopped.', { retryable: true }));
      await Promise.all(lanes.values());
    },
  };
}
