import { migrateDatabase } from '../storage/open-storage.ts';
import { commandOptions, jsonTarget } from './options.ts';
import { writeReport } from './output-files.ts';
import type { ProgressOutput } from './progress.ts';

/** What `npm run migrate` is started with. */
export interface MigrateCommand {
  readonly args: readonly string[];
  /** `DATABASE_URL`. */
  readonly databaseUrl: string;
  readonly out: ProgressOutput;
}

/** The options of `npm run migrate`. */
export const OPTIONS = commandOptions('migrate', { json: jsonTarget });

/**
 * Brings the database's schema up to date and ends: a step of its own before new processes start. Every process would do it at its start, too.
 * Throws `CC_USAGE`, `CC_CONFIG_INVALID`, `CC_DATABASE`, `CC_FILE`.
 */
export async function runMigrate({ args, databaseUrl, out }: MigrateCommand): Promise<void> {
  const { json } = OPTIONS.read(args).values;
  const ran = await migrateDatabase(databaseUrl);
  const done = ran.length === 1 ? 'one migration' : `${ran.length} migrations`;
  const after = ran.length === 0 ? '' : ` after ${done}, the last of them ${ran.at(-1)}`;
  await writeReport(json, { ran }, `The database is up to date${after}.`, out);
}
