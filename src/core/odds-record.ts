import type { Interval95 } from './evaluation.ts';

/** Edges of the steps in which stated odds are compared with what happened, ascending from 0 to 1. */
export const ODDS_EDGES: readonly number[] = [
  0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1,
];

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
  /** Mean squared error of the odds; of always saying the share that happened, which nobody knew; and of the usual moves' odds where those are known. */
  readonly brier: { readonly odds: number; readonly baseRate: number; readonly usual: number | null };
}
