import type { BreakerLimits, BreakerName, FillReason, PriceBar, TradingCosts } from '../../core/backtest.ts';
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

/** Account below this part of a position's value: the exchange closes it. */
const MAINTENANCE = 0.05;

/** Where a position ends and why; `resting` for a limit order, which pays no spread or slippage. */
export interface StopHit {
  readonly price: number;
  readonly reason: FillReason;
  readonly resting: boolean;
}

type Position = Pick<
  AccountState,
  'units' | 'cash' | 'entryPrice' | 'bestPrice' | 'stopLoss' | 'takeProfit' | 'trailing'
>;

/** Price at which losses end a position, and which order that is: the first to be met of stop-loss, trailing stop and liquidation. 0 is none. */
export function protectiveLevel(position: Position): { readonly price: number; readonly reason: FillReason } {
  const { units, cash, entryPrice, bestPrice, stopLoss, trailing } = position;
  const side = units > 0 ? 1 : -1;
  let price = 0;
  let reason: FillReason = 'stop-loss';
  const consider = (level: number, why: FillReason) => {
    if (level <= 0 || (price > 0 && side * level <= side * price)) return;
    price = level;
    reason = why;
  };
  // The price at which cash + units · price is the maintenance margin; below zero for a long position that owes nothing.
  consider(units > 0 ? -cash / (units * (1 - MAINTENANCE)) : cash / (-units * (1 + MAINTENANCE)), 'liquidation');
  if (stopLoss > 0) consider(entryPrice * (1 - side * stopLoss), 'stop-loss');
  if (trailing > 0 && bestPrice > 0) consider(bestPrice * (1 - side * trailing), 'trailing-stop');
  return { price, reason };
}

/** The stop that a position carried into a candle has already passed at its open, filled there; null if none. */
export function stopAtOpen(position: Position, open: number): StopHit | null {
  const { units, entryPrice, takeProfit } = position;
  const side = units > 0 ? 1 : -1;
  const { price, reason } = protectiveLevel(position);
  if (price > 0 && side * open <= side * price) return { price: open, reason, resting: false };
  if (takeProfit > 0 && side * open >= side * entryPrice * (1 + side * takeProfit)) {
    return { price: open, reason: 'take-profit', resting: true };
  }
  return null;
}

/**
 * The stop that a position meets inside a candle it holds from the open on; null if none. Where the candle holds both, the worse one
 * came first. The trailing stop follows the best price of finished candles only: within one, nobody knows which extreme came first.
 */
export function stopInside(position: Position, bar: Pick<PriceBar, 'high' | 'low'>): StopHit | null {
  const { units, entryPrice, takeProfit } = position;
  const [worst, best] = units > 0 ? [bar.low, bar.high] : [bar.high, bar.low];
  const side = units > 0 ? 1 : -1;
  const { price, reason } = protectiveLevel(position);
  if (price > 0 && side * worst <= side * price) return { price, reason, resting: false };
  const target = entryPrice * (1 + side * takeProfit);
  if (takeProfit > 0 && side * best >= side * target) return { price: target, reason: 'take-profit', resting: true };
  return null;
}
