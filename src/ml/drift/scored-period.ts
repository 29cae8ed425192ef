import { BANDS, QUANTILE_LEVELS, SCORED_INDICES } from '../../core/quantiles.ts';
import { meanPinball } from '../scoring/scores.ts';

/**
 * Forecasts of all coins made at one moment for one horizon, scored once their outcomes are known. Coins are strongly
 * correlated, so all coins of a moment count as one observation.
 */
export interface ScoredPeriod {
  readonly originMs: number;
  readonly steps: number;
  readonly n: number;
  /** Outcomes inside the 80 % band. */
  readonly inside80: number;
  /** Sums of the pinball losses of the model and of climatology. */
  readonly modelLoss: number;
  readonly climatologyLoss: number;
  /** Sum of what the two losses of a forecast can differ by at most, known when it was made. */
  readonly largestDifference: number;
  /** Sum of the losses that climatology expects of itself, known when it was made. */
  readonly expectedLoss: number;
}

/** One forecast with its outcome; log-return quantiles at QUANTILE_LEVELS. */
export interface ScoredForecast {
  readonly outcome: number;
  readonly model: ArrayLike<number>;
  readonly climatology: ArrayLike<number>;
}

/** A period with nothing in it. */
export function emptyPeriod(originMs: number, steps: number): ScoredPeriod {
  const sums = { n: 0, inside80: 0, modelLoss: 0, climatologyLoss: 0, largestDifference: 0, expectedLoss: 0 };
  return { originMs, steps, ...sums };
}

/** The period with one more forecast. */
export function withForecast(period: ScoredPeriod, { outcome, model, climatology }: ScoredForecast): ScoredPeriod {
  const band = BANDS[1];
  const inside = outcome >= model[band.lower]! && outcome <= model[band.upper]!;
  return {
    ...period,
    n: period.n + 1,
    inside80: period.inside80 + (inside ? 1 : 0),
    modelLoss: period.modelLoss + meanPinball(outcome, model),
    climatologyLoss: period.climatologyLoss + meanPinball(outcome, climatology),
    largestDifference: period.largestDifference + largestDifference(model, climatology),
    expectedLoss: period.expectedLoss + expectedLoss(climatology),
  };
}

/** Two forecasts' periods of the same moment and horizon as one. */
export function mergePeriods(a: ScoredPeriod, b: ScoredPeriod): ScoredPeriod {
  return {
    originMs: a.originMs,
    steps: a.steps,
    n: a.n + b.n,
    inside80: a.inside80 + b.inside80,
    modelLoss: a.modelLoss + b.modelLoss,
    climatologyLoss: a.climatologyLoss + b.climatologyLoss,
    largestDifference: a.largestDifference + b.largestDifference,
    expectedLoss: a.expectedLoss + b.expectedLoss,
  };
}

/** Pinball loss at level τ moves by max(τ, 1 − τ) at most for each unit its quantile moves, whatever the outcome. */
function largestDifference(model: ArrayLike<number>, climatology: ArrayLike<number>): number {
  let sum = 0;
  for (const k of SCORED_INDICES) {
    const level = QUANTILE_LEVELS[k]!;
    sum += Math.max(level, 1 - level) * Math.abs(model[k]! - climatology[k]!);
  }
  return sum / SCORED_INDICES.length;
}

/** Mean loss of a distribution over its own scored quantiles as outcomes. */
function expectedLoss(quantiles: ArrayLike<number>): number {
  let sum = 0;
  for (const k of SCORED_INDICES) sum += meanPinball(quantiles[k]!, quantiles);
  return sum / SCORED_INDICES.length;
}
