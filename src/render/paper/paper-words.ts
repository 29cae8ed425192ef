import type { BreakerName, FillReason } from '../../core/backtest.ts';
import type { PaperReport } from '../../core/paper.ts';
import { formatChange, formatCount, formatDuration } from '../format.ts';

/** Why a portfolio stays out of the market, as the end of a sentence about a coin. */
export const BREAKER_WORDS: Readonly<Record<BreakerName, string>> = {
  'drawdown-limit': 'its part has lost more than the limit from its highest value',
  'volatility-shock': 'the price moved far more in one candle than was expected of it',
  'stale-data': 'there is no fresh forecast',
  'drift-alarm': 'the model no longer does as well as its record says',
  'no-edge': 'forecasts at this horizon have no measurable edge over climatology',
};

/** Why an order was filled. */
export const FILL_WORDS: Readonly<Record<FillReason, string>> = {
  decision: 'the rule',
  'stop-loss': 'stop-loss',
  'take-profit': 'take-profit',
  'trailing-stop': 'trailing stop',
  liquidation: 'liquidation',
  'drawdown-limit': 'drawdown limit',
  'volatility-shock': 'volatility shock',
  'stale-data': 'no fresh forecast',
  'drift-alarm': 'drift alarm',
  'no-edge': 'no measurable edge',
};

/** Writes dollars: whole ones from a hundred on, else with cents. */
export function formatDollars(dollars: number): string {
  if (Math.abs(dollars) >= 100) return `${dollars < 0 ? '−' : ''}$${formatCount(Math.abs(dollars))}`;
  return `${dollars < 0 ? '−' : ''}$${Math.abs(dollars).toFixed(2)}`;
}

/** How a portfolio stands beside holding, in one sentence; before its first candle, what it waits for. */
export function paperSentence({ portfolio, markedMs, fromMs, equity, hold, interval }: PaperReport): string {
  const { capital, stoppedMs } = portfolio;
  const candle = interval === '1d' ? 'day' : 'hour';
  if (markedMs === null) {
    return stoppedMs === null
      ? `This paper portfolio of ${formatDollars(capital)} has just begun: it is first worked out when the next full ${candle} has closed.`
      : `This paper portfolio of ${formatDollars(capital)} was stopped before its first full ${candle} had closed.`;
  }
  const stands = stoppedMs === null ? 'this paper portfolio stands' : 'this paper portfolio was stopped';
  const held = stoppedMs === null ? 'would be' : 'would have been';
  return `After ${formatDuration(markedMs - fromMs)} ${stands} at ${formatDollars(equity)} (${formatChange(capital, equity)}); the same money held ${held} ${formatDollars(hold)}.`;
}

/** Takes the place of the line about a portfolio where nobody could tell whether one runs. */
export const PAPER_UNKNOWN = '-# ⚠️ Paper portfolio: it could not be looked up this time.';

/** The line about a portfolio under a server's posts. */
export function paperLine(report: PaperReport): string {
  const { portfolio, simulated } = report;
  const coins = portfolio.symbols.length > 3 ? `${portfolio.symbols.length} coins` : portfolio.symbols.join(', ');
  return `-# ${simulated ? 'SIMULATED: ' : ''}Paper portfolio (${coins}; imagined orders): ${paperSentence(report)}`;
}
