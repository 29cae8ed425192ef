import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Interval } from '../core/candle.ts';
import { CandlecastError, DatabaseError } from '../core/errors.ts';
import type { Clock } from '../core/time.ts';
import { type Bytes, viewOf } from './bytes.ts';
import type { Guard } from './connection.ts';
import {
  changedPointer,
  EMPTY_POINTER,
  keptVersions,
  type ModelPointer,
  pointerSchema,
  storedJson,
  verdictSchema,
} from './model-pointer.ts';
import { type ModelFile, type ModelStore, requireName, type StoredModel, withNamedWeights } from './model-store.ts';
import type { ModelPointerRow, ModelRow } from './operation-schema.ts';
import type { Database, DatabaseKind } from './schema.ts';

/** What the store works with. */
export interface ModelTableOptions {
  readonly db: Kysely<Database>;
  readonly kind: DatabaseKind;
  readonly guard: Guard;
  readonly now: Clock;
}

/** Bytes of a model and its twin; real ones take a tenth of it, and a line of a backup holds as much. */
const MAX_BYTES = 8 * 1024 * 1024;
/** The stamp is read on the way of a reply, which waits no longer for it: the models that are loaded serve on. */
const STAMP_MS = 1_000;
const pointerText = storedJson(pointerSchema);
const verdictText = storedJson(verdictSchema);

/**
 * Makes the store over the tables `models` and `model_pointers`, which every process of the database sees. A model is one row, and a change of the pointer with
 * what it removes is one transaction, which locks the row of the pointer: of two at once, the later is told. Methods throw `CC_DATABASE` too.
 */
export function createModelTable({ db, kind, guard, now }: ModelTableOptions): ModelStore {
  let reading: Promise<ReadonlyMap<string, string>> | null = null;

  /** The stamps of all intervals; those who ask at once share one answer. */
  function stamps(): Promise<ReadonlyMap<string, string>> {
    reading ??= guard('read models from', () =>
      db.selectFrom('model_pointers').select(['interval', 'revision', 'changed_at_ms']).execute(),
    )
      .then((rows) => new Map(rows.map((row) => [row.interval, `${row.revision} ${row.changed_at_ms}`])))
      .finally(() => {
        reading = null;
      });
    return reading;
  }

  /** The row of the pointer, which nobody else changes before this transaction ends. */
  async function lockedRow(transaction: Kysely<Database>, interval: Interval): Promise<ModelPointerRow> {
    const fresh = { interval, revision: 0, pointer: JSON.stringify(EMPTY_POINTER), changed_at_ms: now() };
    await transaction
      .insertInto('model_pointers')
      .values(fresh)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    let row = transaction.selectFrom('model_pointers').selectAll().where('interval', '=', interval);
    if (kind === 'postgres') row = row.forUpdate();
    return row.executeTakeFirstOrThrow();
  }

  const versionsOf = (from: Kysely<Database>, interval: Interval) =>
    from
      .selectFrom('models')
      .select(['version', 'added_at_ms', 'verdict'])
      .where('interval', '=', interval)
      .orderBy('added_at_ms', 'desc')
      .orderBy('version', 'desc')
      .execute();

  async function prune(transaction: Kysely<Database>, interval: Interval, pointer: ModelPointer): Promise<void> {
    const all = (await versionsOf(transaction, interval)).map(({ version }) => version);
    const kept = keptVersions(pointer, all);
    const gone = all.filter((version) => !kept.has(version));
    if (gone.length === 0) return;
    await transaction.deleteFrom('models').where('interval', '=', interval).where('version', 'in', gone).execute();
  }

  async function putPointer(
    transaction: Kysely<Database>,
    { interval, revision }: ModelPointerRow,
    pointer: ModelPointer,
  ): Promise<void> {
    await transaction
      .updateTable('model_pointers')
      .set({ revision: revision + 1, pointer: JSON.stringify(pointer), changed_at_ms: now() })
      .where('interval', '=', interval)
      .execute();
  }

  async function putModel(transaction: Kysely<Database>, row: ModelRow): Promise<void> {
    await transaction
      .insertInto('models')
      .values(row)
      .onConflict((conflict) => conflict.columns(['interval', 'version']).doUpdateSet(row))
      .execute();
  }

  async function readColumns(interval: Interval, name: string) {
    return guard('read a model from', () =>
      db
        .selectFrom('models')
        .select(['model_json', 'weights', 'twin_json', 'twin_weights'])
        .where('interval', '=', interval)
        .where('version', '=', name)
        .executeTakeFirst(),
    );
  }

  return {
    maxBytes: MAX_BYTES,
    async pointer(interval) {
      const row = await guard('read models from', () =>
        db.selectFrom('model_pointers').select('pointer').where('interval', '=', interval).executeTakeFirst(),
      );
      return row ? readPointer(row.pointer, interval) : EMPTY_POINTER;
    },

    point: (interval, change) =>
      guard('change the serving model in', () =>
        db.transaction().execute(async (transaction) => {
          const row = await lockedRow(transaction, interval);
          const before = pointerText.safeParse(row.pointer).data ?? EMPTY_POINTER;
          const pointer = changedPointer(before, change);
          const all = await versionsOf(transaction, interval);
          // It may have been removed since it was looked at.
          if (pointer.serving !== null && !all.some(({ version }) => version === pointer.serving))
            throw missing(pointer.serving);
          await putPointer(transaction, row, pointer);
          await prune(transaction, interval, pointer);
        }),
      ),

    async stamp(interval) {
      const late = new AbortController();
      const all = stamps();
      const limit = delay(STAMP_MS, null, { ref: false, signal: late.signal }).catch(() => null);
      try {
        const read = await Promise.race([all, limit]);
        if (read) return read.get(interval) ?? '';
      } finally {
        late.abort();
        all.catch(() => {});
      }
      const problem = `it does not answer within ${STAMP_MS / 1_000} second`;
      throw new DatabaseError(`Cannot read which model serves: ${problem}.`, problem, { retryable: true });
    },

    async read(interval, name) {
      const row = await readColumns(interval, name);
      if (!row) throw missing(name);
      return { modelJson: row.model_json, weightData: bytesOf(row.weights) };
    },

    async readTwin(interval, name) {
      const row = await readColumns(interval, name);
      if (!row || row.twin_json === null || row.twin_weights === null) return null;
      return { modelJson: row.twin_json, weightData: bytesOf(row.twin_weights) };
    },

    async add(interval, name, file, verdict, twin = null) {
      requireName(name);
      const row = rowOf(interval, { version: name, addedAtMs: verdict?.atMs ?? now(), verdict, file, twin });
      await guard('keep a model in', () =>
        db.transaction().execute(async (transaction) => {
          const pointer = pointerText.safeParse((await lockedRow(transaction, interval)).pointer).data;
          await putModel(transaction, row);
          // Of a pointer that cannot be read, any model may be the one that serves.
          if (pointer) await prune(transaction, interval, pointer);
        }),
      );
    },

    list: (interval) =>
      guard('read models from', async () =>
        (await versionsOf(db, interval)).map(
          (row): StoredModel => ({
            version: row.version,
            addedAtMs: row.added_at_ms,
            verdict: row.verdict === null ? null : (verdictText.safeParse(row.verdict).data ?? null),
          }),
        ),
      ),

    adopt: (interval, { pointer, models }) =>
      guard('keep models in', () =>
        db.transaction().execute(async (transaction) => {
          const row = await lockedRow(transaction, interval);
          if (row.revision > 0 || (await versionsOf(transaction, interval)).length > 0) return false;
          for (const model of models) await putModel(transaction, rowOf(interval, model));
          await putPointer(transaction, row, pointerSchema.parse(pointer));
          return true;
        }),
      ),
  };
}

const missing = (name: string) => new CandlecastError('CC_MODEL_MISSING', `There is no model "${name}".`);

function readPointer(text: string, interval: Interval): ModelPointer {
  const { data, error } = pointerText.safeParse(text);
  if (data) return data;
  const message = `The row of ${interval} candles does not say which model serves.`;
  throw new CandlecastError('CC_MODEL_DAMAGED', message, { cause: error });
}

/** A copy of its own: a view of the driver's buffer would keep the whole answer in memory. */
function bytesOf(column: Bytes): Uint8Array {
  const { buffer, byteOffset, byteLength } = viewOf(column);
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}

/** The row of a model. Throws `CC_FILE` where it is too large. */
function rowOf(
  interval: Interval,
  {
    version,
    addedAtMs,
    verdict,
    file,
    twin,
  }: StoredModel & { readonly file: ModelFile; readonly twin: ModelFile | null },
): ModelRow {
  const own = withNamedWeights(version, file);
  const other = twin && withNamedWeights(`${version}.twin`, twin);
  const bytes = [own, other].reduce((sum, one) => sum + (one ? one.modelJson.length + one.weightData.length : 0), 0);
  if (bytes > MAX_BYTES) {
    const remedy = 'Train a smaller one, or write it to a file with npm run train -- --out FILE.';
    const size = `with its twin it has ${(bytes / 2 ** 20).toFixed(1)} of at most ${MAX_BYTES / 2 ** 20} MiB`;
    throw new CandlecastError('CC_FILE', `The model ${version} is too large for the database: ${size}.`, { remedy });
  }
  return {
    interval,
    version,
    added_at_ms: Math.round(addedAtMs),
    verdict: verdict && JSON.stringify(verdictSchema.parse(verdict)),
    model_json: own.modelJson,
    weights: Uint8Array.from(own.weightData),
    twin_json: other?.modelJson ?? null,
    twin_weights: other && Uint8Array.from(other.weightData),
  };
}
