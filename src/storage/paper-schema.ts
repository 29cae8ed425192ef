/** A paper portfolio; `symbols` is JSON, `marked_ms` the close of the last candle that went in, or the grid point it begins at. */
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
}

/** One coin's part of a portfolio; `state` is the backtester's account as JSON. */
export interface PaperAccountRow {
  portfolio_id: string;
  symbol: string;
  state: string;
  hold_units: number;
  last_close: number;
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
