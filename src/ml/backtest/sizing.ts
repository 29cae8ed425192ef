import type { ForecastView } from './decision.ts';
import { LEVEL_WEIGHTS } from './forecast-view.ts';

/** Share of the account at which a position's expected volatility is the one aimed for, at most `cap`. `yearly` volatilities are of log returns. */
export function volatilityTargetSize(view: ForecastView, yearlyTarget: number, cap: number): number {
  const yearly = view.candleVolatility * Math.sqrt(view.candlesPerYear);
  return yearly > 0 ? Math.min(cap, yearlyTarget / yearly) : 0;
}

const MOST_STEPS = 30;
/** Newton's last step is smaller than this, and its error much smaller than that. */
const PRECISION = 1e-5;

/**
 * The share of the account that maximises expected log growth over the horizon for the whole distribution (Kelly 1956), between
 * `lowest` and `highest`. `quantiles` are log returns at QUANTILE_LEVELS. Growth is concave in the share, so its slope's only zero is
 * found by Newton steps kept inside a shrinking bracket.
 */
export function kellyShare(quantiles: ArrayLike<number>, lowest: number, highest: number): number {
  const slope = (share: number): readonly [slope: number, curvature: number] => {
    let first = 0;
    let second = 0;
    for (let k = 0; k < LEVEL_WEIGHTS.length; k++) {
      const gain = Math.expm1(quantiles[k]!);
      const wealth = 1 + share * gain;
      // Ruin at this share: growth falls without end in its direction.
      if (wealth <= 0) return [share > 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY, -1];
      first += (LEVEL_WEIGHTS[k]! * gain) / wealth;
      second -= LEVEL_WEIGHTS[k]! * (gain / wealth) ** 2;
    }
    return [first, second];
  };
  if (slope(highest)[0] >= 0) return highest;
  if (slope(lowest)[0] <= 0) return lowest;
  let [low, high] = [lowest, highest];
  // From nothing held, where it is one, the first step leads to mean ÷ mean square: nearly there for short horizons.
  let share = Math.min(Math.max(0, low), high);
  for (let i = 0; i < MOST_STEPS && high > low; i++) {
    const [first, second] = slope(share);
    if (first > 0) low = share;
    else high = share;
    const newton = share - first / second;
    // At the edge of the bracket rounding may put the last step beyond it; halving instead would end short of it.
    if (Math.abs(newton - share) < PRECISION) return Math.min(Math.max(newton, low), high);
    share = newton > low && newton < high ? newton : (low + high) / 2;
  }
  return share;
}
