import { type Kysely, sql } from 'kysely';
import type { Guard } from './connection.ts';
import type { Database, DatabaseKind } from './schema.ts';

/** The result of adding coins to a list. */
export interface WatchAddition {
  readonly added: readonly string[];
  /** Coins that found no room. */
  readonly leftOut: readonly string[];
}

/** The coins that people watch. Methods throw `CC_DATABASE`. */
export interface WatchRepository {
  /** A person's coins in the order in which they were added. */
  list(userId: string): Promise<readonly string[]>;
  /** Adds coins at the end, those that are not there yet and as many as fit under `most`, also when several processes add at once. */
  add(userId: string, symbols: readonly string[], most: number, atMs: number): Promise<WatchAddition>;
  /** Removes coins; returns those that were there. */
  remove(userId: string, symbols: readonly string[]): Promise<readonly string[]>;
}

/** Makes the repository. */
export function createWatchRepository(db: Kysely<Database>, kind: DatabaseKind, guard: Guard): WatchRepository {
  const listOf = async (from: Kysely<Database>, userId: string) =>
    from
      .selectFrom('watches')
      .select(['symbol', 'place'])
      .where('user_id', '=', userId)
      .orderBy('place')
      .orderBy('symbol')
      .execute();

  return {
    list: (userId) =>
      guard('read watch lists from', async () => (await listOf(db, userId)).map(({ symbol }) => symbol)),

    add: (userId, symbols, most, atMs) =>
      guard('store a watch list in', () =>
        db.transaction().execute(async (transaction) => {
          // Two additions at once would both find room. SQLite has one writer at a time anyway.
          if (kind === 'postgres') {
            await sql`select pg_advisory_xact_lock(hashtextextended(${`watches ${userId}`}, 0))`.execute(transaction);
          }
          const before = await listOf(transaction, userId);
          const known = new Set(before.map(({ symbol }) => symbol));
          const fresh = [...new Set(symbols)].filter((symbol) => !known.has(symbol));
          const added = fresh.slice(0, Math.max(most - before.length, 0));
          const first = (before.at(-1)?.place ?? 0) + 1;
          const rows = added.map((symbol, i) => ({ user_id: userId, symbol, added_ms: atMs, place: first + i }));
          if (rows.length > 0) await transaction.insertInto('watches').values(rows).execute();
          return { added, leftOut: fresh.slice(added.length) };
        }),
      ),

    remove: (userId, symbols) =>
      guard('store a watch list in', async () => {
        if (symbols.length === 0) return [];
        const rows = await db
          .deleteFrom('watches')
          .where('user_id', '=', userId)
          .where('symbol', 'in', symbols)
          .returning('symbol')
          .execute();
        const removed = new Set(rows.map(({ symbol }) => symbol));
        return symbols.filter((symbol) => removed.has(symbol));
      }),
  };
}
