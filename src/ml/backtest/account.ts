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
  /** The account lost everything and trades no more. */
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
