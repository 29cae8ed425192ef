import { parseArgs } from 'node:util';
import type { App } from '../app/app.ts';
import { COMMANDS, OWNER_COMMANDS } from '../commands/registry.ts';
import { type ExitCode, runOnce } from '../console/terminal.ts';
import { understood, wrongUsage } from './options.ts';

const USAGE = 'npm run console -- "/forecast symbol:BTC horizon:1d" [--json] [--out DIR]';

/** What `npm run console` was called with; throws `CC_USAGE`. */
export function parseConsole(args: readonly string[]): {
  readonly line: string;
  readonly json: boolean;
  readonly outDir: string | null;
} {
  const wrong = wrongUsage(USAGE);
  const { values, positionals } = understood(() => read(args), wrong);
  if (positionals.length === 0) throw wrong('There is no command to run.');
  return { line: positionals.join(' '), json: values.json, outDir: values.out ?? null };
}

function read(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, out: { type: 'string' } },
  });
}

/** Runs one slash command as a person would type it; see `runOnce`. */
export function runConsole(app: App, call: ReturnType<typeof parseConsole>): Promise<ExitCode> {
  return runOnce(call.line, {
    context: app.context,
    commands: [...COMMANDS, ...OWNER_COMMANDS],
    json: call.json,
    outDir: call.outDir,
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
  });
}
