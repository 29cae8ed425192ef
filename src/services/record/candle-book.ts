import { CORRECTED_WITHIN_MS, INTERVAL_MS, INTERVALS, type Interval } from '../../core/candle.ts';
import type { AuditCandle, AuditReader, RecordFault } from '../../core/record-audit.ts';
import { DAY_MS } from '../../core/time.ts';

/** Stored candles by their series and open time. */
export interface CandleBook {
  at(symbol: string, interval: Interval, openMs: number): AuditCandle | null;
}

/** A gap of more candles than this is not read. */
const LONGEST_GAP = 200;
/** Between the prices of two exchanges, and between a minute and its hour: docs/ledger.md. */
const BEYOND = 0.1;

/** Candles that are to be compared. */
export interface CandleClaims {
  add(symbol: string, interval: Interval, openMs: number): void;
  /** Reads them, one query a series and stretch of time. */
  read(reader: Pick<AuditReader, 'candles'>): Promise<CandleBook>;
}

/** Makes an empty list of claims. */
export function createCandleClaims(): CandleClaims {
  // By interval and coin: to put a key together would take longer than to look up two.
  const opens = { '1h': new Map<string, number[]>(), '1d': new Map<string, number[]>() };
  return {
    add(symbol, interval, openMs) {
      const times = opens[interval].get(symbol);
      // Forecasts of several horizons start from one close.
      if (times && times[times.length - 1] === openMs) return;
      if (times) times.push(openMs);
      else opens[interval].set(symbol, [openMs]);
    },
    async read(reader) {
      const books = {
        '1h': new Map<string, Map<number, AuditCandle>>(),
        '1d': new Map<string, Map<number, AuditCandle>>(),
      };
      for (const interval of INTERVALS) {
        const gapMs = LONGEST_GAP * INTERVAL_MS[interval];
        for (const [symbol, claimed] of opens[interval]) {
          const book = new Map<number, AuditCandle>();
          books[interval].set(symbol, book);
          const times = Float64Array.from(claimed).sort();
          for (let i = 0; i < times.length; ) {
            let last = i;
            while (last + 1 < times.length && times[last + 1]! - times[last]! <= gapMs) last++;
            const range = { symbol, interval, fromMs: times[i]!, toMs: times[last]! };
            for (const candle of await reader.candles(range)) book.set(candle.openTimeMs, candle);
            i = last + 1;
          }
        }
      }
      return { at: (symbol, interval, openMs) => books[interval].get(symbol)?.get(openMs) ?? null };
    },
  };
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
