/**
 * A paper portfolio; `symbols` is JSON, `marked_ms` the close of the last candle that went in, or the grid point it begins at,
 * `blocked` what forbade positions then, `told_number` the last event whose trips the server was told of.
 */
export interface PaperPortfolioRow {
  id: string;
  guild_id: string;
  rule: string;
  horizon: string;
  symbols: string;
  capital: number;
  started_by: string;
  started_ms: number;
  stopped_ms: number | null;
  marked_ms: number;
  blocked: string | null;
  told_number: number;
}

/** One coin's part of a portfolio; `state` is the backtester's account as JSON, `standing` a JSON list of breakers. */
export interface PaperAccountRow {
  portfolio_id: string;
  symbol: string;
  state: string;
  hold_units: number;
  last_close: number;
  standing: string;
}

/** One thing that happened to a portfolio; `body` is JSON and what the hash is made over. */
export interface PaperEventRow {
  portfolio_id: string;
  number: number;
  time_ms: number;
  kind: string;
  body: string;
  previous_hash: string;
  hash: string;
}
