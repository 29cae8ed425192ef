import type { RuleDescription } from '../../core/backtest.ts';
import { CandlecastError } from '../../core/errors.ts';
import { type Decision, NO_STOPS, type StopDistances } from './account.ts';
import { type ForecastView, LEVEL_WEIGHTS } from './forecast-view.ts';

/** From a forecast and the exposure held now (share of the account, negative for short) to the one wanted. Pure. */
type ExposureRule = (view: ForecastView, current: number) => number;

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
function stopsOf({ stopSigmas }: Pick<TradingRule, 'stopSigmas'>, volatility: number): StopDistances {
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
const pUpThreshold =
  (thresholds: Thresholds): ExposureRule =>
  (view, current) =>
    thresholdDirection(view.pUp - 0.5, current, thresholds);

/** Fully in where the expected return is at least `enter` times the expected volatility. */
const returnOverRisk =
  (thresholds: Thresholds): ExposureRule =>
  (view, current) =>
    view.volatility > 0 ? thresholdDirection(view.expectedReturn / view.volatility, current, thresholds) : 0;

/** A fraction of the Kelly share of the whole distribution, at most `cap` of the account. */
const fractionalKelly =
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
const volatilityTarget =
  ({ yearly, cap }: VolatilityTarget): ExposureRule =>
  (view) =>
    volatilityTargetSize(view, yearly, cap);

/** The direction of another rule, as large as the volatility aimed for allows. */
const sizedByVolatility =
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

/** The volatility that sized rules and volatility-targeted holding aim for: about that of a large share portfolio times two. */
export const VOLATILITY_TARGET: VolatilityTarget = { yearly: 0.4, cap: 1 };

const P_UP = { enter: 0.02, leave: 0 };
const RETURN_OVER_RISK = { enter: 0.05, leave: 0 };
const DIRECTION = { stopSigmas: { loss: 3, profit: 6, trailing: 4 }, band: 0.1 };
const SIZED = { stopSigmas: NO_STOPS, band: 0.1 };

/**
 * The variants that are tracked, losing ones included. Their numbers were set before the first backtest; the deflated Sharpe ratio
 * counts every one of them as tried, so a variant that is added or changed after looking at results belongs in this list, too.
 */
export const RULES: readonly TradingRule[] = [
  {
    name: 'pup-threshold',
    label: 'P(up) threshold, long or out',
    explanation: 'Buys when the chance of a rise is 52 % or more and sells when it falls to 50 %.',
    short: false,
    exposure: pUpThreshold({ ...P_UP, short: false }),
    ...DIRECTION,
  },
  {
    name: 'pup-threshold-short',
    label: 'P(up) threshold, long or short',
    explanation: 'Long from a chance of a rise of 52 %, short from 48 % down; left at 50 %.',
    short: true,
    exposure: pUpThreshold({ ...P_UP, short: true }),
    ...DIRECTION,
  },
  {
    name: 'return-over-risk',
    label: 'Expected return over risk, long or out',
    explanation:
      'Buys when the expected return is at least 5 % of the expected volatility and sells when it is not positive.',
    short: false,
    exposure: returnOverRisk({ ...RETURN_OVER_RISK, short: false }),
    ...DIRECTION,
  },
  {
    name: 'return-over-risk-short',
    label: 'Expected return over risk, long or short',
    explanation: 'The same threshold in both directions.',
    short: true,
    exposure: returnOverRisk({ ...RETURN_OVER_RISK, short: true }),
    ...DIRECTION,
  },
  {
    name: 'kelly-quarter',
    label: 'Quarter Kelly, long or out',
    explanation: 'A quarter of the share that would maximise growth for the whole forecast distribution, at most all.',
    short: false,
    exposure: fractionalKelly({ fraction: 0.25, cap: 1, short: false }),
    stopSigmas: { loss: 3, profit: 0, trailing: 0 },
    band: 0.1,
  },
  {
    name: 'kelly-quarter-short',
    label: 'Quarter Kelly, long or short',
    explanation: 'A quarter of the growth-optimal share in either direction, at most all.',
    short: true,
    exposure: fractionalKelly({ fraction: 0.25, cap: 1, short: true }),
    stopSigmas: { loss: 3, profit: 0, trailing: 0 },
    band: 0.1,
  },
  {
    name: 'vol-target',
    label: 'Volatility target, always long',
    explanation: 'Always long, smaller when the forecast is wide: aims at a volatility of 40 % a year.',
    short: false,
    exposure: volatilityTarget(VOLATILITY_TARGET),
    ...SIZED,
  },
  {
    name: 'pup-vol-target',
    label: 'P(up) threshold sized by volatility, long or out',
    explanation: 'The P(up) threshold, with positions that aim at a volatility of 40 % a year.',
    short: false,
    exposure: sizedByVolatility(pUpThreshold({ ...P_UP, short: false }), VOLATILITY_TARGET),
    ...DIRECTION,
  },
  {
    name: 'pup-vol-target-short',
    label: 'P(up) threshold sized by volatility, long or short',
    explanation: 'The P(up) threshold in both directions, with positions that aim at a volatility of 40 % a year.',
    short: true,
    exposure: sizedByVolatility(pUpThreshold({ ...P_UP, short: true }), VOLATILITY_TARGET),
    ...DIRECTION,
  },
];

/** The rule of that name; throws `CC_UNKNOWN_RULE`. */
export function ruleNamed(name: string): TradingRule {
  const found = RULES.find((rule) => rule.name === name.trim().toLowerCase());
  if (found) return found;
  throw new CandlecastError('CC_UNKNOWN_RULE', `There is no rule "${name.slice(0, 40)}".`, {
    remedy: `Rules: ${RULES.map((rule) => rule.name).join(', ')}.`,
  });
}
