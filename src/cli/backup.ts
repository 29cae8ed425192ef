import type { Clock } from '../core/time.ts';
import { type BackupSummary, backUp, restore } from '../storage/backup.ts';
import { commandOptions, jsonTarget } from './options.ts';
import { writeReport } from './output-files.ts';
import type { ProgressOutput } from './progress.ts';

/** What `npm run restore` is started with. */
export interface RestoreCommand {
  readonly args: readonly string[];
  /** `DATABASE_URL`. */
  readonly databaseUrl: string;
  readonly out: ProgressOutput;
}

/** What `npm run backup` is started with. */
export interface BackupCommand extends RestoreCommand {
  readonly version: string;
  readonly now: Clock;
}

/** The options of `npm run backup`. */
export const OPTIONS = commandOptions('backup', { json: jsonTarget }, 'FILE');
/** The options of `npm run restore`. */
export const RESTORE_OPTIONS = commandOptions('restore', { json: jsonTarget }, 'FILE');

/** Copies the database into a file, also while the bot runs. Throws `CC_USAGE`, `CC_FILE`, `CC_DATABASE`. */
export async function runBackup({ args, databaseUrl, version, now, out }: BackupCommand): Promise<void> {
  const { file, json } = read(OPTIONS, args);
  const done = await backUp(databaseUrl, file, { version, now });
  await writeReport(json, done, `${file} holds ${contents(done)} of ${done.database}.\n${ledgerLine(done)}`, out);
}

/** Brings a backup back into an empty database. Throws `CC_USAGE`, `CC_FILE`, `CC_BACKUP`, `CC_DATABASE`. */
export async function runRestore({ args, databaseUrl, out }: RestoreCommand): Promise<void> {
  const { file, json } = read(RESTORE_OPTIONS, args);
  const done = await restore(databaseUrl, file);
  const when = new Date(done.atMs).toISOString().slice(0, 16).replace('T', ' ');
  const text = `${contents(done)} of ${when} UTC are in ${done.database}, and were counted there.\n${ledgerLine(done)}`;
  await writeReport(json, done, text, out);
}

function read(options: typeof OPTIONS, args: readonly string[]): { file: string; json: string | undefined } {
  const { values, positionals } = options.read(args);
  const [file, ...rest] = positionals;
  if (file === undefined || file === '' || rest.length > 0) throw options.wrong('Name one file.');
  return { file, json: values.json };
}

const contents = ({ rows, tables }: BackupSummary) => `${rows.toLocaleString('en')} rows in ${tables} tables`;

function ledgerLine({ ledger }: BackupSummary): string {
  if (ledger === null || (ledger.rows === 0 && ledger.problem === null)) return 'The ledger is empty.';
  return ledger.problem === null
    ? `Its ledger has ${ledger.rows.toLocaleString('en')} rows in an unbroken chain; the last hash is ${ledger.head}.`
    : `Its ledger was broken before the backup was made: ${ledger.problem}`;
}
