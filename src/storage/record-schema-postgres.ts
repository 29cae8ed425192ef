/**
 * What PostgreSQL says of the tables of the record after all migrations, by kind and name. SQLite's rules are read from a fresh database; a fresh schema of
 * PostgreSQL would need rights that the user may lack. A test holds this list against a fresh database.
 */
export const POSTGRES_RULES: Readonly<Record<string, string>> = {
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
  'constraint outcomes_new_pkey': 'PRIMARY KEY (number)',
  'constraint outcomes_sequence_fkey': 'FOREIGN KEY (sequence) REFERENCES ledger(sequence)',
  'function candlecast_append_only': "begin raise exception '% is append-only', tg_table_name; end",
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
  'index outcomes_key': 'CREATE UNIQUE INDEX outcomes_key ON outcomes USING btree (sequence, revision)',
  'index outcomes_new_pkey': 'CREATE UNIQUE INDEX outcomes_new_pkey ON outcomes USING btree (number)',
  'table checkpoints':
    'at_ms bigint not null, forecasts integer not null, hash bytea not null, marks integer not null, models integer not null, number integer not null, outcomes integer not null',
  'table ledger':
    'cause text not null, climatology bytea, hash bytea not null, horizon text not null, interval text not null, issued_at_ms bigint not null, last_price double precision not null, model text not null, origin_ms bigint not null, p_up double precision not null, quantiles bytea not null, sentiment_share double precision, sequence integer not null, source text not null, symbol text not null, target_ms bigint not null',
  'table ledger_marks':
    'hash bytea not null, marked_at_ms bigint not null, number integer not null, row_hash bytea not null, sequence integer not null',
  'table model_cards':
    'hash bytea not null, interval text not null, number integer not null, recorded_at_ms bigint not null, sha256 bytea not null, version text not null',
  'table outcomes':
    'absolute_error double precision not null, actual_price double precision not null, band integer, brier double precision not null, climatology_pinball double precision, direction_hit integer not null, hash bytea not null, level double precision not null, log_return double precision not null, naive_scale double precision, number integer not null, pinball double precision not null, revision integer not null, scored_at_ms bigint not null, sequence integer not null, source text not null',
  'trigger checkpoints_append_only':
    'CREATE TRIGGER checkpoints_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON checkpoints FOR EACH STATEMENT EXECUTE FUNCTION candlecast_append_only()',
  'trigger ledger_append_only':
    'CREATE TRIGGER ledger_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger FOR EACH STATEMENT EXECUTE FUNCTION candlecast_append_only()',
  'trigger ledger_marks_append_only':
    'CREATE TRIGGER ledger_marks_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger_marks FOR EACH STATEMENT EXECUTE FUNCTION candlecast_append_only()',
  'trigger model_cards_append_only':
    'CREATE TRIGGER model_cards_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON model_cards FOR EACH STATEMENT EXECUTE FUNCTION candlecast_append_only()',
  'trigger outcomes_append_only':
    'CREATE TRIGGER outcomes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON outcomes FOR EACH STATEMENT EXECUTE FUNCTION candlecast_append_only()',
};
