import type { Interval } from './candle.ts';
import type { HorizonName } from './horizon.ts';

/** Something that an owner should know of. */
export interface Condition {
  /** What it is about, such as `job publish` or `clock`: the same at every check. */
  readonly name: string;
  /** 0 where it is certainly fine; rises as it gets worse. */
  readonly level: number;
  /** One plain sentence for the owner. */
  readonly text: string;
}

/** The room that is left for the database. */
export interface DatabaseSpace {
  /** Bytes that are free: on the disk of the file, or below the limit that was set. */
  readonly freeBytes: number;
  /** Bytes of the database itself. */
  readonly usedBytes: number;
  /** The limit that was set for PostgreSQL; null for a file, which ends where the disk does. */
  readonly limitBytes: number | null;
}

/** What the digest of one day says. */
export interface Digest {
  readonly nowMs: number;
  /** What is not well, worst first; empty where all is. */
  readonly conditions: readonly Condition[];
  /** Why the rest could not be read; null where it could. */
  readonly problem: string | null;
  /** Scheduled forecasts of the last day; null where none are due, as with candles from files. */
  readonly forecasts: { readonly issued: number; readonly missing: number } | null;
  /** The live record over 60 days, of horizons with enough forecasts. */
  readonly record: readonly {
    readonly horizon: HorizonName;
    readonly n: number;
    /** Share of outcomes inside the 80 % band. */
    readonly coverage80: number;
    /** Percentage by which the loss is below climatology's; null without it. */
    readonly skillPct: number | null;
  }[];
  readonly posts: {
    readonly sent: number;
    /** Of those, sent a quarter of an hour after their time or later. */
    readonly late: number;
    readonly failed: number;
    readonly skipped: number;
  } | null;
  /** What people asked all processes in the last day; null where that could not be read. */
  readonly interactions: { readonly answered: number; readonly failed: number } | null;
  readonly sources: { readonly ok: number; readonly failing: readonly string[] };
  readonly models: readonly {
    readonly interval: Interval;
    readonly version: string | null;
    readonly trainedAtMs: number | null;
  }[];
  readonly space: DatabaseSpace | null;
  /** Of all processes. */
  readonly memoryBytes: number;
  readonly processes: number;
}

/** A size in words, such as `1.2 GB`. */
export function bytesText(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}
