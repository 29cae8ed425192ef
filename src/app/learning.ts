import { availableParallelism } from 'node:os';
import type { Interval } from '../core/candle.ts';
import { asCandlecastError } from '../core/errors.ts';
import { HOUR_MS } from '../core/time.ts';
import { backendOf } from '../ml/model/backend.ts';

import { replayInThread } from '../ml/workers/drift.ts';
import { type AdminService, createAdminService } from '../services/admin/admin.ts';
import { createDriftService, type DriftReports } from '../services/models/drift.ts';

import { createRetrainingService, type RetrainingService } from '../services/models/retraining.ts';
import { createTrainingService, type TrainingService } from '../services/models/training.ts';
import type { Foundation } from './foundation.ts';
import type { Models } from './models.ts';

/** `/status` waits this long for a check of the models' drift that is under way; a single command in the terminal longer. */
const DRIFT_MS = 500;
const DRIFT_TERMINAL_MS = 30_000;

/** How models are made, watched and changed. */
export interface Learning {
  readonly training: TrainingService;
  readonly retraining: RetrainingService;
  readonly drift: DriftReports;
  readonly admin: AdminService;
  close(): Promise<void>;
}

/** Builds it. */
export function buildLearning(foundation: Foundation, { models, promotion }: Models): Learning {
  const { options, storage, candles, ending, sentiment } = foundation;
  const { config, logger, sleep, surface } = options;
  const { now } = options.clock;
  const training = createTrainingService({ backend: backendOf(config.ML_BACKEND) });
  const retraining = createRetrainingService({
    market: candles,
    training,
    promotion,
    symbols: config.SYMBOLS,
    threads: config.ML_THREADS ?? Math.max(1, availableParallelism() - 1),
    sentiment: sentiment.history,
    logger,
    now,
  });
  const retrainEarly = (interval: Interval) =>
    retraining.retrain(interval, 'retrained early, after an alarm of drift', ending).catch((error: unknown) => {
      const failure = asCandlecastError(error);
      if (!ending.aborted) logger.error({ interval, code: failure.code, err: failure }, 'early retraining failed');
    });
  const drift = createDriftService({
    models,
    candles: storage.candles,
    symbols: config.SYMBOLS,
    replay: replayInThread,
    sentiment: async (symbol, closeTimesMs) => (await sentiment.history())(symbol, closeTimesMs),
    logger,
    now,
    sleep,
    waitMs: surface === 'terminal' ? DRIFT_TERMINAL_MS : DRIFT_MS,
    // A command in the terminal ends before a model could be trained.
    ...(surface === 'terminal' ? {} : { onAlarm: (status) => void retrainEarly(status.interval) }),
  });
  // A drift should be noticed without anybody asking; what is invented says nothing about a model.
  const invented = foundation.simulated();
  const followed = surface !== 'terminal' && !invented;
  const timer = followed ? setInterval(() => void drift.check(), HOUR_MS).unref() : null;
  return {
    training,
    retraining,
    drift: { status: async () => (invented ? [] : drift.status()) },
    admin: createAdminService({ retraining, promotion, stopping: ending, now, sleep, logger }),
    async close() {
      if (timer) clearInterval(timer);
      await drift.close();
    },
  };
}
