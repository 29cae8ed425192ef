import type { Interval } from './candle.ts';
import type { DriftStatus } from './drift.ts';
import type { SourceHealth } from './market.ts';

/** What `/status` shows. */
export interface StatusReport {
  readonly version: string;
  readonly node: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly surface: 'discord' | 'console' | 'terminal';
  readonly simulated: boolean;
  readonly sources: readonly SourceHealth[];
  readonly models: readonly ModelStatus[];
  /** How the serving models do on candles after those they learnt from; empty where that is not followed. */
  readonly drift: readonly DriftStatus[];
  readonly database: {
    readonly kind: 'sqlite' | 'postgres';
    readonly ok: boolean;
    readonly candles: number;
    readonly problem: string | null;
  };
  readonly trackedSymbols: number;
  /** What is done by the clock; empty where nothing is. */
  readonly jobs: readonly JobStatus[];
  /** Why nothing is known of the jobs; null when it is. */
  readonly jobsProblem: string | null;
  /** Present while a training run is under way. */
  readonly training: { readonly interval: Interval; readonly done: number; readonly secondsLeft: number | null } | null;
}

/** One model that serves, or why none does. */
export interface ModelStatus {
  readonly interval: Interval;
  readonly version: string | null;
  readonly trainedAtMs: number | null;
  readonly dataUntilMs: number | null;
  readonly family: string | null;
  readonly problem: string | null;
}

/** How a job's last run ended. */
export type JobOutcome = 'ok' | 'failed' | 'timed-out' | 'cancelled';

/** What `/status` says of one job. */
export interface JobStatus {
  readonly name: string;
  /** node-cron's syntax. */
  readonly schedule: string;
  readonly timeZone: string;
  readonly running: boolean;
  readonly lastRun: {
    readonly scheduledMs: number;
    readonly startedMs: number;
    readonly endedMs: number;
    readonly outcome: JobOutcome;
    /** One plain line: what was done, or why it failed. */
    readonly summary: string;
  } | null;
  readonly nextRunMs: number | null;
}

/** `skipped`: not asked for by the settings, or of no use without something else. */
export type CheckState = 'ok' | 'warning' | 'failed' | 'skipped';

/** One line of `npm run doctor`. */
export interface DoctorCheck {
  readonly name: string;
  readonly state: CheckState;
  /** One plain sentence without secrets. */
  readonly message: string;
  /** What to do about it; null where there is nothing to do. */
  readonly remedy: string | null;
}

/** What `npm run doctor` found. */
export interface DoctorReport {
  /** False when a check failed; warnings and skipped checks do not count. */
  readonly ok: boolean;
  readonly version: string;
  readonly checkedAtMs: number;
  readonly checks: readonly DoctorCheck[];
}
