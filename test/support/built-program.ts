import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** The built program while it runs. */
export interface BuiltProgram {
  readonly pid: number;
  /** Where it keeps its files. */
  readonly folder: string;
  output(): string;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  kill(signal: NodeJS.Signals): void;
  /** Closes the pipes that it writes its output and its log to. */
  stopReading(): void;
  /** Runs a slash command through the page; the whole answer as text. */
  ask(line: string): Promise<string>;
  remove(): void;
}

/** Starts the bot with its page, in a folder of its own or a given one; `before` is a command that starts it in its turn, such as one that limits it. */
export function startProgram(options: {
  readonly settings: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly folder?: string;
  readonly before?: readonly string[];
}): BuiltProgram {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'candlecast-program-'));
  const [command, ...args] = [
    ...(options.before ?? []),
    process.execPath,
    join(dist, 'main.js'),
    ...(options.args ?? []),
  ];
  const child = spawn(command!, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', CONSOLE_PORT: '0', ...options.settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal!));
  });
  return {
    pid: child.pid!,
    folder,
    output: () => output,
    ended,
    kill: (signal) => void child.kill(signal),
    stopReading: () => {
      for (const stream of [child.stdout, child.stderr]) stream.destroy();
    },
    async ask(line) {
      await expect.poll(() => output, { timeout: 60_000 }).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
      const response = await fetch(`${/http:\/\/127\.0\.0\.1:\d+/.exec(output)![0]}/api/commands`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ line }),
      });
      return response.text();
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
