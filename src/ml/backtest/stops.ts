import type { FillReason, PriceBar } from '../../core/backtest.ts';
import type { AccountState } from './account.ts';

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
