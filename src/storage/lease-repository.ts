import type { Kysely } from 'kysely';
import { CLOCK_TOLERANCE_MS } from '../core/time.ts';
import type { Guard } from './connection.ts';
import type { Database } from './schema.ts';

/** Leases on work that one process does at a time, such as publishing. Methods throw `CC_DATABASE`. */
export interface LeaseRepository {
  /**
   * Takes a lease, or extends one that `owner` holds, until `untilMs`; false while another process holds it. A lease that would still last
   * longer than the one asked for was set by a wrong clock, and is taken.
   */
  acquire(name: string, owner: string, nowMs: number, untilMs: number): Promise<boolean>;
  /** Ends a lease that `owner` holds; does nothing to another owner's. */
  release(name: string, owner: string): Promise<void>;
}

/** Makes the repository. A lease is a row of the table `turns` until it is released or another process takes it after its end. */
export function createLeaseRepository(db: Kysely<Database>, guard: Guard): LeaseRepository {
  return {
    acquire: (name, owner, nowMs, untilMs) =>
      guard('take a lease in', async () => {
        const result = await db
          .insertInto('turns')
          .values({ name, owner, until_ms: untilMs })
          .onConflict((conflict) =>
            conflict
              .column('name')
              .doUpdateSet({ owner, until_ms: untilMs })
              .where((row) =>
                row.or([
                  row('turns.owner', '=', owner),
                  row('turns.until_ms', '<=', nowMs),
                  row('turns.until_ms', '>', untilMs + CLOCK_TOLERANCE_MS),
                ]),
              ),
          )
          .executeTakeFirst();
        return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
      }),

    release: (name, owner) =>
      guard('release a lease in', async () => {
        await db.deleteFrom('turns').where('name', '=', name).where('owner', '=', owner).execute();
      }),
  };
}
