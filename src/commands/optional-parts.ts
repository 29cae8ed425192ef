import { asCandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';

/** Waits for a chart; null when it cannot be drawn. The renderer has logged why, and the reply is sent without the chart. */
export async function chartOrNull(drawing: Promise<Uint8Array>): Promise<Uint8Array | null> {
  try {
    return await drawing;
  } catch {
    return null;
  }
}

/**
 * Waits for a part that a message can be sent without; `unknown` when it fails, and the message then says so. The failure is
 * logged here and nowhere else, as `message` with `facts` about what was looked up.
 */
export async function valueOrUnknown<T>(
  part: Promise<T>,
  { logger }: { readonly logger: Logger },
  facts: object,
  message: string,
): Promise<T | 'unknown'> {
  try {
    return await part;
  } catch (failure) {
    const error = asCandlecastError(failure);
    logger.warn({ ...facts, code: error.code, err: error }, message);
    return 'unknown';
  }
}
