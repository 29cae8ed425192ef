import type { Interval95 } from './evaluation.ts';
import type { HorizonName } from './horizon.ts';

/** Edges of the steps in which stated odds are compared with what happened, ascending from 0 to 1. */
export const ODDS_EDGES: readonly number[] = [
  0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1,
];

/** Steps between ODDS_EDGES. */
export const ODDS_STEPS = ODDS_EDGES.length - 1;

/** What odds say: that the price is above (or below) a level at the moment, or that it reaches the level on the way. */
export const ODDS_SORTS = ['end', 'touch'] as const;
export type OddsSort = (typeof ODDS_SORTS)[number];

/** Whose levels: fixed ones of every scheduled forecast, or those that people asked about. */
export const ODDS_SOURCES = ['fixed', 'asked'] as const;
export type OddsSource = (typeof ODDS_SOURCES)[number];

/**
 * The levels of the fixed odds, as indices into QUANTILE_LEVELS of the climatology that was issued with a forecast: its 2.5, 15, 30, 70, 85 and 97.5 %
 * quantiles, about 0.5, 1 and 2 usual moves below and above. So the forecast does not choose its own questions, and the usual odds are known.
 */
export const FIXED_LEVELS: readonly number[] = [0, 3, 6, 14, 17, 20];

/** Odds of one step of ODDS_EDGES: how many, the sum of the stated probabilities, and how many happened. */
export interface OddsStepSums {
  readonly step: number;
  readonly n: number;
  readonly stated: number;
  readonly happened: number;
}

/** Sums over odds of one sort. */
export interface OddsSums {
  /** Ascending; steps without odds are left out. */
  readonly steps: readonly OddsStepSums[];
  /** Odds with the usual moves' odds beside them, and the squared errors of both. */
  readonly compared: number;
  readonly squared: number;
  readonly usualSquared: number;
  /** Odds that came due and could not be scored. */
  readonly unscored: number;
}

/** The sums of one UTC day of origins. */
export interface OddsDay {
  /** The midnight that the day begins with. */
  readonly dayMs: number;
  readonly end: OddsSums;
  readonly touch: OddsSums;
}

/** Adds sums up, such as those of several coins. */
export function addOdds(all: readonly OddsSums[]): OddsSums {
  const total = (of: (one: OddsSums) => number) => all.reduce((sum, one) => sum + of(one), 0);
  const steps = Array.from({ length: ODDS_STEPS }, (_, step) => {
    const own = all.flatMap((one) => one.steps.filter((other) => other.step === step));
    const of = (name: 'n' | 'stated' | 'happened') => own.reduce((sum, one) => sum + one[name], 0);
    return { step, n: of('n'), stated: of('stated'), happened: of('happened') };
  });
  return {
    steps: steps.filter(({ n }) => n > 0),
    compared: total(({ compared }) => compared),
    squared: total(({ squared }) => squared),
    usualSquared: total(({ usualSquared }) => usualSquared),
    unscored: total(({ unscored }) => unscored),
  };
}

/** Odds of one step, and how often it happened. */
export interface OddsStep {
  readonly n: number;
  /** Mean of the stated probabilities. */
  readonly stated: number;
  /** Share that happened, with its 95 % interval. */
  readonly happened: Interval95;
}

/** How stated probabilities compare with what happened. */
export interface OddsReliability {
  readonly n: number;
  /** Days from the first question to the last, both counted. */
  readonly days: number;
  /** `blocks`: intervals by a bootstrap over blocks of days. `single`: Wilson's, as if no answer overlapped another, where the days are too few for that. */
  readonly intervals: 'blocks' | 'single';
  /** Ascending; steps without odds are left out. */
  readonly steps: readonly OddsStep[];
  /** Mean distance between what was said and what happened over the steps, weighted by n; 0 … 1. */
  readonly gap: number;
  /** Brier score (mean squared error) of always saying the share that happened, which nobody knew. */
  readonly baseRateBrier: number;
  /** Of the `n` odds with the usual moves' odds beside them: both Brier scores, and by how many per cent the first is lower; null without any, its interval without blocks. */
  readonly againstUsual: {
    readonly n: number;
    readonly odds: number;
    readonly usual: number;
    readonly skillPct: Interval95 | null;
  } | null;
}

/** The question of the record of odds. Absent: every coin, every horizon, 60 days, every model. */
export interface OddsRecordQuery {
  readonly symbol?: string;
  readonly horizon?: HorizonName;
  readonly days?: number;
  readonly model?: string;
}

/** The record of one sort of odds. */
export interface OddsRecordPart {
  readonly reliability: OddsReliability | null;
  /** Whether there are enough to show: {@link ENOUGH_ODDS}. */
  readonly enough: boolean;
  readonly unscored: number;
}

/** From how many scored odds, over how many days, a record of odds is shown: fewer do not tell luck from skill. */
export const ENOUGH_ODDS = { n: 100, days: 42 } as const;

/** How odds of levels have held. */
export interface OddsRecordReport {
  /** Null: every coin. */
  readonly symbol: string | null;
  readonly name: string | null;
  /** Null: every horizon. */
  readonly horizon: HorizonName | null;
  readonly model: string | null;
  readonly days: number;
  readonly fixed: Readonly<Record<OddsSort, OddsRecordPart>>;
  readonly asked: Readonly<Record<OddsSort, OddsRecordPart>>;
  readonly simulated: boolean;
}
