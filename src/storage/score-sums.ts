import { P_UP_EDGES, type PUpBin, type ScoreSums } from '../core/accuracy.ts';
import { DAY_MS, HOUR_MS } from '../core/time.ts';
import { type Bytes, viewOf } from './bytes.ts';
import type { OutcomeRow } from './schema.ts';

/** A scored forecast, and its pinball loss divided by its coin's usual move. */
export interface Call {
  readonly sequence: number;
  readonly relativeLoss: number;
}

/** What is kept of one day: its sums and the calls with the least and most relative loss; null where no forecast has climatology's scale. */
export interface DaySums extends ScoreSums {
  readonly best: Call | null;
  readonly worst: Call | null;
}

/** What a scored forecast adds, as its tables hold it. */
export interface ScoredRow
  extends Pick<
    OutcomeRow,
    | 'sequence'
    | 'revision'
    | 'log_return'
    | 'pinball'
    | 'climatology_pinball'
    | 'absolute_error'
    | 'naive_scale'
    | 'direction_hit'
    | 'brier'
    | 'band'
  > {
  readonly origin_ms: number;
  readonly p_up: number;
}

/** Sums in the order in which their bytes hold them: 8 bytes each, then counts of 4. The counts of `inside` follow. */
const FLOATS = [
  'brier',
  'pinball',
  'absolute',
  'squared',
  'noChangeAbsolute',
  'noChangeSquared',
  'comparedPinball',
  'climatologyPinball',
  'scaled',
] as const;
const COUNTS = ['hours', 'revised', 'hits', 'compared'] as const;
const BANDS_HELD = 3;
const CALL_BYTES = 12;
const COUNTS_AT = 8 * FLOATS.length;
const FIXED_BYTES = 8 * FLOATS.length + 4 * (COUNTS.length + BANDS_HELD) + 2 * CALL_BYTES;
const BIN_BYTES = 17;

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Sums that are being added up. */
export interface OpenSums extends Writable<Omit<DaySums, 'inside' | 'bins'>> {
  readonly inside: [number, number, number];
  /** By bucket. */
  readonly bins: Map<number, Writable<PUpBin>>;
}

/** Sums over nothing. */
export function emptyDay(dayMs: number): OpenSums {
  return {
    dayMs,
    hours: 0,
    n: 0,
    revised: 0,
    pUp: 0,
    up: 0,
    hits: 0,
    brier: 0,
    pinball: 0,
    absolute: 0,
    squared: 0,
    noChangeAbsolute: 0,
    noChangeSquared: 0,
    inside: [0, 0, 0],
    compared: 0,
    comparedPinball: 0,
    climatologyPinball: 0,
    scaled: 0,
    bins: new Map(),
    best: null,
    worst: null,
  };
}

/** Takes a scored forecast in. */
export function addRow(day: OpenSums, row: ScoredRow): void {
  const up = row.log_return > 0 ? 1 : 0;
  day.hours |= 1 << Math.floor((row.origin_ms - day.dayMs) / HOUR_MS);
  if (row.revision > 0) day.revised++;
  day.hits += row.direction_hit;
  day.brier += row.brier;
  day.pinball += row.pinball;
  day.absolute += row.absolute_error;
  day.squared += row.absolute_error * row.absolute_error;
  day.noChangeAbsolute += Math.abs(row.log_return);
  day.noChangeSquared += row.log_return * row.log_return;
  if (row.band !== null) {
    if (row.band <= 50) day.inside[0]++;
    if (row.band <= 80) day.inside[1]++;
    day.inside[2]++;
  }
  if (row.climatology_pinball !== null) {
    day.compared++;
    day.comparedPinball += row.pinball;
    day.climatologyPinball += row.climatology_pinball;
  }
  addToBin(day, { bucket: bucketOf(row.p_up), n: 1, pUp: row.p_up, up });
  if (row.naive_scale === null) return;
  day.scaled += row.absolute_error / row.naive_scale;
  keepExtremes(day, { sequence: row.sequence, relativeLoss: row.pinball / row.naive_scale });
}

/** Adds sums to those of the same day. */
export function addSums(day: OpenSums, other: DaySums): void {
  day.hours |= other.hours;
  for (const name of FLOATS) day[name] += other[name];
  for (const name of ['revised', 'hits', 'compared'] as const) day[name] += other[name];
  for (let band = 0; band < BANDS_HELD; band++) day.inside[band as 0 | 1 | 2] += other.inside[band as 0 | 1 | 2];
  for (const bin of other.bins) addToBin(day, bin);
  if (other.best) keepExtremes(day, other.best);
  if (other.worst) keepExtremes(day, other.worst);
}

/** The sums as they are read. */
export const closed = (day: OpenSums): DaySums => ({
  ...day,
  bins: [...day.bins.values()].sort((a, b) => a.bucket - b.bucket),
});

/** Sums as bytes, least significant first: FLOATS, COUNTS, bands, the best and the worst call, and each bin of P(up). */
export function sumsToBytes(sums: DaySums): Uint8Array {
  const bytes = new Uint8Array(FIXED_BYTES + BIN_BYTES * sums.bins.length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const put = (value: number, size: 1 | 4 | 8) => {
    if (size === 8) view.setFloat64(at, value, true);
    else if (size === 4) view.setUint32(at, value, true);
    else view.setUint8(at, value);
    at += size;
  };
  for (const name of FLOATS) put(sums[name], 8);
  for (const count of [...COUNTS.map((name) => sums[name]), ...sums.inside]) put(count, 4);
  for (const call of [sums.best, sums.worst]) {
    put(call?.sequence ?? 0, 4);
    put(call?.relativeLoss ?? 0, 8);
  }
  for (const { bucket, n, up, pUp } of sums.bins) {
    put(bucket, 1);
    put(n, 4);
    put(up, 4);
    put(pUp, 8);
  }
  return bytes;
}

/** The sums of such bytes; throws `RangeError` where they are too few. */
export function sumsOf(bytes: Bytes, dayMs: number): DaySums {
  const view = viewOf(bytes);
  // Thousands of these are read for one report: places are written out, which is several times as fast as reading one after the other.
  const float = (place: number) => view.getFloat64(8 * place, true);
  const count = (place: number) => view.getUint32(COUNTS_AT + 4 * place, true);
  const bins: PUpBin[] = [];
  let [n, pUp, up] = [0, 0, 0];
  for (let at = FIXED_BYTES; at < view.byteLength; at += BIN_BYTES) {
    const bin = {
      bucket: view.getUint8(at),
      n: view.getUint32(at + 1, true),
      up: view.getUint32(at + 5, true),
      pUp: view.getFloat64(at + 9, true),
    };
    bins.push(bin);
    n += bin.n;
    up += bin.up;
    pUp += bin.pUp;
  }
  // In the order of FLOATS and COUNTS.
  return {
    dayMs,
    brier: float(0),
    pinball: float(1),
    absolute: float(2),
    squared: float(3),
    noChangeAbsolute: float(4),
    noChangeSquared: float(5),
    comparedPinball: float(6),
    climatologyPinball: float(7),
    scaled: float(8),
    hours: count(0),
    revised: count(1),
    hits: count(2),
    compared: count(3),
    inside: [count(4), count(5), count(6)],
    best: callAt(view, FIXED_BYTES - 2 * CALL_BYTES),
    worst: callAt(view, FIXED_BYTES - CALL_BYTES),
    n,
    pUp,
    up,
    bins,
  };
}

function callAt(view: DataView, at: number): Call | null {
  const sequence = view.getUint32(at, true);
  return sequence === 0 ? null : { sequence, relativeLoss: view.getFloat64(at + 4, true) };
}

/** The sums of one day in different orders of addition differ by less, relatively: of a million numbers that are not negative it is about n · 1e-16. */
const ROUNDING = 1e-12;

/** Whether sums are the same but for the order in which they were added up: counts, bins and calls exactly, other sums to one part in 10¹². */
export function isSameSums(a: DaySums, b: DaySums): boolean {
  return (
    FLOATS.every((name) => isSameSum(a[name], b[name])) &&
    COUNTS.every((name) => a[name] === b[name]) &&
    a.n === b.n &&
    a.inside.every((count, band) => count === b.inside[band]) &&
    isSameCall(a.best, b.best) &&
    isSameCall(a.worst, b.worst) &&
    a.bins.length === b.bins.length &&
    a.bins.every((bin, i) => {
      const other = b.bins[i]!;
      return bin.bucket === other.bucket && bin.n === other.n && bin.up === other.up && isSameSum(bin.pUp, other.pUp);
    })
  );
}

const isSameSum = (a: number, b: number) => Math.abs(a - b) <= ROUNDING * Math.abs(b);
const isSameCall = (a: Call | null, b: Call | null) =>
  a?.sequence === b?.sequence && a?.relativeLoss === b?.relativeLoss;

/** The bin of P(up) that a forecast belongs to. */
function bucketOf(pUp: number): number {
  let bucket = 0;
  while (bucket + 1 < P_UP_EDGES.length && pUp >= P_UP_EDGES[bucket + 1]!) bucket++;
  return bucket;
}

function addToBin(day: OpenSums, { bucket, n, pUp, up }: PUpBin): void {
  const bin = day.bins.get(bucket);
  if (bin) {
    bin.n += n;
    bin.pUp += pUp;
    bin.up += up;
  } else day.bins.set(bucket, { bucket, n, pUp, up });
  day.n += n;
  day.pUp += pUp;
  day.up += up;
}

function keepExtremes(day: OpenSums, call: Call): void {
  if (isBefore(call, day.best, 1)) day.best = call;
  if (isBefore(call, day.worst, -1)) day.worst = call;
}

/** Whether a call has less relative loss than another (`sign` 1) or more (−1); of equal ones the earlier comes first. */
export function isBefore(call: Call, other: Call | null, sign: 1 | -1): boolean {
  if (other === null) return true;
  const difference = sign * (call.relativeLoss - other.relativeLoss);
  return difference < 0 || (difference === 0 && call.sequence < other.sequence);
}

/** The midnight that a day of origins begins with. */
export const dayOf = (originMs: number): number => Math.floor(originMs / DAY_MS) * DAY_MS;
