import type { RuleDescription } from '../../core/backtest.ts';
import type { Decision, StopDistances } from './account.ts';
import { type ForecastView, LEVEL_WEIGHTS } from './forecast-view.ts';

/** From a forecast and the exposure held now (share of the account, negative for short) to the one wanted. Pure. */
export type ExposureRule = (view: ForecastView, current: number) => number;

/** A named variant that is tracked. */
export interface TradingRule extends RuleDescription {
  /** Whether it may be short. */
  readonly short: boolean;
  readonly exposure: ExposureRule;
  /** Where positions are left, in units of the horizon's volatility at the entry; 0 is none. */
  readonly stopSigmas: StopDistances;
  /** Changes of exposure below this are not worth their costs and are not made. */
  readonly band: number;
}

const MAX_STOP = 0.9;

/** The rule's stops as fractions of the entry price for this forecast. */
export function stopsOf({ stopSigmas }: Pick<TradingRule, 'stopSigmas'>, volatility: number): StopDistances {
  const share = (sigmas: number) => Math.min(sigmas * volatility, MAX_STOP);
  return { loss: share(stopSigmas.loss), profit: share(stopSigmas.profit), trailing: share(stopSigmas.trailing) };
}

/** Thresholds for entering and leaving a direction; the distance between them (hysteresis) avoids trades on small changes. */
export interface Thresholds {
  readonly enter: number;
  readonly leave: number;
  readonly short: boolean;
}

/** +1, 0 or −1 for a signal that is symmetric around zero: taken at `enter`, kept until it is no longer above `leave`. */
export function thresholdDirection(signal: number, current: number, { enter, leave, short }: Thresholds): number {
  if (signal >= enter || (current > 0 && signal > leave)) return 1;
  if (short && (signal <= -enter || (current < 0 && signal < -leave))) return -1;
  return 0;
}

/** Fully in where the forecast chance of a rise is at least 50 % + `enter`. */
export const pUpThreshold =
  (thresholds: Thresholds): ExposureRule =>
  (view, current) =>
    thresholdDirection(view.pUp - 0.5, current, thresholds);

/** Fully in where the expected return is at least `enter` times the expected volatility. */
export const returnOverRisk =
  (thresholds: Thresholds): ExposureRule =>
  (view, current) =>
    view.volatility > 0 ? thresholdDirection(view.expectedReturn / view.volatility, current, thresholds) : 0;

/** A fraction of the Kelly share of the whole distribution, at most `cap` of the account. */
export const fractionalKelly =
  (options: { readonly fraction: number; readonly cap: number; readonly short: boolean }): ExposureRule =>
  ({ quantiles }) => {
    const full = options.cap / options.fraction;
    return options.fraction * kellyShare(quantiles, options.short ? -full : 0, full);
  };

/** What a volatility target is. */
export interface VolatilityTarget {
  /** A year's volatility of the account. */
  readonly yearly: number;
  readonly cap: number;
}

/** Always long, as large as the volatility aimed for allows. */
export const volatilityTarget =
  ({ yearly, cap }: VolatilityTarget): ExposureRule =>
  (view) =>
    volatilityTargetSize(view, yearly, cap);

/** The direction of another rule, as large as the volatility aimed for allows. */
export const sizedByVolatility =
  (direction: ExposureRule, { yearly, cap }: VolatilityTarget): ExposureRule =>
  (view, current) =>
    direction(view, current) * volatilityTargetSize(view, yearly, cap);

/** Share of the account at which a position's expected volatility is the one aimed for, at most `cap`. `yearly` volatilities are of log returns. */
export function volatilityTargetSize(view: ForecastView, yearlyTarget: number, cap: number): number {
  const yearly = view.candleVolatility * Math.sqrt(view.candlesPerYear);
  return yearly > 0 ? Math.min(cap, yearlyTarget / yearly) : 0;
}

const MAX_STEPS = 30;
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
  // Newton starts at exposure 0 where the bracket allows it; its first step is mean ÷ mean square, close to the solution for short horizons.
  let share = Math.min(Math.max(0, low), high);
  for (let i = 0; i < MAX_STEPS && high > low; i++) {
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

/** The exposure and stops that the rule asks for from the next candle's open on. `current` is the exposure held now, as a share of the account. */
export function decide(rule: TradingRule, view: ForecastView, current: number): Decision {
  const { originMs, candleVolatility, dollarVolume, blocked, volatility } = view;
  const exposure = rule.exposure(view, current);
  return { originMs, exposure, candleVolatility, dollarVolume, blocked, stops: stopsOf(rule, volatility) };
}
