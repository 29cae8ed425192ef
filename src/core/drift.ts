import type { Interval } from './candle.ts';

/** What a drift test looks for: bands that hold too little, bands that hold too much, a loss above its record. */
export const DRIFT_SIGNS = ['bands-too-narrow', 'bands-too-wide', 'loss-too-high'] as const;
export type DriftSign = (typeof DRIFT_SIGNS)[number];

/** How one horizon of a serving model has done on candles after those it learnt from. */
export interface HorizonDrift {
  readonly steps: number;
  readonly name: string;
  /** Forecasts, and the moments they were made at. */
  readonly n: number;
  readonly periods: number;
  /** Share of outcomes inside the 80 % band, and what the model's card says of it; null without a card's record. */
  readonly coverage80: number;
  readonly expectedCoverage80: number | null;
  /** Percentage by which the mean pinball loss is below climatology's, and the lower end that the card lets expect. */
  readonly skillPct: number;
  readonly expectedSkillLowPct: number;
}

/** A sign of drift that a test has found. */
export interface DriftFinding {
  readonly steps: number;
  readonly sign: DriftSign;
  /** Origin from which on the evidence gathered: about when it began. */
  readonly sinceMs: number;
}

/** What the monitor says about one interval's serving model. */
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
  /** The chance, at most, of an alarm within a year although nothing has changed. */
  readonly falseAlarmsPerYear: number;
  readonly checkedAtMs: number;
}
