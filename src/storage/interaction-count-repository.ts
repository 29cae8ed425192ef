import type { Kysely } from 'kysely';
import { HOUR_MS } from '../core/time.ts';
import type { Guard } from './connection.ts';
import type { Database } from './schema.ts';

/** How many interactions were answered, and how many were not. */
export interface InteractionCounts {
  readonly answered: number;
  readonly failed: number;
}

/** Interactions of each hour, which all processes of the bot add to. Methods throw `CC_DATABASE`. */
export interface InteractionCountRepository {
  /** Adds to the hour of a moment. */
  add(atMs: number, counts: InteractionCounts): Promise<void>;
  /** The sums of the hours that begin after a moment. */
  since(ms: number): Promise<InteractionCounts>;
  /** Forgets hours that began before a moment; returns how many. */
  removeBefore(ms: number): Promise<number>;
}

/** Makes the repository. */
export function createInteractionCountRepository(db: Kysely<Database>, guard: Guard): InteractionCountRepository {
  return {
    add: (atMs, { answered, failed }) =>
      guard('count interactions in', async () => {
        await db
          .insertInto('interaction_counts')
          .values({ hour_ms: Math.floor(atMs / HOUR_MS) * HOUR_MS, answered, failed })
          .onConflict((conflict) =>
            conflict.column('hour_ms').doUpdateSet((row) => ({
              answered: row('interaction_counts.answered', '+', answered),
              failed: row('interaction_counts.failed', '+', failed),
            })),
          )
          .execute();
      }),

    since: (ms) =>
      guard('count interactions in', async () => {
        const sums = await db
          .selectFrom('interaction_counts')
          .select(({ fn }) => [fn.sum<number>('answered').as('answered'), fn.sum<number>('failed').as('failed')])
          .where('hour_ms', '>', ms)
          .executeTakeFirstOrThrow();
        return { answered: Number(sums.answered ?? 0), failed: Number(sums.failed ?? 0) };
      }),

    removeBefore: (ms) =>
      guard('clean up', async () => {
        const gone = await db.deleteFrom('interaction_counts').where('hour_ms', '<', ms).executeTakeFirst();
        return Number(gone.numDeletedRows);
      }),
  };
}
