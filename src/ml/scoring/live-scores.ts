import {
  type AccuracyScores,
  type CalibrationStep,
  type LiveEstimate,
  P_UP_EDGES,
  type ScoreSums,
} from '../../core/accuracy.ts';
import { BANDS } from '../../core/quantiles.ts';
import { bootstrapInterval, skillPct } from './block-bootstrap.ts';

/** Steps of P(up) shown at most, and the fewest forecasts in one. */
const MAX_STEPS = 6;
const MIN_IN_STEP = 20;
/** Minimum number of bootstrap blocks for an interval. */
export const MIN_BLOCKS = 3;

/** A statistic of columns of sums by origin, with its interval. */
type Estimator = (
  values: readonly ((one: ScoreSums) => number)[],
  statistic: (sums: ArrayLike<number>) => number,
) => LiveEstimate;
type Summed = Exclude<keyof ScoreSums, 'originMs' | 'bucket' | 'inside'>;

/**
 * Every live score that follows from sums by origin, which ascend and lie `stepMs` apart or a multiple of it; null without forecasts. Intervals
 * resample blocks of `block` consecutive origins of that grid; origins without forecasts keep their place in time. Where the origins fill fewer
 * than three blocks, there are none.
 */
export function liveScores(
  sums: readonly ScoreSums[],
  { stepMs: step, block }: { readonly stepMs: number; readonly block: number },
): AccuracyScores | null {
  const first = sums[0];
  if (!first) return null;
  const periods = (sums.at(-1)!.originMs - first.originMs) / step + 1;
  const columnOf = (value: (one: ScoreSums) => number): Float64Array => {
    const column = new Float64Array(periods);
    for (const one of sums) column[(one.originMs - first.originMs) / step]! += value(one);
    return column;
  };
  const total = (name: Summed) => sums.reduce((sum, one) => sum + one[name], 0);
  const n = total('n');
  const filled = new Set(sums.map(({ originMs }) => originMs)).size / block;
  const estimate: Estimator = (values, statistic) => {
    const { value, low, high } = bootstrapInterval(values.map(columnOf), statistic, block);
    return filled < MIN_BLOCKS ? { value, low: null, high: null } : { value, low, high };
  };
  const ratio = (columns: ArrayLike<number>) => columns[0]! / columns[1]!;
  const share = (value: (one: ScoreSums) => number) => estimate([value, (one) => one.n], ratio);
  const compared = total('compared');
  const up = total('up') / n;
  return {
    rmse: Math.sqrt(total('squared') / n),
    mae: total('absolute') / n,
    noChange: { rmse: Math.sqrt(total('noChangeSquared') / n), mae: total('noChangeAbsolute') / n },
    mase: compared > 0 ? total('scaled') / compared : null,
    direction: { ...share((one) => one.hits), up, baseRate: Math.max(up, 1 - up) },
    coverage: BANDS.map(({ coverage }, i) => ({ nominal: coverage, ...share((one) => one.inside[i]!) })),
    skillPct:
      compared > 0
        ? estimate([(one) => one.comparedPinball, (one) => one.climatologyPinball], (columns) =>
            skillPct(columns[0]!, columns[1]!),
          )
        : null,
    compared,
    brier: { score: total('brier') / n, baseRate: up * (1 - up) },
    calibration: calibrationSteps(sums, n, estimate),
  };
}

/** Neighbouring steps of P(up) are joined until each holds enough forecasts. */
function calibrationSteps(sums: readonly ScoreSums[], n: number, estimate: Estimator): CalibrationStep[] {
  const least = Math.max(MIN_IN_STEP, n / MAX_STEPS);
  const groups: Set<number>[] = [];
  let held = 0;
  const countOf = (buckets: ReadonlySet<number>) =>
    sums.reduce((sum, one) => sum + (buckets.has(one.bucket) ? one.n : 0), 0);
  for (let bucket = 0; bucket < P_UP_EDGES.length; bucket++) {
    const own = countOf(new Set([bucket]));
    if (own === 0) continue;
    // A last step too small for itself joins the one before it.
    const rest = n - groups.reduce((sum, group) => sum + countOf(group), 0);
    if (groups.length === 0 || (held >= least && rest >= least)) {
      groups.push(new Set());
      held = 0;
    }
    groups.at(-1)!.add(bucket);
    held += own;
  }
  return groups.map((group) => {
    const inside = (value: (one: ScoreSums) => number) => (one: ScoreSums) => (group.has(one.bucket) ? value(one) : 0);
    const rises = estimate([inside((one) => one.up), inside((one) => one.n)], (columns) => columns[0]! / columns[1]!);
    const forecasts = countOf(group);
    const pUp = sums.reduce((sum, one) => sum + (group.has(one.bucket) ? one.pUp : 0), 0) / forecasts;
    return { n: forecasts, pUp, rises };
  });
}
