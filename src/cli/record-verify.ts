import { openStorage } from '../storage/open-storage.ts';
import { commandOptions, jsonTarget } from './options.ts';
import { writeReport } from './output-files.ts';
import type { RecordCommand } from './record.ts';

/** The options of `npm run record -- verify`. */
export const OPTIONS = commandOptions('record', { json: jsonTarget }, 'verify');

/** Verifies the whole record and says what is wrong first; 1 where something is. Throws `CC_USAGE`, `CC_FILE`, `CC_DATABASE`. */
export async function run({ args, config, now, out, signal }: RecordCommand): Promise<number> {
  const { values, positionals } = OPTIONS.read(args);
  if (positionals.length > 1) throw OPTIONS.wrong('"verify" takes options alone.');
  const storage = await openStorage(config.DATABASE_URL, { now });
  try {
    const verdict = await storage.ledger.verify(signal);
    const { forecasts, marks, outcomes, models, checkpoints } = verdict.heads;
    const text =
      verdict.problem ??
      `${forecasts.number} forecasts, ${marks.number} marks, ${outcomes.number} outcomes, ${models.number} models and ${checkpoints.number} checkpoints are in unbroken chains.`;
    await writeReport(values.json, verdict, text, out);
    return verdict.problem === null ? 0 : 1;
  } finally {
    await storage.close();
  }
}
