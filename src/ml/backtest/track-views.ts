import type { BreakerName } from '../../core/backtest.ts';
import { INTERVAL_MS } from '../../core/candle.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import type { BacktestSpan, CoinTrack } from './coin-track.ts';
import type { ForecastView } from './decision.ts';
import { forecastView } from './forecast-view.ts';

const LEVELS = QUANTILE_LEVELS.length;

/** What rules see of a coin at each row; null where nothing was forecast. Made once, used by every rule. */
export function trackViews(
  track: CoinTrack,
  { interval, steps, fromMs }: BacktestSpan,
  health: readonly (BreakerName | null)[],
): readonly (ForecastView | null)[] {
  return Array.from({ length: track.rows }, (_, row) => {
    const quantiles = track.quantiles.subarray(row * LEVELS, (row + 1) * LEVELS);
    if (Number.isNaN(quantiles[0]!)) return null;
    return forecastView({
      originMs: fromMs + row * INTERVAL_MS[interval],
      interval,
      steps,
      quantiles,
      dollarVolume: track.dollarVolume[row]!,
      blocked: health[row] ?? null,
    });
  });
}

/**
 * What a rule goes by at a row: the newest forecast there is, so that one that is missing does not sell what is held until the breaker
 * `stale-data` does. What was known of the model is that of the row itself. Null before the first forecast.
 */
export function viewAt(
  views: readonly (ForecastView | null)[],
  row: number,
  health: readonly (BreakerName | null)[],
): ForecastView | null {
  for (let at = row; at >= 0; at--) {
    const view = views[at];
    if (view) return at === row ? view : { ...view, blocked: health[row] ?? null };
  }
  return null;
}
