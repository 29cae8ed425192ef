import type { Interval } from '../../core/candle.ts';
import { DAY_MS } from '../../core/time.ts';
import type { TrainOptions } from '../../ml/train/train-model.ts';

/** Candles of each coin that a bot trains on: seven years of days, eight months of hours. */
export const TRAINING_CANDLES: Readonly<Record<Interval, number>> = { '1d': 2_500, '1h': 6_000 };
/** With fewer coins a net learns the coins instead of the market. */
export const MIN_TRAINING_COINS = 5;
/** The newest candles, which the twin of a new model does not see: what the promotion gate judges on. */
export const HELD_OUT_MS: Readonly<Record<Interval, number>> = { '1d': 180 * DAY_MS, '1h': 60 * DAY_MS };

/** How a retraining of the bot differs from the default recipe of training; the rehearsal of its life takes the same. */
export const retrainingOptions = (interval: Interval) =>
  ({ heldOutMs: HELD_OUT_MS[interval], outOfSampleRefit: false }) satisfies Partial<TrainOptions>;
