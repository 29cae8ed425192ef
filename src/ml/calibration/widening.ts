import type { Interval } from '../../core/candle.ts';
import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { isFar, outOfRange, type Scaler } from '../data/scaler.ts';
import { type CoinFeatures, stepNames } from '../features/build.ts';

/** What counts as a shock, and how much bands are widened after one. */
export interface ShockRule {
  /** A close this many σ from the one before (σ as known before it) is a shock. */
  readonly sigmas: number;
  /** Widening right after a shock, as a share of the band's width for each σ of the move. */
  readonly perSigma: number;
  /** Bound of that share. */
  readonly most: number;
  /** Share of the widening that is left one candle later. */
  readonly decay: number;
}

/** Longest horizon, in candles, that is ever widened: seven days gained nothing by it before 2020-03 either. */
export const WIDENED_UP_TO: Readonly<Record<Interval, number>> = { '1d': 3, '1h': 24 };

/**
 * Chosen on daily candles from 2018-11 to 2020-02 with a net fitted before, and left alone since; docs/models.md has the figures,
 * and those of the crashes after. Hourly bands are not widened: on 2021-11 to 2022-04 that cost skill at every horizon.
 */
export const SHOCK_RULES: Readonly<Record<Interval, ShockRule>> = {
  '1d': { sigmas: 4, perSigma: 0.075, most: 0.45, decay: 0.5 },
  '1h': { sigmas: 6, perSigma: 0, most: 0, decay: 0.5 },
};

/** Candles after which a shock is over: less than a hundredth of its widening is left. */
export const SHOCK_ROWS = 7;
/** Step inputs are clipped a little above the largest threshold, so rounding must not hide a shock. */
const ROUNDING = 1e-3;

/** The shock that counts most at a row. */
export interface Shock {
  /** Whether the shock was a move of the coin itself or of Bitcoin. */
  readonly of: 'coin' | 'market';
  readonly fell: boolean;
  /** 0: the newest candle. */
  readonly candlesAgo: number;
  /** Size of the move in σ; moves above six count as six. */
  readonly sigmas: number;
  /** Share by which a band over one candle is widened at this row. */
  readonly widening: number;
}

/** The shock among the last candles up to `row` that widens most (the newest where none does), or null. */
export function recentShock(coin: CoinFeatures, row: number): Shock | null {
  const rule = SHOCK_RULES[coin.series.columns.interval];
  let found: Shock | null = null;
  for (let candlesAgo = 0; candlesAgo < SHOCK_ROWS && candlesAgo <= row; candlesAgo++) {
    for (const of of ['coin', 'market'] as const) {
      const move = moveAt(coin, row - candlesAgo, of);
      const sigmas = Math.abs(move);
      if (!(sigmas >= rule.sigmas - ROUNDING)) continue;
      const widening = Math.min(rule.most, rule.perSigma * sigmas) * rule.decay ** candlesAgo;
      if (!found || widening > found.widening) found = { of, fell: move < 0, candlesAgo, sigmas, widening };
    }
  }
  return found;
}

/** A candle's return in units of the σ known before it, as the net sees it; NaN where that input is not there. */
function moveAt(coin: CoinFeatures, row: number, of: Shock['of']): number {
  const at = stepNames.indexOf(of === 'coin' ? 'return' : 'btcReturn');
  return at < 0 ? Number.NaN : coin.steps[row * stepNames.length + at]!;
}

/**
 * Factor for the width of a band over `steps` candles, where one over a single candle is widened by `widening`. The extra variance
 * of each candle ahead is `decay` times that of the one before; a horizon has the mean over its candles.
 */
export function shockFactor(widening: number, decay: number, steps: number): number {
  if (widening === 0) return 1;
  const extra = (1 + widening) ** 2 - 1;
  const mean = (1 - decay ** steps) / (steps * (1 - decay));
  return Math.sqrt(1 + extra * mean);
}

const LEVELS = QUANTILE_LEVELS.length;
/** Width of a band where the inputs are far from training, chosen as the shock rules were. */
const FAR_FACTOR = 1.1;

/**
 * Widens the bands around the median where the model's own bands are known to be too narrow: after a shock, and where its inputs are
 * far from the training data; by the larger of the two factors, never by both. In place; `final` is rows × steps × levels of log-return
 * quantiles. The factors at a row depend on rows up to it only.
 */
export function widen(
  final: Float64Array,
  coin: CoinFeatures,
  scaler: Scaler,
  steps: readonly number[],
  rows: Int32Array,
): void {
  const names = coin.contextNames.length;
  const { interval } = coin.series.columns;
  const { decay } = SHOCK_RULES[interval];
  rows.forEach((row, index) => {
    const widening = recentShock(coin, row)?.widening ?? 0;
    const inputs = coin.context.subarray(row * names, (row + 1) * names);
    const far = isFar(outOfRange(scaler, inputs)) ? FAR_FACTOR : 1;
    if (widening === 0 && far === 1) return;
    steps.forEach((ahead, at) => {
      if (ahead > WIDENED_UP_TO[interval]) return;
      const factor = Math.max(far, shockFactor(widening, decay, ahead));
      const from = (index * steps.length + at) * LEVELS;
      const median = final[from + MEDIAN_INDEX]!;
      for (let k = 0; k < LEVELS; k++) final[from + k] = median + factor * (final[from + k]! - median);
    });
  });
}
