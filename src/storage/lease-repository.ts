import { randomUUID } from 'node:crypto';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { CLOCK_TOLERANCE_MS, type Clock } from '../core/time.ts';
import type { Guard } from './connection.ts';
import type { Database, DatabaseKind } from './schema.ts';

/** Leases on work that one process does at a time, such as publishing. Methods throw `CC_DATABASE`. */
export interface LeaseRepository {
  /**
   * Takes a lease, or extends one that `owner` holds, until `untilMs`; false while another process holds it. A lease that would still last
   * longer than the one asked for was set by a wrong clock, and is taken.
   */
  acquire(name: string, owner: string, nowMs: number, untilMs: number): Promise<boolean>;
  /**
   * The same for `ms` from now on by the clock of the database, which all its processes have in common: for leases that are short beside what
   * the clocks of two machines differ by.
   */
  takeFor(name: string, owner: string, ms: number): Promise<boolean>;
  /** Whether somebody holds a lease; by the clock of the database where no moment is given. */
  isHeld(name: string, nowMs?: number): Promise<boolean>;
  /** Ends a lease that `owner` holds; does nothing to another owner's. */
  release(name: string, owner: string): Promise<void>;
  /** Forgets leases that ended before a moment; returns how many. */
  removeEnded(beforeMs: number): Promise<number>;
}

/** Makes the repository. A lease is a row of the table `turns` until it is released or another process takes it after its end. */
export function createLeaseRepository(
  db: Kysely<Database>,
  kind: DatabaseKind,
  guard: Guard,
  now: Clock,
): LeaseRepository {
  /** A file is used by processes of one machine. */
  const databaseNowMs = () =>
    kind === 'postgres'
      ? sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::bigint`
      : sql<number>`${Math.floor(now())}`;

  /** `wrongMs`: only a wrong clock would have set a later end. */
  const take = async (
    name: string,
    owner: string,
    nowMs: RawBuilder<number>,
    untilMs: RawBuilder<number>,
    wrongMs: RawBuilder<number>,
  ) => {
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
              row('turns.until_ms', '>', wrongMs),
            ]),
          ),
      )
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  };

  return {
    acquire: (name, owner, nowMs, untilMs) =>
      guard('take a lease in', () => {
        const [from, until, wrong] = [nowMs, untilMs, untilMs + CLOCK_TOLERANCE_MS].map((ms) => sql<number>`${ms}`);
        return take(name, owner, from!, until!, wrong!);
      }),

    takeFor: (name, owner, ms) =>
      guard('take a lease in', () => {
        const nowMs = databaseNowMs();
        const later = (byMs: number) => sql<number>`${nowMs} + ${sql.lit(byMs)}`;
        return take(name, owner, nowMs, later(ms), later(ms + CLOCK_TOLERANCE_MS));
      }),

    isHeld: (name, nowMs) =>
      guard('read a lease from', async () => {
        const since = nowMs === undefined ? databaseNowMs() : sql<number>`${nowMs}`;
        const held = db.selectFrom('turns').select('owner').where('name', '=', name).where('until_ms', '>', since);
        return (await held.executeTakeFirst()) !== undefined;
      }),

    release: (name, owner) =>
      guard('release a lease in', async () => {
        await db.deleteFrom('turns').where('name', '=', name).where('owner', '=', owner).execute();
      }),

    removeEnded: (beforeMs) =>
      guard('clean up', async () => {
        const gone = await db.deleteFrom('turns').where('until_ms', '<', beforeMs).executeTakeFirst();
        return Number(gone.numDeletedRows);
      }),
  };
}

/** Longer than the work takes, so that only a crash leaves the lease behind. */
const ALONE_MS = 10_000;

/** Makes the function that runs work under a lease of that name, or returns null while another process holds it. Throws `CC_DATABASE`. */
export function aloneUnder(
  leases: Pick<LeaseRepository, 'takeFor' | 'release'>,
  name: string,
): <T>(work: () => Promise<T>) => Promise<T | null> {
  const owner = randomUUID();
  let times = 0;
  return async (work) => {
    // Another owner each time, because a lease can be extended by its own.
    const holder = `${owner}, ${++times}`;
    if (!(await leases.takeFor(name, holder, ALONE_MS))) return null;
    try {
      return await work();
    } finally {
      await leases.release(name, holder);
    }
  };
}
