import { SYMBOL_PATTERN } from '../../core/asset.ts';
import { INTERVAL_MS, lastFinalOpenMs } from '../../core/candle.ts';
import type { CandleRequest } from '../source.ts';
import { unknownMarket } from '../source-error.ts';

/** A stretch of open times, both ends included, on the grid. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * What of a request can be answered at all: its stretch moved onto the grid and cut at the newest complete candle, or null when
 * nothing is left. Throws `CC_SOURCE_UNKNOWN_MARKET` for a symbol that must not reach a URL or a path.
 */
export function finalStretch(source: string, request: CandleRequest, nowMs: number): Stretch | null {
  if (!SYMBOL_PATTERN.test(request.symbol)) throw unknownMarket(source, request.symbol);
  const step = INTERVAL_MS[request.interval];
  const fromMs = Math.max(0, Math.ceil(request.fromMs / step) * step);
  const toMs = Math.min(Math.floor(request.toMs / step) * step, lastFinalOpenMs(nowMs, request.interval));
  return fromMs <= toMs ? { fromMs, toMs } : null;
}

/** Cuts a stretch into pages of at most `perPage` candles, oldest first. */
export function pagesOf(stretch: Stretch, stepMs: number, perPage: number): readonly Stretch[] {
  const pages: Stretch[] = [];
  for (let fromMs = stretch.fromMs; fromMs <= stretch.toMs; fromMs += perPage * stepMs) {
    pages.push({ fromMs, toMs: Math.min(stretch.toMs, fromMs + (perPage - 1) * stepMs) });
  }
  return pages;
}

/** Runs the job on every item, at most `limit` at a time; results in the items' order; the first failure rejects. */
export async function mapLimited<T, R>(items: readonly T[], limit: number, job: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  let failed = false;
  const worker = async () => {
    for (const [index, item] of waiting) {
      if (failed) return;
      try {
        results[index] = await job(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
