import type { Interval } from './candle.ts';
import type { HorizonName } from './horizon.ts';
import type { SourceHealth } from './market.ts';
import type { GatewayState, JobOutcome } from './status.ts';
import type { PostKind } from './subscription.ts';

/**
 * How an interaction ended. `explained`: with an error that says what to do about it. `refused`: before any work, by a limit. `failed`:
 * unexpectedly. `lost`: Discord took no answer. `suggested`: an autocompletion.
 */
export type InteractionOutcome = 'answered' | 'explained' | 'refused' | 'failed' | 'lost' | 'suggested';

/**
 * A part of the time between an interaction and its answer. `acknowledge`: until Discord has the acknowledgement. `wait`: for its turn. `compute`: all
 * work but drawing. `draw`: while a chart was being drawn. `send`: the answer. `total`: all of them.
 */
export type InteractionPhase = 'acknowledge' | 'wait' | 'compute' | 'draw' | 'send' | 'total';

/** Which limit refused an interaction. */
export type AdmissionRefusal = 'person-busy' | 'person-fast' | 'all-busy' | 'stopping' | 'not-allowed';

/** How one try to send a post ended; `delayed` ones are tried again. */
export type PostOutcome = 'sent' | 'failed' | 'skipped' | 'delayed';

/** How one request to a source of data ended. */
export type SourceRequestOutcome =
  | 'ok'
  | 'http'
  | 'timeout'
  | 'network'
  | 'rate-limited'
  | 'bad-data'
  | 'cancelled'
  | 'other';

/**
 * Takes what happens, as it happens. Names come from fixed lists (commands, jobs, routes, sources), never from people, so that their number is
 * bounded. No method throws.
 */
export interface Metrics {
  interaction(command: string, outcome: InteractionOutcome): void;
  interactionPhase(command: string, phase: InteractionPhase, ms: number): void;
  admissionRefused(reason: AdmissionRefusal): void;
  post(kind: PostKind, outcome: PostOutcome): void;
  /** How long after its time a post was sent. */
  postLateness(ms: number): void;
  /** `route` is the path in discord.js' form, such as `/channels/:id/messages`; `status` the HTTP status, or `none` where no answer came. */
  discordRequest(method: string, route: string, status: number | 'none'): void;
  /** Discord has asked to slow down; `scope` is what its header says. */
  discordRateLimited(scope: string): void;
  jobRun(job: string, outcome: JobOutcome): void;
  sourceRequest(source: string, outcome: SourceRequestOutcome): void;
}

/** Takes everything and keeps nothing: where `METRICS_PORT` is not set, and in tests. */
export const noMetrics: Metrics = {
  interaction() {},
  interactionPhase() {},
  admissionRefused() {},
  post() {},
  postLateness() {},
  discordRequest() {},
  discordRateLimited() {},
  jobRun() {},
  sourceRequest() {},
};

/** What this process holds in memory at a moment. */
export interface ProcessReadings {
  /** The gateway connections of this process; null where it holds none. */
  readonly gateway: GatewayState | null;
  /** How far this machine is ahead of each host it was compared with. */
  readonly clock: readonly { readonly against: string; readonly aheadMs: number }[];
  readonly sources: readonly SourceHealth[];
}

/** What stands in the database at a moment. A part that cannot be read is null. */
export interface StoredReadings {
  readonly posts: { readonly open: number; readonly overdue: number } | null;
  readonly ledgerRows: number | null;
  /** For each interval, how long ago the newest stored candle of the middle one of the tracked coins closed. */
  readonly candleAges: readonly { readonly interval: Interval; readonly ageMs: number }[] | null;
  readonly jobs: readonly JobReading[] | null;
  readonly models: readonly { readonly interval: Interval; readonly version: string }[] | null;
  readonly record: readonly RecordReading[] | null;
}

/** One job by its runs in all processes. */
export interface JobReading {
  readonly job: string;
  /** The end of its newest run that succeeded; null where none has. */
  readonly lastSuccessMs: number | null;
  /** How long this process should have begun it; 0 where it is in time, or another process runs it. */
  readonly overdueMs: number;
}

/** The live record at one horizon over the last 60 days. */
export interface RecordReading {
  readonly horizon: HorizonName;
  /** Scheduled forecasts with a score. */
  readonly n: number;
  /** Whether there are enough of them for the figures to say something. */
  readonly enough: boolean;
  /** Shares of outcomes inside each band, with 95 % intervals, null where there are too few blocks for one. */
  readonly coverage: readonly {
    readonly level: number;
    readonly value: number;
    readonly low: number | null;
    readonly high: number | null;
  }[];
  /** One minus the loss divided by the baseline's. */
  readonly skill: readonly { readonly baseline: 'climatology' | 'no-change'; readonly value: number }[];
}

/** One thing that a process needs to do its work. */
export interface ReadinessCheck {
  readonly ok: boolean;
  /** One plain sentence, without names of servers or persons. */
  readonly reason: string;
}

/** Whether a process can do its work, by the name of each check. */
export type Readiness = Readonly<Record<string, ReadinessCheck>>;
