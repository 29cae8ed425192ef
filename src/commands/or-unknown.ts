import { asCandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';

/**
 * Waits for a part that a message is worth sending without; `unknown` where it cannot be had, which the message then says. The cause goes
 * to the log, here and nowhere else, so `facts` name what it is about.
 */
export async function orUnknown<T>(
  part: Promise<T>,
  { logger }: { readonly logger: Logger },
  facts: object,
  words: string,
): Promise<T | 'unknown'> {
  try {
    return await part;
  } catch (failure) {
    const error = asCandlecastError(failure);
    logger.warn({ ...facts, code: error.code, err: error }, words);
    return 'unknown';
  }
}
