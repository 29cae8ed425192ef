import type { Kysely } from 'kysely';
import type { Guard } from './database-error.ts';
import type { TurnRepository } from './publishing-repositories.ts';
import type { Database } from './schema.ts';

/** Keeps turns: who has one keeps it until it ends or is released, and everybody else waits. */
export function createTurnRepository(db: Kysely<Database>, guard: Guard): TurnRepository {
  return {
    take: (name, owner, nowMs, untilMs) =>
      guard('take a turn in', () =>
        db.transaction().execute(async (transaction) => {
          const result = await transaction
            .insertInto('turns')
            .values({ name, owner, until_ms: untilMs })
            .onConflict((conflict) =>
              conflict
                .column('name')
                .doUpdateSet({ owner, until_ms: untilMs })
                .where((row) => row.or([row('turns.owner', '=', owner), row('turns.until_ms', '<=', nowMs)])),
            )
            .executeTakeFirst();
          return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
        }),
      ),

    release: (name, owner) =>
      guard('release a turn in', () =>
        db.transaction().execute(async (transaction) => {
          await transaction.deleteFrom('turns').where('name', '=', name).where('owner', '=', owner).execute();
        }),
      ),
  };
}
