import { ODDS_EDGES, ODDS_STEPS, type OddsReliability, type OddsStep, type OddsSums } from '../../core/odds-record.ts';
import { DAY_MS } from '../../core/time.ts';
import { bootstrapIntervals, skillPct, wilsonInterval } from './block-bootstrap.ts';

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

/** Sums of odds of one sort, with those that could not be scored. */
export function sumOdds(cases: readonly OddsCase[], unscored = 0): OddsSums {
  const steps = Array.from({ length: ODDS_STEPS }, (_, step) => ({ step, n: 0, stated: 0, happened: 0 }));
  let [compared, squared, usualSquared] = [0, 0, 0];
  for (const { stated, happened, usual } of cases) {
    const found = steps[stepOf(stated)]!;
    found.n++;
    found.stated += stated;
    if (happened) found.happened++;
    if (usual === undefined) continue;
    compared++;
    squared += (stated - Number(happened)) ** 2;
    usualSquared += (usual - Number(happened)) ** 2;
  }
  return { steps: steps.filter(({ n }) => n > 0), compared, squared, usualSquared, unscored };
}

/** Compares stated probabilities with what happened, in the steps of ODDS_EDGES; null without a case. */
export function oddsReliability(cases: readonly OddsCase[]): OddsReliability | null {
  const days = new Map<number, OddsCase[]>();
  for (const one of cases) {
    const dayMs = Math.floor(one.originMs / DAY_MS) * DAY_MS;
    const day = days.get(dayMs);
    if (day) day.push(one);
    else days.set(dayMs, [one]);
  }
  return reliabilityOfDays([...days].map(([dayMs, own]) => ({ dayMs, sums: sumOdds(own) })));
}

/** The same from sums by day, in any order; of one day there may be several. */
export function reliabilityOfDays(
  given: readonly { readonly dayMs: number; readonly sums: OddsSums }[],
): OddsReliability | null {
  const filled = given.filter(({ sums }) => sums.steps.length > 0);
  if (filled.length === 0) return null;
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { dayMs } of filled) {
    first = Math.min(first, dayMs / DAY_MS);
    last = Math.max(last, dayMs / DAY_MS);
  }
  const days = last - first + 1;
  const column = () => new Float64Array(days);
  const steps = Array.from({ length: ODDS_STEPS }, () => ({ n: column(), happened: column(), stated: 0 }));
  const [squared, usualSquared] = [column(), column()];
  let compared = 0;
  for (const { dayMs, sums } of filled) {
    const place = dayMs / DAY_MS - first;
    for (const { step, n, stated, happened } of sums.steps) {
      const own = steps[step]!;
      own.n[place]! += n;
      own.happened[place]! += happened;
      own.stated += stated;
    }
    compared += sums.compared;
    squared[place]! += sums.squared;
    usualSquared[place]! += sums.usualSquared;
  }
  const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);
  const used = steps
    .map((step) => ({ ...step, count: total(step.n), hits: total(step.happened) }))
    .filter(({ count }) => count > 0);
  const inBlocks = days >= BLOCK_DAYS * MIN_BLOCKS;
  const columns = [...used.flatMap(({ n, happened }) => [happened, n]), squared, usualSquared];
  const at = 2 * used.length;
  const statistics = [
    ...used.map((_, i) => (sums: ArrayLike<number>) => sums[2 * i]! / sums[2 * i + 1]!),
    (sums: ArrayLike<number>) => skillPct(sums[at]!, sums[at + 1]!),
  ];
  const drawn = inBlocks ? bootstrapIntervals(columns, statistics, BLOCK_DAYS) : null;
  const shown = used.map(({ count, hits, stated }, i): OddsStep => {
    return { n: count, stated: stated / count, happened: drawn ? drawn[i]! : wilsonInterval(hits, count) };
  });
  const n = used.reduce((sum, { count }) => sum + count, 0);
  const share = used.reduce((sum, { hits }) => sum + hits, 0) / n;
  const skill = drawn?.at(-1);
  return {
    n,
    days,
    intervals: inBlocks ? 'blocks' : 'single',
    steps: shown,
    gap: shown.reduce((sum, step) => sum + step.n * Math.abs(step.stated - step.happened.value), 0) / n,
    baseRateBrier: share * (1 - share),
    againstUsual:
      compared === 0
        ? null
        : {
            n: compared,
            odds: total(squared) / compared,
            usual: total(usualSquared) / compared,
            skillPct: skill && Number.isFinite(skill.value) ? skill : null,
          },
  };
}

function stepOf(stated: number): number {
  const step = ODDS_EDGES.findIndex((edge, i) => i > 0 && stated < edge);
  return step < 0 ? ODDS_STEPS - 1 : step - 1;
}
