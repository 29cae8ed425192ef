import { type Kysely, sql } from 'kysely';
import type { JobOutcome } from '../core/status.ts';
import { CLOCK_TOLERANCE_MS } from '../core/time.ts';
import { type Guard, runBatch } from './connection.ts';
import type { Database, JobLeaseRow, JobRunRow } from './schema.ts';

/** One run of a job that has ended. */
export interface JobRun {
  readonly job: string;
  /** Its scheduled time; it may have started later. */
  readonly scheduledMs: number;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly outcome: JobOutcome;
  readonly summary: string;
}

/** The process that runs a job, or ran it last. */
export interface JobLease {
  readonly scheduledMs: number;
  readonly owner: string;
  /** Until then no other process may start it, unless it is finished. */
  readonly untilMs: number;
  readonly finished: boolean;
}

/** Runs of jobs, coordinated over all processes that share the database. */
export interface JobRunRepository {
  /**
   * Leases a job to `owner` for one scheduled time and `leaseMs`. `held`: another run of it is under way.
   * `done`: it was run for that moment or a later one. A claim that never finished can be taken over after its lease,
   * and by its owner at once: the answer to its claim may have been lost. A mark or a lease further ahead than any right clock could have
   * set it counts for nothing.
   */
  claim(wanted: {
    readonly job: string;
    readonly scheduledMs: number;
    readonly owner: string;
    readonly nowMs: number;
    readonly leaseMs: number;
    /** The longest lease that any process may set, earlier versions included; default `leaseMs`. */
    readonly longestMs?: number;
  }): Promise<'claimed' | 'held' | 'done'>;
  /** Extends the lease of a run that is under way; false where another process has taken it over, or it has ended. */
  extend(held: {
    readonly job: string;
    readonly scheduledMs: number;
    readonly owner: string;
    readonly untilMs: number;
  }): Promise<boolean>;
  /** Stores the run and ends the lease; with `again`, the same moment can be claimed once more. */
  finish(ended: {
    readonly job: string;
    readonly owner: string;
    readonly run: JobRun;
    readonly again: boolean;
  }): Promise<void>;
  /** Marks moments up to this one as done for a job that never ran, or whose mark lies in the future. */
  begin(job: string, scheduledMs: number, nowMs: number): Promise<void>;
  /** The last claim of a job; null where there is none, or only one whose moment lies in the future. */
  lease(job: string, nowMs: number): Promise<JobLease | null>;
  /** The last claims of all jobs, without those whose moment lies in the future. */
  leases(nowMs: number): Promise<readonly (JobLease & { readonly job: string })[]>;
  /** The newest run of each job; runs that a clock which was ahead dated into the future are left out. */
  lastRuns(nowMs: number): Promise<readonly JobRun[]>;
  /** When the newest run of each job that succeeded ended, by job; jobs without one are left out, and runs as in {@link lastRuns}. */
  lastSuccesses(nowMs: number): Promise<ReadonlyMap<string, number>>;
  /** Removes runs that started before; returns how many. */
  removeBefore(ms: number): Promise<number>;
}

/**
 * Makes the repository of job claims and runs. A claim is one statement on the job's single row, so that of any number of
 * processes exactly one gets it, on either database.
 */
export function createJobRunRepository(db: Kysely<Database>, guard: Guard): JobRunRepository {
  const lease = async (job: string, nowMs: number): Promise<JobLease | null> => {
    const row = await db
      .selectFrom('job_leases')
      .selectAll()
      .where('job', '=', job)
      .where('scheduled_ms', '<=', nowMs + CLOCK_TOLERANCE_MS)
      .executeTakeFirst();
    return row ? toLease(row) : null;
  };

  return {
    claim: ({ job, scheduledMs, owner, nowMs, leaseMs, longestMs = leaseMs }) =>
      guard('claim a job in', async () => {
        const taken = await db
          .insertInto('job_leases')
          .values({ job, scheduled_ms: scheduledMs, owner, until_ms: nowMs + leaseMs, finished: 0 })
          .onConflict((conflict) =>
            conflict
              .column('job')
              .doUpdateSet((update) => ({
                scheduled_ms: update.ref('excluded.scheduled_ms'),
                owner: update.ref('excluded.owner'),
                until_ms: update.ref('excluded.until_ms'),
                finished: update.ref('excluded.finished'),
              }))
              .where(
                sql<boolean>`(job_leases.finished = 1
                      or job_leases.owner = excluded.owner
                      or job_leases.until_ms <= ${nowMs}
                      or job_leases.until_ms > ${nowMs + longestMs + CLOCK_TOLERANCE_MS})
                    and (job_leases.scheduled_ms < excluded.scheduled_ms
                      or (job_leases.finished = 0 and job_leases.scheduled_ms = excluded.scheduled_ms)
                      or job_leases.scheduled_ms > ${nowMs + CLOCK_TOLERANCE_MS})`,
              ),
          )
          .executeTakeFirst();
        if ((taken.numInsertedOrUpdatedRows ?? 0n) > 0n) return 'claimed';
        const held = await lease(job, nowMs);
        return held !== null && !held.finished && held.scheduledMs <= scheduledMs ? 'held' : 'done';
      }),

    extend: ({ job, scheduledMs, owner, untilMs }) =>
      guard('keep a job in', async () => {
        const kept = await db
          .updateTable('job_leases')
          .set({ until_ms: untilMs })
          .where('job', '=', job)
          .where('scheduled_ms', '=', scheduledMs)
          .where('owner', '=', owner)
          .where('finished', '=', 0)
          .executeTakeFirst();
        return kept.numUpdatedRows > 0n;
      }),

    finish: ({ job, owner, run, again }) =>
      guard('write a job to', async () => {
        await runBatch(db, [
          // Called again where the answer to the first call was lost.
          db
            .insertInto('job_runs')
            .values(toRow(run))
            .onConflict((conflict) => conflict.doNothing()),
          db
            .updateTable('job_leases')
            .set({ finished: again ? 0 : 1, until_ms: 0 })
            .where('job', '=', job)
            // An owner whose lease was taken over changes nothing.
            .where('owner', '=', owner)
            .where('scheduled_ms', '=', run.scheduledMs),
        ]);
      }),

    begin: (job, scheduledMs, nowMs) =>
      guard('write a job to', () =>
        db.transaction().execute(async (transaction) => {
          await transaction
            .insertInto('job_leases')
            .values({ job, scheduled_ms: scheduledMs, owner: '', until_ms: 0, finished: 1 })
            .onConflict((conflict) =>
              conflict
                .column('job')
                .doUpdateSet({ scheduled_ms: scheduledMs, owner: '', until_ms: 0, finished: 1 })
                .where('job_leases.scheduled_ms', '>', nowMs + CLOCK_TOLERANCE_MS),
            )
            .execute();
        }),
      ),

    lease: (job, nowMs) => guard('read a job from', () => lease(job, nowMs)),

    leases: (nowMs) =>
      guard('read jobs from', async () => {
        const rows = await db
          .selectFrom('job_leases')
          .selectAll()
          .where('scheduled_ms', '<=', nowMs + CLOCK_TOLERANCE_MS)
          .execute();
        return rows.map((row) => ({ job: row.job, ...toLease(row) }));
      }),

    lastRuns: (nowMs) =>
      guard('read jobs from', async () => {
        const rows = await db
          .selectFrom('job_runs')
          .innerJoin(
            (query) =>
              query
                .selectFrom('job_runs')
                .select((select) => ['job', select.fn.max('started_ms').as('newest')])
                .where('started_ms', '<=', nowMs + CLOCK_TOLERANCE_MS)
                .groupBy('job')
                .as('latest'),
            (join) => join.onRef('latest.job', '=', 'job_runs.job').onRef('latest.newest', '=', 'job_runs.started_ms'),
          )
          .selectAll('job_runs')
          .orderBy('job_runs.scheduled_ms')
          .execute();
        return [...new Map(rows.map((row) => [row.job, toRun(row)])).values()];
      }),

    lastSuccesses: (nowMs) =>
      guard('read jobs from', async () => {
        // The newest of each job by the table's key: a job that runs every minute has forty thousand rows.
        const rows = await db
          .selectFrom('job_leases')
          .select((lease) => [
            'job',
            lease
              .selectFrom('job_runs')
              .select('ended_ms')
              .whereRef('job_runs.job', '=', 'job_leases.job')
              .where('outcome', '=', 'ok')
              .where('started_ms', '<=', nowMs + CLOCK_TOLERANCE_MS)
              .orderBy('job_runs.scheduled_ms', 'desc')
              .orderBy('started_ms', 'desc')
              .limit(1)
              .as('ended_ms'),
          ])
          .execute();
        return new Map(rows.flatMap(({ job, ended_ms }) => (ended_ms === null ? [] : [[job, Number(ended_ms)]])));
      }),

    removeBefore: (ms) =>
      guard('clean up', () =>
        db.transaction().execute(async (transaction) => {
          const gone = await transaction.deleteFrom('job_runs').where('started_ms', '<', ms).executeTakeFirst();
          return Number(gone.numDeletedRows);
        }),
      ),
  };
}

function toLease(row: JobLeaseRow): JobLease {
  return { scheduledMs: row.scheduled_ms, owner: row.owner, untilMs: row.until_ms, finished: row.finished === 1 };
}

function toRow({ job, scheduledMs, startedMs, endedMs, outcome, summary }: JobRun): JobRunRow {
  return { job, scheduled_ms: scheduledMs, started_ms: startedMs, ended_ms: endedMs, outcome, summary };
}

function toRun(row: JobRunRow): JobRun {
  return {
    job: row.job,
    scheduledMs: row.scheduled_ms,
    startedMs: row.started_ms,
    endedMs: row.ended_ms,
    outcome: row.outcome as JobOutcome,
    summary: row.summary,
  };
}
