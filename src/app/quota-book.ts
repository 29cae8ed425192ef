import { z } from 'zod';
import type { QuotaBook } from '../sources/sentiment/cryptopanic.ts';

const use = z.object({ month: z.string().regex(/^\d{4}-\d{2}$/), used: z.int().nonnegative(), lastMs: z.number() });

/** What of a key-value store the book needs; Keyv satisfies it. */
export interface SmallStore {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<unknown>;
}

/** Keeps count of the requests of one provider in a key-value store; what cannot be read counts as nothing used. */
export function createQuotaBook(store: SmallStore, key: string): QuotaBook {
  return {
    async read() {
      const kept = use.safeParse(await store.get(key));
      return kept.success ? kept.data : null;
    },
    async write(next) {
      await store.set(key, next);
    },
  };
}
