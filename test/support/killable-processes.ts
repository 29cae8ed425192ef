import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { TOKEN } from '../discord/bot.ts';
import { LoopbackDiscord } from './discord/loopback-discord.ts';
import { APPLICATION_ID } from './discord/payloads.ts';

/** A database and a loopback Discord, with processes on them that a test kills. */
export interface KillableProcesses {
  readonly discord: LoopbackDiscord;
  readonly storage: Storage;
  /** Starts a process and waits until it begins its work; `options` are those of killed-process.mjs. */
  start(options?: object): Promise<{ readonly child: ChildProcess; readonly exit: Promise<unknown[]> }>;
  /** Ends everything; fails where Discord was asked more often than it allows. */
  close(): Promise<void>;
}

/** Opens them on an empty database, by default a file of SQLite; `entry` is a file of this folder over killed-process.mjs. */
export async function openKillableProcesses(entry: string, address?: string): Promise<KillableProcesses> {
  const now = () => Date.now();
  const file = fileURLToPath(new URL(entry, import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), 'candlecast-killed-'));
  const databaseUrl = address ?? `sqlite:${join(folder, 'one.db')}`;
  const discord = await LoopbackDiscord.start({ token: TOKEN, now });
  const storage = await openStorage(databaseUrl, { now });
  const children: ChildProcess[] = [];
  return {
    discord,
    storage,
    async start(options = {}) {
      const argument = { databaseUrl, apiUrl: discord.apiUrl, token: TOKEN, selfId: APPLICATION_ID, leaseMs: 1_000 };
      const owner = `process-${children.length}`;
      const child = spawn(process.execPath, [file, JSON.stringify({ ...argument, owner, ...options })], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      const exit = once(child, 'exit');
      await Promise.race([once(child.stdout!, 'data'), exit]);
      return { child, exit };
    },
    async close() {
      for (const child of children) child.kill('SIGKILL');
      await storage.close();
      await discord.close();
      await rm(folder, { recursive: true, force: true });
      expect(discord.rest.violations).toEqual([]);
    },
  };
}
