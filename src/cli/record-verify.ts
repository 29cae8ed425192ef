import { openStorage } from '../storage/open-storage.ts';
import { commandOptions, jsonTarget } from './options.ts';
import { writeReport } from './output-files.ts';
import type { RecordCommand } from './record.ts';
import { checkWitnesses, WITNESS_OPTIONS, type WitnessReport, witnessText } from './record-witnesses.ts';

/** The options of `npm run record -- verify`. */
export const OPTIONS = commandOptions('record', { json: jsonTarget, ...WITNESS_OPTIONS }, 'verify');

/**
 * Verifies the whole record, then what the bot's messages on Discord say about it, and says what is wrong first; 1 where something is. Throws
 * `CC_USAGE`, `CC_FILE`, `CC_DATABASE`, `CC_DISCORD_TOKEN`, `CC_DISCORD_UNREACHABLE`.
 */
export async function run(command: RecordCommand): Promise<number> {
  const { args, config, now, out, signal } = command;
  const { values, positionals } = OPTIONS.read(args);
  if (positionals.length > 1) throw OPTIONS.wrong('"verify" takes options alone.');
  const storage = await openStorage(config.DATABASE_URL, { now });
  try {
    const chains = await storage.ledger.verify(signal);
    const verdict = { ...chains, problem: chains.problem ?? (await storage.sumsProblem(signal)) };
    const { forecasts, marks, outcomes, models, checkpoints } = verdict.heads;
    const text =
      verdict.problem ??
      `${forecasts.number} forecasts, ${marks.number} marks, ${outcomes.number} outcomes, ${models.number} models and ${checkpoints.number} checkpoints are in unbroken chains.`;
    const token = values.local ? undefined : config.DISCORD_TOKEN;
    let witnesses: WitnessReport | null = null;
    try {
      witnesses = token ? await checkWitnesses(command, token, storage.witnesses, values) : null;
    } catch (error) {
      // What was found in the database is said also where Discord does not answer.
      await writeReport(values.json, { ...verdict, witnesses }, text, out);
      throw error;
    }
    const said = witnesses
      ? witnessText(witnesses)
      : `The bot's messages on Discord were not looked at${values.local ? '' : ', since DISCORD_TOKEN is not set'}.`;
    await writeReport(values.json, { ...verdict, witnesses }, `${text}\n${said}`, out);
    return verdict.problem === null && !witnesses?.fault ? 0 : 1;
  } finally {
    await storage.close();
  }
}
