/** Scaled quantiles issued at a candle, whose outcome is still to come. */
export interface PendingForecast {
  /** Open time of the candle it was issued at, ms. */
  readonly openMs: number;
  readonly issued: readonly number[];
}

/** What calibration has learnt about one coin at one horizon, and what it still waits for. */
export interface TrackState {
  /** In units of σ √horizon, one a level. */
  readonly shift: readonly number[];
  readonly pending: readonly PendingForecast[];
}

/** What calibration has learnt about one coin: kept between candles and carried on. */
export interface CalibrationState {
  /** Open time of the newest candle whose forecast went in, ms. */
  readonly untilMs: number;
  /** One a horizon, in the model's order. */
  readonly horizons: readonly TrackState[];
}
