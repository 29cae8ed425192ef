import { asCandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { headOf, type RecordHead } from '../../core/record-head.ts';
import type { RecordRepository } from '../../storage/record-repository.ts';

/** Messages as witnesses of the record: what they carry. */
export interface WitnessService {
  /**
   * The head of the record for a message that is about to be sent, with everything in it that was recorded before this call; null where the record
   * is none that is kept, is empty, or cannot be read, which is logged. Never rejects.
   */
  head(): Promise<RecordHead | null>;
}

/** What the service is built from. */
export interface WitnessParts {
  readonly record: Pick<RecordRepository, 'checkpoint'>;
  /** Whether prices are those of the live market: the record of files and of the simulated market ends with the program. */
  readonly isKept: boolean;
  readonly logger: Logger;
}

/** Makes the service. */
export function createWitnessService({ record, isKept, logger }: WitnessParts): WitnessService {
  return {
    async head() {
      if (!isKept) return null;
      try {
        const checkpoint = await record.checkpoint();
        return checkpoint && headOf(checkpoint);
      } catch (error) {
        const known = asCandlecastError(error);
        logger.error({ code: known.code, err: known }, 'a message goes out without the head of the record');
        return null;
      }
    },
  };
}
