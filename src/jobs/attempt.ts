import { cutText } from '../core/cut-text.ts';
import { asCandlecastError, CandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { JobOutcome } from '../core/status.ts';
import type { Sleep } from '../core/time.ts';
import { underWay } from '../core/under-way.ts';
import type { Job } from './job.ts';

/** How one run of a job ended. */
export interface AttemptResult {
  readonly outcome: JobOutcome;
  readonly summary: string;
  /** Settles, and never rejects, when the run has ended completely; a job may be slow to react to its signal. */
  readonly settled: Promise<void>;
}

/** What a run works with. */
export interface AttemptParts {
  readonly sleep: Sleep;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  /** Aborted when the program stops. */
  readonly stopping: AbortSignal;
}

const FIRST_WAIT_MS = 5_000;
const MAX_SUMMARY_LENGTH = 300;

/** Runs a job with its time limit and retries; never rejects. */
export async function attempt(job: Job, scheduledMs: number, parts: AttemptParts): Promise<AttemptResult> {
  const { sleep, logger, stopping } = parts;
  const limit = new AbortController();
  const ended = new AbortController();
  // `AbortSignal.any` is not used: with a listener, a signal it made lives as long as `stopping`, which is as long as the program.
  const { signal } = limit;
  const stop = () => limit.abort(stopping.reason);
  if (stopping.aborted) stop();
  stopping.addEventListener('abort', stop, { once: true });
  sleep(job.timeLimitMs, ended.signal).then(
    () => limit.abort(new CandlecastError('CC_TIMEOUT', `It took longer than ${minutes(job.timeLimitMs)}.`)),
    () => undefined,
  );
  const work = repeat(job, scheduledMs, signal, parts);
  const settled = work.then(
    () => undefined,
    () => undefined,
  );
  const cut = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    const summary = await Promise.race([work, cut]);
    return { outcome: 'ok', summary: oneLine(summary), settled };
  } catch (problem) {
    const error = asCandlecastError(signal.aborted ? signal.reason : problem);
    const outcome = stopping.aborted ? 'cancelled' : signal.aborted ? 'timed-out' : 'failed';
    const facts = { job: job.name, scheduledMs, code: error.code, err: error };
    if (outcome === 'cancelled') logger.info({ job: job.name, scheduledMs }, 'a job was stopped with the program');
    else logger.error(facts, outcome === 'failed' ? 'a job failed' : 'a job ran into its time limit');
    return { outcome, summary: oneLine(`${error.code}: ${error.message}`), settled };
  } finally {
    ended.abort();
    stopping.removeEventListener('abort', stop);
  }
}

async function repeat(job: Job, scheduledMs: number, signal: AbortSignal, parts: AttemptParts): Promise<string> {
  for (let failures = 0; ; ) {
    signal.throwIfAborted();
    try {
      return await underWay(`job ${job.name}`, () => job.run(signal, scheduledMs));
    } catch (problem) {
      failures++;
      if (signal.aborted || failures > job.retries) throw problem;
      const { code, message } = asCandlecastError(problem);
      const waitMs = FIRST_WAIT_MS * 2 ** (failures - 1) * (1 + parts.random() / 2);
      parts.logger.warn({ job: job.name, scheduledMs, code, problem: message, waitMs }, 'a job is tried again');
      await parts.sleep(waitMs, signal);
    }
  }
}

const minutes = (ms: number) =>
  ms < 120_000 ? `${Math.round(ms / 1_000)} seconds` : `${Math.round(ms / 60_000)} minutes`;

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > MAX_SUMMARY_LENGTH ? `${cutText(line, MAX_SUMMARY_LENGTH - 1)}…` : line;
}
