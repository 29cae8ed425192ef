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
