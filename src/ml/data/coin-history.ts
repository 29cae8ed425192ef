import type { Candle, CandleFlag, Interval } from '../../core/candle.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { SentimentAt, SentimentColumns } from '../../core/sentiment.ts';
import { type CandleColumns, closeTimesMs, toColumns } from '../features/columns.ts';
import { alignedRow } from '../features/step-features.ts';

/** One coin's candles as they are, and which of them turned out not to be trusted. */
export interface CoinHistory {
  readonly symbol: string;
  /** Every candle, flagged ones included. */
  readonly raw: CandleColumns;
  /** 1 where a candle is flagged; the flag may rest on the candle after it. */
  readonly flagged: Uint8Array;
  /** What was said at each candle's close; left out where nothing is known. */
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

/** Coins as evaluations take them: their candles, with what was said at each close where that is given. */
export async function coinHistories(
  series: readonly Pick<MarketSeries, 'symbol' | 'candles'>[],
  interval: Interval,
  sentiment?: SentimentAt,
): Promise<CoinHistory[]> {
  const coins: CoinHistory[] = [];
  for (const { symbol, candles } of series) {
    const history = toHistory(symbol, candles, interval);
    coins.push(sentiment ? { ...history, sentiment: await sentiment(symbol, closeTimesMs(history.raw)) } : history);
  }
  return coins;
}

/** The columns with flagged candles as gaps, as everything after the last row knows them. */
export function knownColumns(history: CoinHistory): CandleColumns {
  return hide(history.raw, history.flagged, history.raw.rows, -1);
}

/** The columns as they were known when candle `row` had just closed: nothing later, and no flag on that candle yet. */
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
export function marketRow(history: CoinHistory, row: number, btc: CoinHistory | null): number {
  return btc ? alignedRow(history.raw, row, btc.raw) : -1;
}
