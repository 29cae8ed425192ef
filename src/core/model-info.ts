import type { Interval } from './candle.ts';
import type { Interval95 } from './evaluation.ts';

/** What `/model` shows of one interval: the model that serves, or why none does. */
export interface ServedModel {
  readonly interval: Interval;
  /** Why this is not the model that should serve, or why none does; null when all is well. */
  readonly problem: string | null;
  readonly model: ModelFacts | null;
}

/** What a model's card says of it. */
export interface ModelFacts {
  readonly version: string;
  readonly family: string;
  readonly members: number;
  /** Of each member. */
  readonly parameters: number;
  readonly trainedAtMs: number;
  readonly coins: number;
  readonly windows: number;
  readonly fromMs: number;
  /** Learnt from origins before this; those from here to `stopUntilMs`, if any, only decided when to stop. */
  readonly fitUntilMs: number;
  readonly stopUntilMs: number;
  /** From here on origins decided when to stop before they were learnt from; null where they only decided. */
  readonly stopFromMs: number | null;
  /** Share of boosted trees in the quantiles at each horizon, 0 … 1; null where there are only nets. */
  readonly treeShares: readonly number[] | null;
  /** Share of the median that is kept, and of climatology in the quantiles, at each horizon; 0 … 1. */
  readonly medianShares: readonly number[];
  readonly climatologyWeights: readonly number[];
  readonly evaluation: ModelEvaluation | null;
}

/** How a model's recipe scored on a period it had not seen. */
export interface ModelEvaluation {
  readonly description: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly horizons: readonly {
    readonly steps: number;
    readonly n: number;
    readonly coins: number;
    /** Pinball skill over climatology, per cent. */
    readonly skillPct: Interval95;
    /** Shares inside the 50, 80 and 95 % ranges. */
    readonly coverage: readonly number[];
  }[];
}

/** Families of networks side by side: each trained with the same seeds on the same windows, scored on the same later period. */
export interface FamilyComparison {
  readonly format: 1;
  readonly interval: Interval;
  readonly command: string;
  readonly madeAtMs: number;
  readonly gitCommit: string | null;
  readonly engine: string;
  readonly threads: number;
  readonly seeds: readonly number[];
  /** Coins learnt from, and fit windows. */
  readonly coins: number;
  readonly windows: number;
  /** Learnt from origins before this, stopped on those up to `stopUntilMs`, scored on later ones. */
  readonly fitUntilMs: number;
  readonly stopUntilMs: number;
  readonly families: readonly FamilyResult[];
}

/** What one family came to. */
export interface FamilyResult {
  readonly family: string;
  /** Of each member. */
  readonly parameters: number;
  /** Windows visited by all members, up to where each stopped improving. */
  readonly windowVisits: number;
  /** From the candles to the scores: by the clock, and of processor time over all threads. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly horizons: readonly FamilyScores[];
}

/** Scores of the final forecasts; errors are of log returns. */
export interface FamilyScores {
  readonly steps: number;
  readonly n: number;
  readonly coins: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly median: PointErrors;
  /** No change. */
  readonly randomWalk: PointErrors;
  /** Share of medians on the outcome's side of zero; the base rate always says the commoner side. */
  readonly direction: Interval95 & { readonly baseRate: number };
  /** Pinball skill over climatology, per cent. */
  readonly skillPct: Interval95;
}

/** Errors of a point forecast. */
export interface PointErrors {
  readonly mse: number;
  readonly rmse: number;
  readonly mae: number;
}

/** How much of every quantile comes from boosted trees, by horizon, in a sentence; null where there are none. */
export function treeShareText(
  shares: readonly number[] | null | undefined,
  percent: (fraction: number) => string,
): string | null {
  if (!shares?.some((share) => share > 0)) return null;
  const said = [...new Set(shares)].length === 1 ? percent(shares[0]!) : shares.map(percent).join(' / ');
  return `Boosted trees give ${said} of every quantile, the nets the rest`;
}

/** What a model learnt from: origins before `fitUntilMs`, with those from there to `stopUntilMs`, where there are any, deciding only when to stop. */
export interface LearningSpan {
  readonly fitUntilMs: number;
  readonly stopUntilMs: number;
  /** Where those that decided were learnt from too in the end: the first of them. */
  readonly stopFromMs?: number | null | undefined;
}

/** The same in words, with the dates as the place they are read in writes them. */
export function learningSpanText(
  { fitUntilMs, stopUntilMs, stopFromMs }: LearningSpan,
  date: (ms: number) => string,
): string {
  const learnt = `learnt from candles to ${date(fitUntilMs)}`;
  if (fitUntilMs < stopUntilMs) return `${learnt}, stopped on candles to ${date(stopUntilMs)}`;
  return typeof stopFromMs === 'number'
    ? `${learnt}, those since ${date(stopFromMs)} only after they had decided when to stop`
    : learnt;
}
