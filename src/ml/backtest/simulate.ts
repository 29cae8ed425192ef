import { type BacktestTrade, BREAKER_NAMES, type BreakerName } from '../../core/backtest.ts';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { type AccountState, type Decision, exposureOf, newAccount, type TradingTerms } from './account.ts';
import type { CoinTrack } from './coin-track.ts';
import { advanceAccount, type ClosedPosition } from './step-account.ts';

/** What is decided at a row's close; null holds nothing. `current` is the exposure held then. */
export type Decider = (row: number, current: number) => Decision | null;

/** What a run is written into, by row. */
export interface RunColumns {
  readonly equity: Float64Array;
  /** Size of the position at the close in dollars. */
  readonly position: Float64Array;
  /** Exposure aimed at when the row's candle opened. */
  readonly target: Float64Array;
}

/** One coin's account over a span, by row. */
export interface CoinRun extends RunColumns {
  readonly account: AccountState;
}

/** Empty columns for so many rows. */
export function runColumns(rows: number): RunColumns {
  return { equity: new Float64Array(rows), position: new Float64Array(rows), target: new Float64Array(rows) };
}

/** Trades of a run, and the number of candles for which each breaker kept the account out of the market. */
export interface RunRecord {
  readonly trades: BacktestTrade[];
  readonly heldBack: Record<BreakerName, number>;
}

/** An empty record. */
export function newRunRecord(): RunRecord {
  const heldBack = Object.fromEntries(BREAKER_NAMES.map((name) => [name, 0])) as Record<BreakerName, number>;
  return { trades: [], heldBack };
}

/**
 * Takes an account through a coin's candles: decided at each close, carried out at the next candle's open. Where candles are missing the
 * last decision stands until the next one there is; where the decider returns null the account holds nothing. `columns`,
 * where given, are overwritten.
 */
export function simulateCoin(
  track: CoinTrack,
  span: { readonly fromMs: number; readonly interval: Interval },
  decider: Decider,
  terms: TradingTerms,
  capital: number,
  record?: RunRecord,
  columns: RunColumns = runColumns(track.rows),
): CoinRun {
  const { rows, symbol } = track;
  const step = INTERVAL_MS[span.interval];
  const account = newAccount(capital);
  const { equity, position, target } = columns;
  equity[0] = capital;
  position[0] = 0;
  target[0] = 0;
  const listener = record && {
    fill() {},
    closed: (ended: ClosedPosition) => {
      record.trades.push(tradeOf(symbol, ended));
    },
  };
  const bar = { openTimeMs: 0, open: 0, high: 0, low: 0, close: 0 };
  let decision = Number.isNaN(track.close[0]!) ? null : decider(0, 0);
  for (let row = 1; row < rows; row++) {
    const close = track.close[row]!;
    if (!Number.isNaN(close)) {
      bar.openTimeMs = span.fromMs + (row - 1) * step;
      bar.open = track.open[row]!;
      bar.high = track.high[row]!;
      bar.low = track.low[row]!;
      bar.close = close;
      advanceAccount(account, bar, decision, terms, listener);
      if (record && account.heldBack !== null) record.heldBack[account.heldBack]++;
      decision = decider(row, exposureOf(account));
    }
    target[row] = Number.isNaN(close) ? 0 : account.target;
    equity[row] = account.equity;
    position[row] = account.units * account.lastClose;
  }
  if (record && account.units !== 0) record.trades.push(openTrade(symbol, account));
  return { equity, position, target, account };
}

function tradeOf(symbol: string, position: ClosedPosition): BacktestTrade {
  const { openedEquity, ...trade } = position;
  return { symbol, ...trade, profitShare: openedEquity > 0 ? trade.profit / openedEquity : 0 };
}

/** A position that is still open at the end, at the last close and before the costs of leaving it. */
function openTrade(symbol: string, account: AccountState): BacktestTrade {
  const { units, openedMs, entryPrice, lastClose, equity, openedEquity } = account;
  const profit = equity - openedEquity;
  return {
    symbol,
    side: units > 0 ? 'long' : 'short',
    openedMs,
    closedMs: null,
    entryPrice,
    exitPrice: lastClose,
    profit,
    profitShare: openedEquity > 0 ? profit / openedEquity : 0,
    reason: null,
  };
}

/** All coins' accounts together, by row. */
export interface PortfolioRun {
  readonly equity: Float64Array;
  /** Size of all positions ÷ all accounts, at the close. */
  readonly exposure: Float64Array;
  readonly traded: number;
  readonly fees: number;
  readonly slippage: number;
  readonly funding: number;
}

/** Runs every coin with its own equal part of the capital; no money moves between coins. */
export function runPortfolio(
  tracks: readonly CoinTrack[],
  capital: number,
  runCoin: (track: CoinTrack, capital: number, coin: number) => CoinRun,
): PortfolioRun {
  const rows = tracks[0]?.rows ?? 0;
  const equity = new Float64Array(rows);
  const exposure = new Float64Array(rows);
  const sums = { traded: 0, fees: 0, slippage: 0, funding: 0 };
  tracks.forEach((track, coin) => {
    const run = runCoin(track, capital / tracks.length, coin);
    for (let row = 0; row < rows; row++) {
      equity[row]! += run.equity[row]!;
      exposure[row]! += Math.abs(run.position[row]!);
    }
    sums.traded += run.account.traded;
    sums.fees += run.account.fees;
    sums.slippage += run.account.slippage;
    sums.funding += run.account.funding;
  });
  for (let row = 0; row < rows; row++) exposure[row] = equity[row]! > 0 ? exposure[row]! / equity[row]! : 0;
  return { equity, exposure, ...sums };
}
