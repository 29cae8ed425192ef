import { type Kysely, sql } from 'kysely';
import { type LedgerEntry, NO_HASH, type Outcome } from '../core/ledger.ts';
import type { Checkpoint, CoveredChain } from '../core/record.ts';
import { MINUTE_MS } from '../core/time.ts';
import { hexOf } from './bytes.ts';
import { hashesAt } from './chain-ends.ts';
import type { Guard } from './connection.ts';
import { checkpointHash, entryHash, toCheckpoint, toEntry, toOutcome } from './ledger-row-mapping.ts';
import type { Database } from './schema.ts';

/** A row of a chain, and when it says that it was written. */
export interface DatedRow {
  readonly chain: CoveredChain;
  readonly number: number;
  readonly atMs: number;
}

/** What messages that carry heads of the record are compared with. Methods throw `CC_DATABASE`. */
export interface WitnessRepository {
  /** Checkpoints whose last forecast has that number, the oldest first. */
  checkpointsWith(forecasts: number): Promise<readonly Checkpoint[]>;
  /** The first checkpoint that holds a forecast; null where none does yet. */
  firstWith(sequence: number): Promise<Checkpoint | null>;
  newest(): Promise<Checkpoint | null>;
  /** Of each chain the first row that a checkpoint does not hold. */
  firstAfter(checkpoint: Checkpoint): Promise<readonly DatedRow[]>;
  /** The number of the last forecast; 0 without any. */
  lastForecast(): Promise<number>;
  /** Forecasts of posts up to a number whose target lies within a minute of one of those moments. */
  postedFor(targetsMs: readonly number[], upTo: number): Promise<readonly LedgerEntry[]>;
  /** The newest score of each of those forecasts that has one. */
  outcomesOf(sequences: readonly number[]): Promise<readonly Outcome[]>;
  /** Computes the hashes of forecasts anew, from the first number to the last. */
  verifyForecasts(from: number, to: number): Promise<Segment>;
  /** Computes the hashes of checkpoints anew, from that number on, `limit` at most. */
  verifyCheckpoints(from: number, limit: number): ReturnType<typeof verifyCheckpoints>;
  /** Where subscriptions post, and the posts that are remembered as sent. */
  posted(): Promise<readonly PostedTo[]>;
}

/** A channel of a subscription, or a post in one. */
export interface PostedTo {
  readonly channelId: string;
  /** Null where its subscription is gone. */
  readonly guildId: string | null;
  /** Null for a subscription. */
  readonly messageId: string | null;
  /** When the post was sent. */
  readonly atMs: number;
}

/** Forecasts of posts that are looked at for one message. */
const MOST_POSTED = 2_000;
const TIMES = [
  ['forecasts', 'ledger', 'sequence', 'issued_at_ms'],
  ['marks', 'ledger_marks', 'number', 'marked_at_ms'],
  ['outcomes', 'outcomes', 'number', 'scored_at_ms'],
  ['models', 'model_cards', 'number', 'recorded_at_ms'],
  ['calls', 'call_events', 'number', 'at_ms'],
  ['odds', 'odds_events', 'number', 'at_ms'],
] as const;

/** Makes the repository over the record, and over the database of subscriptions, which is another one where candles come from files. */
export function createWitnessRepository(
  db: Kysely<Database>,
  posts: Kysely<Database>,
  guard: Guard,
): WitnessRepository {
  const read = <T>(step: () => Promise<T>) => guard('read the record in', step);
  const checkpoints = () => db.selectFrom('checkpoints').selectAll();
  const one = (row: Parameters<typeof toCheckpoint>[0] | undefined) => (row ? toCheckpoint(row) : null);
  return {
    checkpointsWith: (forecasts) =>
      read(async () => {
        const rows = await checkpoints().where('forecasts', '=', forecasts).orderBy('number').execute();
        return rows.map(toCheckpoint);
      }),
    firstWith: (sequence) =>
      read(async () => {
        const row = await checkpoints()
          .where('forecasts', '>=', sequence)
          .orderBy('forecasts')
          .orderBy('number')
          .limit(1)
          .executeTakeFirst();
        return one(row);
      }),
    newest: () => read(async () => one(await checkpoints().orderBy('number', 'desc').limit(1).executeTakeFirst())),
    firstAfter: (checkpoint) =>
      read(async () => {
        const found: DatedRow[] = [];
        for (const [chain, table, key, time] of TIMES) {
          const last = checkpoint[chain];
          if (last === null) continue;
          const { rows } = await sql<{ number: number; at_ms: number }>`
            select ${sql.ref(key)} as number, ${sql.ref(time)} as at_ms from ${sql.table(table)}
            where ${sql.ref(key)} = ${last + 1}`.execute(db);
          for (const row of rows) found.push({ chain, number: row.number, atMs: row.at_ms });
        }
        return found;
      }),
    lastForecast: () =>
      read(async () => {
        const row = await db
          .selectFrom('ledger')
          .select('sequence')
          .orderBy('sequence', 'desc')
          .limit(1)
          .executeTakeFirst();
        return row?.sequence ?? 0;
      }),
    postedFor: (targetsMs, upTo) =>
      read(async () => {
        if (targetsMs.length === 0) return [];
        const rows = await db
          .selectFrom('ledger')
          .selectAll()
          .where('cause', '=', 'posted')
          .where('sequence', '<=', upTo)
          .where((where) => where.or(targetsMs.map((ms) => where.between('target_ms', ms - MINUTE_MS, ms + MINUTE_MS))))
          .orderBy('sequence', 'desc')
          .limit(MOST_POSTED)
          .execute();
        return rows.map(toEntry);
      }),
    outcomesOf: (sequences) =>
      read(async () => {
        if (sequences.length === 0) return [];
        const rows = await db
          .selectFrom('outcomes')
          .selectAll()
          .where('sequence', 'in', sequences)
          .orderBy('sequence')
          .orderBy('revision')
          .execute();
        return [...new Map(rows.map((row) => [row.sequence, toOutcome(row)])).values()];
      }),
    verifyForecasts: (from, to) => read(() => verifyForecasts(db, from, to)),
    verifyCheckpoints: (from, limit) => read(() => verifyCheckpoints(db, from, limit)),
    posted: () =>
      read(async () => {
        const subscriptions = await posts.selectFrom('subscriptions').select(['channel_id', 'guild_id']).execute();
        const sent = await posts
          .selectFrom('posts as p')
          .leftJoin('subscriptions as s', 's.id', 'p.subscription_id')
          .select(['p.channel_id', 'p.message_id', 'p.changed_at_ms', 's.guild_id'])
          .where('p.state', '=', 'sent')
          .where('p.message_id', 'is not', null)
          .where('p.kind', 'not in', ['notice', 'crosspost', 'owner'])
          .execute();
        return [
          ...subscriptions.map((row) => ({
            channelId: row.channel_id,
            guildId: row.guild_id,
            messageId: null,
            atMs: 0,
          })),
          ...sent.map((row) => ({
            channelId: row.channel_id,
            guildId: row.guild_id,
            messageId: row.message_id,
            atMs: row.changed_at_ms,
          })),
        ];
      }),
  };
}

/** What was followed of a chain: how many rows, and the first fault in words; null where all hold. */
interface Segment {
  readonly rows: number;
  readonly problem: string | null;
}

/** Computes the hashes of forecasts anew, from the first number to the last, each from the stored one before it. */
async function verifyForecasts(db: Kysely<Database>, from: number, to: number): Promise<Segment> {
  const rows = await db
    .selectFrom('ledger')
    .selectAll()
    .where('sequence', '>=', from - 1)
    .where('sequence', '<=', to)
    .orderBy('sequence')
    .execute();
  let [expected, previousHash] = [Math.max(from - 1, 1), NO_HASH];
  let count = 0;
  for (const row of rows) {
    if (row.sequence !== expected) break;
    const hash = hexOf(row.hash);
    if (row.sequence >= from) {
      const { hash: _stored, ...body } = toEntry(row);
      if (entryHash(body, previousHash) !== hash) {
        return {
          rows: count,
          problem: `forecast ${row.sequence} has been changed, or does not follow the one before it`,
        };
      }
      count++;
    }
    previousHash = hash;
    expected++;
  }
  return { rows: count, problem: expected <= to ? `forecast ${expected} is missing` : null };
}

/** The same of checkpoints, with the rows that each of them names; `newest` is the last one that was followed. */
async function verifyCheckpoints(
  db: Kysely<Database>,
  from: number,
  limit: number,
): Promise<Segment & { readonly newest: Checkpoint | null }> {
  const rows = await db
    .selectFrom('checkpoints')
    .selectAll()
    .where('number', '>=', from - 1)
    .orderBy('number')
    .limit(limit + 1)
    .execute();
  let [previousHash, count] = [NO_HASH, 0];
  let newest: Checkpoint | null = null;
  for (const row of rows) {
    const checkpoint = toCheckpoint(row);
    if (checkpoint.number >= from && count < limit) {
      const { hash, ...body } = checkpoint;
      const hashes = await hashesAt(db, body);
      if (checkpoint.number !== from + count) {
        return { rows: count, problem: `checkpoint ${from + count} is missing`, newest };
      }
      if (hashes === null) {
        return {
          rows: count,
          problem: `checkpoint ${checkpoint.number} names rows that are not there any more`,
          newest,
        };
      }
      if (checkpointHash(body, hashes, previousHash) !== hash) {
        const problem = `checkpoint ${checkpoint.number} has been changed, or what it stands for has`;
        return { rows: count, problem, newest };
      }
      count++;
      newest = checkpoint;
    }
    previousHash = checkpoint.hash;
  }
  return { rows: count, problem: null, newest };
}
