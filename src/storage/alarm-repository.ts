import type { Kysely } from 'kysely';
import type { Guard } from './connection.ts';
import { insertPosts, type NewPost } from './post-repository.ts';
import type { Database } from './schema.ts';

/** What the owners were told is wrong. */
export interface Alarm {
  /** What it is about, such as `source kraken`. */
  readonly name: string;
  /** The worst level that they were told of. */
  readonly level: number;
  readonly sinceMs: number;
  /** Since when it has been fine at every check; null while it is not. */
  readonly clearSinceMs: number | null;
}

/** One alarm as it was read and as it should be; null where there is none. */
export interface AlarmChange {
  readonly name: string;
  readonly before: Alarm | null;
  readonly after: Alarm | null;
}

/** Alarms that were raised and are not over. Methods throw `CC_DATABASE`. */
export interface AlarmRepository {
  all(): Promise<readonly Alarm[]>;
  /**
   * Makes each change whose alarm is still as it was read, and queues the posts that `postsFor` makes of those, in one transaction: of two processes
   * that have seen the same, one tells of it.
   */
  apply(
    changes: readonly AlarmChange[],
    postsFor: (made: readonly AlarmChange[]) => readonly NewPost[],
  ): Promise<readonly AlarmChange[]>;
}

/** Makes the repository of alarms. */
export function createAlarmRepository(db: Kysely<Database>, guard: Guard): AlarmRepository {
  /** Whether a change could be made. */
  async function make(transaction: Kysely<Database>, { name, before, after }: AlarmChange): Promise<boolean> {
    if (before === null) {
      if (after === null) return false;
      const result = await transaction
        .insertInto('alarms')
        .values({ name, level: after.level, since_ms: after.sinceMs, clear_since_ms: after.clearSinceMs })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
    }
    const { clearSinceMs } = before;
    if (after === null) {
      const result = await transaction
        .deleteFrom('alarms')
        .where('name', '=', name)
        .where('level', '=', before.level)
        .where('clear_since_ms', clearSinceMs === null ? 'is' : '=', clearSinceMs)
        .executeTakeFirst();
      return result.numDeletedRows > 0n;
    }
    const result = await transaction
      .updateTable('alarms')
      .set({ level: after.level, clear_since_ms: after.clearSinceMs })
      .where('name', '=', name)
      .where('level', '=', before.level)
      .where('clear_since_ms', clearSinceMs === null ? 'is' : '=', clearSinceMs)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  return {
    all: () =>
      guard('read alarms from', async () => {
        const rows = await db.selectFrom('alarms').selectAll().orderBy('name').execute();
        return rows.map((row) => ({
          name: row.name,
          level: row.level,
          sinceMs: row.since_ms,
          clearSinceMs: row.clear_since_ms,
        }));
      }),

    apply: (changes, postsFor) =>
      guard('write alarms to', () =>
        db.transaction().execute(async (transaction) => {
          const made: AlarmChange[] = [];
          // In one order, so that two processes wait for each other instead of for ever.
          for (const change of [...changes].sort((a, b) => (a.name < b.name ? -1 : 1)))
            if (await make(transaction, change)) made.push(change);
          await insertPosts(transaction, postsFor(made));
          return made;
        }),
      ),
  };
}
