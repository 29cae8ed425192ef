import type { AuditReader, ForecastPage } from '../../core/record-audit.ts';

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
export interface ForecastBook {
  /** Keeps a page and forgets an older one. */
  add(page: ForecastPage): void;
  /** Reads those that are asked for and are not here, and keeps them until `forgetFetched`. */
  fetch(reader: Pick<AuditReader, 'forecastsOf'>, sequences: Float64Array): Promise<void>;
  forgetFetched(): void;
  /** Null where there is no forecast of that number. */
  find(sequence: number): ForecastPlace | null;
}

/** Makes an empty book. */
export function createForecastBook(): ForecastBook {
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
