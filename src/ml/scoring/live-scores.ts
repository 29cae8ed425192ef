import {
  type AccuracyScores,
  type CalibrationStep,
  type LiveEstimate,
  P_UP_EDGES,
  type ScoreSums,
} from '../../core/accuracy.ts';
import { BANDS } from '../../core/quantiles.ts';
import { DAY_MS } from '../../core/time.ts';
import { bootstrapIntervals, skillPct } from './block-bootstrap.ts';

/** Steps of P(up) shown at most, and the fewest forecasts in one. */
const MAX_STEPS = 6;
const MIN_IN_STEP = 20;
/** Minimum number of bootstrap blocks for an interval. */
export const MIN_BLOCKS = 3;

type Summed = Exclude<keyof ScoreSums, 'dayMs' | 'hours' | 'inside' | 'bins'>;

/**
 * Every live score that follows from sums by day, which ascend; null without forecasts. Intervals resample blocks of `blockDays` consecutive days; days
 * without forecasts keep their place in time. Where the origins fill fewer than three blocks, there are none. `calibrated` false leaves the
 * calibration out, which is half of the work.
 */
export function liveScores(
  sums: readonly ScoreSums[],
  {
    blockDays,
    blocks,
    calibrated = true,
  }: { readonly blockDays: number; readonly blocks: number; readonly calibrated?: boolean },
): AccuracyScores | null {
  const first = sums[0];
  if (!first) return null;
  const days = (sums.at(-1)!.dayMs - first.dayMs) / DAY_MS + 1;
  const columns: Float64Array[] = [];
  const addColumn = (value: (one: ScoreSums) => number): number => {
    const column = new Float64Array(days);
    for (const one of sums) column[(one.dayMs - first.dayMs) / DAY_MS]! += value(one);
    return columns.push(column) - 1;
  };
  const statistics: ((sums: ArrayLike<number>) => number)[] = [];
  const add = (statistic: (sums: ArrayLike<number>) => number): number => statistics.push(statistic) - 1;
  const ratio = (above: number, below: number) => add((drawn) => drawn[above]! / drawn[below]!);
  const total = (name: Summed) => sums.reduce((sum, one) => sum + one[name], 0);

  const n = total('n');
  const compared = total('compared');
  const cases = addColumn((one) => one.n);
  const direction = ratio(
    addColumn((one) => one.hits),
    cases,
  );
  const coverage = BANDS.map((_, i) =>
    ratio(
      addColumn((one) => one.inside[i]!),
      cases,
    ),
  );
  const [loss, usualLoss] = [addColumn((one) => one.comparedPinball), addColumn((one) => one.climatologyPinball)];
  const skill = add((drawn) => skillPct(drawn[loss]!, drawn[usualLoss]!));
  const steps = (calibrated ? calibrationSteps(sums, n) : []).map((buckets) => {
    const inside = (name: 'n' | 'up') => (one: ScoreSums) =>
      one.bins.reduce((sum, bin) => sum + (buckets.has(bin.bucket) ? bin[name] : 0), 0);
    return { buckets, rises: ratio(addColumn(inside('up')), addColumn(inside('n'))) };
  });

  const intervals = bootstrapIntervals(columns, statistics, blockDays);
  const estimate = (index: number): LiveEstimate => {
    const { value, low, high } = intervals[index]!;
    return blocks < MIN_BLOCKS ? { value, low: null, high: null } : { value, low, high };
  };
  const up = total('up') / n;
  return {
    rmse: Math.sqrt(total('squared') / n),
    mae: total('absolute') / n,
    noChange: { rmse: Math.sqrt(total('noChangeSquared') / n), mae: total('noChangeAbsolute') / n },
    mase: compared > 0 ? total('scaled') / compared : null,
    direction: { ...estimate(direction), up, baseRate: Math.max(up, 1 - up) },
    coverage: BANDS.map(({ coverage: nominal }, i) => ({ nominal, ...estimate(coverage[i]!) })),
    skillPct: compared > 0 ? estimate(skill) : null,
    compared,
    brier: { score: total('brier') / n, baseRate: up * (1 - up) },
    calibration: steps.map(({ buckets, rises }): CalibrationStep => {
      const bins = sums.flatMap((one) => one.bins.filter(({ bucket }) => buckets.has(bucket)));
      const count = bins.reduce((sum, bin) => sum + bin.n, 0);
      return { n: count, pUp: bins.reduce((sum, bin) => sum + bin.pUp, 0) / count, rises: estimate(rises) };
    }),
  };
}

/** The bins of P(up), neighbours joined until each step holds enough forecasts. */
function calibrationSteps(sums: readonly ScoreSums[], n: number): ReadonlySet<number>[] {
  const least = Math.max(MIN_IN_STEP, n / MAX_STEPS);
  const inBucket = P_UP_EDGES.map(() => 0);
  for (const { bins } of sums) for (const bin of bins) inBucket[bin.bucket]! += bin.n;
  const steps: Set<number>[] = [];
  let held = 0;
  let rest = n;
  inBucket.forEach((own, bucket) => {
    if (own === 0) return;
    // A last step too small for itself joins the one before it.
    if (steps.length === 0 || (held >= least && rest >= least)) {
      steps.push(new Set());
      held = 0;
    }
    steps.at(-1)!.add(bucket);
    held += own;
    rest -= own;
  });
  return steps;
}
