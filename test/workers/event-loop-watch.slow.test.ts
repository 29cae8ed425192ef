import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const UNDER_WAY = new URL('../../dist/core/under-way.js', import.meta.url).href;
const WATCH = new URL('../../dist/workers/event-loop-watch.js', import.meta.url).href;

/** Runs a program of its own that is watched, because a stack is asked of a process's main thread. */
async function watched(
  body: string,
): Promise<{ readonly out: string; readonly err: string; readonly code: number | null }> {
  const file = join(tmpdir(), `candlecast-watch-${process.pid}-${body.length}.mjs`);
  await writeFile(
    file,
    `import { setTimeout as sleep } from 'node:timers/promises';
    import { watchEventLoop } from ${JSON.stringify(WATCH)};
    import { underWay } from ${JSON.stringify(UNDER_WAY)};
    const lines = [];
    const note = (facts, message) => lines.push({ ...facts, message });
    const logger = { debug() {}, info() {}, warn: note, error: note };
    const watch = watchEventLoop({ now: () => Date.UTC(2026, 0, 1), logger, minBlockMs: 300, stuckMs: 900 });
    const until = async (done) => { while (!done()) await sleep(20); };
    let gapMs = 0;
    ${body}
    process.stdout.write(JSON.stringify({ lines, longest: watch.longestToday(), gapMs }));
    await watch.close();`,
  );
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.stderr.on('data', (chunk) => (err += String(chunk)));
    child.on('close', (code) => resolve({ out, err, code }));
  });
}

describe('the watch over the main thread', () => {
  it('logs what blocked it and for how long, and remembers the longest of the day', async () => {
    const { out, err, code } = await watched(`
      function countSlowly() { const endMs = performance.now() + 2000; let n = 0; while (performance.now() < endMs) n++; return n; }
      void underWay('job publish', () => new Promise(() => {}));
      await underWay('/help', async () => {});
      await sleep(1000);
      // The worker may not be there yet on a busy machine, or only for a part of it.
      while (!lines.some(({ blockedMs, stack }) => blockedMs > 1500 && stack.some((frame) => frame.startsWith('countSlowly')))) {
        await underWay('/forecast', async () => void countSlowly());
        await sleep(200);
      }`);
    expect(code, err).toBe(0);
    const { lines, longest } = JSON.parse(out) as {
      lines: { message: string; blockedMs: number; stack: string[] }[];
      longest: unknown;
    };
    const [line] = lines.toSorted((a, b) => b.blockedMs - a.blockedMs);
    expect(line).toMatchObject({
      message: 'the main thread was blocked',
      stack: expect.arrayContaining([expect.stringMatching(/^countSlowly \(.+:\d+\)$/)]),
      underWay: ['/forecast', 'job publish'],
    });
    expect(Math.min(...lines.map(({ blockedMs }) => blockedMs))).toBeGreaterThanOrEqual(300);
    expect(longest).toMatchObject({ ms: line!.blockedMs, where: line!.stack[0], during: ['/forecast', 'job publish'] });
    // While it lasted, past the main thread.
    const stuck = JSON.parse(err.trim().split('\n')[0]!);
    expect(stuck.underWay).toEqual(['/forecast', 'job publish']);
    expect(stuck).toMatchObject({ level: 50, msg: 'the main thread is blocked and does not answer' });
  });

  it('says nothing of a main thread that answers, and ends with it', async () => {
    const { out, err, code } = await watched(`
      // On a busy machine it may really have stood still for a while.
      let beatMs = performance.now();
      const beat = () => { const now = performance.now(); gapMs = Math.max(gapMs, now - beatMs); beatMs = now; };
      const beats = setInterval(beat, 20);
      await sleep(1500);
      clearInterval(beats);
      beat();`);
    expect(code, err).toBe(0);
    const { lines, longest, gapMs } = JSON.parse(out) as {
      lines: { blockedMs: number }[];
      longest: unknown;
      gapMs: number;
    };
    expect(lines.filter(({ blockedMs }) => blockedMs > gapMs + 200)).toEqual([]);
    expect(longest === null).toBe(lines.length === 0);
    if (gapMs < 700) expect(err).toBe('');
  });
});
