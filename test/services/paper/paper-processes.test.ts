import { spawn } from 'node:child_process';
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
const folder = mkdtempSync(join(tmpdir(), 'candlecast-paper-kill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string) => join(folder, `${name}.db`);
const clock = { nowMs: BEGIN_MS };

/** Starts a process that steps what there is to step; killed after `killAfterMs` of work where that is given. */
function stepElsewhere(name: string, killAfterMs?: number): Promise<number | null> {
  const script = fileURLToPath(new URL('../../support/paper-process.mjs', import.meta.url));
  const child = spawn(
    process.execPath,
    [script, JSON.stringify({ databaseUrl: `sqlite:${path(name)}`, nowMs: clock.nowMs })],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  child.stdout.once('data', () => {
    if (killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  });
  return new Promise((resolve) => child.once('exit', resolve));
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
    expect(await stepElsewhere('whole')).toBe(0);
    whole = await contents('whole');
    expect(whole.verdict.problem).toBeNull();
    expect(whole.found.map(({ events }) => events.filter(({ body }) => body.kind === 'mark').length)).toEqual([
      240, 240,
    ]);
    expect(whole.posts.length).toBeGreaterThan(3);
  }, 60_000);

  it('come out the same when the program is killed at any moment, again and again', async () => {
    const random = seededRandom(7);
    let kills = 0;
    // A minute's work in pieces; the last one may end by itself.
    while ((await stepElsewhere('killed', 20 + 300 * random())) !== 0) kills++;
    expect(kills).toBeGreaterThan(2);
    const after = await contents('killed');
    expect(after).toEqual(whole);
  }, 300_000);

  it('come out the same when two processes step them at once', async () => {
    expect(await Promise.all([stepElsewhere('two'), stepElsewhere('two')])).toEqual([0, 0]);
    // Whoever loses the race leaves the rest to the winner, so between them nothing is left.
    expect(await stepElsewhere('two')).toBe(0);
    expect(await contents('two')).toEqual(whole);
  }, 60_000);
});
