import { asCandlecastError, CandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type Metrics, noMetrics } from '../core/metrics.ts';
import type { JobOutcome, JobStatus } from '../core/status.ts';
import { CLOCK_TOLERANCE_MS, type Clock, HOUR_MS, MINUTE_MS, type Sleep } from '../core/time.ts';
import { inScope, newScopeId } from '../core/under-way.ts';
import type { JobRun, JobRunRepository } from '../storage/job-run-repository.ts';
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
  /** A clock that nobody sets: where `now` goes another way, it was set or the machine slept, and every job is planned anew. Default `now`. */
  readonly monotonic?: Clock;
  readonly sleep: Sleep;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics?: Pick<Metrics, 'jobRun'>;
}

/** Runs jobs on their schedules, each at most once per scheduled time across all processes. */
export interface Scheduler {
  /** Checks every few seconds whether a job is due; jobs missed before the start run at once, each once. */
  start(): void;
  /** Starts the due jobs, without waiting for busy lanes; resolves when those it started have ended. */
  tick(): Promise<void>;
  /** Runs the due jobs, of one lane or of all, in the order of the list and one after the other; for the demo's clock and for tests. */
  runDue(lane?: Job['lane']): Promise<void>;
  /**
   * Does work that says itself when jobs run, as moving the demo's clock does: meanwhile the checks start nothing. Otherwise it would depend on the machine's
   * speed at which moment a job runs, and with it what a forecast knows of.
   */
  withoutChecks<T>(work: () => Promise<T>): Promise<T>;
  status(): Promise<readonly JobStatus[]>;
  /** Each job with the time at which it should have run, where that is minutes ago and it does not run; else null. Cheaper than the status. */
  overdue(): Promise<readonly Pick<JobStatus, 'name' | 'overdueSinceMs'>[]>;
  /** Aborts running jobs and waits a moment for them; aborted jobs run again at the next start. */
  stop(): Promise<void>;
}

/** Time between two checks for due jobs, by Node's timers, which no change of the clock moves. */
const CHECK_EVERY_MS = 15_000;
/** A clock that goes this much another way between two checks was set; adjusting by NTP is slower. */
const JUMP_MS = 5_000;
/** A job that has not begun this long after its time is shown as overdue. */
export const OVERDUE_MS = 5 * MINUTE_MS;
/** How long a job stays taken whose process has died; it is extended while the job runs. More than the clocks of two machines may differ by. */
const LEASE_MS = 90_000;
const EXTEND_EVERY_MS = 15_000;
/** An aborted job has this long to end before its lane goes on. */
const GRACE_MS = 10_000;
/** The same when the program stops, which takes five seconds in all. */
const STOP_GRACE_MS = 2_500;

/** The scheduled time within this of the start of a first run that came before its time is left out. */
const PASSED_OVER_MS = 6 * HOUR_MS;

interface JobState {
  readonly job: Job;
  readonly times: CronTimes;
  /** The next scheduled time; undefined until the database was read, null where there is none. */
  dueMs: number | null | undefined;
  /** The moment after which it was planned. */
  fromMs: number;
  /** Jitter of the next run. */
  delayMs: number;
  running: boolean;
  /** How a run ended that could not be stored, which keeps the job claimed; stored before the next run. */
  unstored: Parameters<JobRunRepository['finish']>[0] | null;
  /** It has never run, and waits until it is ready or scheduled. */
  awaitsFirst: boolean;
  /** Another process runs it for the time that is due. */
  elsewhere: boolean;
}

/** Makes a scheduler that does nothing yet. Throws what `cronTimes` throws for a schedule that cannot be read. */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { runs, owner, now, monotonic = now, sleep, random, logger, metrics = noMetrics } = options;
  const stopping = new AbortController();
  const states = options.jobs.map(
    (job): JobState => ({
      job,
      times: cronTimes(job.schedule, job.timeZone),
      dueMs: undefined,
      fromMs: 0,
      delayMs: 0,
      running: false,
      unstored: null,
      awaitsFirst: false,
      elsewhere: false,
    }),
  );
  const lanes = new Map<Job['lane'], Promise<void>>();
  let checks: ReturnType<typeof setInterval> | null = null;
  /** Work under way during which no check is made. */
  let unchecked = 0;
  let seen = { nowMs: now(), monotonicMs: monotonic() };

  /** Plans every job anew where the clock was set, forward or back, or the machine has slept. */
  function noticeJump(): void {
    const before = seen;
    seen = { nowMs: now(), monotonicMs: monotonic() };
    const jumpMs = seen.nowMs - before.nowMs - (seen.monotonicMs - before.monotonicMs);
    if (Math.abs(jumpMs) < JUMP_MS) return;
    const what = 'the clock was set, or the machine has slept; every job is planned anew';
    logger.warn({ jumpSeconds: Math.round(jumpMs / 1_000) }, what);
    for (const state of states) state.dueMs = undefined;
  }

  /** Plans the first scheduled time after a moment. */
  function planAfter(state: JobState, ms: number): void {
    state.fromMs = ms;
    state.dueMs = state.times.next(ms);
  }

  /** Whether a job was planned by a clock that was ahead of the present one. */
  const plannedAhead = ({ fromMs }: JobState, nowMs: number) => fromMs > nowMs + CLOCK_TOLERANCE_MS;

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
    const nowMs = now();
    const lease = await runs.lease(job.name, nowMs);
    const lastMs = times.last(nowMs);
    state.awaitsFirst = lease === null && job.isReadyForFirstRun !== undefined;
    if (lease === null && !job.atFirstStart && !state.awaitsFirst) await runs.begin(job.name, lastMs ?? nowMs, nowMs);
    planAfter(state, lease?.scheduledMs ?? nowMs);
    if (lease?.finished === false) state.dueMs = lease.scheduledMs;
    if (lease === null && job.atFirstStart) state.dueMs = lastMs ?? state.dueMs;
  }

  async function runIfDue(state: JobState): Promise<void> {
    const { job, times } = state;
    if (state.running || stopping.signal.aborted) return;
    try {
      if (state.unstored) await store(state, state.unstored);
      if (state.dueMs === undefined || plannedAhead(state, now())) await load(state);
      const nowMs = now();
      if (state.awaitsFirst && (await job.isReadyForFirstRun?.())) state.dueMs = times.last(nowMs) ?? nowMs;
      if (state.dueMs === null || state.dueMs === undefined || nowMs < state.dueMs + state.delayMs) return;
      // Of several missed scheduled times, only the newest is run.
      const scheduledMs = Math.max(state.dueMs, times.last(nowMs) ?? state.dueMs);
      // Earlier versions set a lease for the whole run.
      const longestMs = job.timeLimitMs + 2 * GRACE_MS;
      const leaseMs = Math.min(longestMs, LEASE_MS);
      const claim = await runs.claim({ job: job.name, scheduledMs, owner, nowMs, leaseMs, longestMs });
      state.elsewhere = claim === 'held';
      if (claim === 'held') return;
      const outcome = claim === 'claimed' ? await run(state, scheduledMs) : null;
      if (stopping.signal.aborted) return;
      planAfter(state, scheduledMs);
      // Nothing new would come of a scheduled time soon after a first run; that run may have lasted until after it.
      const isSoon = typeof state.dueMs === 'number' && state.dueMs < nowMs + PASSED_OVER_MS;
      if (state.awaitsFirst && outcome === 'ok' && isSoon) planAfter(state, state.dueMs!);
      state.awaitsFirst = false;
      state.delayMs = random() * job.jitterMs;
    } catch (error) {
      // The database failed: the job did not run, or its run could not be stored. It stays due.
      const failure = asCandlecastError(error);
      logger.error({ job: job.name, code: failure.code, err: failure }, 'a job could not be started or written down');
    }
  }

  /** Runs a job under an id of its own, which every line of the log about the run holds. */
  const run = (state: JobState, scheduledMs: number): Promise<JobOutcome> =>
    inScope({ run: newScopeId(random) }, now, () => runInScope(state, scheduledMs));

  async function runInScope(state: JobState, scheduledMs: number): Promise<JobOutcome> {
    const { job } = state;
    const startedMs = now();
    state.running = true;
    const over = new AbortController();
    const stop = () => over.abort(stopping.signal.reason);
    stopping.signal.addEventListener('abort', stop, { once: true });
    const extend = async () => {
      const untilMs = now() + LEASE_MS;
      // Where the database is away, nobody can take the job over.
      const kept = await runs.extend({ job: job.name, scheduledMs, owner, untilMs }).catch(() => true);
      if (kept || over.signal.aborted) return;
      logger.warn({ job: job.name, scheduledMs }, 'another process has taken the job over, so it is stopped here');
      over.abort(new CandlecastError('CC_STOPPING', 'Another process does this job now.', { retryable: true }));
    };
    const extending = setInterval(() => void extend(), EXTEND_EVERY_MS).unref();
    const { outcome, summary, settled } = await attempt(job, scheduledMs, {
      sleep,
      random,
      logger,
      stopping: over.signal,
    }).finally(() => {
      clearInterval(extending);
      stopping.signal.removeEventListener('abort', stop);
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
    metrics.jobRun(job.name, outcome);
    const endedMs = now();
    const entry = { job: job.name, scheduledMs, startedMs, endedMs, outcome, summary };
    await store(state, { job: job.name, owner, run: entry, again: outcome === 'cancelled' });
    if (outcome === 'ok')
      logger.info({ job: job.name, scheduledMs, durationMs: endedMs - startedMs, summary }, 'a job ran');
    return outcome;
  }

  async function store(state: JobState, ended: NonNullable<JobState['unstored']>): Promise<void> {
    state.unstored = ended;
    await runs.finish(ended);
    state.unstored = null;
  }

  function tick(): Promise<void> {
    noticeJump();
    const free = [...new Set(states.map(({ job }) => job.lane))].filter((lane) => !lanes.has(lane));
    const runs = free.map((lane) =>
      inLane(lane, async () => {
        for (const state of states) if (state.job.lane === lane) await runIfDue(state);
      }),
    );
    return Promise.all(runs).then(() => undefined);
  }

  /** When a job should have run, where that is minutes ago and neither this process nor another has begun it since. */
  function overdueSince(
    { dueMs, delayMs, running, elsewhere }: JobState,
    last: Pick<JobRun, 'scheduledMs'> | undefined,
  ): number | null {
    if (dueMs === undefined || dueMs === null || running || elsewhere) return null;
    if (dueMs <= (last?.scheduledMs ?? Number.NEGATIVE_INFINITY)) return null;
    return now() > dueMs + delayMs + OVERDUE_MS ? dueMs : null;
  }

  return {
    start() {
      if (checks || stopping.signal.aborted) return;
      checks = setInterval(() => {
        if (unchecked === 0) void tick();
      }, CHECK_EVERY_MS).unref();
      void tick();
    },
    tick,
    async runDue(lane) {
      const wanted = states.filter(({ job }) => lane === undefined || job.lane === lane);
      for (const state of wanted) await inLane(state.job.lane, () => runIfDue(state));
    },
    async withoutChecks(work) {
      unchecked++;
      try {
        return await work();
      } finally {
        unchecked--;
      }
    },
    async status() {
      const nowMs = now();
      const last = new Map((await runs.lastRuns(nowMs)).map((one) => [one.job, one]));
      return states.map((state): JobStatus => {
        const { job, times, dueMs, running } = state;
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
          nextRunMs: known && !running && !plannedAhead(state, nowMs) ? dueMs : times.next(nowMs),
          overdueSinceMs: overdueSince(state, one),
        };
      });
    },
    async overdue() {
      const isLate = states.some((state) => overdueSince(state, undefined) !== null);
      const last = new Map(isLate ? (await runs.lastRuns(now())).map((one) => [one.job, one]) : []);
      return states.map((state) => {
        const { name } = state.job;
        return { name, overdueSinceMs: overdueSince(state, last.get(name)) };
      });
    },
    async stop() {
      if (checks) clearInterval(checks);
      stopping.abort(new CandlecastError('CC_STOPPING', 'The bot is being stopped.', { retryable: true }));
      await Promise.all(lanes.values());
    },
  };
}
