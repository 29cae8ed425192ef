import { cutText } from '../core/cut-text.ts';
import { CandlecastError, type ErrorCode, type ErrorDetails } from '../core/errors.ts';
import type { SourceFailure } from '../core/market.ts';

/** What a caller acts on besides the code; what is given is also in the context, for the log. */
export interface SourceErrorDetails extends ErrorDetails {
  /** HTTP status of the answer. */
  readonly status?: number;
  /** For how long, and until when, the source asks for no more requests. */
  readonly pause?: { readonly waitMs: number; readonly retryAtMs: number };
  /** Whether it says something about the health of the source. Default true. */
  readonly countsAgainstHealth?: boolean;
}

/** An error of one source. Its message begins with the name of the source and holds no URL, key or body. */
export class SourceError extends CandlecastError {
  readonly status: number | null;
  readonly pause: NonNullable<SourceErrorDetails['pause']> | null;
  readonly countsAgainstHealth: boolean;

  /** @param what goes on after the name of the source, such as `did not answer in time.` */
  constructor(source: string, code: ErrorCode, what: string, details: SourceErrorDetails = {}) {
    const { status, pause, countsAgainstHealth = true, context, ...rest } = details;
    super(code, `${source} ${what}`, {
      ...rest,
      context: { source, ...(status === undefined ? {} : { status }), ...pause, ...context },
    });
    this.status = status ?? null;
    this.pause = pause ?? null;
    this.countsAgainstHealth = countsAgainstHealth;
  }
}

/** The error for a coin that a source does not list. */
export function unknownMarket(source: string, symbol: string): SourceError {
  return new SourceError(source, 'CC_SOURCE_UNKNOWN_MARKET', `does not list ${cutText(symbol, 20)}.`);
}

/** The error for a source that did not answer within a shared time, which may have been too short for it: this does not count against its health. */
export function outOfTime(source: string, budgetMs: number): SourceError {
  const within = budgetMs > 0 ? `within the ${(budgetMs / 1000).toFixed(1)} s left for it` : 'before the time was up';
  return new SourceError(source, 'CC_SOURCE_TIMEOUT', `did not answer ${within}.`, {
    context: { budgetMs },
    countsAgainstHealth: false,
    retryable: true,
  });
}

/** Whether the error is the statement of a source that it does not list the coin. */
export function isUnknownMarket(error: unknown): boolean {
  return error instanceof CandlecastError && error.code === 'CC_SOURCE_UNKNOWN_MARKET';
}

/** What a reply and `/status` say about a failure. Errors outside our family show no detail: it might hold a URL. */
export function toSourceFailure(source: string, error: unknown): SourceFailure {
  if (error instanceof CandlecastError) return { source, code: error.code, reason: error.message };
  return { source, code: 'CC_INTERNAL', reason: `${source} failed in an unexpected way.` };
}
