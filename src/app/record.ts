import { readFile } from 'node:fs/promises';
import type { Services } from '../commands/command.ts';
import type { PublicRecord } from '../core/public-record.ts';
import { createBaselineScorer } from '../ml/workers/record-baselines.ts';
import { makePublicRecord, type PublicRecordParts } from '../services/record/public-record.ts';
import { createRecordPartService } from '../services/record/record-part.ts';
import { createWitnessService } from '../services/record/witness.ts';
import type { Storage } from '../storage/open-storage.ts';
import type { AppData } from './data.ts';

/** What differs between the bot and the command line. */
export interface PublicRecordOptions
  extends Pick<PublicRecordParts, 'changes' | 'simulated' | 'version' | 'now' | 'onProgress' | 'signal'> {
  readonly storage: Storage;
}

/** Computes the public record of a database; baselines are scored in a thread that ends with it. Throws as `makePublicRecord` does. */
export async function publicRecordOf({ storage, ...options }: PublicRecordOptions): Promise<PublicRecord> {
  const scorer = createBaselineScorer();
  const { record, recordReader: reader, ledger, candles, schedule, oddsSums } = storage;
  try {
    return await makePublicRecord({ record, reader, ledger, candles, schedule, scorer, oddsSums, ...options });
  } finally {
    await scorer.close();
  }
}

/** Builds what lets people check the record: by a message or a number, and by the forecasts themselves. */
export function buildRecord({
  storage,
  assets,
  market,
  simulated,
  options,
}: AppData): Pick<Services, 'witness' | 'recordParts'> {
  const { logger } = options;
  const { now } = options.clock;
  return {
    witness: createWitnessService({
      record: storage.record,
      ledger: storage.ledger,
      witnesses: storage.witnesses,
      isKept: market.sources.market === 'live',
      now,
      logger,
    }),
    recordParts: createRecordPartService({
      record: storage.recordParts,
      subscriptions: storage.subscriptions,
      assets,
      verifier: () => readFile(new URL('../../open-data/verify.py', import.meta.url)),
      simulated,
      now,
    }),
  };
}
