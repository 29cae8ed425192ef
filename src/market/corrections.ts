import { CORRECTED_WITHIN_MS, INTERVAL_MS, type Interval, type SourcedCandle } from '../core/candle.ts';
import type { TimeRange } from './fetch-candles.ts';

/** The candles of a series that a refresh reads again, since their source may have corrected them: the newest, for as long as docs/ledger.md says. */
export function correctableRange(toMs: number, interval: Interval): TimeRange {
  return { fromMs: toMs - CORRECTED_WITHIN_MS[interval], toMs };
}

/** Which of the fetched candles are stored. */
export interface Corrections {
  readonly taken: readonly SourcedCandle[];
  /** Candles that differ so much from the stored ones that they are no correction. */
  readonly refused: readonly SourcedCandle[];
}

/** A re-read price farther from the stored one than this, in logs, must fit the candles around it better to replace it. */
const MAX_CORRECTION = Math.log(2);
/** How much better it must fit; where it differs by less than twice that, by half the difference. */
const MIN_BETTER = MAX_CORRECTION / 2;
/** The same bound for the newest stored candle, which nothing follows yet, and for how far off all candles of an answer may be in the median. */
const MAX_UNPROVEN = Math.log(1.1);
/** With fewer candles to compare, nothing is said about all of them. */
const MIN_COMPARED = 3;

/**
 * Decides which fetched candles replace stored ones:
 *
 * - where nothing is stored, every one is new; one that is stored as it is stays, but for the newest, whose time of fetching is renewed;
 * - a candle of the source that the stored one came from corrects it; of another source it does not, since exchanges differ. A source whose
 *   candles are put together from single prices (`isApproximate`) gives way to any other;
 * - a candle that doubles or halves a price corrects only where it fits the candles around better than the stored one does. Those around are the
 *   nearest stored ones that the same answer leaves within that bound, or does not hold;
 * - the newest stored candle, which no later one bears out, is so doubted from a tenth on: until the next one is stored, a spike is not
 *   told from a correction;
 * - where the candles of an answer are a tenth off the stored ones in the median, that is another unit or coin and no correction: they are
 *   all doubted and taken only if the oldest of them, which follows stored ones that are not in question, fits those better.
 *
 * @param stored ascending, from before the first fetched candle where there are any
 */
export function correct(
  stored: readonly SourcedCandle[],
  fetched: readonly SourcedCandle[],
  isApproximate: (source: string) => boolean = () => false,
): Corrections {
  const [oldestMs, newestMs] = [fetched[0]?.openTimeMs ?? Number.POSITIVE_INFINITY, fetched.at(-1)?.openTimeMs];
  // Of thousands of stored candles an answer seldom holds more than the newest.
  const compared = stored.filter(({ openTimeMs }) => openTimeMs >= oldestMs);
  const byOpen = new Map(compared.map((candle) => [candle.openTimeMs, candle]));
  const taken: SourcedCandle[] = [];
  const refused: SourcedCandle[] = [];
  const newestStoredMs = stored.at(-1)?.openTimeMs;
  const shifted = Math.abs(medianShift(byOpen, fetched)) > MAX_UNPROVEN;
  const doubted: { readonly candle: SourcedCandle; readonly before: SourcedCandle; readonly apart: number }[] = [];
  for (const candle of fetched) {
    const before = byOpen.get(candle.openTimeMs);
    if (before && before.source !== candle.source && !isApproximate(before.source)) continue;
    if (before && isSame(before, candle) && candle.openTimeMs !== newestMs) continue;
    const apart = before ? farthest(before, candle) : 0;
    const limit = shifted ? 0 : candle.openTimeMs === newestStoredMs ? MAX_UNPROVEN : MAX_CORRECTION;
    if (before && apart > limit) doubted.push({ candle, before, apart });
    else taken.push(candle);
  }
  if (doubted.length === 0) return { taken: inOrder(taken), refused };
  const uncertain = new Set(doubted.map(({ candle }) => candle.openTimeMs));
  const around = stored.filter(({ openTimeMs }) => !uncertain.has(openTimeMs));
  const fitsBetter = ({ candle, before, apart }: (typeof doubted)[number]) =>
    misfit(candle, around) < misfit(before, around) - Math.min(MIN_BETTER, apart / 2);
  const allFit = shifted && doubted[0] !== undefined && fitsBetter(doubted[0]);
  for (const one of doubted) ((shifted ? allFit : fitsBetter(one)) ? taken : refused).push(one.candle);
  return { taken: inOrder(taken), refused };
}

const inOrder = (candles: SourcedCandle[]) => candles.sort((a, b) => a.openTimeMs - b.openTimeMs);

/** By how much the candles of an answer are off those stored from the same source, in logs: the median; 0 where there are too few. */
function medianShift(byOpen: ReadonlyMap<number, SourcedCandle>, fetched: readonly SourcedCandle[]): number {
  const shifts = fetched.flatMap(({ openTimeMs, source, close }) => {
    const before = byOpen.get(openTimeMs);
    return before?.source === source ? [Math.log(close / before.close)] : [];
  });
  return shifts.length < MIN_COMPARED ? 0 : shifts.sort((a, b) => a - b)[shifts.length >> 1]!;
}

function isSame(a: SourcedCandle, b: SourcedCandle): boolean {
  return (['source', 'open', 'high', 'low', 'close', 'volume'] as const).every((field) => a[field] === b[field]);
}

/** The largest difference between two candles' prices, in logs. */
function farthest(a: SourcedCandle, b: SourcedCandle): number {
  const pairs = [
    [a.open, b.open],
    [a.high, b.high],
    [a.low, b.low],
    [a.close, b.close],
  ] as const;
  return Math.max(...pairs.map(([x, y]) => Math.abs(Math.log(x / y))));
}

/** How far a candle's prices lie from those of the nearest candles before and after it, and its wicks from its body, in logs. */
function misfit({ openTimeMs, open, high, low, close }: SourcedCandle, around: readonly SourcedCandle[]): number {
  const before = around.findLast((candle) => candle.openTimeMs < openTimeMs);
  const after = around.find((candle) => candle.openTimeMs > openTimeMs);
  const off = (a: number, b: number | undefined) => (b === undefined ? 0 : Math.abs(Math.log(a / b)));
  const wicks = Math.log(high / Math.max(open, close)) + Math.log(Math.min(open, close) / low);
  return off(open, before?.close) + off(close, after?.open) + wicks;
}

/** The ranges with one more; those that touch it become part of it. Newest first. */
export function joinedWith(ranges: readonly TimeRange[], added: TimeRange, interval: Interval): readonly TimeRange[] {
  const step = INTERVAL_MS[interval];
  const touches = ({ fromMs, toMs }: TimeRange) => fromMs <= added.toMs + step && toMs >= added.fromMs - step;
  const joined = [added, ...ranges.filter(touches)];
  const whole = {
    fromMs: Math.min(...joined.map(({ fromMs }) => fromMs)),
    toMs: Math.max(...joined.map(({ toMs }) => toMs)),
  };
  return [whole, ...ranges.filter((range) => !touches(range))].sort((a, b) => b.toMs - a.toMs);
}
