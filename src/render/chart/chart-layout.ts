import { type Candle, closeTimeMs, INTERVAL_MS, type Interval, joined } from '../../core/candle.ts';
import type { Formats } from '../../language/formats.ts';

/** One place on the time axis of the past: the candle of its time, or null where none is known. */
export interface Slot {
  readonly openTimeMs: number;
  readonly candle: Candle | null;
}

/** How the past before a moment is drawn. */
export interface Past {
  /** Interval of the candles that are known. */
  readonly interval: Interval;
  /** Candles of the interval that one slot puts together. */
  readonly each: number;
  /** Slots wanted. */
  readonly count: number;
}

/**
 * The last `count` slots up to the newest close that there may be at the origin, gaps included. A slot of several candles opens with the first
 * of those known and closes with the last; one without any is a gap.
 */
export function historySlots(history: readonly Candle[], { interval, each, count }: Past, originMs: number): Slot[] {
  const stepMs = INTERVAL_MS[interval];
  const byTime = new Map(history.map((candle) => [candle.openTimeMs, candle]));
  const newest = history.at(-1);
  if (!newest) return [];
  // Days may end at any hour.
  const newestMs = closeTimeMs(newest, interval);
  const endMs = newestMs + Math.floor((originMs - newestMs) / stepMs) * stepMs;
  const slots: Slot[] = [];
  for (let i = count; i >= 1; i--) {
    const openTimeMs = endMs - i * each * stepMs;
    const within = Array.from({ length: each }, (_, k) => byTime.get(openTimeMs + k * stepMs) ?? []).flat();
    slots.push({ openTimeMs, candle: within.length === 0 ? null : joined(openTimeMs, within) });
  }
  // The chart of a young coin starts with its history.
  const first = slots.findIndex((slot) => slot.candle !== null);
  return first < 0 ? [] : slots.slice(Math.min(first, Math.max(slots.length - 8, 0)));
}

/** Smallest share of a chart's height that the outermost band takes, so that old prices far away do not press it flat. */
const BAND_SHARE = 0.4;

/**
 * The price range to draw: the outermost band, and of the past every candle body, and wicks up to half of that range beyond it, so that one
 * extreme trade does not flatten everything else. The past is cut where the band would get less than {@link BAND_SHARE} of the height.
 */
export function priceDomain(slots: readonly Slot[], bandEdges: readonly number[]): { min: number; max: number } {
  const candles = slots.flatMap((slot) => slot.candle ?? []);
  const edges = bandEdges.filter(Number.isFinite);
  const [lowEdge, highEdge] = [Math.min(...edges), Math.max(...edges)];
  const solid = [...edges, ...candles.flatMap((candle) => [candle.open, candle.close])].filter(Number.isFinite);
  const [low, high] = [Math.min(...solid), Math.max(...solid)];
  const reach = (high - low) / 2;
  const lowest = Math.max(Math.min(low, ...candles.map((candle) => candle.low)), low - reach);
  const highest = Math.min(Math.max(high, ...candles.map((candle) => candle.high)), high + reach);
  const room = highEdge > lowEdge ? (highEdge - lowEdge) * (1 / BAND_SHARE - 1) : Number.POSITIVE_INFINITY;
  const [below, above] = [lowEdge - lowest, highest - highEdge];
  const isWide = below + above > room;
  // The side that needs less than half of the room gets what it needs.
  const share = (own: number, other: number) => Math.min(own, Math.max(room / 2, room - other));
  const min = isWide ? lowEdge - share(below, above) : lowest;
  const max = isWide ? highEdge + share(above, below) : highest;
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

/** A label of a price axis. */
export interface PriceTick {
  readonly value: number;
  readonly label: string;
}

/**
 * About `wanted` round prices inside a range, written with the decimals that they need together; those that are too large or too small for that as
 * the prices around `reference` are.
 */
export function priceTicks(
  { min, max }: { readonly min: number; readonly max: number },
  wanted: number,
  reference: number,
  formats: Pick<Formats, 'amount' | 'prices'>,
  currency?: string,
): PriceTick[] {
  const { values, decimals } = niceTicks(min, max, wanted);
  return values.map((value) => {
    const isExtreme = Math.abs(value) >= 1e15 || (value !== 0 && Math.abs(value) < 1e-10);
    const label = isExtreme ? formats.prices(reference, currency)(value) : formats.amount(value, decimals, currency);
    return { value, label };
  });
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
