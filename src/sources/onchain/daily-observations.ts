import type { Observation, ObservationMetric } from '../../core/market.ts';
import { DAY_MS, MINUTE_MS } from '../../core/time.ts';
import type { RowCheck } from '../odd-rows.ts';

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
 * available only once its day has ended and the publication delay has passed. Odd are a negative value, a time that is no start of a
 * UTC day or lies in the future, and a day with two values; ends the check, which throws `CC_SOURCE_BAD_DATA` (see checkRows).
 */
export function dailyObservations(
  values: readonly { readonly timeMs: number; readonly value: number }[],
  about: DailyMetric,
  request: { readonly fromMs: number; readonly toMs: number },
  check: RowCheck,
): Observation[] {
  const { source, symbol, metric, publishedAfterMs, nowMs } = about;
  const times = values.map(({ timeMs }) => (timeMs <= nowMs + MINUTE_MS ? timeMs : null));
  const sound = new Map<number, number>();
  const contradicted = new Set<number>();
  for (const [index, { timeMs, value }] of values.entries()) {
    const known = sound.get(timeMs);
    if (!Number.isFinite(value) || value < 0) check.odd('with a value that is negative or no number', index, times);
    else if (timeMs % DAY_MS !== 0) check.odd('for a time that is not the start of a day', index, times);
    else if (times[index] === null) check.odd('for a day in the future', index, times);
    else if (known === undefined) sound.set(timeMs, value);
    else if (known === value) check.leaveOut('that occurs twice');
    else {
      check.odd('that contradicts another of the same day', index, times);
      contradicted.add(timeMs);
    }
  }
  for (const timeMs of contradicted) sound.delete(timeMs);
  const ordered = [...sound].sort(([a], [b]) => a - b).map(([timeMs, value]) => ({ timeMs, value }));
  check.finish(ordered.length, ordered.at(-1)?.timeMs ?? null);
  return ordered
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
