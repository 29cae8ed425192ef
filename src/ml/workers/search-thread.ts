import { Worker } from 'node:worker_threads';
import { builtUrl } from '../../core/build-path.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { FitProgress } from '../train/fit-member.ts';
import type { TrialOutcome, TrialRequest } from '../train/search/trial.ts';
import { unpackError } from './packed-error.ts';
import type { SearchMessage, SearchThreadData } from './search-worker.ts';

/** A thread that trains trials; its inputs are made once and stay in it. */
export interface SearchThread {
  /**
   * Trains one trial; one at a time. Rejects as `TrialRunner.run` throws, with `CC_WORKER_DIED` when the thread ends and
   * `CC_TRAINING_CANCELLED` after `cancel`.
   */
  run(request: TrialRequest, onProgress: (progress: FitProgress) => void): Promise<TrialOutcome>;
  cancel(): void;
  close(): Promise<void>;
}

/** Starts the thread. */
export function startSearchThread(data: Omit<SearchThreadData, 'cancel'>): SearchThread {
  const cancel = new Int32Array(new SharedArrayBuffer(4));
  const workerData: SearchThreadData = { ...data, cancel };
  // Training needs no settings, and so holds no secrets.
  const worker = new Worker(builtUrl('./search-worker.js', import.meta.url), { workerData, env: {} });
  let dead: CandlecastError | null = null;
  let fail: ((error: CandlecastError) => void) | null = null;
  const end = (error: CandlecastError) => {
    dead ??= error;
    fail?.(dead);
  };
  worker.on('error', (cause) => end(new CandlecastError('CC_WORKER_DIED', 'The searching thread failed.', { cause })));
  worker.on('exit', (code) =>
    end(new CandlecastError('CC_WORKER_DIED', `The searching thread ended with code ${code}.`)),
  );
  return {
    async run(request, onProgress) {
      if (dead) throw dead;
      let hear: ((message: SearchMessage) => void) | null = null;
      try {
        return await new Promise<TrialOutcome>((resolve, reject) => {
          fail = reject;
          hear = (message) => {
            if ('progress' in message) onProgress(message.progress);
            else if ('finished' in message) resolve(message.finished);
            else reject(unpackError(message.failed));
          };
          worker.on('message', hear);
          worker.postMessage(request);
        });
      } finally {
        fail = null;
        if (hear) worker.off('message', hear);
      }
    },
    cancel: () => {
      Atomics.store(cancel, 0, 1);
    },
    async close() {
      await worker.terminate();
    },
  };
}
