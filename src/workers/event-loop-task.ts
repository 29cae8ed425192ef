import { writeSync } from 'node:fs';
import { Session } from 'node:inspector';
import { readUnderWay, type UnderWayMemory } from '../core/under-way.ts';
import type { Call } from './worker-messages.ts';

/** What the watching worker is given. */
export interface WatchRequest {
  /** Raised by the main thread many times a second. */
  readonly beats: Int32Array;
  /** Where the main thread notes what is under way. */
  readonly underWay: UnderWayMemory;
  /** A block is reported from this length on, ms. */
  readonly minBlockMs: number;
  /** From this length on a block is written down while it lasts, ms: it may never end, and then nothing else would say so. */
  readonly stuckMs: number;
}

/** A time in which the main thread did not answer. */
export interface Block {
  readonly ms: number;
  /** What it did, innermost first, such as `classify (sentiment/headline-classifier.js:58)`; empty where it did not say in time. */
  readonly stack: readonly string[];
  /** Commands and jobs that had begun and not ended, the newest first: one of them blocked, most likely. */
  readonly underWay: readonly string[];
}

const TICK_MS = 50;
/** Asking for the stack stops the main thread for a moment. */
const STACKS_PER_HOUR = 20;
const MAX_FRAMES = 8;

/** The worker's task: notices when the main thread stops beating, asks it for its stack, and reports the block when it has ended. */
export const task = (_setup: null) => ({
  watch({ beats, underWay, minBlockMs, stuckMs }: WatchRequest, call: Call<Block>): Promise<void> {
    let beat = -1;
    let sinceMs = performance.now();
    let tickMs = sinceMs;
    let asked: { stack: readonly string[]; readonly underWay: readonly string[] } | null = null;
    let wroteStuck = false;
    const stacksMs: number[] = [];
    setInterval(() => {
      const nowMs = performance.now();
      // A machine that gave this thread no time either gave the main thread none: nothing was blocked.
      if (nowMs - tickMs > minBlockMs / 2) sinceMs += nowMs - tickMs;
      tickMs = nowMs;
      const latest = Atomics.load(beats, 0);
      const blockedMs = nowMs - sinceMs;
      if (latest !== beat) {
        if (blockedMs >= minBlockMs)
          call.report({ ms: Math.round(blockedMs), stack: asked?.stack ?? [], underWay: asked?.underWay ?? [] });
        beat = latest;
        sinceMs = nowMs;
        asked = null;
        wroteStuck = false;
        return;
      }
      if (blockedMs >= minBlockMs && !asked) {
        asked = { stack: [], underWay: readUnderWay(underWay) };
        while (stacksMs[0] !== undefined && stacksMs[0] < nowMs - 3_600_000) stacksMs.shift();
        if (stacksMs.length < STACKS_PER_HOUR) {
          stacksMs.push(nowMs);
          askForStack(asked);
        }
      }
      if (blockedMs >= stuckMs && !wroteStuck) {
        wroteStuck = true;
        writeStuck(call.clock(), {
          ms: Math.round(blockedMs),
          stack: asked?.stack ?? [],
          underWay: readUnderWay(underWay),
        });
      }
    }, TICK_MS);
    return new Promise(() => {});
  },
});

/** Stops the main thread at its next statement, notes where that is, and lets it go on. */
function askForStack(into: { stack: readonly string[] }): void {
  const session = new Session();
  const files = new Map<string, string>();
  try {
    session.connectToMainThread();
    session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => files.set(scriptId, url));
    session.on('Debugger.paused', ({ params }) => {
      into.stack = params.callFrames.slice(0, MAX_FRAMES).map(({ functionName, location }) => {
        const file = shortPath(files.get(location.scriptId) ?? '');
        return `${functionName || 'anonymous'} (${file}:${location.lineNumber + 1})`;
      });
      session.post('Debugger.resume', () => session.disconnect());
    });
    session.post('Debugger.enable');
    session.post('Debugger.pause');
  } catch {
    // Somebody debugs the program, or Node was built without an inspector: the block is reported without its stack.
  }
}

/** From the folder of the program on, which is all that helps; the machine's own folders stay out of the log. */
function shortPath(url: string): string {
  const parts = url.split('/');
  const root = Math.max(parts.lastIndexOf('dist'), parts.lastIndexOf('node_modules'));
  return parts
    .slice(root < 0 ? -1 : root + 1)
    .join('/')
    .slice(0, 100);
}

/** A line of the log, written past the main thread, which would have to write it otherwise. */
function writeStuck(timeMs: number, { ms: blockedMs, stack, underWay }: Block): void {
  const msg = 'the main thread is blocked and does not answer';
  writeSync(2, `${JSON.stringify({ level: 50, time: timeMs, blockedMs, stack, underWay, msg })}\n`);
}
