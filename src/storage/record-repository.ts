import { type Kysely, sql, type Transaction } from 'kysely';
import { NO_HASH } from '../core/ledger.ts';
import {
  type ChainHead,
  type Checkpoint,
  COVERED_CHAINS,
  type CoveredChain,
  type RecordedModel,
} from '../core/record.ts';
import type { Clock } from '../core/time.ts';
import { fromHex, hexOf } from './bytes.ts';
import { headOf } from './chain-ends.ts';
import type { Guard } from './connection.ts';
import { checkpointHash, modelHash, toCheckpoint, toCheckpointRow, toModelRow } from './ledger-row-mapping.ts';
import type { Database, DatabaseKind } from './schema.ts';

/** What seals the record: which models forecasts were made by, and checkpoints over everything. Methods throw `CC_DATABASE`. */
export interface RecordRepository {
  /** Records a model, before its first forecast; one of the same version, interval and hash once. */
  addModel(model: Pick<RecordedModel, 'interval' | 'version' | 'sha256'>): Promise<void>;
  /** The newest checkpoint where nothing was added to the record since, else a new one; null while the record is empty. */
  checkpoint(): Promise<Checkpoint | null>;
}

/** The dependencies of the repository. */
export interface RecordParts {
  readonly db: Kysely<Database>;
  readonly kind: DatabaseKind;
  readonly guard: Guard;
  readonly now: Clock;
}

/** Makes the repository; see docs/ledger.md. */
export function createRecordRepository({ db, kind, guard, now }: RecordParts): RecordRepository {
  /** SQLite takes the write lock at the beginning. Without one, two processes would chain to the same row. */
  const locked = <T>(table: 'checkpoints', step: (transaction: Transaction<Database>) => Promise<T>) =>
    guard('write to the record in', () =>
      db.transaction().execute(async (transaction) => {
        if (kind === 'postgres') {
          await sql`lock table ${sql.table(table)} in share row exclusive mode`.execute(transaction);
        }
        return step(transaction);
      }),
    );

  return {
    async addModel(model) {
      if (await guard('read the record in', () => isRecorded(db, model))) return;
      await guard('write to the record in', () =>
        db.transaction().execute((transaction) => addModels(transaction, kind, [model], now)),
      );
    },

    async checkpoint() {
      const newest = await guard('read the record in', () => newestOverAll(db));
      if (newest) return newest;
      return locked('checkpoints', async (transaction) => {
        const newest = await transaction
          .selectFrom('checkpoints')
          .selectAll()
          .orderBy('number', 'desc')
          .limit(1)
          .executeTakeFirst();
        const heads = {} as Record<CoveredChain, ChainHead>;
        for (const chain of COVERED_CHAINS) heads[chain] = await headOf(transaction, chain);
        if (heads.forecasts.number === 0) return null;
        if (newest && COVERED_CHAINS.every((chain) => newest[chain] === heads[chain].number))
          return toCheckpoint(newest);
        const each = <T>(of: (head: ChainHead) => T) =>
          Object.fromEntries(COVERED_CHAINS.map((chain) => [chain, of(heads[chain])])) as Record<CoveredChain, T>;
        const body = { number: (newest?.number ?? 0) + 1, atMs: now(), ...each(({ number }) => number) };
        const hashes = each(({ hash }) => hash);
        const made = { ...body, hash: checkpointHash(body, hashes, newest ? hexOf(newest.hash) : NO_HASH) };
        await transaction.insertInto('checkpoints').values(toCheckpointRow(made)).execute();
        return made;
      });
    },
  };
}

/** The newest checkpoint, where nothing was added since: the usual case while posts go out, found in one statement without a lock. */
async function newestOverAll(db: Kysely<Database>): Promise<Checkpoint | null> {
  const { max } = db.fn;
  const found = await db
    .selectFrom('checkpoints')
    .selectAll()
    .where('number', '=', (eb) => eb.selectFrom('checkpoints').select(max('number').as('last')))
    .where('forecasts', '=', (eb) => eb.selectFrom('ledger').select(max('sequence').as('last')))
    .where('marks', '=', (eb) => eb.selectFrom('ledger_marks').select(lastOr0('number')))
    .where('outcomes', '=', (eb) => eb.selectFrom('outcomes').select(lastOr0('number')))
    .where('models', '=', (eb) => eb.selectFrom('model_cards').select(lastOr0('number')))
    .where('calls', '=', (eb) => eb.selectFrom('call_events').select(lastOr0('number')))
    .where('odds', '=', (eb) => eb.selectFrom('odds_events').select(lastOr0('number')))
    .executeTakeFirst();
  return found ? toCheckpoint(found) : null;
}

const lastOr0 = (column: string) => sql<number>`coalesce(max(${sql.ref(column)}), 0)`.as('last');

/** What is recorded of a model. */
export type ModelFacts = Pick<RecordedModel, 'interval' | 'version' | 'sha256'>;

const isRecorded = (db: Kysely<Database>, { interval, version, sha256 }: ModelFacts) =>
  db
    .selectFrom('model_cards')
    .select('number')
    .where('version', '=', version)
    .where('interval', '=', interval)
    .where('sha256', '=', fromHex(sha256))
    .executeTakeFirst();

/** Records models that are not recorded yet, in the transaction of what was made by them. */
export async function addModels(
  transaction: Transaction<Database>,
  kind: DatabaseKind,
  models: readonly ModelFacts[],
  now: Clock,
): Promise<void> {
  for (const model of models) {
    if (await isRecorded(transaction, model)) continue;
    // Without the lock, which SQLite took at the beginning, two processes would chain to the same row.
    if (kind === 'postgres') {
      await sql`lock table model_cards in share row exclusive mode`.execute(transaction);
      if (await isRecorded(transaction, model)) continue;
    }
    const last = await headOf(transaction, 'models');
    const { interval, version, sha256 } = model;
    const body = { number: last.number + 1, interval, version, sha256, recordedAtMs: now() };
    await transaction
      .insertInto('model_cards')
      .values(toModelRow({ ...body, hash: modelHash(body, last.hash) }))
      .execute();
  }
}
