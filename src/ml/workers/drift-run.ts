import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { builtUrl } from '../../core/build-path.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import { addPeriods, inOrder, type PeriodsByMoment } from '../drift/replay.ts';
import type { ScoredPeriod } from '../drift/scored-period.ts';
import type { DriftAnswer, DriftThreadData } from './drift-worker.ts';
import { unpackError } from './packed-error.ts';

/** Replays a model over coins: their scored periods together, in the order a monitor takes them. */
export type ReplayModel = (
  coins: readonly CoinHistory[],
  data: DriftThreadData,
  signal: AbortSignal,
) => Promise<readonly ScoredPeriod[]>;

/** Some thirty coins take ten seconds; this is for a machine that is on its knees. */
const COIN_TIMEOUT_MS = 120_000;

/**
 * Replays in one thread that ends with the run, one coin after the other. Throws as the replay does, `CC_WORKER_DIED` when the
 * thread ends, `CC_STOPPING` when the signal says so.
 */
export const replayInThread: ReplayModel = async (coins, data, signal) => {
  const pool = new Piscina({
    filename: fileURLToPath(builtUrl('./drift-worker.js', import.meta.url)),
    minThreads: 1,
    maxThreads: 1,
    workerData: data,
    // Scoring needs no settings, and so holds no secrets.
    env: {},
  });
  const all: PeriodsByMoment = new Map();
  try {
    for (const coin of coins) {
      let answer: DriftAnswer;
      try {
        answer = await pool.run(coin, { signal: AbortSignal.any([signal, AbortSignal.timeout(COIN_TIMEOUT_MS)]) });
      } catch (cause) {
        throw signal.aborted
          ? new CandlecastError('CC_STOPPING', 'The replay was stopped.')
          : new CandlecastError('CC_WORKER_DIED', 'The replaying thread ended unexpectedly.', { cause });
      }
      if ('error' in answer) throw unpackError(answer.error);
      addPeriods(all, answer.periods);
    }
    return inOrder(all);
  } finally {
    await pool.destroy();
  }
};
