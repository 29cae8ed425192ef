import { CandlecastError } from '../../core/errors.ts';
import { NO_STOPS } from './account.ts';
import {
  fractionalKelly,
  pUpThreshold,
  returnOverRisk,
  sizedByVolatility,
  type TradingRule,
  type VolatilityTarget,
  volatilityTarget,
} from './exposure-rules.ts';

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
    hint: 'Long while a rise is likely: in at a chance of 52 %, out at 50 %',
    explanation: 'Buys when the chance of a rise is 52 % or more and sells when it falls to 50 %.',
    short: false,
    exposure: pUpThreshold({ ...P_UP, short: false }),
    ...DIRECTION,
  },
  {
    name: 'pup-threshold-short',
    label: 'P(up) threshold, long or short',
    hint: 'Long from a 52 % chance of a rise, short from 48 %, out at 50 %',
    explanation: 'Long from a chance of a rise of 52 %, short from 48 % down; left at 50 %.',
    short: true,
    exposure: pUpThreshold({ ...P_UP, short: true }),
    ...DIRECTION,
  },
  {
    name: 'return-over-risk',
    label: 'Expected return over risk, long or out',
    hint: 'Long while the expected return is 5 % of the risk or more, out at 0',
    explanation:
      'Buys when the expected return is at least 5 % of the expected volatility and sells when it is not positive.',
    short: false,
    exposure: returnOverRisk({ ...RETURN_OVER_RISK, short: false }),
    ...DIRECTION,
  },
  {
    name: 'return-over-risk-short',
    label: 'Expected return over risk, long or short',
    hint: 'Long or short by an expected return of 5 % of the risk, out at 0',
    explanation: 'The same threshold in both directions.',
    short: true,
    exposure: returnOverRisk({ ...RETURN_OVER_RISK, short: true }),
    ...DIRECTION,
  },
  {
    name: 'kelly-quarter',
    label: 'Quarter Kelly, long or out',
    hint: 'Long by a quarter of the share that would grow fastest (Kelly)',
    explanation: 'A quarter of the share that would maximise growth for the whole forecast distribution, at most all.',
    short: false,
    exposure: fractionalKelly({ fraction: 0.25, cap: 1, short: false }),
    stopSigmas: { loss: 3, profit: 0, trailing: 0 },
    band: 0.1,
  },
  {
    name: 'kelly-quarter-short',
    label: 'Quarter Kelly, long or short',
    hint: 'Long or short by a quarter of the share that would grow fastest (Kelly)',
    explanation: 'A quarter of the growth-optimal share in either direction, at most all.',
    short: true,
    exposure: fractionalKelly({ fraction: 0.25, cap: 1, short: true }),
    stopSigmas: { loss: 3, profit: 0, trailing: 0 },
    band: 0.1,
  },
  {
    name: 'vol-target',
    label: 'Volatility target, always long',
    hint: 'Always long, smaller when the forecast is wide: 40 % risk a year',
    explanation: 'Always long, smaller when the forecast is wide: aims at a volatility of 40 % a year.',
    short: false,
    exposure: volatilityTarget(VOLATILITY_TARGET),
    ...SIZED,
  },
  {
    name: 'pup-vol-target',
    label: 'P(up) threshold sized by volatility, long or out',
    hint: 'Long from a 52 % chance of a rise, sized to 40 % risk a year',
    explanation: 'The P(up) threshold, with positions that aim at a volatility of 40 % a year.',
    short: false,
    exposure: sizedByVolatility(pUpThreshold({ ...P_UP, short: false }), VOLATILITY_TARGET),
    ...DIRECTION,
  },
  {
    name: 'pup-vol-target-short',
    label: 'P(up) threshold sized by volatility, long or short',
    hint: 'Long from a 52 % chance of a rise, short from 48 %, sized to 40 % risk',
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
