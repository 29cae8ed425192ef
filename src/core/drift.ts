import type { Interval } from './candle.ts';

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
