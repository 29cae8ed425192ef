import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const pools: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

describe('a worker process', () => {
  const isAlive = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it('gives way to its parent, and ends with it, however that ends', async () => {
    const script = fileURLToPath(new URL('./support/dying-parent.mjs', import.meta.url));
    const built = new URL('../../dist/workers/worker-pool.js', import.meta.url).href;
    const parent = spawn(process.execPath, [script, built], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(parent.stdout.setEncoding('utf8'), 'data')) as [string];
    const pid = Number(line);
    expect(isAlive(pid)).toBe(true);
    expect(getPriority(pid)).toBe(constants.priority.PRIORITY_LOW);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});
