import { migrateDatabase } from '../storage/open-storage.ts';
import { commandOptions } from './options.ts';
import type { ProgressOutput } from './progress.ts';

/** What `npm run migrate` is started with. */
export interface MigrateCommand {
  readonly args: readonly string[];
  /** `DATABASE_URL`. */
  readonly databaseUrl: string;
  readonly out: ProgressOutput;
}

/** The options of `npm run migrate`: none. */
export const OPTIONS = commandOptions('migrate', {});

/**
 * Brings the database's schema up to date and ends: a step of its own before new processes start. Every process would do it at its start, too.
 * Throws `CC_USAGE`, `CC_CONFIG_INVALID`, `CC_DATABASE`.
 */
export async function runMigrate({ args, databaseUrl, out }: MigrateCommand): Promise<void> {
  OPTIONS.read(args);
  const ran = await migrateDatabase(databaseUrl);
  out.write(
    ran.length === 0 ? 'The database is up to date.\n' : `The database is up to date after ${ran.join(', ')}.\n`,
  );
}
