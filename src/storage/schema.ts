import type { Generated, Kysely } from 'kysely';
import type { PaperAccountRow, PaperEventRow, PaperPortfolioRow } from './paper-schema.ts';
import type { AlertStateRow, PostRow, SubscriptionRow, TurnRow } from './publishing-schema.ts';

/**
 * The tables as Kysely sees them. Times are ms since the epoch in 64-bit integers; prices are double precision; yes and
 * no are 1 and 0, because SQLite has no boolean and `libsql` aborts the process when it is handed one.
 */
export interface Database {
  candles: CandleRow;
  assets: AssetRow;
  observations: ObservationRow;
  key_value: KeyValueRow;
  subscriptions: SubscriptionRow;
  posts: PostRow;
  alert_states: AlertStateRow;
  turns: TurnRow;
  ledger: LedgerRow;
  ledger_marks: LedgerMarkRow;
  outcomes: OutcomeRow;
  job_leases: JobLeaseRow;
  job_runs: JobRunRow;
  calibrations: CalibrationRow;
  paper_portfolios: PaperPortfolioRow;
  paper_accounts: PaperAccountRow;
  paper_events: PaperEventRow;
  headlines: HeadlineRow;
  fear_greed: FearGreedRow;
}

export interface CandleRow {
  symbol: string;
  interval: string;
  open_time_ms: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  source: string;
  fetched_at_ms: number;
  flag: string | null;
}

export interface AssetRow {
  /** Place in the list as the source gave it, from 0. Tickers are not unique, so they cannot be the key. */
  position: number;
  symbol: string;
  name: string;
  rank: number | null;
  market_cap_usd: number | null;
  stablecoin: number;
  fetched_at_ms: number;
}

export interface ObservationRow {
  symbol: string;
  metric: string;
  time_ms: number;
  available_at_ms: number;
  value: number;
  source: string;
}

export interface HeadlineRow {
  id: string;
  kind: string;
  outlet: string;
  guid: string;
  title: string;
  url: string | null;
  published_at_ms: number | null;
  first_seen_ms: number;
  /** Tickers with a space between. */
  symbols: string;
  story_id: string;
  set_aside: string | null;
}

export interface FearGreedRow {
  time_ms: number;
  value: number;
}

export interface KeyValueRow {
  key: string;
  value: string;
  expires_at_ms: Generated<number | null>;
}

export interface CalibrationRow {
  symbol: string;
  interval: string;
  model: string;
  until_ms: number;
  /** JSON. */
  horizons: string;
}

export interface LedgerRow {
  sequence: number;
  cause: string;
  symbol: string;
  interval: string;
  horizon: string;
  origin_ms: number;
  target_ms: number;
  last_price: number;
  /** JSON arrays of prices. */
  quantiles: string;
  p_up: number;
  climatology: string | null;
  model: string;
  source: string;
  sentiment_share: number | null;
  issued_at_ms: number;
  previous_hash: string;
  hash: string;
}

export interface LedgerMarkRow {
  number: number;
  sequence: number;
  row_hash: string;
  marked_at_ms: number;
  previous_hash: string;
  hash: string;
}

export interface OutcomeRow {
  sequence: number;
  revision: number;
  actual_price: number;
  source: string;
  scored_at_ms: number;
  log_return: number;
  pinball: number;
  climatology_pinball: number | null;
  absolute_error: number;
  naive_scale: number | null;
  direction_hit: number;
  brier: number;
  band: number | null;
  level: number;
}

export interface JobLeaseRow {
  job: string;
  scheduled_ms: number;
  owner: string;
  until_ms: number;
  finished: number;
}

export interface JobRunRow {
  job: string;
  scheduled_ms: number;
  started_ms: number;
  ended_ms: number;
  outcome: string;
  summary: string;
}

/** Which SQL dialect a database speaks. */
export type DatabaseKind = 'sqlite' | 'postgres';

/** An open connection with what its users must know: the dialect, and how to speak of it without secrets. */
export interface Connection {
  readonly kind: DatabaseKind;
  readonly db: Kysely<Database>;
  /** For messages, such as `the SQLite file data/candlecast.db`; never holds a password. */
  readonly label: string;
}
