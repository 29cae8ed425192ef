/** Work that runs on a schedule. */
export interface Job {
  readonly name: string;
  /** node-cron's syntax, read in `timeZone`. */
  readonly schedule: string;
  /** IANA. */
  readonly timeZone: string;
  /** Jobs of one lane run one after the other in the order they are listed; lanes run side by side. */
  readonly lane: 'market' | 'news' | 'alerts' | 'posts' | 'models' | 'universe' | 'upkeep';
  /** For all attempts together. */
  readonly timeLimitMs: number;
  /** Attempts after the first one. */
  readonly retries: number;
  /** A run begins up to this much later than its moment, so that many bots do not ask a source in the same second. */
  readonly jitterMs: number;
  /** Whether it runs at once where it has never run; otherwise it waits for its next scheduled time. */
  readonly atFirstStart: boolean;
  /**
   * For a job that has never run and does not run at once: whether it may run now, before its next scheduled time. Asked every few seconds until
   * it has run once; throws `CC_DATABASE`.
   */
  readonly isReadyForFirstRun?: () => Promise<boolean>;
  /** Returns a one-line summary. `scheduledMs` is the scheduled time of the run. */
  run(signal: AbortSignal, scheduledMs: number): Promise<string>;
}

/** A count with its word, such as `1 coin` or `3 coins`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
