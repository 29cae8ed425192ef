/** Pieces of work that are noted at once; what begins while as many are under way is not. */
const SLOTS = 32;
/** Bytes of a slot: its number, four of them, and the label. */
const SLOT_BYTES = 64;
const LABEL_BYTES = SLOT_BYTES - 4;
/** Labels that are read, the newest first. */
const MAX_READ = 6;

/** Memory that another thread can read while this one is blocked. */
export type UnderWayMemory = SharedArrayBuffer;

const memory: UnderWayMemory = new SharedArrayBuffer(SLOTS * SLOT_BYTES);
const numbers = new Int32Array(memory);
const bytes = new Uint8Array(memory);
const free = Array.from({ length: SLOTS }, (_, slot) => slot);
const encoder = new TextEncoder();
let begun = 0;

/** The memory in which this thread notes what is under way, one for the process, as its title is. */
export const underWayMemory = (): UnderWayMemory => memory;

/**
 * Runs work that a person or the schedule has asked for, noting its label, such as `/forecast` or `publish`, for whoever watches this thread. Costs a
 * microsecond. The label must tell nothing about a person.
 */
export async function underWay<T>(label: string, work: () => Promise<T>): Promise<T> {
  const slot = free.pop();
  if (slot === undefined) return work();
  const at = slot * SLOT_BYTES;
  encoder.encodeInto(label, bytes.fill(0, at, at + SLOT_BYTES).subarray(at + 4, at + SLOT_BYTES));
  begun = (begun % 0x7fff_ffff) + 1;
  numbers[at / 4] = begun;
  try {
    return await work();
  } finally {
    numbers[at / 4] = 0;
    free.push(slot);
  }
}

/** What is under way in the thread that owns the memory, the newest first: that thread has begun it and not ended it. */
export function readUnderWay(of: UnderWayMemory): string[] {
  const numbersOf = new Int32Array(of);
  const found: { readonly number: number; readonly label: string }[] = [];
  for (let at = 0; at < SLOTS * SLOT_BYTES; at += SLOT_BYTES) {
    const number = numbersOf[at / 4]!;
    if (number === 0) continue;
    // A decoder does not read shared memory.
    const label = new TextDecoder().decode(new Uint8Array(of, at + 4, LABEL_BYTES).slice());
    found.push({ number, label: label.split('\0', 1)[0]! });
  }
  return found
    .sort((a, b) => b.number - a.number)
    .slice(0, MAX_READ)
    .map(({ label }) => label);
}
