import { INTERVAL_MS } from '../../core/candle.ts';
import { HORIZONS } from '../../core/horizon.ts';
import type { PaperEvent, PaperPosition, PaperReport } from '../../core/paper.ts';
import { exposureOf } from '../../ml/backtest/account.ts';
import { ruleNamed } from '../../ml/backtest/rules.ts';
import type { MarkedPortfolio, PaperRepository } from '../../storage/paper-repository.ts';
import { type CoinPart, changesOf, firstOpenMs, toPart, totalOf } from './paper-step.ts';

const RECENT_FILLS = 8;
const RECENT_TRIPS = 5;
/** More points than this cannot be told apart on the chart. */
const CHART_MARKS = 400;

/** Puts together what `/paper status` shows of a portfolio. Throws `CC_DATABASE`. */
export async function paperReport(
  paper: PaperRepository,
  portfolio: MarkedPortfolio,
  nowMs: number,
  simulated: boolean,
  tracked: readonly string[],
): Promise<PaperReport> {
  const { id, horizon, symbols, markedMs, startedMs } = portfolio;
  const { interval } = HORIZONS[horizon];
  const step = INTERVAL_MS[interval];
  const fromMs = firstOpenMs(startedMs, interval);
  const candles = Math.max(0, Math.round((markedMs - fromMs) / step));
  const markEveryMs = step * Math.max(1, Math.ceil(candles / CHART_MARKS));
  const [kept, fills, trips, marks, filled] = await Promise.all([
    paper.accounts(id),
    paper.events(id, 'fill', RECENT_FILLS),
    paper.events(id, 'trip', RECENT_TRIPS),
    paper.marks(id, markedMs, markEveryMs),
    paper.count(id, 'fill'),
  ]);
  const capital = portfolio.capital / symbols.length;
  const own = kept.map(toPart).sort((a, b) => symbols.indexOf(a.symbol) - symbols.indexOf(b.symbol));
  const rule = ruleNamed(portfolio.rule);
  return {
    portfolio,
    ruleLabel: rule.label,
    ruleExplanation: rule.explanation,
    interval,
    nowMs,
    fromMs,
    markedMs: candles === 0 ? null : markedMs,
    ...totalOf(own, capital),
    changes: portfolio.stoppedMs === null ? changesOf(symbols, tracked) : [],
    positions: own.map((part) => positionOf(part, capital, portfolio, nowMs)),
    costs: own.reduce((sum, { state }) => sum + state.fees + state.slippage, 0),
    fills: filled,
    recent: fills.flatMap(({ body }) => (body.kind === 'fill' ? [{ symbol: body.symbol, fill: body.fill }] : [])),
    trips: trips.flatMap(({ body, timeMs }) =>
      body.kind === 'trip' ? [{ timeMs, symbol: body.symbol, breaker: body.breaker }] : [],
    ),
    markEveryMs,
    marks: marks.flatMap(markOf),
    simulated,
  };
}

function markOf({ body, timeMs }: PaperEvent): PaperReport['marks'][number][] {
  return body.kind === 'mark' ? [{ timeMs, equity: body.equity, hold: body.hold }] : [];
}

function positionOf(part: CoinPart, capital: number, { blocked }: MarkedPortfolio, nowMs: number): PaperPosition {
  const { symbol, state, lastClose, standing } = part;
  const paused = state.pausedUntilMs > nowMs;
  return {
    symbol,
    equity: state.equity,
    capital,
    exposure: exposureOf(state),
    entryPrice: state.entryPrice,
    lastClose,
    // A `stale-data` breaker of the last candle holds until the next candle is stepped through.
    heldBack: paused ? state.pausedBy : (blocked ?? (standing.includes('stale-data') ? 'stale-data' : null)),
    pausedUntilMs: paused ? state.pausedUntilMs : null,
  };
}
