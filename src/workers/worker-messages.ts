import { asCandlecastError, CandlecastError, ERROR_CATALOGUE, type ErrorCode } from '../core/errors.ts';
import type { Clock } from '../core/time.ts';
import type { HeldMemory } from './held-memory.ts';

/** What a worker's function gets beside its request. */
export interface Call<Progress = never> {
  /** Holds 1 once the caller has cancelled the call; a long computation reads it between its steps. */
  readonly cancel: Int32Array;
  /** The worker's clock, ms since 1970. */
  readonly clock: Clock;
  /** Sends a message to the caller while the call is under way. */
  report(progress: Progress): void;
}

/** The functions of a worker by name. Requests, answers and progress travel as structured clones. */
export type WorkerFunctions = Readonly<Record<string, (request: never, call: Call) => unknown>>;

/**
 * What a worker's module exports as `task`: makes its functions from what the worker was started with. It is called with the first
 * request, so that what it throws is the answer to that.
 */
export type WorkerTask = (setup: never) => WorkerFunctions;

/**
 * What the starter of a worker sends: first `start`, then one `run` after the other. Threads share `cancel`, processes are sent one. A thread answers
 * `measure` at any time.
 */
export type ToWorker =
  | {
      readonly kind: 'start';
      readonly module: string;
      readonly setup: unknown;
      readonly cancel: Int32Array | null;
    }
  | { readonly kind: 'run'; readonly name: string; readonly request: unknown }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'measure' };

/** What a worker sends: `ready` once its module is imported, then for each run any number of `progress` and one `answer` or `error`. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly progress: unknown }
  | { readonly kind: 'answer'; readonly answer: unknown }
  | { readonly kind: 'error'; readonly error: PackedError };

/** What a thread sends for each `measure`. */
export interface MemoryMessage {
  readonly kind: 'memory';
  readonly memory: HeldMemory;
}

/** An error as plain data, because a structured clone loses an error's class and fields. */
export interface PackedError {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly retryable: boolean;
  readonly context: CandlecastError['context'];
  readonly cause: string | null;
}

/** Packs any thrown value. */
export function packError(error: unknown): PackedError {
  const known = asCandlecastError(error);
  const cause = known.cause instanceof Error ? (known.cause.stack ?? known.cause.message) : null;
  const { code, message, remedy, retryable, context } = known;
  return { code, message, remedy, retryable, context, cause };
}

/** The error again, with the worker's stack as its cause. */
export function unpackError(packed: PackedError): CandlecastError {
  const code: ErrorCode = packed.code in ERROR_CATALOGUE ? (packed.code as ErrorCode) : 'CC_INTERNAL';
  return new CandlecastError(code, packed.message, {
    remedy: packed.remedy,
    context: packed.context,
    retryable: packed.retryable,
    ...(packed.cause === null ? {} : { cause: new Error(packed.cause) }),
  });
}
