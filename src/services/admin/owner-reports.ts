import type { AccuracyReport } from '../../core/accuracy.ts';
import { asCandlecastError } from '../../core/errors.ts';
import { HORIZON_NAMES } from '../../core/horizon.ts';
import type { Logger } from '../../core/logger.ts';
import type { Condition, DatabaseSpace, Digest } from '../../core/owner-report.ts';
import type { Reason } from '../../core/reason.ts';
import type { StatusReport } from '../../core/status.ts';
import { type Clock, DAY_MS, MINUTE_MS } from '../../core/time.ts';
import type { Alarm, AlarmChange, AlarmRepository } from '../../storage/alarm-repository.ts';
import type { InteractionCountRepository } from '../../storage/interaction-count-repository.ts';
import type { NewPost, PostRepository } from '../../storage/post-repository.ts';
import type { ScheduleRepository } from '../../storage/schedule-repository.ts';
import { postId } from '../subscriptions/post-plan.ts';
import { conditionsOf } from './conditions.ts';

/** Tells the bot's owners what they should know, by the outbox of posts. */
export interface OwnerReports {
  /** Looks for what is wrong, worse or over, and queues one message about what is new of it. Throws `CC_DATABASE`. */
  check(): Promise<{ readonly raised: number; readonly worse: number; readonly over: number }>;
  /** Queues the digest of a day, which is the same message however often it is asked for. Throws `CC_DATABASE`. */
  digest(scheduledMs: number): Promise<Digest>;
}

/** What the reports are made of. */
export interface OwnerReportsParts {
  /** How many owners there are; each is written to. */
  readonly owners: number;
  readonly status: () => Promise<StatusReport>;
  /** Null where nobody knows how much room there is. */
  readonly space: () => Promise<DatabaseSpace | null>;
  readonly alarms: AlarmRepository;
  readonly posts: Pick<PostRepository, 'queue' | 'endedSince'>;
  readonly schedule: Pick<ScheduleRepository, 'missing'>;
  readonly accuracy: () => Promise<Pick<AccuracyReport, 'horizons'>>;
  readonly interactions: Pick<InteractionCountRepository, 'since'>;
  /** Of this process, where no other can be there. */
  readonly memoryBytes: () => number;
  readonly digestText: (digest: Digest) => string;
  /** A reason in the language of these reports. */
  readonly reasonText: (reason: Reason) => string;
  readonly now: Clock;
  readonly logger: Logger;
}

/** An alarm is over when it has been fine for that long: what comes and goes is told once. */
const OVER_MS = 15 * MINUTE_MS;
/** A post that was sent this long after its time was late. */
const LATE_MS = 15 * MINUTE_MS;

/** Makes the service. */
export function createOwnerReports(parts: OwnerReportsParts): OwnerReports {
  const { owners, alarms, posts, now, logger } = parts;

  /** The same message to each owner; its id follows from what it is and its moment. */
  const messages = (kind: 'alarm' | 'digest', dueMs: number, text: string): NewPost[] =>
    Array.from({ length: owners }, (_, owner) => {
      const subscriptionId = `${kind}-${owner}`;
      const id = postId(subscriptionId, 'owner', dueMs);
      return { id, subscriptionId, kind: 'owner', channelId: '', dueMs, payload: text, missed: 0 };
    });

  /** Since when each kind of work has been seen to be done by nobody: a process that is replaced is away for a moment. */
  const absentSince = new Map<string, number>();
  function withAbsence(report: StatusReport) {
    const absent = new Set(report.unserved.map(({ role }) => role));
    for (const role of absentSince.keys()) if (!absent.has(role as 'worker')) absentSince.delete(role);
    for (const role of absent) if (!absentSince.has(role)) absentSince.set(role, report.nowMs);
    return { ...report, absentSince };
  }

  async function readDigest(): Promise<Digest> {
    const nowMs = now();
    const report = await parts.status();
    const space = await parts.space().catch(() => null);
    const fromMs = nowMs - DAY_MS;
    let problem: string | null = null;
    const orProblem = async <T>(read: () => Promise<T>): Promise<T | null> => {
      try {
        return await read();
      } catch (error) {
        problem ??= asCandlecastError(error).message;
        return null;
      }
    };
    const forecasts = await orProblem(async () => {
      let [expected, missing] = [0, 0];
      for (const horizon of HORIZON_NAMES) {
        const due = await parts.schedule.missing({ horizon, symbol: null, model: null, fromMs, toMs: nowMs }, nowMs);
        expected += due.expected;
        missing += due.missing;
      }
      return expected === 0 ? null : { issued: expected - missing, missing };
    });
    const record = await orProblem(async () => (await parts.accuracy()).horizons.flatMap(recordLine));
    const sent = await orProblem(() => posts.endedSince(fromMs, LATE_MS));
    const conditions = conditionsOf(withAbsence(report), space, parts.reasonText)
      .filter(({ level }) => level > 0)
      .sort((a, b) => b.level - a.level);
    return {
      nowMs,
      conditions,
      problem: problem ?? report.jobsProblem ?? report.database.problem,
      forecasts,
      record: record ?? [],
      posts: sent,
      interactions: await orProblem(() => parts.interactions.since(fromMs)),
      sources: {
        ok: report.sources.filter(({ state }) => state === 'ok').length,
        failing: report.sources.filter(({ state }) => state === 'down' || state === 'degraded').map(({ name }) => name),
      },
      models: report.models.map(({ interval, version, trainedAtMs }) => ({ interval, version, trainedAtMs })),
      space,
      memoryBytes: sumOfMemory(report) ?? parts.memoryBytes(),
      processes: Math.max(1, report.processes.length),
    };
  }

  return {
    async check() {
      const nowMs = now();
      const found = conditionsOf(
        withAbsence(await parts.status()),
        await parts.space().catch(() => null),
        parts.reasonText,
      );
      const known = new Map((await alarms.all()).map((alarm) => [alarm.name, alarm]));
      const changes = found.flatMap((condition) => changeOf(condition, known.get(condition.name) ?? null, nowMs));
      const texts = new Map(found.map(({ name, text }) => [name, text]));
      const made = await alarms.apply(changes, (applied) => {
        const lines = applied.flatMap((change) => lineOf(change, texts.get(change.name) ?? '', nowMs));
        return lines.length === 0 ? [] : messages('alarm', nowMs, lines.join('\n'));
      });
      const counts = { raised: 0, worse: 0, over: 0 };
      for (const change of made) {
        const kind = kindOf(change);
        if (kind === null) continue;
        counts[kind]++;
        logger.warn(
          { alarm: change.name, level: change.after?.level ?? 0, text: texts.get(change.name) },
          `alarm ${kind}`,
        );
      }
      return counts;
    },

    async digest(scheduledMs) {
      const digest = await readDigest();
      await posts.queue(messages('digest', scheduledMs, parts.digestText(digest)));
      return digest;
    },
  };
}

/** The memory of all processes that tell theirs; null where none does. */
function sumOfMemory({ processes }: StatusReport): number | null {
  const known = processes.flatMap(({ memoryBytes }) => memoryBytes ?? []);
  return known.length === 0 ? null : known.reduce((sum, bytes) => sum + bytes, 0);
}

/** How an alarm changes with what was found; none where it stays as it is. */
function changeOf({ name, level }: Condition, before: Alarm | null, nowMs: number): AlarmChange[] {
  if (before === null) {
    return level === 0 ? [] : [{ name, before, after: { name, level, sinceMs: nowMs, clearSinceMs: null } }];
  }
  if (level > 0) {
    const after = { ...before, level: Math.max(level, before.level), clearSinceMs: null };
    return after.level === before.level && before.clearSinceMs === null ? [] : [{ name, before, after }];
  }
  if (before.clearSinceMs === null) return [{ name, before, after: { ...before, clearSinceMs: nowMs } }];
  return nowMs - before.clearSinceMs < OVER_MS ? [] : [{ name, before, after: null }];
}

/** What a change means to the owner; null where it is no news. */
function kindOf({ before, after }: AlarmChange): 'raised' | 'worse' | 'over' | null {
  if (after === null) return 'over';
  if (before === null) return 'raised';
  return after.level > before.level ? 'worse' : null;
}

function lineOf(change: AlarmChange, text: string, nowMs: number): string[] {
  switch (kindOf(change)) {
    case 'raised':
      return [`**Alarm:** ${text}`];
    case 'worse':
      return [`**Worse:** ${text}`];
    case 'over': {
      const { sinceMs, clearSinceMs } = change.before!;
      const minutes = Math.max(1, Math.round(((clearSinceMs ?? nowMs) - sinceMs) / MINUTE_MS));
      return [`**Over:** ${change.name} is well again; it lasted ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`];
    }
    case null:
      return [];
  }
}

function recordLine({ horizon, n, enough, scores }: AccuracyReport['horizons'][number]): Digest['record'][number][] {
  const coverage80 = scores?.coverage.find(({ nominal }) => nominal === 0.8)?.value;
  if (!enough || coverage80 === undefined) return [];
  return [{ horizon, n, coverage80, skillPct: scores?.skillPct?.value ?? null }];
}
