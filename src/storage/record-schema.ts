import { type Kysely, sql } from 'kysely';
import { CHAIN_TABLES } from './chain-ends.ts';
import { MEMORY_PATH } from './connection.ts';
import { migrate } from './migrate.ts';
import type { Database, DatabaseKind } from './schema.ts';
import { openSqlite } from './sqlite.ts';

/** Tables of the record. */
const TABLES = Object.values(CHAIN_TABLES).map(([table]) => table);

/** A table, trigger, index or other rule of the record: its definition by `kind name`, such as `trigger ledger_no_update`. */
export type SchemaRules = ReadonlyMap<string, string>;

/**
 * Compares the tables of the record with what the migrations make: columns, constraints, indexes and triggers. The first difference in one
 * sentence; null where there is none.
 */
export async function schemaProblem(db: Kysely<Database>, kind: DatabaseKind): Promise<string | null> {
  const [found, expected] = await (kind === 'sqlite'
    ? Promise.all([sqliteRules(db), freshSqliteRules()])
    : Promise.all([postgresRules(db), new Map(Object.entries(POSTGRES_RULES))]));
  for (const [name, definition] of expected) {
    const is = found.get(name);
    if (is === undefined)
      return `The ${name} of the database, which keeps rows of the record from being changed, is missing.`;
    if (is !== definition) {
      return is.startsWith(DISABLED)
        ? `The ${name} of the database, which keeps rows of the record from being changed, is switched off.`
        : `The ${name} of the database has been changed: it is not as this program makes it.`;
    }
  }
  // An index that somebody adds changes no answer; a trigger or a rule may.
  const added = [...found.keys()].find((name) => !expected.has(name) && !name.startsWith('index '));
  return added === undefined
    ? null
    : `There is a ${added} on the tables of the record, which this program does not make.`;
}

const DISABLED = 'disabled ';

const squeezed = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

async function sqliteRules(db: Kysely<Database>): Promise<SchemaRules> {
  const { rows } = await sql<{ type: string; name: string; sql: string }>`
    select type, name, sql from sqlite_master where tbl_name in (${sql.join(TABLES)}) and sql is not null
    order by type desc, name`.execute(db);
  return new Map(rows.map((row) => [`${row.type} ${row.name}`, squeezed(row.sql)]));
}

async function freshSqliteRules(): Promise<SchemaRules> {
  const connection = openSqlite(MEMORY_PATH, 'a database in memory');
  try {
    await migrate(connection);
    return await sqliteRules(connection.db);
  } finally {
    await connection.db.destroy();
  }
}

/** Columns, constraints, unique indexes, triggers, rewrite rules, policies, and the function that refuses changes. */
export async function postgresRules(db: Kysely<Database>): Promise<SchemaRules> {
  const { rows } = await sql<{ name: string; definition: string }>`
    with tables as (select to_regclass(name) as id, name from unnest(array[${sql.join(TABLES)}]::text[]) as t(name))
    select 'trigger ' || g.tgname as name,
      case when g.tgenabled in ('O', 'A') then '' else ${DISABLED} end
        || regexp_replace(pg_get_triggerdef(g.oid), ' ON (ONLY )?[^ ]*\\.', ' ON ') as definition
      from pg_trigger g join tables t on t.id = g.tgrelid where not g.tgisinternal
    union all
    select 'function ' || p.proname, squeezed.body from pg_trigger g join tables t on t.id = g.tgrelid join pg_proc p on p.oid = g.tgfoid,
      lateral (select btrim(regexp_replace(p.prosrc, '\\s+', ' ', 'g')) as body) squeezed where not g.tgisinternal group by 1, 2
    union all
    select 'table ' || t.name, case when c.relkind = 'r' then '' else 'not a table ' end
        || case when c.relrowsecurity then 'with row security ' else '' end
        || coalesce((select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end, ', ' order by a.attname)
             from pg_attribute a where a.attrelid = t.id and a.attnum > 0 and not a.attisdropped), '')
      from tables t join pg_class c on c.oid = t.id
    union all
    select 'constraint ' || k.conname, pg_get_constraintdef(k.oid) || case when k.convalidated then '' else ' not valid' end
      from pg_constraint k join tables t on t.id = k.conrelid where k.contype in ('c', 'u', 'p', 'f')
    union all
    select 'index ' || i.relname, regexp_replace(pg_get_indexdef(x.indexrelid), ' ON (ONLY )?[^ ]*\\.', ' ON ') || case when x.indisvalid then '' else ' not valid' end
      from pg_index x join tables t on t.id = x.indrelid join pg_class i on i.oid = x.indexrelid where x.indisunique
    union all
    select 'rule ' || r.rulename, pg_get_ruledef(r.oid) from pg_rewrite r join tables t on t.id = r.ev_class
    order by 1`.execute(db);
  return new Map(rows.map(({ name, definition }) => [name, squeezed(definition)]));
}

/**
 * What PostgreSQL says of the tables of the record after all migrations, by kind and name. SQLite's rules are read from a fresh database; a fresh schema of
 * PostgreSQL would need rights that the user may lack. A test holds this list against a fresh database.
 */
const POSTGRES_RULES: Readonly<Record<string, string>> = {
  'constraint call_before_outcome': "CHECK (((kind <> 'call'::text) OR (at_ms < target_ms)))",
  'constraint call_events_pkey': 'PRIMARY KEY (number)',
  'constraint checkpoints_pkey': 'PRIMARY KEY (number)',
  'constraint ledger_at_once':
    "CHECK (((cause <> ALL (ARRAY['asked'::text, 'posted'::text])) OR ((issued_at_ms - origin_ms) <= 300000)))",
  'constraint ledger_before_outcome': 'CHECK (((issued_at_ms >= origin_ms) AND (issued_at_ms < target_ms)))',
  'constraint ledger_cause':
    "CHECK ((cause = ANY (ARRAY['scheduled'::text, 'on-demand'::text, 'asked'::text, 'posted'::text])))",
  'constraint ledger_marks_new_pkey': 'PRIMARY KEY (number)',
  'constraint ledger_marks_new_sequence_key': 'UNIQUE (sequence)',
  'constraint ledger_marks_sequence_fkey': 'FOREIGN KEY (sequence) REFERENCES ledger(sequence)',
  'constraint ledger_new_pkey': 'PRIMARY KEY (sequence)',
  'constraint model_cards_once': 'UNIQUE (version, "interval", sha256)',
  'constraint model_cards_pkey': 'PRIMARY KEY (number)',
  'constraint odds_before_outcome': "CHECK (((kind <> 'odds'::text) OR (at_ms < target_ms)))",
  'constraint odds_events_pkey': 'PRIMARY KEY (number)',
  'constraint outcomes_new_pkey': 'PRIMARY KEY (number)',
  'constraint outcomes_sequence_fkey': 'FOREIGN KEY (sequence) REFERENCES ledger(sequence)',
  'function candlecast_append_only': "begin raise exception '% is append-only', tg_table_name; end",
  'index call_events_one_end':
    "CREATE UNIQUE INDEX call_events_one_end ON call_events USING btree (call_number) WHERE (kind <> 'call'::text)",
  'index call_events_pkey': 'CREATE UNIQUE INDEX call_events_pkey ON call_events USING btree (number)',
  'index checkpoints_pkey': 'CREATE UNIQUE INDEX checkpoints_pkey ON checkpoints USING btree (number)',
  'index ledger_marks_new_pkey': 'CREATE UNIQUE INDEX ledger_marks_new_pkey ON ledger_marks USING btree (number)',
  'index ledger_marks_new_sequence_key':
    'CREATE UNIQUE INDEX ledger_marks_new_sequence_key ON ledger_marks USING btree (sequence)',
  'index ledger_new_pkey': 'CREATE UNIQUE INDEX ledger_new_pkey ON ledger USING btree (sequence)',
  'index ledger_once':
    "CREATE UNIQUE INDEX ledger_once ON ledger USING btree (horizon, origin_ms, symbol, model, ( CASE WHEN (cause = ANY (ARRAY['asked'::text, 'posted'::text])) THEN cause ELSE 'close'::text END))",
  'index model_cards_once':
    'CREATE UNIQUE INDEX model_cards_once ON model_cards USING btree (version, "interval", sha256)',
  'index model_cards_pkey': 'CREATE UNIQUE INDEX model_cards_pkey ON model_cards USING btree (number)',
  'index odds_events_one_end':
    "CREATE UNIQUE INDEX odds_events_one_end ON odds_events USING btree (odds_number) WHERE (kind <> 'odds'::text)",
  'index odds_events_pkey': 'CREATE UNIQUE INDEX odds_events_pkey ON odds_events USING btree (number)',
  'index outcomes_key': 'CREATE UNIQUE INDEX outcomes_key ON outcomes USING btree (sequence, revision)',
  'index outcomes_new_pkey': 'CREATE UNIQUE INDEX outcomes_new_pkey ON outcomes USING btree (number)',
  'table call_events':
    'at_ms bigint not null, body text not null, call_number integer not null, hash text not null, kind text not null, member text not null, number integer not null, previous_hash text not null, target_ms bigint not null',
  'table checkpoints':
    'at_ms bigint not null, calls integer, forecasts integer not null, hash bytea not null, marks integer not null, models integer not null, number integer not null, odds integer, outcomes integer not null',
  'table ledger':
    'cause text not null, climatology bytea, hash bytea not null, horizon text not null, interval text not null, issued_at_ms bigint not null, last_price double precision not null, model text not null, origin_ms bigint not null, p_up double precision not null, quantiles bytea not null, sentiment_share double precision, sequence integer not null, source text not null, symbol text not null, target_ms bigint not null',
  'table ledger_marks':
    'hash bytea not null, marked_at_ms bigint not null, number integer not null, row_hash bytea not null, sequence integer not null',
  'table model_cards':
    'hash bytea not null, interval text not null, number integer not null, recorded_at_ms bigint not null, sha256 bytea not null, version text not null',
  'table odds_events':
    'at_ms bigint not null, body text not null, hash text not null, kind text not null, number integer not null, odds_number integer not null, origin_ms bigint not null, previous_hash text not null, symbol text not null, target_ms bigint not null',
  'table outcomes':
    'absolute_error double precision not null, actual_price double precision not null, band integer, brier double precision not null, climatology_pinball double precision, direction_hit integer not null, hash bytea not null, level double precision not null, log_return double precision not null, naive_scale double precision, number integer not null, pinball double precision not null, revision integer not null, scored_at_ms bigint not null, sequence integer not null, source text not null',
  'trigger call_events_append_only':
    'CREATE TRIGGER call_events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON call_events FOR EACH STATEMENT EXECUTE FUNCTION candlecast_append_only()',
  'trigger checkpoints_append_only':
    'CREATE TRIGGER checkpoints_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON checkpoints FOR EACH STATEMENT EXECUTE FUNCTION candlecast_append_only()',
  'trigger ledger_append_only':
    'CREATE TRIGGER ledger_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger FOR EACH STATEMENT EXECUTE FUNCTION candlecast_append_only()',
  'trigger ledger_marks_append_only':
    'CREATE TRIGGER ledger_marks_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger_marks FOR EACH STATEMENT EXECUTE FUNCTION candlecast_append_only()',
  'trigger model_cards_append_only':
    'CREATE TRIGGER model_cards_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON model_cards FOR EACH STATEMENT EXECUTE FUNCTION candlecast_append_only()',
  'trigger odds_events_append_only':
    'CREATE TRIGGER odds_events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON odds_events FOR EACH STATEMENT EXECUTE FUNCTION candlecast_append_only()',
  'trigger outcomes_append_only':
    'CREATE TRIGGER outcomes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON outcomes FOR EACH STATEMENT EXECUTE FUNCTION candlecast_append_only()',
};
