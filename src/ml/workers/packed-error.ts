import { asCandlecastError, CandlecastError, ERROR_CATALOGUE, type ErrorCode } from '../../core/errors.ts';

/** An error as plain data, because a class does not survive the way between threads. */
export interface PackedError {
  readonly code: string;
  readonly message: string;
  readonly context: CandlecastError['context'];
  readonly cause: string | null;
}

/** Packs any thrown value. */
export function packError(error: unknown): PackedError {
  const known = asCandlecastError(error);
  const cause = known.cause instanceof Error ? (known.cause.stack ?? known.cause.message) : null;
  return { code: known.code, message: known.message, context: known.context, cause };
}

/** The error again, with the other thread's stack as its cause. */
export function unpackError(packed: PackedError): CandlecastError {
  const code: ErrorCode = packed.code in ERROR_CATALOGUE ? (packed.code as ErrorCode) : 'CC_INTERNAL';
  return new CandlecastError(code, packed.message, {
    context: packed.context,
    ...(packed.cause === null ? {} : { cause: new Error(packed.cause) }),
  });
}
