import type { DistributionMaker, RawForecasts } from '../forecast/distribution.ts';
import type { RollingForecaster } from '../forecast/rolling-forecaster.ts';

/**
 * The served model as a rolling forecaster: its final distributions, from the same path as a reply's. The raw forecasts of a
 * coin's past rows are kept until the next coin, so a call on the same coin cut at a row computes that row only.
 */
export function createModelForecaster(maker: DistributionMaker): RollingForecaster {
  const known: RawForecasts = new Map();
  let coinKnown = '';
  return {
    name: 'model',
    forecast(coin, steps, rows) {
      const { interval, startMs } = coin.series.columns;
      const key = `${coin.symbol} ${interval} ${startMs}`;
      if (key !== coinKnown) known.clear();
      coinKnown = key;
      const newest = coin.series.columns.rows - 1;
      // The newest row of a cut series may hold what the whole one has as a gap.
      known.delete(newest);
      const all = maker.quantiles(coin, rows, known);
      const levels = all.length / Math.max(rows.length * maker.steps.length, 1);
      const out = new Float64Array(rows.length * steps.length * levels);
      steps.forEach((ahead, at) => {
        const from = maker.steps.indexOf(ahead);
        for (let i = 0; i < rows.length; i++) {
          const source = (i * maker.steps.length + from) * levels;
          out.set(all.subarray(source, source + levels), (i * steps.length + at) * levels);
        }
      });
      return out;
    },
  };
}

/** The same model with all sentiment masked: what it would have said with every feed down. */
export function createMaskedForecaster(maker: DistributionMaker): RollingForecaster {
  const model = createModelForecaster(maker);
  return {
    name: 'without sentiment',
    forecast: (coin, steps, rows) => model.forecast({ ...coin, sentiment: null }, steps, rows),
  };
}
