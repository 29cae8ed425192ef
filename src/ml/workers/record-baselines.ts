import { builtUrl } from '../../workers/worker-channel.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import { type BaselineLosses, baselineLosses, type OriginOutcomes } from '../scoring/baseline-losses.ts';

/** One coin's candles, and the outcomes that are scored. */
export interface BaselineRequest {
  readonly history: CoinHistory;
  readonly groups: readonly OriginOutcomes[];
}

/** Scores baselines somewhere else; see `baselineLosses`. */
export interface BaselineScorer {
  losses(request: BaselineRequest, signal?: AbortSignal): Promise<readonly BaselineLosses[]>;
  close(): Promise<void>;
}

/** A year of hours takes a second; the limit is for an overloaded machine. */
const TIMEOUT_MS = 120_000;

/** The worker's function. */
export const task = (_setup: null) => ({
  losses: ({ history, groups }: BaselineRequest): readonly BaselineLosses[] => baselineLosses(history, groups),
});

/** Scores in one thread, which lasts until it is closed. `losses` throws `CC_WORKER_DIED`, `CC_TIMEOUT`, `CC_STOPPING`. */
export function createBaselineScorer(): BaselineScorer {
  const pool = createWorkerPool<typeof task>(builtUrl('./record-baselines.js', import.meta.url), {
    setup: null,
    noun: 'comparison',
    timeoutMs: TIMEOUT_MS,
  });
  return {
    losses: (request, signal) => pool.run('losses', request, { signal }),
    close: () => pool.close(),
  };
}
