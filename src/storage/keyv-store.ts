import { EventEmitter } from 'node:events';
import type { KeyvStoreAdapter, StoredData } from 'keyv';
import { type Kysely, sql } from 'kysely';
import { type Clock, MINUTE_MS } from '../core/time.ts';
import { type Guard, inChunks } from './connection.ts';
import type { Database, DatabaseKind } from './schema.ts';

/** How often rows that have expired are swept out, at most; it happens on the way of a write. */
const SWEEP_EVERY_MS = 10 * MINUTE_MS;
const PAGE = 100;

/** What a {@link KyselyKeyvStore} works with. */
export interface KeyvStoreOptions {
  readonly db: Kysely<Database>;
  readonly kind: DatabaseKind;
  readonly now: Clock;
  readonly guard: Guard;
}

/**
 * A Keyv store in the table `key_value`. Keyv writes its namespace on the store it is given and `clear()` goes by it,
 * so each Keyv needs a store object of its own; they all share the table.
 * Methods throw `CC_DATABASE`. Keyv swallows errors of reads, therefore those are also emitted as `error`.
 */
export class KyselyKeyvStore extends EventEmitter implements KeyvStoreAdapter {
  /** Keyv reads this to decide whether the store can be iterated. */
  readonly opts: { dialect: DatabaseKind };
  namespace?: string | undefined;
  readonly #db: Kysely<Database>;
  readonly #now: Clock;
  readonly #guard: Guard;
  #sweptAtMs = Number.NEGATIVE_INFINITY;

  constructor({ db, kind, now, guard }: KeyvStoreOptions) {
    super();
    this.opts = { dialect: kind };
    this.#db = db;
    this.#now = now;
    this.#guard = guard;
  }

  async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
    const [value] = await this.getMany<Value>([key]);
    return value as StoredData<Value> | undefined;
  }

  async getMany<Value>(keys: string[]): Promise<Array<StoredData<Value | undefined>>> {
    const held = await this.#read(() => this.#live(keys));
    // Keyv parses the string; its types have no name for "not parsed yet".
    return keys.map((key) => held.get(key) as StoredData<Value | undefined>);
  }

  async has(key: string): Promise<boolean> {
    const held = await this.#read(() => this.#live([key]));
    return held.has(key);
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    const held = await this.#read(() => this.#live(keys));
    return keys.map((key) => held.has(key));
  }

  async set(key: string, value: string, ttl?: number): Promise<boolean> {
    await this.setMany([{ key, value, ...(ttl === undefined ? {} : { ttl }) }]);
    return true;
  }

  async setMany(entries: Array<{ key: string; value: string; ttl?: number }>): Promise<void> {
    const nowMs = this.#now();
    const rows = new Map(
      entries.map(({ key, value, ttl }) => [key, { key, value, expires_at_ms: ttl ? nowMs + ttl : null }]),
    );
    await this.#guard('store a setting in', () =>
      this.#db.transaction().execute((transaction) =>
        inChunks([...rows.values()], async (chunk) => {
          await transaction
            .insertInto('key_value')
            .values(chunk)
            .onConflict((conflict) =>
              conflict.column('key').doUpdateSet((update) => ({
                value: update.ref('excluded.value'),
                expires_at_ms: update.ref('excluded.expires_at_ms'),
              })),
            )
            .execute();
          return chunk.length;
        }),
      ),
    );
    await this.#sweep(nowMs);
  }

  async delete(key: string): Promise<boolean> {
    return this.deleteMany([key]);
  }

  /** Whether at least one of them was there. */
  async deleteMany(keys: string[]): Promise<boolean> {
    const deleted = await this.#guard('delete from', () =>
      this.#db.transaction().execute((transaction) =>
        inChunks(keys, async (chunk) => {
          const result = await transaction.deleteFrom('key_value').where('key', 'in', chunk).executeTakeFirst();
          return Number(result.numDeletedRows);
        }),
      ),
    );
    return deleted > 0;
  }

  /** Deletes what is in this store's namespace, or everything when it has none. */
  async clear(): Promise<void> {
    const prefix = prefixOf(this.namespace);
    await this.#guard('delete from', () =>
      this.#db.transaction().execute(async (transaction) => {
        const query = transaction.deleteFrom('key_value');
        await (prefix === '' ? query : query.where(startsWith(prefix))).execute();
      }),
    );
  }

  async *iterator<Value>(namespace?: string): AsyncGenerator<Array<string | Awaited<Value> | undefined>, void> {
    const prefix = prefixOf(namespace);
    let after: string | null = null;
    for (;;) {
      const page = await this.#page(prefix, after);
      const expired = page.filter((row) => this.#expired(row)).map((row) => row.key);
      if (expired.length > 0) await this.deleteMany(expired);
      for (const row of page) {
        if (!this.#expired(row)) yield [row.key, row.value];
      }
      after = page.at(-1)?.key ?? null;
      if (page.length < PAGE) return;
    }
  }

  #page(prefix: string, after: string | null) {
    let query = this.#db.selectFrom('key_value').selectAll().orderBy('key').limit(PAGE);
    if (prefix !== '') query = query.where(startsWith(prefix));
    if (after !== null) query = query.where('key', '>', after);
    return this.#guard('read from', () => query.execute());
  }

  async #live(keys: readonly string[]): Promise<Map<string, string>> {
    const held = new Map<string, string>();
    const expired: string[] = [];
    await inChunks([...new Set(keys)], async (chunk) => {
      const rows = await this.#db.selectFrom('key_value').selectAll().where('key', 'in', chunk).execute();
      for (const row of rows) {
        if (this.#expired(row)) expired.push(row.key);
        else held.set(row.key, row.value);
      }
      return rows.length;
    });
    if (expired.length > 0) await this.deleteMany(expired);
    return held;
  }

  #expired(row: { expires_at_ms: number | null }): boolean {
    return row.expires_at_ms !== null && row.expires_at_ms <= this.#now();
  }

  async #sweep(nowMs: number): Promise<void> {
    if (nowMs >= this.#sweptAtMs && nowMs - this.#sweptAtMs < SWEEP_EVERY_MS) return;
    this.#sweptAtMs = nowMs;
    await this.#guard('delete from', () =>
      this.#db.transaction().execute(async (transaction) => {
        await transaction.deleteFrom('key_value').where('expires_at_ms', '<=', nowMs).execute();
      }),
    );
  }

  async #read<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await this.#guard('read from', step);
    } catch (error) {
      if (this.listenerCount('error') > 0) this.emit('error', error);
      throw error;
    }
  }
}

/** As Keyv prefixes its keys. */
function prefixOf(namespace: string | undefined): string {
  return namespace ? `${namespace}:` : '';
}

/** Not LIKE, which ignores case in SQLite; not a range, which follows the collation in PostgreSQL. */
function startsWith(prefix: string) {
  return sql<boolean>`substr(key, 1, ${sql.lit([...prefix].length)}) = ${prefix}`;
}
