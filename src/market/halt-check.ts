import { LRUCache } from 'lru-cache';
import { orAborted, startDeadline } from '../core/concurrency.ts';
import { asCandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type Clock, HOUR_MS, steadyClock } from '../core/time.ts';
import type { CandleSource, TradingState } from '../sources/source.ts';
import { outOfTime } from '../sources/source-error.ts';

/** Coins whose trading state is remembered, one a source. */
const MAX_STATES_KEPT = 2_000;
/** Longest a question for the trading state takes: it only explains why a candle is missing. */
const STATE_BUDGET_MS = 1_500;

/**
 * Whether a source whose newest candle is missing has halted trading of the coin; false also where it cannot say within `budgetMs`. Rejects
 * with the reason of the signal when it is aborted.
 */
export type HaltCheck = (
  source: CandleSource,
  symbol: string,
  budgetMs: number,
  signal?: AbortSignal,
) => Promise<boolean>;

/** Makes the check, which remembers what a source said for an hour. */
export function createHaltCheck({ now, logger }: { readonly now: Clock; readonly logger: Logger }): HaltCheck {
  const states = new LRUCache<string, TradingState>({
    max: MAX_STATES_KEPT,
    ttl: HOUR_MS,
    ttlResolution: 0,
    perf: { now: steadyClock(now) },
  });
  return async (source, symbol, budgetMs, signal) => {
    if (!source.tradingState || budgetMs <= 0) return false;
    const key = `${source.name} ${symbol}`;
    const known = states.get(key);
    if (known) return known === 'halted';
    const limit = Math.min(budgetMs, STATE_BUDGET_MS);
    const deadline = startDeadline(limit, () => outOfTime(source.name, limit), signal);
    try {
      const state = await orAborted(source.tradingState(symbol, deadline.signal), deadline.signal);
      states.set(key, state);
      return state === 'halted';
    } catch (error) {
      signal?.throwIfAborted();
      logger.debug({ source: source.name, symbol, code: asCandlecastError(error).code }, 'trading state not known');
      return false;
    } finally {
      deadline.dispose();
    }
  };
}
