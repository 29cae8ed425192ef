import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Memory of one thread, in bytes. */
export interface HeldMemory {
  /** Objects in its heap. */
  readonly heapBytes: number;
  /** The heap with the room that V8 keeps for more objects. */
  readonly heapTotalBytes: number;
  /** Buffers outside the heap. */
  readonly externalBytes: number;
}

/** Collects the garbage of the calling thread, so that only what it holds counts, and measures. It stops the thread for some 100 ms. */
export function heldMemory(): HeldMemory {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, heapTotal, external } = process.memoryUsage();
  return { heapBytes: heapUsed, heapTotalBytes: heapTotal, externalBytes: external };
}
