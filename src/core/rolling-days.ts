import type { Candle } from './candle.ts';
import { DAY_MS, HOUR_MS } from './time.ts';

/** Hours of a day, and at each of which a day may end. */
export const DAY_HOURS = 24;
/** Fewest hourly candles of a day, its last one among them; a day with fewer is a gap. */
export const MIN_DAY_HOURS = 20;

/**
 * Builds the 24-hour candles that end at `endHour` o'clock UTC (0 to 23) from hourly candles (ascending): open of the first hour,
 * close of the last, highest high, lowest low, volumes added up. Open times lie at `endHour` of the day, so the result passes for daily
 * candles everywhere, and at 0 it has the days of a daily file.
 *
 * A day with at least twenty hours, the last one included, is a candle; another is missing, as a day is that a source does not have.
 * The last hour is needed because its close is the price at the day's end. Hours that are flagged are taken in, as in the daily candle
 * of an exchange; `flagCandles` judges the days. A day reads no hour but its own, so no candle depends on what follows it.
 */
export function rollingDays(hours: readonly Candle[], endHour: number): Candle[] {
  const shiftMs = endHour * HOUR_MS;
  const days: Candle[] = [];
  let dayMs = Number.NaN;
  let first = 0;
  hours.forEach((hour, i) => {
    const openTimeMs = Math.floor((hour.openTimeMs - shiftMs) / DAY_MS) * DAY_MS + shiftMs;
    if (openTimeMs !== dayMs) {
      dayMs = openTimeMs;
      first = i;
    }
    const isLast = hour.openTimeMs + HOUR_MS === openTimeMs + DAY_MS;
    if (isLast && i - first + 1 >= MIN_DAY_HOURS) days.push(joined(openTimeMs, hours.slice(first, i + 1)));
  });
  return days;
}

/** Consecutive candles (ascending, at least one) as one that opens at `openTimeMs`. */
export function joined(openTimeMs: number, hours: readonly Candle[]): Candle {
  const { open } = hours[0]!;
  let { high, low, close, volume } = hours[0]!;
  for (const hour of hours.slice(1)) {
    high = Math.max(high, hour.high);
    low = Math.min(low, hour.low);
    close = hour.close;
    volume += hour.volume;
  }
  return { openTimeMs, open, high, low, close, volume };
}
