import { type ClockStatus, clockDifferenceText } from '../../core/clock-check.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { Readiness, ReadinessCheck } from '../../core/metrics.ts';
import type { DiscordStatus, JobStatus, ModelStatus } from '../../core/status.ts';
import type { Clock, Sleep } from '../../core/time.ts';

type OwnJob = Pick<JobStatus, 'name' | 'overdueSinceMs'>;

/** What a process needs to be ready. */
export interface ReadinessParts {
  /** Whether this process is to hold gateway connections, and how they are; null before the first. */
  readonly discord: { readonly wanted: boolean; readonly status: () => DiscordStatus | null };
  /** Proves that the database answers; throws `CC_DATABASE`. */
  readonly pingDatabase: () => Promise<void>;
  readonly models: () => Promise<readonly ModelStatus[]>;
  readonly clock: () => ClockStatus;
  /** The jobs of this process, empty where it runs none; throws `CC_DATABASE`. */
  readonly jobs: () => Promise<readonly OwnJob[]>;
  /** A clock that nobody sets. */
  readonly monotonic: Clock;
  readonly sleep: Sleep;
}

/** Orchestrators wait a second for an answer by default. */
const WAIT_MS = 700;
/** What was asked this long ago is asked again. */
const FRESH_MS = 2_000;
/** One slow answer of a busy machine is no outage: what was well this long ago still is while it is asked again. */
const BELIEVED_MS = 5_000;

/** Makes the function that says whether this process can do its work; it answers within a second and never rejects. */
export function createReadiness(parts: ReadinessParts): () => Promise<Readiness> {
  const { monotonic, sleep } = parts;
  const database = asked('The database', async () => {
    await parts.pingDatabase();
    return { ok: true, reason: 'The database answers.' };
  });
  const models = asked('Reading the models', async () => modelCheck(await parts.models()));
  const jobs = asked('Reading the jobs', async () => jobCheck(await parts.jobs()));

  /** One question at a time; an answer of the last seconds serves for the next. */
  function asked(what: string, ask: () => Promise<ReadinessCheck>): () => Promise<ReadinessCheck> {
    let last: { readonly check: ReadinessCheck; readonly atMs: number } | null = null;
    let asking: { readonly check: Promise<ReadinessCheck>; readonly sinceMs: number } | null = null;

    async function askNow(): Promise<ReadinessCheck> {
      let check: ReadinessCheck;
      try {
        check = await ask();
      } catch (error) {
        check = { ok: false, reason: asCandlecastError(error).message };
      }
      last = { check, atMs: monotonic() };
      asking = null;
      return check;
    }

    return async () => {
      if (last && monotonic() - last.atMs < FRESH_MS) return last.check;
      const sinceMs = asking?.sinceMs ?? monotonic();
      asking ??= { check: askNow(), sinceMs };
      const answered = new AbortController();
      const late = sleep(WAIT_MS, answered.signal).then(
        () => ({ ok: false, reason: `${what} takes more than ${Math.floor((monotonic() - sinceMs) / 100) / 10} s.` }),
        () => ({ ok: false, reason: `${what} takes too long.` }),
      );
      const check = await Promise.race([asking.check, late]);
      answered.abort();
      const wasWell = last?.check.ok && monotonic() - last.atMs < BELIEVED_MS;
      return wasWell && !check.ok && asking !== null ? last!.check : check;
    };
  }

  return async () => {
    const [databaseCheck, modelsCheck, jobsCheck] = await Promise.all([database(), models(), jobs()]);
    return {
      gateway: gatewayCheck(parts.discord.wanted, parts.discord.status()),
      database: databaseCheck,
      model: modelsCheck,
      clock: clockCheck(parts.clock()),
      jobs: jobsCheck,
    };
  };
}

function gatewayCheck(wanted: boolean, status: DiscordStatus | null): ReadinessCheck {
  if (!wanted) return { ok: true, reason: 'This process holds no gateway connection.' };
  if (status === null) return { ok: false, reason: 'Not connected to Discord yet.' };
  const { ready, total } = status.shards;
  if (total > 0 && ready === total) return { ok: true, reason: `${ready} of ${total} shards are connected.` };
  const [why] = status.problems;
  const count = total === 0 ? 'No shard is connected' : `${ready} of ${total} shards are connected`;
  return { ok: false, reason: why ? `${count}: ${why}` : `${count}.` };
}

function modelCheck(models: readonly ModelStatus[]): ReadinessCheck {
  const missing = models.filter(({ version }) => version === null);
  if (missing.length > 0) {
    const reason = missing.map(({ interval, problem }) => `No model of ${interval}: ${problem}`).join(' ');
    return { ok: false, reason };
  }
  // Another model stands in, and every reply says so.
  const problems = models.flatMap(({ problem }) => problem ?? []);
  const serving = models.map(({ version }) => version).join(', ');
  return { ok: true, reason: problems.length > 0 ? problems.join(' ') : `Serving: ${serving}.` };
}

function clockCheck(status: ClockStatus): ReadinessCheck {
  switch (status.state) {
    case 'wrong':
      return { ok: false, reason: `The clock is ${clockDifferenceText(status)}, so nothing is recorded.` };
    case 'off':
      return { ok: true, reason: `The clock is ${clockDifferenceText(status)}.` };
    case 'right':
      return { ok: true, reason: 'The clock is right.' };
    case 'unknown':
      return { ok: true, reason: 'No other clock has been seen yet.' };
  }
}

function jobCheck(jobs: readonly OwnJob[]): ReadinessCheck {
  if (jobs.length === 0) return { ok: true, reason: 'This process runs no jobs.' };
  const overdue = jobs.filter(({ overdueSinceMs }) => overdueSinceMs !== null).map(({ name }) => name);
  if (overdue.length > 0) return { ok: false, reason: `Overdue: ${overdue.join(', ')}.` };
  return { ok: true, reason: `${jobs.length} jobs are on time.` };
}
