import { type Candle, INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { DAY_MS, HOUR_MS, utcTime } from '../../core/time.ts';

/** One place on the time axis of the past: a candle, or null where none is known. */
export interface Slot {
  readonly openTimeMs: number;
  readonly candle: Candle | null;
}

/** The last `count` slots before the origin, gaps included. */
export function historySlots(history: readonly Candle[], interval: Interval, originMs: number, count: number): Slot[] {
  const stepMs = INTERVAL_MS[interval];
  const byTime = new Map(history.map((candle) => [candle.openTimeMs, candle]));
  const slots: Slot[] = [];
  for (let i = count; i >= 1; i--) {
    const openTimeMs = originMs - i * stepMs;
    slots.push({ openTimeMs, candle: byTime.get(openTimeMs) ?? null });
  }
  // The chart of a young coin starts with its history.
  const first = slots.findIndex((slot) => slot.candle !== null);
  return first < 0 ? [] : slots.slice(Math.min(first, Math.max(slots.length - 8, 0)));
}

/**
 * The price range to draw: the outermost band and every candle body, and wicks up to half of that range beyond it, so that
 * one extreme trade does not flatten everything else.
 */
export function priceDomain(slots: readonly Slot[], bandEdges: readonly number[]): { min: number; max: number } {
  const candles = slots.flatMap((slot) => slot.candle ?? []);
  const solid = [...bandEdges, ...candles.flatMap((candle) => [candle.open, candle.close])].filter(Number.isFinite);
  const low = Math.min(...solid);
  const high = Math.max(...solid);
  const reach = (high - low) / 2;
  const min = Math.max(Math.min(low, ...candles.map((candle) => candle.low)), low - reach);
  const max = Math.min(Math.max(high, ...candles.map((candle) => candle.high)), high + reach);
  const margin = max > min ? (max - min) * 0.04 : Math.abs(max) * 0.01 || 1;
  return { min: min - margin, max: max + margin };
}

/** Round numbers inside a range, about `wanted` of them, with the decimals they need. */
export function niceTicks(min: number, max: number, wanted: number): { values: number[]; decimals: number } {
  const rough = (max - min) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  const values: number[] = [];
  const first = Math.ceil(min / step);
  for (let i = first; i * step <= max && values.length < 20; i++) values.push(i * step);
  // 2.5 is the only factor that needs a digit more than its power of ten.
  const decimals = Math.min(Math.max(-Math.floor(Math.log10(step) + 1e-9) + (step / power === 2.5 ? 1 : 0), 0), 16);
  return { values, decimals };
}

/**
 * Moves labels apart until each has `gap` to the next, as little as needed and inside [top, bottom].
 * Takes wanted centres in any order; returns the centres in the same order.
 */
export function spreadLabels(wanted: readonly number[], gap: number, top: number, bottom: number): number[] {
  const order = wanted.map((_, index) => index).sort((a, b) => wanted[a]! - wanted[b]!);
  const room = Math.min(gap, (bottom - top) / Math.max(wanted.length - 1, 1));
  // A cluster of touching labels is centred on the mean of its members' wanted positions.
  const clusters: { members: number[]; start: number }[] = [];
  const startOf = (members: readonly number[]): number => {
    const centre = members.reduce((sum, member, i) => sum + wanted[member]! - i * room, 0) / members.length;
    return Math.min(Math.max(centre, top), bottom - (members.length - 1) * room);
  };
  for (const index of order) {
    let cluster = { members: [index], start: startOf([index]) };
    for (let last = clusters.at(-1); last && last.start + last.members.length * room > cluster.start; ) {
      clusters.pop();
      const members = [...last.members, ...cluster.members];
      cluster = { members, start: startOf(members) };
      last = clusters.at(-1);
    }
    clusters.push(cluster);
  }
  const centres = new Array<number>(wanted.length).fill(0);
  for (const { members, start } of clusters)
    members.forEach((member, i) => {
      centres[member] = start + i * room;
    });
  return centres;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** A date in UTC such as `21 Nov`, or `21 Nov 14:00` where the time of day matters. */
export function axisDate(timeMs: number, withTime: boolean): string {
  const date = new Date(timeMs);
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
  return withTime ? `${day} ${utcTime(timeMs)}` : day;
}

/** Which slots carry a label on the time axis, about `wanted` of them; on hourly candles midnight shows the date. */
export function timeTicks(
  slots: readonly Slot[],
  interval: Interval,
  wanted: number,
): { index: number; label: string }[] {
  const stepMs = interval === '1h' ? HOUR_MS : DAY_MS;
  const steps = interval === '1h' ? [3, 6, 12, 24, 48] : [1, 2, 5, 7, 10, 14, 28];
  const every = (steps.find((step) => slots.length / step <= wanted + 0.5) ?? steps.at(-1)!) * stepMs;
  return slots.flatMap((slot, index) => {
    if (slot.openTimeMs % every !== 0) return [];
    const midnight = slot.openTimeMs % DAY_MS === 0;
    const label = midnight ? axisDate(slot.openTimeMs, false) : axisDate(slot.openTimeMs, true).slice(-5);
    return [{ index, label }];
  });
}
