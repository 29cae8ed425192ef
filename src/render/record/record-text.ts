import type { LiveEstimate } from '../../core/accuracy.ts';
import { HORIZONS, type HorizonName } from '../../core/horizon.ts';
import type { PublicRecord, RecordBaseline, RecordSkill } from '../../core/public-record.ts';
import { utcDay } from '../../core/time.ts';
import { formatCount, formatPercent, formatSignedPercent, NBSP } from '../format.ts';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** A day as `12 March 2026`. */
export function dayText(ms: number): string {
  const day = new Date(ms);
  return `${day.getUTCDate()}${NBSP}${MONTHS[day.getUTCMonth()]} ${day.getUTCFullYear()}`;
}

/** A moment as `2026-03-12 14:00`; midnight as the day alone. */
export function momentText(ms: number): string {
  return ms % 86_400_000 === 0 ? utcDay(ms) : `${utcDay(ms)} ${new Date(ms).toISOString().slice(11, 16)}`;
}

/** A share with its interval, as `81.2 % (80.1 to 82.3)`. */
export function shareText({ value, low, high }: LiveEstimate): string {
  return `${formatPercent(100 * value)}${rangeText(100 * (low ?? Number.NaN), 100 * (high ?? Number.NaN))}`;
}

/** A skill with its interval, as `+1.9 % (+0.4 to +3.3)`; a dash where there is nothing to compare. */
export function skillText(skill: LiveEstimate | null): string {
  if (!skill) return '–';
  const { value, low, high } = skill;
  const bare = (percent: number) => formatSignedPercent(percent).replace(`${NBSP}%`, '');
  const range = low === null || high === null ? '' : ` (${bare(low)} to ${bare(high)})`;
  return `${formatSignedPercent(value)}${range}`;
}

function rangeText(low: number, high: number): string {
  if (Number.isNaN(low) || Number.isNaN(high)) return '';
  const bare = (percent: number) => formatPercent(percent).replace(`${NBSP}%`, '');
  return ` (${bare(low)} to ${bare(high)})`;
}

/** What an interval says about an edge over a baseline. */
export function edgeText(skill: LiveEstimate | null): string {
  if (!skill) return 'not compared';
  const { low, high } = skill;
  if (low === null || high === null) return 'too few to tell';
  if (low > 0) return 'better';
  return high < 0 ? 'worse' : 'no measurable edge';
}

const NAMES: Readonly<Record<RecordBaseline, string>> = {
  climatology: 'climatology',
  EWMA: 'EWMA',
  'random walk': 'the random walk',
};
/** A baseline's name in a sentence. */
export const baselineName = (baseline: RecordBaseline): string => NAMES[baseline];

/** A skill as a clause: `1.9 % better than climatology (0.4 to 3.3)`. */
export function skillClause({ baseline, skillPct: skill, n }: RecordSkill): string {
  const name = baselineName(baseline);
  if (!skill || n === 0) return `not compared with ${name}: candles of that time are not stored`;
  const { value, low, high } = skill;
  const bare = (percent: number) => formatPercent(percent).replace(`${NBSP}%`, '');
  if (low === null || high === null) return `too few to compare with ${name}`;
  if (low > 0) return `${formatPercent(value)} better than ${name} (${bare(low)} to ${bare(high)})`;
  if (high < 0) return `${formatPercent(-value)} worse than ${name} (${bare(-high)} to ${bare(-low)})`;
  return `no measurably better or worse than ${name} (${skillText(skill)})`;
}

/** A horizon for people; of one day, which model. */
export function horizonLabel(horizon: HorizonName): string {
  if (horizon === '24h') return '24 hours (hourly model)';
  return horizon === '1d' ? '1 day (daily model)' : HORIZONS[horizon].label;
}

/** `n = 2,142`, which is never broken. */
export const sizeText = (n: number): string => `n${NBSP}=${NBSP}${formatCount(n)}`;

/** `1 forecast`, `2 forecasts`. */
export const counted = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** The horizon that is shown first: a day where there is one. */
export function firstShown({ horizons }: PublicRecord): HorizonName | null {
  const byCount = [...horizons].sort((a, b) => b.n - a.n);
  return (horizons.find(({ horizon, n }) => horizon === '1d' && n > 0) ?? byCount[0])?.horizon ?? null;
}

/** What the record says, in sentences. */
export function leadText(record: PublicRecord): readonly string[] {
  const { fromMs, n, coins, coverage, horizons } = record;
  if (fromMs === null) return ['The record is empty: no forecast has been issued on schedule yet.'];
  const since = `Since ${dayText(fromMs)}`;
  if (n === 0) {
    const issued = horizons.reduce((sum, one) => sum + one.issued, 0);
    return [`${since}: ${counted(issued, 'forecast')} issued, none of which has come due yet.`];
  }
  const held = coverage[1]!;
  const first = horizons.find(({ horizon }) => horizon === firstShown(record))!;
  const [climatology] = first.skills;
  const edge =
    climatology?.skillPct &&
    climatology.skillPct.low !== null &&
    edgeText(climatology.skillPct) === 'no measurable edge'
      ? `they had no measurable edge over climatology: ${skillText(climatology.skillPct)}`
      : `they were ${skillClause(climatology!)}`;
  return [
    `${since}: ${counted(n, 'forecast')} of ${counted(coins, 'coin')} came due. Their 8-in-10 ranges held ${shareText(held)} of the time.`,
    `At ${HORIZONS[first.horizon].label} ${edge}; ${sizeText(climatology!.n)}.`,
  ];
}
