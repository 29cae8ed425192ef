import { type Kysely, sql } from 'kysely';
import type { ChainName, Checkpoint } from '../core/record.ts';
import type { Guard } from './connection.ts';
import { toCheckpoint } from './ledger-row-mapping.ts';
import type { Database } from './schema.ts';

/** A row of a chain, and when it says that it was written. */
export interface DatedRow {
  readonly chain: Exclude<ChainName, 'checkpoints'>;
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

const TIMES = [
  ['forecasts', 'ledger', 'sequence', 'issued_at_ms'],
  ['marks', 'ledger_marks', 'number', 'marked_at_ms'],
  ['outcomes', 'outcomes', 'number', 'scored_at_ms'],
  ['models', 'model_cards', 'number', 'recorded_at_ms'],
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
          const { rows } = await sql<{ number: number; at_ms: number }>`
            select ${sql.ref(key)} as number, ${sql.ref(time)} as at_ms from ${sql.table(table)}
            where ${sql.ref(key)} = ${checkpoint[chain] + 1}`.execute(db);
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
    posted: () =>
      read(async () => {
        const subscriptions = await posts.selectFrom('subscriptions').select(['channel_id', 'guild_id']).execute();
        const sent = await posts
          .selectFrom('posts as p')
          .leftJoin('subscriptions as s', 's.id', 'p.subscription_id')
          .select(['p.channel_id', 'p.message_id', 'p.changed_at_ms', 's.guild_id'])
          .where('p.state', '=', 'sent')
          .where('p.message_id', 'is not', null)
          .where('p.kind', 'not in', ['notice', 'crosspost'])
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
