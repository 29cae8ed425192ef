import { type Kysely, sql } from 'kysely';
import type { FearGreedDay, Headline, HeadlineKind, SetAside } from '../core/sentiment.ts';
import { CLOCK_TOLERANCE_MS } from '../core/time.ts';
import { type Guard, inChunks } from './connection.ts';
import type { Database, HeadlineRow } from './schema.ts';

/** All headlines; none is removed, since sentiment at past times is computed from them. */
export interface HeadlineRepository {
  /**
   * Adds those whose id is new, all or nothing; a row that is there is left as it is, unless a clock that was ahead dated it after the new
   * one. Returns how many were added.
   */
  add(headlines: readonly Headline[]): Promise<number>;
  /** The ids that are stored already, and not dated in the future. */
  known(ids: readonly string[], nowMs: number): Promise<ReadonlySet<string>>;
  /** First seen from `fromMs` to `toMs`, both included, ascending. */
  range(fromMs: number, toMs: number): Promise<readonly Headline[]>;
  /** When the oldest was first seen; null when there are none. */
  oldestMs(): Promise<number | null>;
  count(): Promise<number>;
}

/** Days of the Fear & Greed index. */
export interface FearGreedRepository {
  /** Adds days that are new; returns how many. */
  add(days: readonly FearGreedDay[]): Promise<number>;
  /** Days from `fromMs` to `toMs`, both included, ascending. */
  range(fromMs: number, toMs: number): Promise<readonly FearGreedDay[]>;
}

/** Makes the repository of headlines. A row is written once: later versions of the same item do not change when it was first seen. */
export function createHeadlineRepository(db: Kysely<Database>, guard: Guard): HeadlineRepository {
  return {
    async add(headlines) {
      if (headlines.length === 0) return 0;
      const rows = [...new Map(headlines.map((headline) => [headline.id, toRow(headline)])).values()];
      return guard('store headlines in', () =>
        db.transaction().execute((transaction) => inChunks(rows, (chunk) => insertNew(transaction, chunk))),
      );
    },

    async known(ids, nowMs) {
      const found = new Set<string>();
      await inChunks(ids, async (chunk) => {
        const rows = await guard('read headlines from', () =>
          db
            .selectFrom('headlines')
            .select('id')
            .where('id', 'in', chunk)
            .where('first_seen_ms', '<=', nowMs + CLOCK_TOLERANCE_MS)
            .execute(),
        );
        for (const { id } of rows) found.add(id);
        return rows.length;
      });
      return found;
    },

    async range(fromMs, toMs) {
      const rows = await guard('read headlines from', () =>
        db
          .selectFrom('headlines')
          .selectAll()
          .where('first_seen_ms', '>=', fromMs)
          .where('first_seen_ms', '<=', toMs)
          .orderBy('first_seen_ms')
          .orderBy('id')
          .execute(),
      );
      return rows.map(toHeadline);
    },

    async oldestMs() {
      const row = await guard('read headlines from', () =>
        db.selectFrom('headlines').select('first_seen_ms').orderBy('first_seen_ms').limit(1).executeTakeFirst(),
      );
      return row?.first_seen_ms ?? null;
    },

    async count() {
      const row = await guard('read headlines from', () =>
        db
          .selectFrom('headlines')
          .select((select) => select.fn.countAll().as('count'))
          .executeTakeFirst(),
      );
      return Number(row?.count ?? 0);
    },
  };
}

/** Makes the repository of the index. The first value read for a day stays: only that one was available on the day. */
export function createFearGreedRepository(db: Kysely<Database>, guard: Guard): FearGreedRepository {
  return {
    async add(days) {
      const rows = [...new Map(days.map(({ timeMs, value }) => [timeMs, { time_ms: timeMs, value }])).values()];
      if (rows.length === 0) return 0;
      return guard('store the Fear & Greed index in', () =>
        db.transaction().execute((transaction) =>
          inChunks(rows, async (chunk) => {
            const result = await transaction
              .insertInto('fear_greed')
              .values(chunk)
              .onConflict((conflict) => conflict.doNothing())
              .executeTakeFirst();
            return Number(result.numInsertedOrUpdatedRows ?? 0n);
          }),
        ),
      );
    },

    async range(fromMs, toMs) {
      const rows = await guard('read the Fear & Greed index from', () =>
        db
          .selectFrom('fear_greed')
          .selectAll()
          .where('time_ms', '>=', fromMs)
          .where('time_ms', '<=', toMs)
          .orderBy('time_ms')
          .execute(),
      );
      return rows.map((row) => ({ timeMs: row.time_ms, value: row.value }));
    },
  };
}

async function insertNew(db: Kysely<Database>, rows: HeadlineRow[]): Promise<number> {
  const result = await db
    .insertInto('headlines')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet((update) => ({
          first_seen_ms: update.ref('excluded.first_seen_ms'),
          symbols: update.ref('excluded.symbols'),
          story_id: update.ref('excluded.story_id'),
          set_aside: update.ref('excluded.set_aside'),
        }))
        .where(sql<boolean>`headlines.first_seen_ms > excluded.first_seen_ms + ${CLOCK_TOLERANCE_MS}`),
    )
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0n);
}

function toRow(headline: Headline): HeadlineRow {
  return {
    id: headline.id,
    kind: headline.kind,
    outlet: headline.outlet,
    guid: headline.guid,
    title: headline.title,
    url: headline.url,
    published_at_ms: headline.publishedAtMs,
    first_seen_ms: headline.firstSeenMs,
    symbols: headline.symbols.join(' '),
    story_id: headline.storyId,
    set_aside: headline.setAside,
  };
}

function toHeadline(row: HeadlineRow): Headline {
  return {
    id: row.id,
    kind: row.kind as HeadlineKind,
    outlet: row.outlet,
    guid: row.guid,
    title: row.title,
    url: row.url,
    publishedAtMs: row.published_at_ms,
    firstSeenMs: row.first_seen_ms,
    symbols: row.symbols === '' ? [] : row.symbols.split(' '),
    storyId: row.story_id,
    setAside: row.set_aside as SetAside | null,
  };
}
