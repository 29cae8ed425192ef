import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/core/random.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import { BEGIN_MS, HISTORY, openPast, openRow } from '../../support/paper-history.ts';
import { paperService } from '../../support/paper-service.ts';
import { sampleSubscription } from '../../support/subscriptions.ts';

const LAST = HISTORY.first + 240;
/** About as many kills until everything is stepped. */
const PIECES = 16;
const folder = mkdtempSync(join(tmpdir(), 'candlecast-paper-kill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string) => join(folder, `${name}.db`);
const clock = { nowMs: BEGIN_MS };

/** Starts a process that steps what there is to step; with `killAfter`, it is killed as soon as it was seen to touch the portfolios so often. */
async function stepElsewhere(
  name: string,
  killAfter?: number,
): Promise<{ readonly code: number | null; readonly touched: number }> {
  const script = fileURLToPath(new URL('../../support/paper-process.mjs', import.meta.url));
  const child = spawn(
    process.execPath,
    [script, JSON.stringify({ databaseUrl: `sqlite:${path(name)}`, nowMs: clock.nowMs })],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let touched = 0;
  child.stdout.on('data', (said: Buffer) => {
    touched += said.length;
    if (killAfter !== undefined && touched >= killAfter) child.kill('SIGKILL');
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, touched };
}

/** Everything that is written about the portfolios of a database, and what is queued for their servers. */
async function contents(name: string) {
  const storage = await openStorage(`sqlite:${path(name)}`, { now: () => clock.nowMs });
  const portfolios = await storage.paper.active();
  const kinds = ['start', 'fill', 'trip', 'mark'] as const;
  const found = [];
  for (const { id, markedMs } of portfolios) {
    const events = [];
    for (const kind of kinds) events.push(...(await storage.paper.events(id, kind, 10_000)));
    found.push({
      id,
      markedMs,
      events,
      accounts: await storage.paper.accounts(id),
      unannounced: await storage.paper.unannounced(id),
    });
  }
  const posts = await storage.posts.recent('sub00001', 1_000);
  const verdict = await storage.paper.verify();
  await storage.close();
  return { found, posts, verdict };
}

describe('paper portfolios of a program that was away for months', () => {
  let whole: Awaited<ReturnType<typeof contents>>;
  /** How often the portfolios are read and written on the way. */
  let touches: number;
  beforeAll(async () => {
    const storage = await openStorage(`sqlite:${path('before')}`, { now: () => clock.nowMs });
    await openPast(storage);
    for (const guildId of ['a', 'b']) {
      clock.nowMs++;
      const wish = { guildId, userId: 'u', symbols: ['BTC', 'ETH'], rule: 'pup-threshold-short', horizon: '1d' };
      await paperService(storage, clock, { health: async () => null }).start(wish);
    }
    await storage.subscriptions.insert(sampleSubscription({ guildId: 'a' }), 5);
    for (let row = HISTORY.first; row <= LAST; row++) await openRow(storage, row, clock);
    await storage.close();
    for (const name of ['whole', 'killed', 'two']) cpSync(path('before'), path(name));
    const stepped = await stepElsewhere('whole');
    expect(stepped.code).toBe(0);
    touches = stepped.touched;
    whole = await contents('whole');
    expect(whole.verdict.problem).toBeNull();
    expect(whole.found.map(({ events }) => events.filter(({ body }) => body.kind === 'mark').length)).toEqual([
      240, 240,
    ]);
    expect(whole.posts.length).toBeGreaterThan(3);
  }, 180_000);

  it('come out the same when the program is killed at any moment, again and again', async () => {
    const random = seededRandom(7);
    let kills = 0;
    // In pieces by what is done, not by time, so that it takes about as many on every machine; the last one ends by itself.
    while ((await stepElsewhere('killed', 1 + (touches / PIECES) * 2 * random())).code !== 0) kills++;
    expect(kills).toBeGreaterThan(PIECES / 4);
    const after = await contents('killed');
    expect(after).toEqual(whole);
  }, 300_000);

  it('come out the same when two processes step them at once', async () => {
    const both = await Promise.all([stepElsewhere('two'), stepElsewhere('two')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    // Whoever loses the race leaves the rest to the winner, so between them nothing is left.
    expect((await stepElsewhere('two')).code).toBe(0);
    expect(await contents('two')).toEqual(whole);
  }, 180_000);
});
