import { fileURLToPath } from 'node:url';
import type { Interval } from '../core/candle.ts';
import type { Logger } from '../core/logger.ts';
import type { FamilyComparison } from '../core/model-info.ts';
import type { Clock } from '../core/time.ts';
import { compareInThread } from '../ml/workers/comparison.ts';
import { createModelRegistry, type ModelRegistry, storedModels } from '../services/models/model-registry.ts';
import { createPromotionService, type PromotionService } from '../services/models/promotion.ts';
import { readComparisonFile } from '../storage/comparison-file.ts';
import { readModelFile } from '../storage/model-files.ts';
import { createModelStore } from '../storage/model-store.ts';

/** Where models made here are kept. */
const OWN_MODELS = 'data/models';

/** What concerns the models that are kept and served; a command in the terminal needs no more of the program than this. */
export interface Models {
  readonly models: ModelRegistry;
  readonly promotion: PromotionService;
}

/** Builds the models' part: those made here in `folder`, each with its verdict, and the shipped ones behind them. */
export function buildModels(options: {
  readonly logger: Logger;
  readonly now: Clock;
  readonly folder?: string;
}): Models {
  const { logger, now, folder = OWN_MODELS } = options;
  const store = createModelStore(folder);
  const shipped = (interval: Interval) => readModelFile(shippedModelPath(interval));
  const models = createModelRegistry(storedModels(store, shipped), logger, now);
  return { models, promotion: createPromotionService({ store, models, compare: compareInThread, now, logger }) };
}

/** The families' comparison made here, or the one that comes with Candlecast. */
export async function readComparison(interval: Interval): Promise<FamilyComparison | null> {
  const file = `comparison-${interval}.json`;
  const own = await readComparisonFile(`${OWN_MODELS}/${file}`);
  return own ?? readComparisonFile(fileURLToPath(new URL(`../../models/${file}`, import.meta.url)));
}

/** Where the model that comes with Candlecast lies. */
export function shippedModelPath(interval: Interval): string {
  return fileURLToPath(new URL(`../../models/${interval}.json`, import.meta.url));
}
