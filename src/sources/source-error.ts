import type { Candle } from '../core/candle.ts';
import {
  CANDLE_RULE_TEXT,
  type CandleExpectation,
  findCandleProblem,
  openTimeText,
} from '../core/candle-validation.ts';
import { CandlecastError, type ErrorCode, type ErrorDetails } from '../core/errors.ts';
import type { SourceFailure } from '../core/market.ts';

/** Makes the error of one source; `what` goes on after the source's name and holds no URL, key or body. */
export function sourceError(
  source: string,
  code: ErrorCode,
  what: string,
  details: ErrorDetails = {},
): CandlecastError {
  return new CandlecastError(code, `${source} ${what}`, { ...details, context: { source, ...details.context } });
}

/** The error for a coin a source does not list. */
export function unknownMarket(source: string, symbol: string): CandlecastError {
  return sourceError(source, 'CC_SOURCE_UNKNOWN_MARKET', `does not list ${symbol.slice(0, 20)}.`);
}

/** Throws `CC_SOURCE_BAD_DATA` naming the rule and the time if one of the candles is not fit to be stored. */
export function assertCandles(source: string, candles: readonly Candle[], expected: CandleExpectation): void {
  const problem = findCandleProblem(candles, expected);
  if (!problem) return;
  const when = openTimeText(problem.openTimeMs);
  throw sourceError(source, 'CC_SOURCE_BAD_DATA', `sent a candle ${CANDLE_RULE_TEXT[problem.rule]} (${when}).`, {
    context: { rule: problem.rule, openTime: when },
  });
}

/** What a reply and `/status` say about a failure. Errors that are not of our family show no detail: it might hold a URL. */
export function toSourceFailure(source: string, error: unknown): SourceFailure {
  if (error instanceof CandlecastError) return { source, code: error.code, reason: error.message };
  return { source, code: 'CC_INTERNAL', reason: `${source} failed in an unexpected way.` };
}
