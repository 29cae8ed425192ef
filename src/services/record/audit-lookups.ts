import { CORRECTED_WITHIN_MS, INTERVAL_MS, INTERVALS, type Interval } from '../../core/candle.ts';
import type { AuditCandle, AuditReader, ForecastPage, RecordFault } from '../../core/record-audit.ts';
import { DAY_MS } from '../../core/time.ts';

/** Rows of a page. Pages begin behind multiples of it. */
export const PAGE_ROWS = 2_000;
/** The newest pages, a week of 120 coins: so long a forecast waits for its outcome. With their prices they take 35 MB. */
const KEPT_PAGES = 32;

/** A row of a page. */
export interface ForecastPlace {
  readonly page: ForecastPage;
  readonly row: number;
}

/** Forecasts that were read, for the outcomes that belong to them. */
export interface ForecastLookup {
  /** Keeps a page and forgets an older one. */
  add(page: ForecastPage): void;
  /** Reads those that are asked for and are not here, and keeps them until `forgetFetched`. */
  fetch(reader: Pick<AuditReader, 'forecastsOf'>, sequences: Float64Array): Promise<void>;
  forgetFetched(): void;
  /** Null where there is no forecast of that number. */
  find(sequence: number): ForecastPlace | null;
}

/** Makes an empty lookup. */
export function createForecastLookup(): ForecastLookup {
  const pages = new Map<number, ForecastPage>();
  const fetched = new Map<number, ForecastPlace>();

  function find(sequence: number): ForecastPlace | null {
    const page = pages.get(pageOf(sequence));
    if (page) {
      const row = sequence - page.number[0]!;
      if (row >= 0 && row < page.count && page.number[row] === sequence) return { page, row };
    }
    return fetched.get(sequence) ?? null;
  }

  return {
    add(page) {
      if (page.count === 0) return;
      pages.set(pageOf(page.number[0]!), page);
      if (pages.size <= KEPT_PAGES) return;
      const [oldest] = pages.keys();
      pages.delete(oldest!);
    },
    async fetch(reader, sequences) {
      const missing = sequences.filter((sequence) => find(sequence) === null);
      if (missing.length === 0) return;
      const page = await reader.forecastsOf([...missing]);
      for (let row = 0; row < page.count; row++) fetched.set(page.number[row]!, { page, row });
    },
    forgetFetched: () => fetched.clear(),
    find,
  };
}

/** Which page a row is on. */
const pageOf = (sequence: number) => Math.floor((sequence - 1) / PAGE_ROWS);

/** Stored candles by their series and open time. */
export interface CandleLookup {
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
  read(reader: Pick<AuditReader, 'candles'>): Promise<CandleLookup>;
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
      const series = {
        '1h': new Map<string, Map<number, AuditCandle>>(),
        '1d': new Map<string, Map<number, AuditCandle>>(),
      };
      for (const interval of INTERVALS) {
        const gapMs = LONGEST_GAP * INTERVAL_MS[interval];
        for (const [symbol, claimed] of opens[interval]) {
          const candles = new Map<number, AuditCandle>();
          series[interval].set(symbol, candles);
          const times = Float64Array.from(claimed).sort();
          for (let i = 0; i < times.length; ) {
            let last = i;
            while (last + 1 < times.length && times[last + 1]! - times[last]! <= gapMs) last++;
            const range = { symbol, interval, fromMs: times[i]!, toMs: times[last]! };
            for (const candle of await reader.candles(range)) candles.set(candle.openTimeMs, candle);
            i = last + 1;
          }
        }
      }
      return { at: (symbol, interval, openMs) => series[interval].get(symbol)?.get(openMs) ?? null };
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
