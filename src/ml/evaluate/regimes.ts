import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { DAY_MS } from '../../core/time.ts';
import { type CandleColumns, rowOpenMs } from '../features/columns.ts';
import { SortedWindow } from '../features/rolling.ts';

/** Rows of the trailing year that a coin is compared with. */
const TRAILING_ROWS: Readonly<Record<Interval, number>> = { '1d': 365, '1h': 8_760 };
/** Minimum number of rows to tell calm from volatile. */
const MIN_ROWS: Readonly<Record<Interval, number>> = { '1d': 90, '1h': 2_160 };
const CALM_LEVEL = 0.5;
const VOLATILE_LEVEL = 0.95;
/** Bitcoin's price as a share of the one a day before at which it is a crash, and how long after it counts. */
const CRASH_RATIO = 0.93;
const AFTER_CRASH_MS = 7 * DAY_MS;

/** Definitions of calm, volatile, crash and announcement in a report; fixed before any forecast is scored. */
export const REGIME_DEFINITIONS = {
  calm: `σ at the origin (EWMA of the coin's returns) is at or below the median of its own σ over the trailing year`,
  volatile: `σ at the origin is at or above the 95 % quantile of the coin's own σ over the trailing year`,
  afterCrash: `origins from a crash's close to seven days later; a crash is a fall of Bitcoin by ${Math.round(100 * (1 - CRASH_RATIO))} % or more within 24 hours, close to close`,
  announcement:
    'the span from the origin to the target holds a scheduled announcement: a statement or press conference of the US Federal Reserve, US consumer prices, and within one hour US payrolls; at one and four hours only',
} as const;

/** By row: 1 where σ is calm, 2 where it is volatile, 0 otherwise, from rows up to that row. */
export function volatilityRegimes(sigma: Float64Array, interval: Interval): Uint8Array {
  const window = new SortedWindow(TRAILING_ROWS[interval]);
  return Uint8Array.from(sigma, (value) => {
    window.push(value);
    if (Number.isNaN(value) || window.size < MIN_ROWS[interval]) return 0;
    if (value <= window.quantile(CALM_LEVEL)) return 1;
    return value >= window.quantile(VOLATILE_LEVEL) ? 2 : 0;
  });
}

/** A period of origins after one crash or several. */
export interface CrashSpell {
  readonly fromMs: number;
  /** Excluded. */
  readonly toMs: number;
}

/** The weeks after Bitcoin's crashes, ascending, overlapping ones as one. */
export function crashSpells(btc: CandleColumns): CrashSpell[] {
  const perDay = Math.round(DAY_MS / INTERVAL_MS[btc.interval]);
  const spells: CrashSpell[] = [];
  for (let row = perDay; row < btc.rows; row++) {
    const fell = btc.close[row]! / btc.close[row - perDay]! <= CRASH_RATIO;
    if (!fell) continue;
    const crashMs = rowOpenMs(btc, row) + INTERVAL_MS[btc.interval];
    const toMs = crashMs + AFTER_CRASH_MS;
    const before = spells.at(-1);
    if (before && before.toMs >= crashMs) spells[spells.length - 1] = { fromMs: before.fromMs, toMs };
    else spells.push({ fromMs: crashMs, toMs });
  }
  return spells;
}

/** Whether a moment lies in one of the spells. */
export function isAfterCrash(spells: readonly CrashSpell[], originMs: number): boolean {
  return spells.some(({ fromMs, toMs }) => originMs >= fromMs && originMs < toMs);
}
