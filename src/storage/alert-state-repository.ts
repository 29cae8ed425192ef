import type { Kysely } from 'kysely';
import { cachedReading, type Guard, inChunks, NO_STAMP, type TableStamp } from './connection.ts';
import { insertPosts, type NewPost } from './post-repository.ts';
import type { Database, DatabaseKind } from './schema.ts';

/** Alert states of subscriptions, by coin. Methods throw `CC_DATABASE`. */
export interface AlertStateRepository {
  all(): Promise<readonly AlertStateEntry[]>;
  /** Stores states and queues their posts in one transaction; those of a subscription that is gone are left out. */
  save(entries: readonly AlertStateEntry[], posts: readonly NewPost[]): Promise<void>;
}

/** The state of one coin's alerts, as text of the service. */
export interface AlertStateEntry {
  readonly subscriptionId: string;
  readonly symbol: string;
  readonly state: string;
}

/** States kept in memory between two checks, about 400 bytes each; more are read at every check. */
const MAX_KEPT = 2_000;

/** Makes the repository of alert states. */
export function createAlertStateRepository(
  db: Kysely<Database>,
  kind: DatabaseKind,
  guard: Guard,
  stamp: TableStamp = NO_STAMP,
): AlertStateRepository {
  const all = cachedReading(
    () => stamp('alert_states'),
    () =>
      guard('read alerts from', async () => {
        const rows = await db.selectFrom('alert_states').selectAll().execute();
        return rows.map((row) => ({ subscriptionId: row.subscription_id, symbol: row.symbol, state: row.state }));
      }),
    (entries) => entries.length <= MAX_KEPT,
  );

  /** Those of the subscriptions that are there; none of them can be deleted before the transaction ends. */
  async function present(transaction: Kysely<Database>, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    await inChunks(
      [...new Set(ids)].sort().map((id) => ({ id })),
      async (chunk) => {
        const wanted = chunk.map(({ id }) => id);
        let rows = transaction.selectFrom('subscriptions').select('id').where('id', 'in', wanted).orderBy('id');
        // SQLite has one writer at a time anyway.
        if (kind === 'postgres') rows = rows.forKeyShare();
        for (const { id } of await rows.execute()) found.add(id);
        return chunk.length;
      },
    );
    return found;
  }

  return {
    all,

    save: (entries, posts) =>
      guard('write alerts to', () =>
        db.transaction().execute(async (transaction) => {
          const known = await present(
            transaction,
            [...entries, ...posts].map(({ subscriptionId }) => subscriptionId),
          );
          const rows = entries
            .filter(({ subscriptionId }) => known.has(subscriptionId))
            .map(({ subscriptionId, symbol, state }) => ({ subscription_id: subscriptionId, symbol, state }));
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
          await insertPosts(
            transaction,
            posts.filter(({ subscriptionId }) => known.has(subscriptionId)),
          );
        }),
      ),
  };
}
