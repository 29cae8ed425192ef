import { INTERVALS } from '../core/candle.ts';
import { asCandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { ModelPreparer } from '../ml/workers/forecast.ts';
import type { AccuracyService } from '../services/accuracy/accuracy.ts';
import type { ModelRegistry } from '../services/models/model-registry.ts';

/** When reports are made that nobody has asked for: the surface has connected by then, and the first jobs are over. */
export const ACCURACY_WARM_AFTER_MS = 20_000;
/** Their days: all that may be asked for, whose many steps are compiled well, and the usual ones. */
const ACCURACY_WARM_DAYS = [1_826, 60];

/** Decodes the serving models in the background, so that the first forecast after the start is as quick as the next. */
export async function warmUpModels(models: ModelRegistry, pool: ModelPreparer, logger: Logger): Promise<void> {
  for (const interval of INTERVALS) {
    try {
      const { card, bytes } = await models.serving(interval);
      await pool.prepare({ version: card.version, model: bytes });
    } catch (error) {
      // The forecast that needs the model says what is wrong with it.
      logger.debug({ interval, err: asCandlecastError(error) }, 'a serving model could not be prepared');
    }
  }
}

/** Makes reports in the background, so that the first one that somebody asks for is nearly as quick as the next. */
export async function warmUpAccuracy(accuracy: AccuracyService, logger: Logger): Promise<void> {
  try {
    for (const days of ACCURACY_WARM_DAYS) await accuracy.report({ days });
  } catch (error) {
    // Whoever asks for a report is told what is wrong.
    logger.debug({ err: asCandlecastError(error) }, 'no report could be made beforehand');
  }
}
