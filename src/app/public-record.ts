import type { PublicRecord } from '../core/public-record.ts';
import { createBaselineScorer } from '../ml/workers/record-baselines.ts';
import { makePublicRecord, type PublicRecordParts } from '../services/record/public-record.ts';
import type { Storage } from '../storage/open-storage.ts';

/** What differs between the bot and the command line. */
export interface PublicRecordOptions
  extends Pick<PublicRecordParts, 'changes' | 'simulated' | 'version' | 'now' | 'onProgress' | 'signal'> {
  readonly storage: Storage;
}

/** Computes the public record of a database; baselines are scored in a thread that ends with it. Throws as `makePublicRecord` does. */
export async function publicRecordOf({ storage, ...options }: PublicRecordOptions): Promise<PublicRecord> {
  const scorer = createBaselineScorer();
  const { record, recordReader: reader, ledger, candles, schedule } = storage;
  try {
    return await makePublicRecord({ record, reader, ledger, candles, schedule, scorer, ...options });
  } finally {
    await scorer.close();
  }
}
