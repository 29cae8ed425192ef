import { existsSync } from 'node:fs';
import { buildRecordAudit } from '../app/record-audit.ts';
import { CHAINS } from '../core/record.ts';
import type { AuditReport } from '../core/record-audit.ts';
import { MEMORY_PATH, parseDatabaseUrl } from '../storage/connection.ts';
import { openStorage } from '../storage/open-storage.ts';
import { commandOptions, flag, jsonTarget } from './options.ts';
import { writeReport } from './output-files.ts';
import { createCountProgress } from './progress.ts';
import type { RecordCommand } from './record.ts';
import { checkWitnesses, WITNESS_OPTIONS, type WitnessReport, witnessText } from './record-witnesses.ts';

/** The options of `npm run record -- verify`. */
export const OPTIONS = commandOptions(
  'record',
  {
    new: flag('reads only what was added since everything before was found to be right'),
    json: jsonTarget,
    ...WITNESS_OPTIONS,
  },
  'verify',
);

/**
 * Verifies the whole record, then what the bot's messages on Discord say about it, and says what is wrong first; 1 where something is. Throws
 * `CC_USAGE`, `CC_FILE`, `CC_DATABASE`, `CC_DISCORD_TOKEN`, `CC_DISCORD_UNREACHABLE`.
 */
export async function run(command: RecordCommand): Promise<number> {
  const { args, config, now, out, progress, signal } = command;
  const { values, positionals } = OPTIONS.read(args);
  if (positionals.length > 1) throw OPTIONS.wrong('"verify" takes options alone.');
  const databaseUrl = config.DATABASE_URL;
  const token = values.local ? undefined : config.DISCORD_TOKEN;
  const target = parseDatabaseUrl(databaseUrl);
  if (!token && target.kind === 'sqlite' && target.path !== MEMORY_PATH && !existsSync(target.path)) {
    await writeReport(values.json, { problem: null }, `${target.path} is not there: nothing has been recorded.`, out);
    return 0;
  }
  const storage = await openStorage(databaseUrl, { now });
  const audit = buildRecordAudit({ databaseUrl, storage, now });
  const bar = createCountProgress(progress, now, 'rows');
  try {
    const report = await audit.run({ onlyNew: values.new, signal, onProgress: bar.show });
    bar.end();
    let witnesses: WitnessReport | null = null;
    try {
      witnesses = token ? await checkWitnesses(command, token, storage.witnesses, values) : null;
    } catch (error) {
      // What was found in the database is said also where Discord does not answer.
      await writeReport(values.json, { ...report, witnesses }, reportText(report), out);
      throw error;
    }
    const said = witnesses
      ? witnessText(witnesses)
      : `The bot's messages on Discord were not looked at${values.local ? '' : ', since DISCORD_TOKEN is not set'}.`;
    await writeReport(values.json, { ...report, witnesses }, `${reportText(report)}\n${said}`, out);
    return report.problem === null && !witnesses?.fault ? 0 : 1;
  } finally {
    bar.end();
    await audit.close();
    await storage.close();
  }
}

/** The report for a terminal: what is wrong, or how much was compared with what. */
function reportText(report: AuditReport): string {
  const { problem, faults, counts, modelFiles, since, heads } = report;
  const others = faults.slice(1).map(({ text }) => text);
  if (problem !== null) return [problem, ...others, AFTER_FAULT].join('\n');
  if (CHAINS.every((chain) => heads[chain].number === 0))
    return 'The record is empty: no forecast has been written down.';
  return [
    `Nothing is wrong. ${auditText(report)}`,
    ...notCompared(counts),
    ...modelFilesText(modelFiles),
    ...sinceText(since),
  ].join('\n');
}

const AFTER_FAULT =
  'Somebody or something changed the database past this program. docs/ledger.md says how to look; docs/backup.md how to go back.';

const count = (n: number, noun: string) => `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;

/** What was verified, in one sentence. */
export function auditText({ counts }: Pick<AuditReport, 'counts'>): string {
  const { rows, scores, prices } = counts;
  const chained = [
    count(rows.forecasts, 'forecast'),
    count(rows.marks, 'mark'),
    count(rows.outcomes, 'outcome'),
    count(rows.models, 'model'),
    ...(rows.calls > 0 ? [`${count(rows.calls, 'row')} of members' calls`] : []),
    ...(rows.odds > 0 ? [`${count(rows.odds, 'row')} of odds`] : []),
  ].join(', ');
  return `${chained} and ${count(rows.checkpoints, 'checkpoint')} in unbroken chains; ${count(scores, 'score')} computed again; ${count(prices, 'price')} equal to stored candles.`;
}

function notCompared({ withoutCandle, otherSource, corrected, beforeModels }: AuditReport['counts']): string[] {
  const lines: readonly (readonly [number, string])[] = [
    [withoutCandle, 'of a coin and time of which no candle is stored'],
    [otherSource, 'from another source than the stored candle'],
    [corrected, 'of a candle that its source has corrected since'],
  ];
  return [
    ...lines.filter(([n]) => n > 0).map(([n, what]) => `Not compared: ${count(n, 'price')} ${what}.`),
    ...(beforeModels > 0 ? [`${count(beforeModels, 'forecast')} from before models were recorded.`] : []),
  ];
}

/** Recorded models whose files are named as missing. */
const NAMED_MODELS = 3;

function modelFilesText({ equal, missing }: AuditReport['modelFiles']): string[] {
  const named = missing.slice(-NAMED_MODELS).join(', ');
  const more = missing.length > NAMED_MODELS ? ` and ${missing.length - NAMED_MODELS} more` : '';
  return [
    ...(equal > 0 ? [`${count(equal, 'model file')} equal to what forecasts were made by.`] : []),
    ...(missing.length > 0
      ? [`Not compared: ${count(missing.length, 'recorded model')} whose file is not here: ${named}${more}.`]
      : []),
  ];
}

function sinceText(since: AuditReport['since']): string[] {
  if (since?.wholeAtMs == null) return [];
  const before = since.heads.forecasts.number.toLocaleString('en');
  return [`The ${before} forecasts before them were verified earlier; everything was on ${dayOf(since.wholeAtMs)}.`];
}

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
