import type { BreakerName } from '../../core/backtest.ts';

/**
 * What a rule sees of one forecast: everything was known when the candle at `originMs` closed. Returns and volatilities are for the
 * whole horizon unless the name says otherwise.
 */
export interface ForecastView {
  /** Close time of the last candle used. */
  readonly originMs: number;
  /** Candles the forecast looks ahead, and how many of them make a year. */
  readonly steps: number;
  readonly candlesPerYear: number;
  /** Log returns at QUANTILE_LEVELS, ascending. */
  readonly quantiles: ArrayLike<number>;
  readonly pUp: number;
  /** Mean simple return. */
  readonly expectedReturn: number;
  /** Standard deviation of the log return, and the same scaled to one candle by √time. */
  readonly volatility: number;
  readonly candleVolatility: number;
  /** Dollars usually traded in one candle; 0 where unknown. */
  readonly dollarVolume: number;
  /** What forbids new positions whatever the forecast says: an alarm of drift, or no measurable edge. */
  readonly blocked: BreakerName | null;
}

/** How far from the entry price a position is left, as fractions of it; 0 is none. */
export interface StopDistances {
  readonly loss: number;
  readonly profit: number;
  /** From the best price since the entry. */
  readonly trailing: number;
}

/** What an account should hold from the next candle's open on. */
export interface Decision {
  /** Close time of the last candle that it rests on. */
  readonly originMs: number;
  /** Share of the account, negative for short. */
  readonly exposure: number;
  readonly candleVolatility: number;
  readonly dollarVolume: number;
  readonly stops: StopDistances;
  readonly blocked: BreakerName | null;
}

export const NO_STOPS: StopDistances = { loss: 0, profit: 0, trailing: 0 };
