import type { Interval } from '../../src/core/candle.ts';
import { CandlecastError } from '../../src/core/errors.ts';
import { decodeModel, type ModelBytes } from '../../src/ml/model/model-file.ts';
import type { ModelRegistry } from '../../src/services/models/model-registry.ts';

/** A registry with one model, for its own interval. */
export function oneModel(bytes: ModelBytes): ModelRegistry {
  const { card } = decodeModel(bytes);
  return {
    async serving(interval: Interval) {
      if (interval === card.interval) return { bytes, card, problem: null };
      throw new CandlecastError('CC_MODEL_MISSING', `There is no model for ${interval} candles.`);
    },
    loaded: () => [],
    reload() {},
    look() {},
    status: async () => [],
  };
}

/** The same registry without a model of hours. */
export function withoutHours(models: ModelRegistry): ModelRegistry {
  return {
    ...models,
    async serving(interval) {
      if (interval === '1h') throw new CandlecastError('CC_MODEL_MISSING', 'There is no model of hours.');
      return models.serving(interval);
    },
  };
}
