import { climatology } from '../baselines/climatology.ts';
import type { CandleColumns } from '../features/columns.ts';
import { deviationOf, type HorizonDistribution } from './forecaster.ts';

/**
 * What stands in where no net should be asked: the coin's own log returns of the trailing year (or 1,440 hours) at each
 * horizon, from the last row. Null where a horizon has fewer than twenty of them.
 */
export function climatologyForecast(columns: CandleColumns, steps: readonly number[]): HorizonDistribution[] | null {
  const last = columns.rows - 1;
  const horizons = steps.map((ahead): HorizonDistribution => {
    let quantiles = [Number.NaN];
    climatology(
      columns.close,
      columns.interval,
      ahead,
      (row) => row === last,
      (_, usual) => {
        quantiles = Array.from(usual);
      },
    );
    const volatility = deviationOf(quantiles);
    return {
      steps: ahead,
      quantiles,
      expectedVolatility: volatility,
      usualVolatility: volatility,
      climatology: quantiles,
    };
  });
  return horizons.some(({ quantiles }) => Number.isNaN(quantiles[0])) ? null : horizons;
}
