import type { Interval } from './candle.ts';
import type { Interval95 } from './evaluation.ts';

/** What `/model` shows of one interval: the model that serves, or why none does. */
export interface ServedModel {
  readonly interval: Interval;
  /** Why another model serves than the configured one, or why none does; null otherwise. */
  readonly problem: string | null;
  readonly model: ModelFacts | null;
}

/** Facts from a model's card. */
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
  /** Trained on origins before this; those from here to `stopUntilMs`, if any, only served early stopping. */
  readonly fitUntilMs: number;
  readonly stopUntilMs: number;
  /** From here on origins served early stopping before the model was trained on them; null where they only served early stopping. */
  readonly stopFromMs: number | null;
  /** Share of boosted trees in the quantiles at each horizon, 0 … 1; null where there are only nets. */
  readonly treeShares: readonly number[] | null;
  /** Share of the median that is kept, and of climatology in the quantiles, at each horizon; 0 … 1. */
  readonly medianShares: readonly number[];
  readonly climatologyWeights: readonly number[];
  readonly evaluation: ModelEvaluation | null;
}

/** Scores of a model's recipe on a period outside its training data. */
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
  /** Training coins, and training windows. */
  readonly coins: number;
  readonly windows: number;
  /** Trained on origins before this, with early stopping on those up to `stopUntilMs`, scored on later ones. */
  readonly fitUntilMs: number;
  readonly stopUntilMs: number;
  readonly families: readonly FamilyResult[];
}

/** Results of one family. */
export interface FamilyResult {
  readonly family: string;
  /** Of each member. */
  readonly parameters: number;
  /** Training windows processed by all members, each up to its best check. */
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
  /** Share of medians on the outcome's side of zero; the base rate always forecasts the commoner side. */
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

/** A sentence on the share of boosted trees in every quantile, by horizon; null where there are none. */
export function treeShareText(
  shares: readonly number[] | null | undefined,
  percent: (fraction: number) => string,
): string | null {
  if (!shares?.some((share) => share > 0)) return null;
  const shareText = [...new Set(shares)].length === 1 ? percent(shares[0]!) : shares.map(percent).join(' / ');
  return `Boosted trees give ${shareText} of every quantile, the nets the rest`;
}

/** A model's training origins: those before `fitUntilMs`; those from there to `stopUntilMs`, where there are any, only served early stopping. */
export interface LearningSpan {
  readonly fitUntilMs: number;
  readonly stopUntilMs: number;
  /** The first origin used for early stopping, where the model was then trained on those origins too. */
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

/** What a drift test detects: bands with too few outcomes, bands with too many, a loss above the card's. */
export const DRIFT_SIGNS = ['bands-too-narrow', 'bands-too-wide', 'loss-too-high'] as const;
export type DriftSign = (typeof DRIFT_SIGNS)[number];

/** Scores of one horizon of a serving model on candles after its training data. */
export interface HorizonDrift {
  readonly steps: number;
  readonly name: string;
  /** Number of forecasts, and of distinct origin times. */
  readonly n: number;
  readonly periods: number;
  /** Share of outcomes inside the 80 % band, and the share in the model's card; null without one. */
  readonly coverage80: number;
  readonly expectedCoverage80: number | null;
  /** Percentage by which the mean pinball loss is below climatology's, and the lower end of the card's interval. */
  readonly skillPct: number;
  readonly expectedSkillLowPct: number;
}

/** A sign of drift that a test has found. */
export interface DriftFinding {
  readonly steps: number;
  readonly sign: DriftSign;
  /** Origin at which the evidence starts to rise: the estimated change point. */
  readonly sinceMs: number;
}

/** The drift status of one interval's serving model. */
export interface DriftStatus {
  readonly interval: Interval;
  readonly version: string;
  /**
   * `checking`: the first replay is under way. `unknown`: nothing could be scored yet. `watch`: weaker evidence than an alarm, to
   * be expected now and then by chance.
   */
  readonly state: 'checking' | 'unknown' | 'ok' | 'watch' | 'alarm';
  readonly coins: number;
  /** First and last scored origin. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly horizons: readonly HorizonDrift[];
  readonly findings: readonly DriftFinding[];
  /** Upper bound of the probability of a false alarm within a year. */
  readonly falseAlarmsPerYear: number;
  readonly checkedAtMs: number;
}
