import { ODDS_EDGES, type OddsReliability, type OddsStep } from '../../core/odds-record.ts';
import { DAY_MS } from '../../core/time.ts';
import { bootstrapIntervals, wilsonInterval } from './block-bootstrap.ts';

/** One stated probability and what came of it. */
export interface OddsCase {
  readonly originMs: number;
  readonly stated: number;
  readonly happened: boolean;
  /** What the coin's usual moves would have said. */
  readonly usual?: number;
}

/** Odds over up to seven days overlap, and weeks that follow each other are alike. */
const BLOCK_DAYS = 14;
const MIN_BLOCKS = 3;

/** Compares stated probabilities with what happened, in the steps of ODDS_EDGES; null without a case. */
export function oddsReliability(cases: readonly OddsCase[]): OddsReliability | null {
  if (cases.length === 0) return null;
  const dayOf = ({ originMs }: OddsCase) => Math.floor(originMs / DAY_MS);
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const one of cases) {
    first = Math.min(first, dayOf(one));
    last = Math.max(last, dayOf(one));
  }
  const days = last - first + 1;
  const byStep = ODDS_EDGES.slice(1).map(() => [] as OddsCase[]);
  for (const one of cases) byStep[stepOf(one.stated)]!.push(one);
  const filled = byStep.filter(({ length }) => length > 0);
  const inBlocks = days >= BLOCK_DAYS * MIN_BLOCKS;
  const estimates = inBlocks ? overBlocks(filled, days, (one) => dayOf(one) - first) : filled.map(single);
  const steps = filled.map((inStep, i): OddsStep => {
    const stated = inStep.reduce((sum, one) => sum + one.stated, 0) / inStep.length;
    return { n: inStep.length, stated, happened: estimates[i]! };
  });
  const n = cases.length;
  const share = cases.filter(({ happened }) => happened).length / n;
  const squared = (value: (one: OddsCase) => number) =>
    cases.reduce((sum, one) => sum + (value(one) - Number(one.happened)) ** 2, 0) / n;
  return {
    n,
    days,
    intervals: inBlocks ? 'blocks' : 'single',
    steps,
    gap: steps.reduce((sum, step) => sum + step.n * Math.abs(step.stated - step.happened.value), 0) / n,
    brier: {
      odds: squared(({ stated }) => stated),
      baseRate: share * (1 - share),
      usual: cases.every(({ usual }) => usual !== undefined) ? squared(({ usual }) => usual!) : null,
    },
  };
}

function stepOf(stated: number): number {
  const step = ODDS_EDGES.findIndex((edge, i) => i > 0 && stated < edge);
  return step < 0 ? ODDS_EDGES.length - 2 : step - 1;
}

function single(inStep: readonly OddsCase[]) {
  return wilsonInterval(inStep.filter(({ happened }) => happened).length, inStep.length);
}

/** The shares of every step, over the same resampled blocks of days. */
function overBlocks(steps: readonly (readonly OddsCase[])[], days: number, placeOf: (one: OddsCase) => number) {
  const columns = steps.flatMap((inStep) => {
    const [happened, all] = [new Float64Array(days), new Float64Array(days)];
    for (const one of inStep) {
      all[placeOf(one)]! += 1;
      if (one.happened) happened[placeOf(one)]! += 1;
    }
    return [happened, all];
  });
  const shares = steps.map((_, i) => (sums: ArrayLike<number>) => sums[2 * i]! / sums[2 * i + 1]!);
  return bootstrapIntervals(columns, shares, BLOCK_DAYS);
}
