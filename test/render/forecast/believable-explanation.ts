import {
  type Attribution,
  type ForecastExplanation,
  type ForecastReport,
  INPUT_GROUPS,
} from '../../../src/core/forecast.ts';
import { MEDIAN_INDEX } from '../../../src/core/quantiles.ts';

/** An attribution whose parts add up: the given groups, and what is missing to `shown` in the calibration. */
export function attribution(shown: number, groups: readonly number[], usual = 0, adjustment = 0): Attribution {
  const reference = 0.01 * (shown - usual);
  const sum = groups.reduce((total, value) => total + value, 0);
  return {
    usual,
    reference,
    groups: groups.map((value, i) => ({ group: INPUT_GROUPS[i]!, value })),
    calibration: shown - usual - reference - sum - adjustment,
    adjustment,
    shown,
  };
}

/** An explanation that fits a report: wider by Bitcoin and the coin's own volatility, its median hardly moved. */
export function believableExplanation(report: ForecastReport): ForecastExplanation {
  return {
    symbol: report.asset.symbol,
    horizon: report.horizon.name,
    originMs: report.originMs,
    modelVersion: report.model.version,
    simulated: report.simulated,
    adjustmentCause: 'margin',
    width: attribution(0.24, [Math.log(1.09), -0.01, Math.log(1.18), 0.004, -0.006, 0]),
    median: attribution(
      Math.log(report.quantiles[MEDIAN_INDEX]! / report.lastPrice),
      [0.0002, 0.0007, -0.0003, 0, 0.0001, 0],
    ),
    pUp: attribution(report.pUp, [0.002, 0.006, -0.003, 0, 0.001, 0], 0.5),
  };
}
