import type { BreakerLimits, BreakerName, TradingCosts } from '../../core/backtest.ts';
import type { Interval } from '../../core/candle.ts';

/**
 * One coin's account between two candles, as plain JSON. Amounts are dollars; a price, moment or amount of 0 means that there is none.
 */
export interface AccountState {
  readonly format: 1;
  cash: number;
  /** Negative when short. */
  units: number;
  /** Mean price paid for the position, spread and slippage included, and the best price of finished candles since it was opened. */
  entryPrice: number;
  bestPrice: number;
  /** Distances of the position's stops as fractions; see StopDistances. */
  stopLoss: number;
  takeProfit: number;
  trailing: number;
  /** When the position was opened, and what the account was worth just before. */
  openedMs: number;
  openedEquity: number;
  /** At the last candle's close. */
  equity: number;
  lastClose: number;
  /** Highest equity at a close; what the drawdown limit is measured from. */
  peakEquity: number;
  /** No new position before this; after a stop, and after a breaker. */
  cooldownUntilMs: number;
  pausedUntilMs: number;
  pausedBy: BreakerName | null;
  /** Exposure that was aimed at in the last candle: the decision's, or 0 where something forbade it, and which breaker that was. */
  target: number;
  heldBack: BreakerName | null;
  /** Whether the account lost everything; it does not trade any more. */
  ruined: boolean;
  /** Sums since the start. */
  traded: number;
  fees: number;
  slippage: number;
  funding: number;
}

/** An account with nothing but cash. */
export function newAccount(cash: number): AccountState {
  const none = { units: 0, entryPrice: 0, bestPrice: 0, stopLoss: 0, takeProfit: 0, trailing: 0 };
  return {
    format: 1,
    cash,
    ...none,
    openedMs: 0,
    openedEquity: 0,
    equity: cash,
    lastClose: 0,
    peakEquity: cash,
    cooldownUntilMs: 0,
    pausedUntilMs: 0,
    pausedBy: null,
    target: 0,
    heldBack: null,
    ruined: false,
    traded: 0,
    fees: 0,
    slippage: 0,
    funding: 0,
  };
}

/** Position ÷ account at the last close, negative for short. */
export function exposureOf({ units, lastClose, equity }: Pick<AccountState, 'units' | 'lastClose' | 'equity'>): number {
  return units === 0 || equity <= 0 ? 0 : (units * lastClose) / equity;
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

/** No stops at all. */
export const NO_STOPS: StopDistances = { loss: 0, profit: 0, trailing: 0 };

/** What an account trades under. */
export interface TradingTerms {
  readonly interval: Interval;
  readonly costs: TradingCosts;
  readonly breakers: BreakerLimits;
  /** Changes of exposure below this are not traded, unless they open, close or turn a position. Infinity holds for ever. */
  readonly band: number;
  /** Candles after a stop in which no position is opened. */
  readonly cooldownCandles: number;
}

/** Dollars that an account starts with unless something else is asked for. */
export const DEFAULT_CAPITAL = 10_000;

/** A taker's fee of 0.1 %, four basis points between bid and ask, square-root slippage, funding off. */
export const DEFAULT_COSTS: TradingCosts = { feeShare: 0.001, spreadShare: 0.0004, impact: 1, fundingPerDay: 0 };

/** Taken for an order's part of the usual volume where that is unknown. */
const UNKNOWN_PARTICIPATION = 0.01;

/**
 * How much worse than the quoted price a market order is filled, as a share of it: impact × volatility × √(order ÷ usual volume), the
 * square-root law (Almgren, Thum, Hauptmann & Li 2005; Tóth et al. 2011). Both amounts are dollars for the same candle length as
 * the volatility; a volume of 0 is unknown. An order never counts as more than the whole volume.
 */
export function slippageShare(costs: TradingCosts, volatility: number, order: number, volume: number): number {
  const participation = volume > 0 ? Math.min(1, order / volume) : UNKNOWN_PARTICIPATION;
  return costs.impact * volatility * Math.sqrt(participation);
}
