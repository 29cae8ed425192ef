import { type Kysely, sql } from 'kysely';
import type { TalkHour } from '../core/sentiment.ts';
import { type Guard, inChunks } from './connection.ts';
import type { Database, TalkHourRow } from './schema.ts';

/** How much was written in each subreddit, by hour; nothing is removed (some 26,000 rows a year with three subreddits). */
export interface TalkRepository {
  /** Adds to the numbers of each hour and subreddit, all or nothing. */
  add(hours: readonly TalkHour[]): Promise<void>;
  /** Hours that start from `fromMs` to `toMs`, both included, ascending, then by subreddit. */
  range(fromMs: number, toMs: number): Promise<readonly TalkHour[]>;
}

/** Makes the repository. */
export function createTalkRepository(db: Kysely<Database>, guard: Guard): TalkRepository {
  return {
    async add(hours) {
      if (hours.length === 0) return;
      const rows = summedByHour(hours);
      await guard('store the volume of talk in', () =>
        db.transaction().execute((transaction) => inChunks(rows, (chunk) => addRows(transaction, chunk))),
      );
    },

    async range(fromMs, toMs) {
      const rows = await guard('read the volume of talk from', () =>
        db
          .selectFrom('talk_hours')
          .selectAll()
          .where('hour_ms', '>=', fromMs)
          .where('hour_ms', '<=', toMs)
          .orderBy('hour_ms')
          .orderBy('outlet')
          .execute(),
      );
      return rows.map((row) => ({
        hourMs: row.hour_ms,
        outlet: row.outlet,
        posts: row.posts,
        postsCoveredMs: row.posts_covered_ms,
        comments: row.comments_covered_ms > 0 ? row.comments : null,
        commentsCoveredMs: row.comments_covered_ms,
        knownAtMs: row.known_at_ms,
      }));
    },
  };
}

async function addRows(db: Kysely<Database>, rows: TalkHourRow[]): Promise<number> {
  const result = await db
    .insertInto('talk_hours')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['hour_ms', 'outlet']).doUpdateSet({
        posts: sql`talk_hours.posts + excluded.posts`,
        posts_covered_ms: sql`talk_hours.posts_covered_ms + excluded.posts_covered_ms`,
        comments: sql`talk_hours.comments + excluded.comments`,
        comments_covered_ms: sql`talk_hours.comments_covered_ms + excluded.comments_covered_ms`,
        known_at_ms: sql`excluded.known_at_ms`,
      }),
    )
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0n);
}

/** One row an hour and subreddit: PostgreSQL refuses to touch a row twice in one statement. */
function summedByHour(hours: readonly TalkHour[]): TalkHourRow[] {
  const rows = new Map<string, TalkHourRow>();
  for (const hour of hours) {
    const key = `${hour.hourMs} ${hour.outlet}`;
    const before = rows.get(key);
    rows.set(key, {
      hour_ms: hour.hourMs,
      outlet: hour.outlet,
      posts: hour.posts + (before?.posts ?? 0),
      posts_covered_ms: hour.postsCoveredMs + (before?.posts_covered_ms ?? 0),
      comments: (hour.comments ?? 0) + (before?.comments ?? 0),
      comments_covered_ms: hour.commentsCoveredMs + (before?.comments_covered_ms ?? 0),
      known_at_ms: Math.max(hour.knownAtMs, before?.known_at_ms ?? 0),
    });
  }
  return [...rows.values()];
}
