import type { HorizonAccuracy, LiveEstimate } from '../../core/accuracy.ts';
import { HORIZONS } from '../../core/horizon.ts';
import { formatCount, formatPercent } from '../format.ts';

const NBSP = '\u00a0';
const MINUS = '\u2212';
const share = (fraction: number) => `${(100 * fraction).toFixed(0)}${NBSP}%`;

/** A share with its interval, such as `79 % (75 to 83)`. */
export function shareText({ value, low, high }: LiveEstimate): string {
  if (low === null || high === null) return share(value);
  return `${share(value)} (${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)})`;
}

/** A skill in per cent with its interval and sign, such as `+1.2 % (−0.3 to +2.6)`. */
export function skillText({ value, low, high }: LiveEstimate): string {
  const signed = (percent: number) => `${percent < 0 ? MINUS : '+'}${Math.abs(percent).toFixed(1)}`;
  return `${signed(value)}${NBSP}%${low === null || high === null ? '' : ` (${signed(low)} to ${signed(high)})`}`;
}

/** What the direction's interval says against always naming the commoner side. */
export function directionVerdict({ low, high, baseRate }: LiveEstimate & { readonly baseRate: number }): string {
  if (low === null || high === null) return 'too few cases to tell from chance';
  if (low > baseRate) return 'better than always saying the commoner side';
  return high < baseRate ? 'worse than always saying the commoner side' : 'no better than chance';
}

/** What the skill's interval says. */
export function edgeVerdict({ low, high }: LiveEstimate): string {
  if (low === null || high === null) return 'too few cases to tell from chance';
  if (low > 0) return 'a measurable edge';
  return high < 0 ? 'worse than climatology' : 'no measurable edge';
}

/** One plain sentence on one horizon of the live record: how ranges held, direction, and whether there is an edge; few cases are said to be few. */
export function accuracySentence(live: HorizonAccuracy, days: number): string {
  const ahead = `${HORIZONS[live.horizon].label} ahead`;
  const { n, scores } = live;
  if (n === 0 || scores === null) {
    const coming = live.waiting > 0 ? `; ${formatCount(live.waiting)} are waiting for their outcome` : '';
    return `No scheduled forecast ${ahead} has come due in the last ${days} days${coming}.`;
  }
  const band = scores.coverage[1]!;
  if (!live.enough) {
    const cases = `${formatCount(n)} scheduled forecast${n === 1 ? '' : 's'} ${ahead} from ${formatCount(live.periods)} moment${live.periods === 1 ? '' : 's'}`;
    return `Only ${cases} came due in the last ${days} days: too few to say how good they are. Of these the 80${NBSP}% range held ${share(band.value)}.`;
  }
  const edge =
    scores.skillPct === null
      ? ''
      : `; error ${formatPercent(Math.abs(scores.skillPct.value))} ${scores.skillPct.value < 0 ? 'higher' : 'lower'} than climatology, ${edgeVerdict(scores.skillPct)}`;
  return `Over ${days} days our 80${NBSP}% ranges ${ahead} held ${share(band.value)} of the time; direction ${directionVerdict(scores.direction)}${edge}.`;
}
