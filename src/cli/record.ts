import type { Config } from '../config.ts';
import { CandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Clock } from '../core/time.ts';
import type { ProgressOutput } from './progress.ts';

/** What `npm run record` is started with, and what each of its actions gets. */
export interface RecordCommand {
  /** The action, then what follows it. */
  readonly args: readonly string[];
  readonly config: Config;
  readonly logger: Logger;
  readonly version: string;
  readonly now: Clock;
  readonly out: ProgressOutput;
  readonly progress: ProgressOutput;
  readonly signal: AbortSignal;
}

/** An action of `npm run record`, each in a file of its own. `OPTIONS` shows the action as its first positional argument. */
interface RecordAction {
  readonly OPTIONS: { readonly usage: string; help(): string };
  /** Returns the exit code: 0, or 1 where the record is wrong. */
  readonly run: (command: RecordCommand) => Promise<number>;
}

/** The actions by name; a module is loaded when it is called. */
const ACTIONS: Readonly<Record<string, () => Promise<RecordAction>>> = {
  verify: () => import('./record-verify.ts'),
  export: () => import('./record-export.ts'),
  page: () => import('./record-page.ts'),
};

/** Runs an action on the record of the configured database. Throws `CC_USAGE`, and as the action does. */
export async function runRecord(command: RecordCommand): Promise<number> {
  const [name = ''] = command.args;
  const load = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (!load) {
    const message =
      name === '' ? 'Say what to do with the record.' : `There is nothing called "${name}" to do with the record.`;
    const usages = await Promise.all(Object.values(ACTIONS).map(async (one) => (await one()).OPTIONS.usage));
    throw new CandlecastError('CC_USAGE', message, { remedy: `Usage: ${usages.join(' or ')}` });
  }
  return (await load()).run(command);
}

/** What `npm run record -- --help` shows: every action with its options. */
export async function recordHelp(): Promise<string> {
  return (await Promise.all(Object.values(ACTIONS).map(async (load) => (await load()).OPTIONS.help()))).join('\n');
}
