import { type Candle, INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { DAY_MS, MINUTE_MS } from '../../core/time.ts';

/** A number at a moment: `[time ms, value]`. */
export type Point = readonly [timeMs: number, value: number];

/**
 * Puts candles together from single prices, where the prices stand close enough for that: at least eight to a candle, three
 * quarters of them present, and the first and last within two spacings of its ends. What comes out is no true OHLC: open and
 * close are real prices near the ends, but high and low are those of the points and so understate the range.
 *
 * The volume is worked out from the trailing 24-hour dollar volume at the candle's end, divided by the closing price, and by 24 for
 * an hour: an average, as the provider gives no volume of single hours. A candle without that number is left out.
 *
 * @param prices ascending in time
 * @param volumes trailing 24-hour volume in US dollars, ascending in time
 */
export function candlesFromPoints(prices: readonly Point[], volumes: readonly Point[], interval: Interval): Candle[] {
  const step = INTERVAL_MS[interval];
  const spacing = medianSpacing(prices);
  if (spacing === null || spacing * 8 > step) return [];
  const dailyVolumes = lastByOpenTime(volumes, step);
  const candles: Candle[] = [];
  for (const [openTimeMs, points] of pointsByOpenTime(prices, step)) {
    const [first, last] = [points[0]!, points.at(-1)!];
    const dailyVolumeUsd = dailyVolumes.get(openTimeMs);
    const covered = first[0] - openTimeMs <= 2 * spacing && openTimeMs + step - last[0] <= 2 * spacing;
    if (!covered || points.length < (0.75 * step) / spacing || dailyVolumeUsd === undefined) continue;
    const values = points.map(([, value]) => value);
    candles.push({
      openTimeMs,
      open: first[1],
      high: Math.max(...values),
      low: Math.min(...values),
      close: last[1],
      volume: dailyVolumeUsd / last[1] / (DAY_MS / step),
    });
  }
  return candles;
}

/**
 * Prices as minutes without range, the last of each minute. The volume is a minute's share of the trailing 24-hour dollar volume at the
 * time, as in candlesFromPoints; a price without that number is left out.
 *
 * @param prices ascending in time
 * @param volumes trailing 24-hour volume in US dollars, ascending in time
 */
export function minutesFromPoints(prices: readonly Point[], volumes: readonly Point[]): Candle[] {
  const dailyVolumes = lastByOpenTime(volumes, MINUTE_MS);
  return [...lastByOpenTime(prices, MINUTE_MS)].flatMap(([openTimeMs, price]) => {
    const dailyVolumeUsd = dailyVolumes.get(openTimeMs);
    if (dailyVolumeUsd === undefined) return [];
    const volume = dailyVolumeUsd / price / (DAY_MS / MINUTE_MS);
    return [{ openTimeMs, open: price, high: price, low: price, close: price, volume }];
  });
}

/**
 * The last value of every UTC day, by the day's start. A point at midnight belongs to the day that ends there.
 *
 * @param points ascending in time
 */
export function lastValueByDay(points: readonly Point[]): ReadonlyMap<number, number> {
  return lastByOpenTime(
    points.map(([timeMs, value]) => [timeMs - 1, value]),
    DAY_MS,
  );
}

function pointsByOpenTime(points: readonly Point[], step: number): ReadonlyMap<number, readonly Point[]> {
  const grouped = new Map<number, Point[]>();
  for (const point of points) {
    const openTimeMs = Math.floor(point[0] / step) * step;
    const held = grouped.get(openTimeMs);
    if (held) held.push(point);
    else grouped.set(openTimeMs, [point]);
  }
  return grouped;
}

function lastByOpenTime(points: readonly Point[], step: number): ReadonlyMap<number, number> {
  return new Map(points.map(([timeMs, value]) => [Math.floor(timeMs / step) * step, value]));
}

function medianSpacing(points: readonly Point[]): number | null {
  const spacings = points.slice(1).map(([timeMs], i) => timeMs - points[i]![0]);
  return spacings.sort((a, b) => a - b)[Math.floor(spacings.length / 2)] ?? null;
}
