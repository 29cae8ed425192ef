import type { TradingCosts } from '../../core/backtest.ts';

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
