import { clockDifferenceText } from '../../core/clock-check.ts';
import type { SourceHealth } from '../../core/market.ts';
import { bytesText, type Condition, type DatabaseSpace } from '../../core/owner-report.ts';
import type { Reason } from '../../core/reason.ts';
import type { StatusReport } from '../../core/status.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, utcDay } from '../../core/time.ts';

/** The parts of the status that conditions are found in. */
export type ConditionReport = Pick<
  StatusReport,
  'nowMs' | 'jobs' | 'posts' | 'sources' | 'drift' | 'clock' | 'processes' | 'shardConflicts'
> & {
  /** Since when nobody does the work of a role; without those whose work is done. */
  readonly absentSince: ReadonlyMap<string, number>;
};

/** From how long on a job is overdue enough for a message, and when that is worse. */
const JOB_STEPS_MS = [10 * MINUTE_MS, 2 * HOUR_MS, 12 * HOUR_MS] as const;
const POST_STEPS_MS = [15 * MINUTE_MS, 2 * HOUR_MS] as const;
const SOURCE_STEPS_MS = [HOUR_MS, 6 * HOUR_MS, DAY_MS] as const;
const GIB = 2 ** 30;
/** Free bytes below which the disk of the file is nearly full: a year of hours of thirty coins takes 60 MB, and a full disk records nothing. */
const FILE_STEPS = [GIB, 0.3 * GIB, 0.1 * GIB] as const;
/** Shares of the limit that may be free. */
const LIMIT_STEPS = [0.1, 0.05, 0.02] as const;

/**
 * What an owner should know of, and with level 0 what is certainly fine. What is not known, such as a source that this process has not asked, is
 * left out.
 */
export function conditionsOf(
  report: ConditionReport,
  space: DatabaseSpace | null,
  words: (reason: Reason) => string,
): readonly Condition[] {
  return [
    ...jobConditions(report),
    ...postConditions(report, words),
    ...report.sources.flatMap((source) => sourceCondition(source)),
    ...(space ? [spaceCondition(space)] : []),
    ...driftConditions(report),
    ...clockCondition(report),
    ...processConditions(report),
  ];
}

function jobConditions({ jobs, nowMs }: ConditionReport): Condition[] {
  return jobs.map(({ name, overdueSinceMs }) => {
    const ms = overdueSinceMs === null ? 0 : nowMs - overdueSinceMs;
    const text = `The job ${name} has been due for ${durationText(ms)} and does not run.`;
    return { name: `job ${name}`, level: stepsReached(JOB_STEPS_MS, ms), text };
  });
}

function postConditions({ posts, nowMs }: ConditionReport, words: (reason: Reason) => string): Condition[] {
  if (posts === null || posts.problem !== null) return [];
  const ms = posts.oldestDueMs === null ? 0 : nowMs - posts.oldestDueMs;
  const why = posts.reason === null ? '' : ` (${words(posts.reason)})`;
  const text = `${posts.late} ${posts.late === 1 ? 'post is' : 'posts are'} late, the oldest by ${durationText(ms)}${why}.`;
  return [{ name: 'posts', level: stepsReached(POST_STEPS_MS, ms), text }];
}

function sourceCondition({ name, state, failingSinceMs, lastFailure }: SourceHealth): Condition[] {
  if (state === 'untried') return [];
  // Two failures an hour apart with no success between them: one failure long ago proves nothing about the hour since.
  const ms = failingSinceMs == null || lastFailure === null ? 0 : lastFailure.atMs - failingSinceMs;
  const level = stepsReached(SOURCE_STEPS_MS, ms);
  if (level === 0 && state !== 'ok') return [];
  const text = `The source ${name} has failed for ${durationText(ms)}: ${lastFailure?.reason ?? ''}`;
  return [{ name: `source ${name}`, level, text }];
}

function spaceCondition({ freeBytes, usedBytes, limitBytes }: DatabaseSpace): Condition {
  const level =
    limitBytes === null
      ? FILE_STEPS.filter((bytes) => freeBytes < bytes).length
      : LIMIT_STEPS.filter((share) => freeBytes < share * limitBytes).length;
  const where = limitBytes === null ? 'on its disk' : `of the ${bytesText(limitBytes)} that it may take`;
  const text = `The database has ${bytesText(Math.max(0, freeBytes))} left ${where}; it takes ${bytesText(usedBytes)} now.`;
  return { name: 'database', level, text };
}

function driftConditions({ drift }: ConditionReport): Condition[] {
  return drift.flatMap(({ interval, state, version, findings }) => {
    if (state === 'checking' || state === 'unknown') return [];
    const since = findings.reduce((first, { sinceMs }) => Math.min(first, sinceMs), Number.POSITIVE_INFINITY);
    const from = Number.isFinite(since) ? ` since about ${utcDay(since)}` : '';
    const text = `The model ${version} has drifted${from}: its ranges or its losses are not what its card says. It is retrained early; see /model.`;
    return [{ name: `drift ${interval}`, level: state === 'alarm' ? 1 : 0, text }];
  });
}

/** The worst clock of all processes, whichever of them looks. */
function clockCondition({ clock, processes }: ConditionReport): Condition[] {
  const levels = { unknown: -1, right: 0, off: 1, wrong: 2 } as const;
  const clocks = [{ of: 'the machine', clock }].concat(
    processes.flatMap(({ role, clock }) => (clock ? [{ of: `a machine (${role})`, clock }] : [])),
  );
  const worst = clocks.reduce((a, b) => (levels[b.clock.state] > levels[a.clock.state] ? b : a));
  const level = levels[worst.clock.state];
  if (level < 0) return [];
  const so = level === 2 ? ', so nothing is recorded' : '';
  return [{ name: 'clock', level, text: `The clock of ${worst.of} is ${clockDifferenceText(worst.clock)}${so}.` }];
}

/** Kinds of work that no process does, and shards that two hold. */
function processConditions({ absentSince, shardConflicts, processes, nowMs }: ConditionReport): Condition[] {
  // Without the database nobody knows.
  if (processes.length === 0) return [];
  const absent = (['worker', 'trainer'] as const).map((role) => {
    const sinceMs = absentSince.get(role);
    const ms = sinceMs === undefined ? 0 : nowMs - sinceMs;
    const text = `No process with ROLE=${role} has run for ${durationText(ms)}.`;
    return { name: `role ${role}`, level: stepsReached(JOB_STEPS_MS, ms), text };
  });
  const [first] = shardConflicts;
  return [...absent, { name: 'shards', level: first ? 1 : 0, text: first ? `The shards: ${first}.` : '' }];
}

/** How many of rising steps a value has reached. */
const stepsReached = (steps: readonly number[], value: number) => steps.filter((step) => value >= step).length;

function durationText(ms: number): string {
  if (ms < 2 * HOUR_MS) return `${Math.round(ms / MINUTE_MS)} minutes`;
  return ms < 2 * DAY_MS ? `${Math.round(ms / HOUR_MS)} hours` : `${Math.round(ms / DAY_MS)} days`;
}
