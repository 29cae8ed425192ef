import type { BreakerLimits, BreakerName } from '../../core/backtest.ts';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import type { AccountState, Decision } from './account.ts';

/** Default limits: a drawdown of a quarter pauses a month; a candle of five times the expected move pauses three candles. */
export const DEFAULT_BREAKERS: Readonly<Record<Interval, BreakerLimits>> = {
  '1d': {
    drawdown: 0.25,
    drawdownPauseCandles: 30,
    shockSigmas: 5,
    shockPauseCandles: 3,
    staleCandles: 0,
    drift: true,
    edge: true,
  },
  '1h': {
    drawdown: 0.25,
    drawdownPauseCandles: 720,
    shockSigmas: 6,
    shockPauseCandles: 24,
    staleCandles: 1,
    drift: true,
    edge: true,
  },
};

/** Every breaker switched off. */
export const NO_BREAKERS: BreakerLimits = {
  drawdown: 0,
  drawdownPauseCandles: 0,
  shockSigmas: 0,
  shockPauseCandles: 0,
  staleCandles: null,
  drift: false,
  edge: false,
};

/** Whether an account has fallen below its peak by the limit. */
export function drawdownReached(equity: number, peak: number, limit: number): boolean {
  return limit > 0 && peak > 0 && equity <= peak * (1 - limit);
}

/** Whether a candle moved, close to close, by the limit in units of the volatility expected of it. */
export function isShock(close: number, before: number, volatility: number, limit: number): boolean {
  return limit > 0 && volatility > 0 && before > 0 && Math.abs(Math.log(close / before)) >= limit * volatility;
}

/** Whether more candles than allowed are missing between a decision's last candle and the one it would be carried out in. */
export function isStale(openMs: number, originMs: number, interval: Interval, allowed: number | null): boolean {
  return allowed !== null && openMs - originMs > allowed * INTERVAL_MS[interval];
}

/** The breaker that forbids a position in the candle opening at `openMs`, or null. */
export function breakerAt(
  account: Pick<AccountState, 'pausedUntilMs' | 'pausedBy'>,
  decision: Pick<Decision, 'originMs' | 'blocked'>,
  openMs: number,
  interval: Interval,
  limits: BreakerLimits,
): BreakerName | null {
  if (account.pausedBy !== null && openMs < account.pausedUntilMs) return account.pausedBy;
  if (isStale(openMs, decision.originMs, interval, limits.staleCandles)) return 'stale-data';
  if (decision.blocked === 'drift-alarm') return limits.drift ? 'drift-alarm' : null;
  if (decision.blocked === 'no-edge') return limits.edge ? 'no-edge' : null;
  return decision.blocked;
}
