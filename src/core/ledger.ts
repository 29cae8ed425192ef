import type { Interval } from './candle.ts';
import type { HorizonName } from './horizon.ts';

/** Who caused a forecast to be written down. */
export type LedgerCause = 'scheduled' | 'on-demand';

/** A forecast as it is written down before its outcome is known. Prices in US dollars. */
export interface LedgerForecast {
  readonly symbol: string;
  readonly interval: Interval;
  readonly horizon: HorizonName;
  readonly originMs: number;
  readonly targetMs: number;
  readonly lastPrice: number;
  /** Prices at QUANTILE_LEVELS. */
  readonly quantiles: readonly number[];
  readonly pUp: number;
  /** Climatology issued at the same origin, prices at QUANTILE_LEVELS; null with too little history. */
  readonly climatology: readonly number[] | null;
  readonly model: string;
  readonly source: string;
  /** Share of sentiment in what moved it, 0 … 1; null where the model took none in. */
  readonly sentimentShare: number | null;
  readonly issuedAtMs: number;
}

/** One row of the ledger. Rows are never changed or removed; each is chained to the one before by its hash. */
export interface LedgerEntry extends LedgerForecast {
  /** From 1, without holes. */
  readonly sequence: number;
  readonly cause: LedgerCause;
  /** SHA-256 of the row before, 64 hexadecimal digits; of nothing: zeros. */
  readonly previousHash: string;
  readonly hash: string;
}

/** What came of a forecast. A corrected candle adds a revision and leaves the first score where it is. */
export interface Outcome {
  readonly sequence: number;
  /** 0 for the first score. */
  readonly revision: number;
  readonly actualPrice: number;
  readonly scoredAtMs: number;
  /** Mean pinball loss of the log return over 0.05 … 0.95. */
  readonly pinball: number;
  readonly climatologyPinball: number | null;
}
