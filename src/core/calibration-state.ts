/** Scaled quantiles issued at a candle, whose outcome is still to come. */
export interface PendingForecast {
  /** Open time of the candle it was issued at, ms. */
  readonly openMs: number;
  readonly issued: readonly number[];
}

/** Calibration state of one coin at one horizon, with the quantiles whose outcomes are still to come. */
export interface TrackState {
  /** In units of σ √horizon, one a level. */
  readonly shift: readonly number[];
  readonly pending: readonly PendingForecast[];
}

/** Calibration state of one coin, stored between candles. */
export interface CalibrationState {
  /** Open time of the newest candle whose forecast was included, ms. */
  readonly untilMs: number;
  /** One a horizon, in the model's order. */
  readonly horizons: readonly TrackState[];
}
