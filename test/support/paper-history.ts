import type { BreakerName } from '../../src/core/backtest.ts';
import type { Candle } from '../../src/core/candle.ts';
import type { LedgerCause, UnissuedForecast } from '../../src/core/ledger.ts';
import { QUANTILE_LEVELS } from '../../src/core/quantiles.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import type { Storage } from '../../src/storage/open-storage.ts';
import { normalForecast } from '../ml/backtest/market.ts';
import { randomCandles, sourced } from './candles.ts';
import { unissued } from './ledger.ts';

/** Daily candles, the first of them before the portfolio begins, and what went wrong in between. */
export const HISTORY = {
  symbols: ['BTC', 'ETH'],
  rows: 425,
  /** Row of the first candle that counts. */
  first: 60,
  sigma: 0.03,
} as const;

/** Rows without a candle. */
const GAPS: Readonly<Record<string, readonly number[]>> = { BTC: [100, 101, 317], ETH: [150] };
/** Origins (by the row that opens there) from which nothing was written down, and from which it was written too late. */
const SILENT: Readonly<Record<string, readonly number[]>> = { BTC: [200, 201, 202, 330], ETH: [200, 210] };
const LATE: Readonly<Record<string, readonly number[]>> = { BTC: [225], ETH: [226] };
/** A crash within one candle. */
const CRASH = { row: 270, factor: 0.62 } as const;

const base = Date.UTC(2020, 0, 1);

/** Open of a row's candle. */
export const openOf = (row: number): number => base + row * DAY_MS;

/** When the portfolio is begun: within the day before the first candle that counts. */
export const BEGIN_MS = openOf(HISTORY.first) - 7 * HOUR_MS;

/** What is known of the model from an origin on. */
export function healthAt(row: number): BreakerName | null {
  if (row >= 240 && row < 255) return 'no-edge';
  return row >= 300 && row < 306 ? 'drift-alarm' : null;
}

const memo = new Map<string, readonly (Candle | null)[]>();

/** A coin's candles by row; null where there is none. */
export function candlesOf(symbol: string): readonly (Candle | null)[] {
  const known = memo.get(symbol);
  if (known) return known;
  const seed = symbol === 'BTC' ? 11 : 12;
  const made = randomCandles(HISTORY.rows, { seed }).map((candle, row) => {
    const after = row >= CRASH.row ? CRASH.factor : 1;
    const before = row > CRASH.row ? CRASH.factor : 1;
    return {
      ...candle,
      open: candle.open * before,
      high: candle.high * before,
      low: candle.low * after,
      close: candle.close * after,
      volume: candle.volume * 1e4,
    };
  });
  const kept = made.map((candle, row) => (GAPS[symbol]?.includes(row) ? null : candle));
  memo.set(symbol, kept);
  return kept;
}

/** Log-return quantiles forecast from a row's open, as precise as the ledger stores them, by the three moves before; null where nothing was, or too late. */
export function quantilesAt(symbol: string, row: number, late = false): readonly number[] | null {
  const candles = candlesOf(symbol);
  if (SILENT[symbol]?.includes(row) || (LATE[symbol]?.includes(row) && !late)) return null;
  const [last, earlier] = [candles[row - 1], candles[row - 4]];
  if (!last) return null;
  const mean = earlier ? Math.log(last.close / earlier.close) / 10 : 0;
  const stored = (quantile: number) => Math.log(Math.fround(last.close * Math.exp(quantile)) / last.close);
  return normalForecast(mean, HISTORY.sigma).map(stored);
}

function forecastAt(symbol: string, row: number): UnissuedForecast | null {
  const quantiles = quantilesAt(symbol, row, true);
  const last = candlesOf(symbol)[row - 1];
  if (!quantiles || !last) return null;
  const prices = QUANTILE_LEVELS.map((_, k) => last.close * Math.exp(quantiles[k]!));
  return unissued({ symbol, originMs: openOf(row), lastPrice: last.close, quantiles: prices, model: 'm' });
}

/** A clock that this history moves. */
export interface HistoryClock {
  nowMs: number;
}

/**
 * Brings a row's opening into the storage as the bot's jobs do: candles that have closed, forecasts from the close. Ends ten
 * minutes after the open.
 */
export async function openRow(storage: Storage, row: number, clock: HistoryClock): Promise<void> {
  const write = async (symbol: string, cause: LedgerCause) => {
    const forecast = forecastAt(symbol, row);
    if (forecast) await storage.ledger.append([forecast], cause);
  };
  for (const symbol of HISTORY.symbols) {
    const candle = candlesOf(symbol)[row - 1];
    if (candle) await storage.candles.upsert(symbol, '1d', sourced([candle]));
    // Somebody asks in the afternoon of the day before.
    if (LATE[symbol]?.includes(row - 1)) {
      clock.nowMs = openOf(row) - 6 * HOUR_MS;
      await storage.ledger.append([forecastAt(symbol, row - 1)!], 'on-demand');
    }
  }
  clock.nowMs = openOf(row) + 5 * MINUTE_MS;
  for (const symbol of HISTORY.symbols) if (!LATE[symbol]?.includes(row)) await write(symbol, 'scheduled');
  clock.nowMs = openOf(row) + 10 * MINUTE_MS;
}

/** Stores the candles before the portfolio's day. */
export async function openPast(storage: Storage): Promise<void> {
  for (const symbol of HISTORY.symbols) {
    const past = candlesOf(symbol).slice(0, HISTORY.first - 1);
    await storage.candles.upsert(symbol, '1d', sourced(past.filter((candle) => candle !== null)));
  }
}
