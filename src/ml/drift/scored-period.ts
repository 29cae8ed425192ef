import { INTERVAL_MS } from '../../core/candle.ts';
import { BANDS, QUANTILE_LEVELS, SCORED_INDICES } from '../../core/quantiles.ts';
import { climatologyBaseline } from '../baselines/climatology.ts';
import type { WidthTable } from '../calibration/widths.ts';
import { type CoinHistory, historyFeatures, isFlaggedLater } from '../data/coin-history.ts';
import { horizonReturn } from '../data/targets.ts';
import { rowOpenMs } from '../features/columns.ts';
import type { QuantileForecaster } from '../forecast/quantile-forecaster.ts';
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

const LEVELS = QUANTILE_LEVELS.length;

/** Scored periods of one coin or of many, by horizon and origin. */
export type PeriodsByMoment = Map<string, ScoredPeriod>;

const keyOf = ({ originMs, steps }: ScoredPeriod) => `${steps} ${originMs}`;

/**
 * Forecasts a coin at every origin from `fromMs` on, from candles up to each origin, and scores them on the outcomes. It is the code path
 * of the served forecasts, calibration and the coin's width factors included. Origins whose candle (or Bitcoin's) was flagged later are
 * left out: what was known of it then is not what is known now.
 */
export function replayCoin(
  history: CoinHistory,
  btc: CoinHistory | null,
  forecaster: QuantileForecaster,
  fromMs: number,
  widths: WidthTable | null = null,
): readonly ScoredPeriod[] {
  const features = historyFeatures(history, btc);
  const { columns } = features.series;
  const { interval, close } = columns;
  const originOf = (row: number) => rowOpenMs(columns, row) + INTERVAL_MS[interval];
  const rows = Int32Array.from(close.keys()).filter(
    (row) => originOf(row) >= fromMs && !Number.isNaN(close[row]!) && !isFlaggedLater(history, btc, row),
  );
  const model = forecaster.predictQuantiles(features, rows, undefined, widths);
  const climatology = climatologyBaseline.forecast(features, forecaster.steps, rows);
  const periods: ScoredPeriod[] = [];
  forecaster.steps.forEach((steps, at) => {
    rows.forEach((row, index) => {
      const outcome = horizonReturn(close, row, steps);
      const from = (index * forecaster.steps.length + at) * LEVELS;
      if (Number.isNaN(outcome) || Number.isNaN(model[from]!) || Number.isNaN(climatology[from]!)) return;
      const [own, past] = [model, climatology].map((values) => values.subarray(from, from + LEVELS));
      periods.push(withForecast(emptyPeriod(originOf(row), steps), { outcome, model: own!, climatology: past! }));
    });
  });
  return periods;
}

/** Adds one coin's periods to those of the others. */
export function addPeriods(all: PeriodsByMoment, coin: readonly ScoredPeriod[]): void {
  for (const period of coin) {
    const known = all.get(keyOf(period));
    all.set(keyOf(period), known ? mergePeriods(known, period) : period);
  }
}

/** All of them in the order a monitor takes them. */
export function inOrder(all: PeriodsByMoment): ScoredPeriod[] {
  return [...all.values()].sort((a, b) => a.originMs - b.originMs || a.steps - b.steps);
}
