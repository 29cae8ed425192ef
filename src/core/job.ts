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
