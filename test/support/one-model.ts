import type { Interval } from '../../src/core/candle.ts';
import { CandlecastError } from '../../src/core/errors.ts';
import { decodeModel, type ModelBytes } from '../../src/ml/model/model-file.ts';
import type { ModelShelf } from '../../src/services/models/models.ts';

/** A shelf with one model on it, for its own interval. */
export function oneModel(bytes: ModelBytes): ModelShelf {
  const { card } = decodeModel(bytes);
  return {
    async serving(interval: Interval) {
      if (interval === card.interval) return { bytes, card, problem: null };
      throw new CandlecastError('CC_MODEL_MISSING', `There is no model for ${interval} candles.`);
    },
    reload() {},
    status: async () => [],
  };
}
