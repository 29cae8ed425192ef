import type { Generated, Kysely } from 'kysely';

/**
 * The tables as Kysely sees them. Times are ms since the epoch in 64-bit integers; prices are double precision; yes and
 * no are 1 and 0, because SQLite has no boolean and `libsql` aborts the process when it is handed one.
 */
export interface Database {
  candles: CandleRow;
  assets: AssetRow;
  observations: ObservationRow;
  key_value: KeyValueRow;
  calibrations: CalibrationRow;
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

/** Which SQL dialect a database speaks. */
export type DatabaseKind = 'sqlite' | 'postgres';

/** An open connection with what its users must know: the dialect, and how to speak of it without secrets. */
export interface Connection {
  readonly kind: DatabaseKind;
  readonly db: Kysely<Database>;
  /** For messages, such as `the SQLite file data/candlecast.db`; never holds a password. */
  readonly label: string;
}
