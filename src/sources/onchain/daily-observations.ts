import type { Observation, ObservationMetric } from '../../core/market.ts';
import { DAY_MS, MINUTE_MS } from '../../core/time.ts';
import { SourceError } from '../source-error.ts';

/** Whose numbers they are, and when a day's number can be known at the earliest. */
export interface DailyMetric {
  readonly source: string;
  readonly symbol: string;
  readonly metric: ObservationMetric;
  /** From the end of the day to the publication of its number. */
  readonly publishedAfterMs: number;
  readonly nowMs: number;
}

/**
 * Turns a provider's daily values into observations: days still under way and days outside the request are left out, and each is
 * available only once its day has ended and the publication delay has passed. Throws `CC_SOURCE_BAD_DATA` for a negative value, a
 * time that is no start of a UTC day or lies in the future, and days out of order.
 */
export function dailyObservations(
  values: readonly { readonly timeMs: number; readonly value: number }[],
  about: DailyMetric,
  request: { readonly fromMs: number; readonly toMs: number },
): Observation[] {
  const { source, symbol, metric, publishedAfterMs, nowMs } = about;
  const bad = (what: string) => new SourceError(source, 'CC_SOURCE_BAD_DATA', `sent ${metric} ${what}.`);
  let previousMs = Number.NEGATIVE_INFINITY;
  for (const { timeMs, value } of values) {
    if (!Number.isFinite(value) || value < 0) throw bad('with a value that is negative or no number');
    if (timeMs % DAY_MS !== 0) throw bad('for a time that is not the start of a day');
    if (timeMs > nowMs + MINUTE_MS) throw bad('for a day in the future');
    if (timeMs <= previousMs) throw bad('for days that are out of order or occur twice');
    previousMs = timeMs;
  }
  return values
    .filter(({ timeMs }) => timeMs >= request.fromMs && timeMs <= request.toMs && timeMs + DAY_MS <= nowMs)
    .map(({ timeMs, value }) => ({
      symbol,
      metric,
      timeMs,
      availableAtMs: timeMs + DAY_MS + publishedAfterMs,
      value,
      source,
    }));
}
