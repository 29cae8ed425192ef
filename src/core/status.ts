import type { Interval } from './candle.ts';
import type { ClockStatus } from './clock-check.ts';
import type { SourceHealth } from './market.ts';
import type { DriftStatus } from './model-info.ts';
import type { ProcessReport, RunningProcess } from './processes.ts';
import type { Reason } from './reason.ts';
import type { UnconfirmedPrice } from './unconfirmed-price.ts';

/** What `/status` shows. */
export interface StatusReport {
  readonly version: string;
  readonly node: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** `none`: a process without one, such as a trainer. */
  readonly surface: 'discord' | 'console' | 'terminal' | 'none';
  readonly simulated: boolean;
  /** How this machine's clock compares with those of Discord and the sources. */
  readonly clock: ClockStatus;
  readonly sources: readonly SourceHealth[];
  readonly models: readonly ModelStatus[];
  /** Scores of the serving models on candles after their training data; empty where drift is not monitored. */
  readonly drift: readonly DriftStatus[];
  readonly database: {
    readonly kind: 'sqlite' | 'postgres';
    readonly ok: boolean;
    readonly candles: number;
    readonly problem: string | null;
  };
  /** Newest prices that are not believed yet. */
  readonly unconfirmed: readonly UnconfirmedPrice[];
  readonly trackedSymbols: number;
  /** Close that the newest recorded forecast counts from, ms; null where none is recorded, `unknown` while that cannot be read. */
  readonly newestForecastMs: number | null | 'unknown';
  /** The connection to Discord; null where the bot is not on Discord. */
  readonly discord: DiscordStatus | null;
  /** Posts of subscriptions; null where none are sent. */
  readonly posts: PostsStatus | null;
  /** Scheduled jobs; empty where none run. */
  readonly jobs: readonly JobStatus[];
  /** Why the job runs cannot be read; null when they can. */
  readonly jobsProblem: string | null;
  /** Posts that should have gone out minutes ago; 0 where no jobs run, or while that cannot be read. */
  readonly overduePosts: number;
  /** Kinds of processes of which none runs, each with the end of the newest run of their jobs; empty where one process does everything. */
  readonly unserved: readonly { readonly role: 'worker' | 'trainer'; readonly sinceMs: number | null }[];
  /** What is wrong with the shards of the processes that run, one sentence each. */
  readonly shardConflicts: readonly string[];
  /** The processes that share the database, for the bot's owners; empty where no other can. */
  readonly processes: readonly (RunningProcess & Pick<ProcessReport, 'problems' | 'clock' | 'memoryBytes'>)[];
  /** The longest time today in which the main thread did not answer; null while it always did within a second. */
  readonly longestBlock: BlockedThread | null;
  /** The coins that models learn from; empty where no candles are kept for that, or while the database does not answer. */
  readonly universe: readonly UniverseStatus[];
  /** Exchange rates, for the bot's owners; absent where none are read, or while the database does not answer. */
  readonly rates?: RatesStatus | null;
  /** The last retraining of each interval that ended with a model. */
  readonly retrainings: readonly LastRetraining[];
  /** Present while a training run is under way. */
  readonly training: { readonly interval: Interval; readonly done: number; readonly secondsLeft: number | null } | null;
}

/** The reference rates of currencies, and the sources that this process reads them from. */
export interface RatesStatus {
  /** The newest day of which a rate is stored, `YYYY-MM-DD`, and its source; null where there is none. */
  readonly newest: { readonly day: string; readonly source: string } | null;
  /** Whether newer ones should be known by now. */
  readonly isOverdue: boolean;
  readonly sources: readonly SourceHealth[];
}

/** The coins that models of an interval learn from, and how far their candles have come. */
export interface UniverseStatus {
  readonly interval: Interval;
  readonly coins: number;
  /** Coins among them that are listed no more, or have fallen behind. */
  readonly former: number;
  readonly withCandles: number;
  /** Present while candles are being fetched. */
  readonly fetching: { readonly done: number; readonly of: number; readonly secondsLeft: number | null } | null;
}

/** A retraining that ended with a model. */
export interface LastRetraining {
  readonly interval: Interval;
  readonly endedMs: number;
  readonly seconds: number;
  readonly coins: number;
}

/** A time in which the main thread did not answer. */
export interface BlockedThread {
  /** When it ended. */
  readonly atMs: number;
  readonly ms: number;
  /** The function that ran, with its file; null where that is not known. */
  readonly where: string | null;
  /** Commands and jobs that were under way, the newest first. */
  readonly during: readonly string[];
}

/** Gateway connections and what they know. */
export interface GatewayState {
  readonly shards: readonly { readonly id: number; readonly up: boolean }[];
  /** Servers on these connections. */
  readonly guilds: number;
}

/** How the bot is connected to Discord. */
export interface DiscordStatus {
  /** Connections that are ready, and all of them. */
  readonly shards: { readonly ready: number; readonly total: number };
  /** Each connection, and the servers on all of them; absent where there is no gateway. */
  readonly gateway?: GatewayState;
  /** What does not work, one sentence each; empty where everything does. */
  readonly problems: readonly string[];
}

/** How the posts of subscriptions are doing. */
export interface PostsStatus {
  /** Posts that should have gone out a quarter of an hour ago or more. */
  readonly late: number;
  /** When the oldest of them was due, and what delays it where that is known. */
  readonly oldestDueMs: number | null;
  readonly reason: Reason | null;
  /** Subscriptions whose posts are refused. */
  readonly failing: number;
  /** Why nothing of this is known; null when it is. */
  readonly problem: string | null;
}

/** One serving model, or the reason why none serves. */
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

/** The status of one job. */
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
  /** The time at which it should have run, where that is minutes ago and it does not run; else null. */
  readonly overdueSinceMs: number | null;
}

/** `skipped`: not enabled by the settings, or not applicable after another check failed. */
export type CheckState = 'ok' | 'warning' | 'failed' | 'skipped';

/** One line of `npm run doctor`. */
export interface DoctorCheck {
  readonly name: string;
  readonly state: CheckState;
  /** One plain sentence without secrets. */
  readonly message: string;
  /** The remedy; null where none is needed. */
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
