import { CORRECTED_WITHIN_MS, INTERVAL_MS, type Interval } from '../../core/candle.ts';
import type { AuditCandle, AuditReader, RecordFault } from '../../core/record-audit.ts';
import { DAY_MS } from '../../core/time.ts';

/** What the record says of one close. */
export interface PriceClaim {
  readonly symbol: string;
  readonly interval: Interval;
  readonly openMs: number;
  readonly price: number;
  /** The source alone, such as `binance`. */
  readonly source: string;
}

/** Stored candles by their series and open time. */
export interface CandleBook {
  at(symbol: string, interval: Interval, openMs: number): AuditCandle | null;
}

/** A gap of more candles than this is not read. */
const LONGEST_GAP = 200;
/** Between the prices of two exchanges, and between a minute and its hour: docs/ledger.md. */
const BEYOND = 0.1;

/** Reads the candles that claims are about, one query a series and stretch of time. */
export async function readCandles(
  reader: Pick<AuditReader, 'candles'>,
  claims: readonly Pick<PriceClaim, 'symbol' | 'interval' | 'openMs'>[],
): Promise<CandleBook> {
  type Series = { readonly symbol: string; readonly interval: Interval; readonly times: number[] };
  const opens = { '1h': new Map<string, Series>(), '1d': new Map<string, Series>() };
  for (const { symbol, interval, openMs } of claims) {
    const series = opens[interval].get(symbol);
    if (series) series.times.push(openMs);
    else opens[interval].set(symbol, { symbol, interval, times: [openMs] });
  }
  // By interval and coin: to put a key together would take longer than to look up two.
  const books = {
    '1h': new Map<string, Map<number, AuditCandle>>(),
    '1d': new Map<string, Map<number, AuditCandle>>(),
  };
  for (const { symbol, interval, times } of [...opens['1h'].values(), ...opens['1d'].values()]) {
    const book = new Map<number, AuditCandle>();
    books[interval].set(symbol, book);
    times.sort((a, b) => a - b);
    const gapMs = LONGEST_GAP * INTERVAL_MS[interval];
    for (let i = 0; i < times.length; ) {
      let last = i;
      while (last + 1 < times.length && times[last + 1]! - times[last]! <= gapMs) last++;
      const range = { symbol, interval, fromMs: times[i]!, toMs: times[last]! };
      for (const candle of await reader.candles(range)) book.set(candle.openTimeMs, candle);
      i = last + 1;
    }
  }
  return { at: (symbol, interval, openMs) => books[interval].get(symbol)?.get(openMs) ?? null };
}

/** Whether a price lies in a candle's range or a tenth beyond it. */
export const isNear = (price: number, { low, high }: AuditCandle): boolean =>
  price >= low / (1 + BEYOND) && price <= high * (1 + BEYOND);

/** Whether a candle of that close may still be corrected, so that what follows from it is revised within minutes. */
export const isCorrectable = (closeMs: number, interval: Interval, nowMs: number): boolean =>
  nowMs - closeMs < CORRECTED_WITHIN_MS[interval] + DAY_MS;

/** The first fault by number. */
export function firstOf(faults: readonly (RecordFault | null)[]): RecordFault | null {
  const found = faults.filter((fault) => fault !== null);
  return found.reduce<RecordFault | null>(
    (first, fault) => (first === null || (fault.number ?? 0) < (first.number ?? 0) ? fault : first),
    null,
  );
}
