import type { Generated } from 'kysely';
import type { Bytes } from './bytes.ts';
import type {
  ChannelFactRow,
  GatewayShardRow,
  GuildFactRow,
  InteractionsRow,
  ModelPointerRow,
  ModelRow,
  ProcessRow,
  TrainingRow,
} from './operation-schema.ts';
import type {
  AlarmRow,
  AlertStateRow,
  CallTables,
  GuildDepartureRow,
  OddsTables,
  PersonalAlertRow,
  PreferenceRow,
  ServerSettingsRow,
  UnconfirmedPriceRow,
  WatchRow,
} from './personal-schema.ts';

/** Which SQL dialect a database speaks. */
export type DatabaseKind = 'sqlite' | 'postgres';

/**
 * The tables as Kysely sees them. Times are ms since the epoch in 64-bit integers; prices are double precision; yes and
 * no are 1 and 0, because SQLite has no boolean and `libsql` aborts the process when it is handed one.
 */
export interface Database extends CallTables, OddsTables {
  candles: CandleRow;
  unconfirmed_prices: UnconfirmedPriceRow;
  assets: AssetRow;
  coin_sources: CoinSourceRow;
  observations: ObservationRow;
  calibrations: CalibrationRow;
  widths: WidthRow;
  training_coins: TrainingCoinRow;
  models: ModelRow;
  model_pointers: ModelPointerRow;
  trainings: TrainingRow;
  headlines: HeadlineRow;
  fear_greed: FearGreedRow;
  talk_hours: TalkHourRow;
  ledger: LedgerRow;
  ledger_marks: LedgerMarkRow;
  outcomes: OutcomeRow;
  model_cards: ModelCardRow;
  checkpoints: CheckpointRow;
  score_sums: ScoreSumsRow;
  tracked_coins: TrackedCoinRow;
  missed_forecasts: MissedForecastRow;
  paper_portfolios: PaperPortfolioRow;
  paper_accounts: PaperAccountRow;
  paper_events: PaperEventRow;
  subscriptions: SubscriptionRow;
  posts: PostRow;
  alert_states: AlertStateRow;
  turns: LeaseRow;
  alarms: AlarmRow;
  job_leases: JobLeaseRow;
  job_runs: JobRunRow;
  guild_departures: GuildDepartureRow;
  processes: ProcessRow;
  interaction_counts: InteractionsRow;
  gateway_shards: GatewayShardRow;
  guild_facts: GuildFactRow;
  server_settings: ServerSettingsRow;
  channel_facts: ChannelFactRow;
  personal_alerts: PersonalAlertRow;
  preferences: PreferenceRow;
  watches: WatchRow;
  /** The reference rate of a currency on a day (`YYYY-MM-DD`), for one US dollar. */
  exchange_rates: { currency: string; day: string; per_usd: number; source: string };
  key_value: KeyValueRow;
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
  /** The provider's own id of the coin. */
  id: string | null;
  price_usd: number | null;
}

/** A source whose prices under the ticker were found to be those of the coin with that id. */
export interface CoinSourceRow {
  symbol: string;
  source: string;
  asset_id: string;
  confirmed_at_ms: number;
}

export interface ObservationRow {
  symbol: string;
  metric: string;
  time_ms: number;
  available_at_ms: number;
  value: number;
  source: string;
}

export interface TrainingCoinRow {
  symbol: string;
  interval: string;
  place: number | null;
  volumes: string;
  added_ms: number;
  listed_ms: number;
  history_from_ms: number | null;
  history_due_ms: number;
}

export interface WidthRow {
  interval: string;
  model: string;
  until_ms: number;
  /** JSON. */
  learnt: string;
}

export interface CalibrationRow {
  symbol: string;
  interval: string;
  /** Hour of the day (UTC) at which the days end; 0 for hours. */
  end_hour: number;
  model: string;
  until_ms: number;
  /** JSON. */
  horizons: string;
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

export interface TalkHourRow {
  hour_ms: number;
  outlet: string;
  posts: number;
  posts_covered_ms: number;
  comments: number;
  comments_covered_ms: number;
  known_at_ms: number;
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
  /** Prices, as storage/bytes.ts writes them. */
  quantiles: Bytes;
  p_up: number;
  climatology: Bytes | null;
  model: string;
  source: string;
  sentiment_share: number | null;
  issued_at_ms: number;
  hash: Bytes;
}

export interface LedgerMarkRow {
  number: number;
  sequence: number;
  row_hash: Bytes;
  marked_at_ms: number;
  hash: Bytes;
}

export interface OutcomeRow {
  number: number;
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
  hash: Bytes;
}

/** A model that forecasts were made by. */
export interface ModelCardRow {
  number: number;
  interval: string;
  version: string;
  sha256: Bytes;
  recorded_at_ms: number;
  hash: Bytes;
}

/** The numbers of the last rows of the other chains at one moment. */
export interface CheckpointRow {
  number: number;
  at_ms: number;
  forecasts: number;
  marks: number;
  outcomes: number;
  models: number;
  calls: number | null;
  odds: number | null;
  hash: Bytes;
}

/** Forecasts of one kind, horizon, coin (all where it is empty), day of origins and model: how many, how many have a score, and its sums as bytes. */
export interface ScoreSumsRow {
  kind: string;
  horizon: string;
  symbol: string;
  day_ms: number;
  model: string;
  issued: number;
  scored: number;
  sums: Bytes | null;
}

/** A coin that is forecast by the schedule, from a close on and until before another. */
export interface TrackedCoinRow {
  interval: string;
  symbol: string;
  from_ms: number;
  until_ms: number | null;
}

/** A scheduled forecast that was due and not written. */
export interface MissedForecastRow {
  horizon: string;
  origin_ms: number;
  symbol: string;
  reason: string;
}

/**
 * A paper portfolio; `symbols` is JSON, `marked_ms` the close of the last candle that went in, or the grid point it begins at,
 * `blocked` the reason that forbade positions then, `told_number` the last event whose trips were announced in the server.
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

/** One event of a portfolio; `body` is JSON and the text that the hash is computed over. */
export interface PaperEventRow {
  portfolio_id: string;
  number: number;
  time_ms: number;
  kind: string;
  body: string;
  previous_hash: string;
  hash: string;
}

/** One subscription; `symbols` are joined by commas, yes and no are 1 and 0. */
export interface SubscriptionRow {
  id: string;
  guild_id: string;
  channel_id: string;
  created_by: string;
  symbols: string;
  horizon: string;
  report: string;
  local_time: string;
  time_zone: string;
  band_break: number;
  flip_at: number | null;
  locale: string;
  state: string;
  state_since_ms: number;
  state_reason: string | null;
  created_at_ms: number;
  next_due_ms: number;
  /** Posts left out since the last one. */
  missed: number;
}

/** One post of the outbox. */
export interface PostRow {
  id: string;
  subscription_id: string;
  kind: string;
  channel_id: string;
  due_ms: number;
  payload: string | null;
  missed: number;
  /** `open` until it is `sent`, `failed` or `skipped`. */
  state: string;
  attempts: number;
  /** Of an open post: no process may claim it before. */
  not_before_ms: number;
  lease_owner: string | null;
  /** When a send began whose result is not known yet. */
  sending_since_ms: number | null;
  message_id: string | null;
  reason: string | null;
  changed_at_ms: number;
}

/** Which process holds a lease, and until when. */
export interface LeaseRow {
  name: string;
  owner: string;
  until_ms: number;
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

export interface KeyValueRow {
  key: string;
  value: string;
  expires_at_ms: Generated<number | null>;
}
