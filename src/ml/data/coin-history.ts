import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Candle, CandleFlag, Interval } from '../../core/candle.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { SentimentAt, SentimentColumns } from '../../core/sentiment.ts';
import { buildFeatures, type CoinFeatures } from '../features/build.ts';
import { type CandleColumns, closeTimesMs, toColumns } from '../features/columns.ts';
import { alignedRow } from '../features/step-features.ts';

/** One coin's candles as recorded, and which of them were flagged as not to be trusted. */
export interface CoinHistory {
  readonly symbol: string;
  /** Every candle, flagged ones included. */
  readonly raw: CandleColumns;
  /** 1 where a candle is flagged; the flag may rest on the candle after it. */
  readonly flagged: Uint8Array;
  /** Sentiment at each candle's close; left out where none is known. */
  readonly sentiment?: SentimentColumns | null | undefined;
}

const FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const;

/** Lays flagged candles (ascending, one a slot) out on the grid. */
export function toHistory(
  symbol: string,
  candles: readonly (Candle & { readonly flag: CandleFlag | null })[],
  interval: Interval,
): CoinHistory {
  const raw = toColumns(
    candles.map((candle) => ({ ...candle, flag: null })),
    interval,
  );
  const trusted = toColumns(candles, interval);
  const flagged = Uint8Array.from(raw.close, (close, row) =>
    close === trusted.close[row] || Number.isNaN(close) ? 0 : 1,
  );
  if (candles.at(-1)?.flag) flagged[raw.rows - 1] = 1;
  return { symbol, raw, flagged };
}

/** Coins as evaluations take them: their candles, with the sentiment at each close where it is given. Lets others have a turn after each coin. */
export async function coinHistories(
  series: readonly Pick<MarketSeries, 'symbol' | 'candles'>[],
  interval: Interval,
  sentiment?: SentimentAt,
): Promise<CoinHistory[]> {
  const coins: CoinHistory[] = [];
  for (const { symbol, candles } of series) {
    coins.push(await withSentiment(toHistory(symbol, candles, interval), sentiment));
    await nextTurn();
  }
  return coins;
}

/** The history with the sentiment at each close, where it is given. */
export async function withSentiment(history: CoinHistory, sentiment: SentimentAt | undefined): Promise<CoinHistory> {
  if (!sentiment) return history;
  return { ...history, sentiment: await sentiment(history.symbol, closeTimesMs(history.raw)) };
}

/** Returns the columns with flagged candles as gaps, as they are known after the last row. */
export function knownColumns(history: CoinHistory): CandleColumns {
  return hide(history.raw, history.flagged, history.raw.rows, -1);
}

/** Returns the columns as known when candle `row` had just closed: nothing later, and no flag on that candle yet. */
export function columnsAsOf(history: CoinHistory, row: number): CandleColumns {
  return hide(history.raw, history.flagged, row + 1, row);
}

function hide(raw: CandleColumns, flagged: Uint8Array, rows: number, newest: number): CandleColumns {
  const columns = { ...raw, rows };
  for (const field of FIELDS) {
    const values = raw[field].slice(0, rows);
    for (let row = 0; row < rows; row++) if (flagged[row] && row !== newest) values[row] = Number.NaN;
    columns[field] = values;
  }
  return columns;
}

/** Row of Bitcoin's history that is the same slot, or −1. */
function marketRow(history: CoinHistory, row: number, btc: CoinHistory | null): number {
  return btc ? alignedRow(history.raw, row, btc.raw) : -1;
}

/** Whether a later candle caused a flag on the row's candle, or on Bitcoin's of the same slot: such a flag was not known at its close. */
export function isFlaggedLater(history: CoinHistory, btc: CoinHistory | null, row: number): boolean {
  const market = marketRow(history, row, btc);
  return history.flagged[row] === 1 || (market >= 0 && btc!.flagged[market] === 1);
}

/** Builds the features of a coin from all candles, with flagged ones as gaps; null as `btc` masks the market context. */
export function historyFeatures(history: CoinHistory, btc: CoinHistory | null): CoinFeatures {
  const columns = knownColumns(history);
  // Bitcoin's own columns are passed as they are, so that its series is prepared once.
  return featuresOf(history, columns, btc && (btc.symbol === history.symbol ? columns : knownColumns(btc)));
}

/** Builds the features of a coin as known when candle `row` had just closed. */
export function historyFeaturesAsOf(history: CoinHistory, btc: CoinHistory | null, row: number): CoinFeatures {
  const columns = columnsAsOf(history, row);
  if (!btc || btc.symbol === history.symbol) return featuresOf(history, columns, btc && columns);
  const market = marketRow(history, row, btc);
  return featuresOf(history, columns, market >= 0 ? columnsAsOf(btc, market) : knownColumns(btc));
}

function featuresOf(history: CoinHistory, columns: CandleColumns, market: CandleColumns | null): CoinFeatures {
  const { symbol, sentiment } = history;
  return buildFeatures({ symbol, columns, observations: new Map(), sentiment }, market);
}
