import type { Kysely } from 'kysely';
import { type Guard, inChunks } from './connection.ts';
import { insertPosts, type NewPost } from './post-repository.ts';
import type { Database } from './schema.ts';

/** Alert states of subscriptions, by coin. Methods throw `CC_DATABASE`. */
export interface AlertStateRepository {
  all(): Promise<readonly AlertStateEntry[]>;
  /** Stores states and queues their posts in one transaction. */
  save(entries: readonly AlertStateEntry[], posts: readonly NewPost[]): Promise<void>;
}

/** The state of one coin's alerts, as text of the service. */
export interface AlertStateEntry {
  readonly subscriptionId: string;
  readonly symbol: string;
  readonly state: string;
}

/** Makes the repository of alert states. */
export function createAlertStateRepository(db: Kysely<Database>, guard: Guard): AlertStateRepository {
  return {
    all: () =>
      guard('read alerts from', async () => {
        const rows = await db.selectFrom('alert_states').selectAll().execute();
        return rows.map((row) => ({ subscriptionId: row.subscription_id, symbol: row.symbol, state: row.state }));
      }),

    save: (entries, posts) =>
      guard('write alerts to', () =>
        db.transaction().execute(async (transaction) => {
          const rows = entries.map(({ subscriptionId, symbol, state }) => ({
            subscription_id: subscriptionId,
            symbol,
            state,
          }));
          await inChunks(rows, async (chunk) => {
            await transaction
              .insertInto('alert_states')
              .values(chunk)
              .onConflict((conflict) =>
                conflict
                  .columns(['subscription_id', 'symbol'])
                  .doUpdateSet((update) => ({ state: update.ref('excluded.state') })),
              )
              .execute();
            return chunk.length;
          });
          await insertPosts(transaction, posts);
        }),
      ),
  };
}
