import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';

const MOMENTS = 40;
const script = fileURLToPath(new URL('../support/claiming-process.mjs', import.meta.url));

it('three processes on one SQLite file run every moment of a job once, between them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'candlecast-processes-'));
  const databaseUrl = `sqlite:${join(folder, 'shared.db')}`;
  // The tables are there before anybody races for them.
  await (await openStorage(databaseUrl, { now: () => 0 })).close();
  const ran = await Promise.all(
    ['one', 'two', 'three'].map(async (owner) => {
      const told = JSON.stringify({ databaseUrl, owner, moments: MOMENTS });
      const { stdout } = await promisify(execFile)(process.execPath, [script, told]);
      return JSON.parse(stdout) as number[];
    }),
  );
  const all = ran.flat().sort((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: MOMENTS }, (_, i) => i + 1));
  await rm(folder, { recursive: true, force: true });
}, 180_000);
