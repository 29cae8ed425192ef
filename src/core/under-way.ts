import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from './time.ts';

/** What a piece of work was started by: an interaction, or a run of a job. */
export interface Scope {
  /** Stands in every line that is logged on the way. */
  readonly facts: { readonly request: string } | { readonly run: string };
  /** How long at least one chart was being drawn for it, ms by the scope's clock. */
  drawnMs(): number;
}

interface OpenScope extends Scope {
  beginDrawing(): void;
  endDrawing(): void;
}

const scopes = new AsyncLocalStorage<OpenScope>();

/** Crockford's base 32: no I, L, O or U, which are misread. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const ID_LENGTH = 8;

/** A short id to find lines of the log by; `random` is uniform in [0, 1). */
export function newScopeId(random: () => number): string {
  return Array.from({ length: ID_LENGTH }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join('');
}

/** Runs work, and everything that it waits for, under an id. */
export function inScope<T>(facts: Scope['facts'], now: Clock, work: (scope: Scope) => Promise<T>): Promise<T> {
  let drawing = 0;
  let sinceMs = 0;
  let drawnMs = 0;
  const scope: OpenScope = {
    facts,
    drawnMs: () => drawnMs + (drawing > 0 ? now() - sinceMs : 0),
    beginDrawing() {
      if (drawing++ === 0) sinceMs = now();
    },
    endDrawing() {
      if (--drawing === 0) drawnMs += now() - sinceMs;
    },
  };
  return scopes.run(scope, () => work(scope));
}

/** The id of the work that is under way here, for the log; empty outside of all scopes. */
export function scopeFacts(): Scope['facts'] | Readonly<Record<string, never>> {
  return scopes.getStore()?.facts ?? {};
}

/** Runs work that draws; its time counts as that of its scope. */
export async function whileDrawing<T>(work: () => Promise<T>): Promise<T> {
  const scope = scopes.getStore();
  scope?.beginDrawing();
  try {
    return await work();
  } finally {
    scope?.endDrawing();
  }
}

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
