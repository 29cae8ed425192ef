import type { BacktestFill, BreakerName, FillReason, PriceBar } from '../../core/backtest.ts';
import { INTERVAL_MS } from '../../core/candle.ts';
import { DAY_MS } from '../../core/time.ts';
import {
  type AccountState,
  type Decision,
  type StopHit,
  slippageShare,
  stopAtOpen,
  stopInside,
  type TradingTerms,
} from './account.ts';
import { breakerAt, drawdownReached, isShock } from './breakers.ts';

/** A closed position. */
export interface ClosedPosition {
  readonly side: 'long' | 'short';
  readonly openedMs: number;
  readonly closedMs: number;
  readonly entryPrice: number;
  readonly exitPrice: number;
  /** After all costs; the account before the position was opened. */
  readonly profit: number;
  readonly openedEquity: number;
  readonly reason: FillReason;
}

/** Receives the fills and closed positions of a step. */
export interface StepListener {
  fill(fill: BacktestFill): void;
  closed(position: ClosedPosition): void;
}

/** A step's result: the account after the candle, and what happened in it. */
export interface AccountStep {
  readonly state: AccountState;
  readonly fills: readonly BacktestFill[];
  readonly closed: readonly ClosedPosition[];
  /** What kept the decision from being followed, and the breaker that this candle's close set off for the ones after it. */
  readonly tripped: readonly BreakerName[];
}

/**
 * Takes an account through one finished candle. The decision was made before it opened and is carried out at its open; then come
 * funding, stops inside the candle, and breakers at its close. The backtest and the paper portfolio share this step. The state
 * given is not changed.
 */
export function stepAccount(
  state: AccountState,
  candle: PriceBar,
  decision: Decision | null,
  terms: TradingTerms,
): AccountStep {
  const next = { ...state };
  const fills: BacktestFill[] = [];
  const closed: ClosedPosition[] = [];
  const set = advanceAccount(next, candle, decision, terms, {
    fill: (fill) => fills.push(fill),
    closed: (position) => closed.push(position),
  });
  const tripped = [next.heldBack, set].filter((name) => name !== null);
  return { state: next, fills, closed, tripped };
}

/**
 * The same in place, for loops over many candles. Null as the decision holds nothing. Returns the breaker that the close set off. The
 * exposure aimed at is 0 whenever something forbids a position, else the decision's.
 */
export function advanceAccount(
  account: AccountState,
  bar: PriceBar,
  decision: Decision | null,
  terms: TradingTerms,
  listener?: StepListener,
): BreakerName | null {
  const { interval, costs, breakers } = terms;
  account.target = 0;
  account.heldBack = null;
  const before = account.lastClose;
  if (!account.ruined) {
    const gap = account.units === 0 ? null : stopAtOpen(account, bar.open);
    if (gap) stopOut(account, bar.openTimeMs, gap, decision, terms, listener);
    account.target = followedExposure(account, bar.openTimeMs, decision, terms);
    rebalance(account, bar, decision, terms, listener);
    if (account.units !== 0 && costs.fundingPerDay !== 0) {
      const funding = (account.units * bar.open * costs.fundingPerDay * INTERVAL_MS[interval]) / DAY_MS;
      account.cash -= funding;
      account.funding += funding;
    }
    const hit = account.units === 0 ? null : stopInside(account, bar);
    if (hit) stopOut(account, bar.openTimeMs, hit, decision, terms, listener);
  }
  account.lastClose = bar.close;
  account.equity = account.cash + account.units * bar.close;
  if (account.units > 0) account.bestPrice = Math.max(account.bestPrice, bar.high);
  if (account.units < 0) account.bestPrice = Math.min(account.bestPrice, bar.low);
  if (account.units === 0 && account.equity <= 0) {
    // A loss beyond the whole account is borne by the exchange.
    account.ruined = true;
    account.cash = 0;
    account.equity = 0;
  }
  account.peakEquity = Math.max(account.peakEquity, account.equity);
  const closeMs = bar.openTimeMs + INTERVAL_MS[interval];
  const pause = (by: BreakerName, candles: number): BreakerName => {
    const untilMs = closeMs + candles * INTERVAL_MS[interval];
    if (account.pausedBy === null || untilMs > account.pausedUntilMs) {
      account.pausedUntilMs = untilMs;
      account.pausedBy = by;
    }
    return by;
  };
  if (drawdownReached(account.equity, account.peakEquity, breakers.drawdown)) {
    account.peakEquity = account.equity;
    return pause('drawdown-limit', breakers.drawdownPauseCandles);
  }
  if (decision && isShock(bar.close, before, decision.candleVolatility, breakers.shockSigmas)) {
    return pause('volatility-shock', breakers.shockPauseCandles);
  }
  return null;
}

/** Minimum exposure that counts as a position, as a share of the account. */
const MIN_EXPOSURE = 1e-6;

/** The decision's exposure, or 0 where a breaker or the wait after a stop forbids it; sets `heldBack`. */
function followedExposure(
  account: AccountState,
  openMs: number,
  decision: Decision | null,
  { interval, breakers }: TradingTerms,
): number {
  if (!decision || Math.abs(decision.exposure) < MIN_EXPOSURE) return 0;
  const breaker = breakerAt(account, decision, openMs, interval, breakers);
  account.heldBack = breaker;
  return breaker !== null || openMs < account.cooldownUntilMs ? 0 : decision.exposure;
}

/** Trades at the open from the exposure held to the one aimed at. */
function rebalance(
  account: AccountState,
  { open, openTimeMs }: PriceBar,
  decision: Decision | null,
  terms: TradingTerms,
  listener: StepListener | undefined,
): void {
  const { target } = account;
  const equity = account.cash + account.units * open;
  if (target === 0 || equity <= 0 || account.units * target < 0) {
    if (account.units !== 0) {
      const reason = account.heldBack ?? 'decision';
      closePosition(account, openTimeMs, { price: open, reason, resting: false }, decision, terms, listener);
    }
    if (target === 0 || equity <= 0) return;
  }
  const worth = account.cash + account.units * open;
  const held = (account.units * open) / worth;
  if (account.units !== 0 && Math.abs(target - held) < terms.band) return;
  const opening = account.units === 0;
  const change = target * worth - account.units * open;
  if (opening) {
    account.openedMs = openTimeMs;
    account.openedEquity = worth;
    account.stopLoss = decision!.stops.loss;
    account.takeProfit = decision!.stops.profit;
    account.trailing = decision!.stops.trailing;
  }
  const slip = marketSlip(Math.abs(change), decision, terms);
  // A larger position pays its costs out of the amount, so that a full one needs no loan.
  const larger = Math.abs(target) > Math.abs(held);
  const amount = larger ? change / ((1 + slip) * (1 + terms.costs.feeShare)) : change;
  const unitsBefore = account.units;
  const price = trade(account, openTimeMs, amount / open, open, slip, 'decision', terms, listener);
  if (larger) {
    const kept = Math.abs(unitsBefore);
    const added = Math.abs(account.units) - kept;
    account.entryPrice = (account.entryPrice * kept + price * added) / (kept + added);
  }
  if (opening) account.bestPrice = open;
}

/** Share by which a market order of that many dollars is filled worse than quoted: half the spread, and slippage. */
function marketSlip(order: number, decision: Decision | null, { costs }: TradingTerms): number {
  const slippage = slippageShare(costs, decision?.candleVolatility ?? 0, order, decision?.dollarVolume ?? 0);
  return costs.spreadShare / 2 + slippage;
}

/** Books an order and returns its price. */
function trade(
  account: AccountState,
  timeMs: number,
  units: number,
  quoted: number,
  slip: number,
  reason: FillReason,
  { costs }: TradingTerms,
  listener: StepListener | undefined,
): number {
  const price = quoted * (1 + Math.sign(units) * slip);
  const fee = costs.feeShare * Math.abs(units) * price;
  const slippage = Math.abs(units) * quoted * slip;
  account.cash -= units * price + fee;
  account.units += units;
  account.traded += Math.abs(units) * quoted;
  account.fees += fee;
  account.slippage += slippage;
  if (listener) {
    const side = units > 0 ? 'buy' : 'sell';
    listener.fill({ timeMs, side, units: Math.abs(units), price, fee, slippage, reason });
  }
  return price;
}

function closePosition(
  account: AccountState,
  timeMs: number,
  { price: quoted, reason, resting }: StopHit,
  decision: Decision | null,
  terms: TradingTerms,
  listener: StepListener | undefined,
): void {
  const { units, openedMs, openedEquity, entryPrice } = account;
  // Slippage never makes the price negative.
  const slip = resting ? 0 : Math.min(marketSlip(Math.abs(units) * quoted, decision, terms), 0.99);
  const exitPrice = trade(account, timeMs, -units, quoted, slip, reason, terms, listener);
  account.units = 0;
  account.entryPrice = 0;
  account.bestPrice = 0;
  account.stopLoss = 0;
  account.takeProfit = 0;
  account.trailing = 0;
  account.openedMs = 0;
  account.openedEquity = 0;
  if (!listener) return;
  const side = units > 0 ? 'long' : 'short';
  const profit = account.cash - openedEquity;
  listener.closed({ side, openedMs, closedMs: timeMs, entryPrice, exitPrice, profit, openedEquity, reason });
}

function stopOut(
  account: AccountState,
  timeMs: number,
  hit: StopHit,
  decision: Decision | null,
  terms: TradingTerms,
  listener: StepListener | undefined,
): void {
  closePosition(account, timeMs, hit, decision, terms, listener);
  const candles = 1 + terms.cooldownCandles;
  account.cooldownUntilMs = timeMs + candles * INTERVAL_MS[terms.interval];
}
