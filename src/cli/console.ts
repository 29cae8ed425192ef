import type { App } from '../app/app.ts';
import { COMMANDS, OWNER_COMMANDS } from '../commands/registry.ts';
import { type ExitCode, runOnce } from '../console/terminal.ts';
import { commandOptions, filled, flag, option } from './options.ts';

/** The options of `npm run console`. */
export const OPTIONS = commandOptions(
  'console',
  {
    json: flag('prints the reply as JSON'),
    out: option('DIR', 'writes the files of the reply into that folder', filled.optional()),
  },
  '"/forecast symbol:BTC horizon:1d"',
);

/** What `npm run console` is started with. */
export interface ConsoleCommand {
  readonly args: readonly string[];
  /** Builds the bot that answers; called once the options are right. */
  readonly build: () => Promise<App>;
  readonly out: NodeJS.WritableStream;
  readonly errors: NodeJS.WritableStream;
}

/** Runs one slash command as a person would type it; see `runOnce`. Throws `CC_USAGE`. */
export async function runConsole({ args, build, out, errors }: ConsoleCommand): Promise<ExitCode> {
  const { values, positionals } = OPTIONS.read(args);
  if (positionals.length === 0) throw OPTIONS.wrong('There is no command to run.');
  const app = await build();
  try {
    return await runOnce(positionals.join(' '), {
      context: app.context,
      commands: [...COMMANDS, ...OWNER_COMMANDS],
      json: values.json,
      outDir: values.out ?? null,
      write: (text) => out.write(text),
      writeError: (text) => errors.write(text),
    });
  } finally {
    await app.close();
  }
}
