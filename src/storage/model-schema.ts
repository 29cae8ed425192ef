import type { Bytes } from './bytes.ts';

/** A kept model, whole in one row; `verdict` is JSON. */
export interface ModelRow {
  interval: string;
  version: string;
  added_at_ms: number;
  verdict: string | null;
  model_json: string;
  weights: Bytes;
  twin_json: string | null;
  twin_weights: Bytes | null;
}

/** Which model of an interval serves, with its log, as JSON; `revision` counts the changes. */
export interface ModelPointerRow {
  interval: string;
  revision: number;
  pointer: string;
  changed_at_ms: number;
}

/** A training that was asked for, is under way or has ended; `progress` and `result` are JSON. */
export interface TrainingRow {
  id: string;
  interval: string;
  why: string;
  asked_at_ms: number;
  owner: string | null;
  heard_ms: number;
  progress: string | null;
  ended_at_ms: number | null;
  result: string | null;
}
