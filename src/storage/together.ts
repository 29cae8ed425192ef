import { type Compilable, CompiledQuery, type Kysely, type QueryResult, SqliteAdapter } from 'kysely';
import type { Database } from './schema.ts';

/** Statements that go to SQLite's thread as one message. */
interface Together extends CompiledQuery {
  readonly together: readonly CompiledQuery[];
}

/** Whether a query stands for several, which are run one after the other in one transaction. */
export const isTogether = (query: CompiledQuery): query is Together => 'together' in query;

/** The results of statements, each with the rows of its own. */
type ResultsOf<Queries extends readonly Compilable<unknown>[]> = {
  -readonly [Place in keyof Queries]: Queries[Place] extends Compilable<infer Row> ? QueryResult<Row> : never;
};

/**
 * Runs statements that are known beforehand one after the other, in a transaction of their own unless `db` is one. A message to SQLite's thread and back
 * costs several times what a small statement does, so they share one. Throws what the first that fails throws; then none counts.
 */
export async function runTogether<const Queries extends readonly Compilable<unknown>[]>(
  db: Kysely<Database>,
  queries: Queries,
): Promise<ResultsOf<Queries>> {
  const together = queries.map((query) => query.compile());
  if (together.length === 0) return [] as unknown as ResultsOf<Queries>;
  if (db.getExecutor().adapter instanceof SqliteAdapter) {
    const query: Together = { ...CompiledQuery.raw(together.map(({ sql }) => sql).join('; ')), together };
    return (await db.executeQuery(query)).rows as ResultsOf<Queries>;
  }
  const inOrder = async (transaction: Kysely<Database>) => {
    const results: QueryResult<unknown>[] = [];
    for (const query of together) results.push(await transaction.executeQuery(query));
    return results as unknown as ResultsOf<Queries>;
  };
  return db.isTransaction ? inOrder(db) : db.transaction().execute(inOrder);
}
