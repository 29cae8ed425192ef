import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Interval } from '../core/candle.ts';
import { type Guard, inChunks } from './connection.ts';
import type { Database } from './schema.ts';

/** A coin that models of an interval learn from, or have learnt from. */
export interface TrainingCoin {
  readonly symbol: string;
  /** 1 for the first of those that are learnt from at present; null for one that has been among them and is listed no more, or is traded too little. */
  readonly place: number | null;
  /** US dollars that were traded in a day, by source, as each last said; empty where none lists it. */
  readonly volumes: Readonly<Record<string, number>>;
  readonly addedMs: number;
  /** When a source last listed it. */
  readonly listedMs: number;
  /** Open time from which on the sources have been asked for every candle; null where they have not. */
  readonly historyFromMs: number | null;
  /** Older candles are not asked for again before this. */
  readonly historyDueMs: number;
}

/** The coins that models learn from, those that no source lists any more among them. */
export interface TrainingCoinRepository {
  /** In the order of their places; those without one follow, the last listed first. */
  all(interval: Interval): Promise<readonly TrainingCoin[]>;
  /** Inserts or changes by symbol, and removes the others named, all or nothing; how far back a coin's candles have been asked for stays as it is. */
  put(interval: Interval, coins: readonly TrainingCoin[], removed?: readonly string[]): Promise<void>;
  /** Notes how far back a coin's candles have been asked for. */
  noteHistory(
    interval: Interval,
    symbol: string,
    history: Pick<TrainingCoin, 'historyFromMs' | 'historyDueMs'>,
  ): Promise<void>;
}

const volumesSchema = z.record(z.string(), z.number().nonnegative());

/** Makes the repository. Volumes that cannot be read count as none. */
export function createTrainingCoinRepository(db: Kysely<Database>, guard: Guard): TrainingCoinRepository {
  return {
    async all(interval) {
      const rows = await guard('read training coins from', () =>
        db.selectFrom('training_coins').selectAll().where('interval', '=', interval).execute(),
      );
      const coins = rows.map((row) => ({
        symbol: row.symbol,
        place: row.place,
        volumes: volumesOf(row.volumes),
        addedMs: row.added_ms,
        listedMs: row.listed_ms,
        historyFromMs: row.history_from_ms,
        historyDueMs: row.history_due_ms,
      }));
      const placeOf = ({ place }: TrainingCoin) => place ?? Number.MAX_SAFE_INTEGER;
      return coins.sort((a, b) => placeOf(a) - placeOf(b) || b.listedMs - a.listedMs || (a.symbol < b.symbol ? -1 : 1));
    },

    async put(interval, coins, removed = []) {
      const rows = coins.map((coin) => ({
        symbol: coin.symbol,
        interval,
        place: coin.place,
        volumes: JSON.stringify(coin.volumes),
        added_ms: coin.addedMs,
        listed_ms: coin.listedMs,
        history_from_ms: coin.historyFromMs,
        history_due_ms: coin.historyDueMs,
      }));
      await guard('store training coins in', () =>
        db.transaction().execute(async (transaction) => {
          for (const symbol of removed) {
            await transaction
              .deleteFrom('training_coins')
              .where('interval', '=', interval)
              .where('symbol', '=', symbol)
              .execute();
          }
          await inChunks(rows, async (chunk) => {
            await transaction
              .insertInto('training_coins')
              .values(chunk)
              .onConflict((conflict) =>
                conflict.columns(['symbol', 'interval']).doUpdateSet(({ ref }) => ({
                  place: ref('excluded.place'),
                  volumes: ref('excluded.volumes'),
                  added_ms: ref('excluded.added_ms'),
                  listed_ms: ref('excluded.listed_ms'),
                })),
              )
              .execute();
            return chunk.length;
          });
        }),
      );
    },

    async noteHistory(interval, symbol, { historyFromMs, historyDueMs }) {
      await guard('store training coins in', () =>
        db
          .updateTable('training_coins')
          .set({ history_from_ms: historyFromMs, history_due_ms: historyDueMs })
          .where('interval', '=', interval)
          .where('symbol', '=', symbol)
          .execute(),
      );
    },
  };
}

function volumesOf(text: string): TrainingCoin['volumes'] {
  try {
    return volumesSchema.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
}
