import type { Interval } from './candle.ts';
import type { DriftStatus } from './drift.ts';
import type { JobStatus } from './job.ts';
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
