import { INTERVAL_MS } from '../../core/candle.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { climatology } from '../baselines/climatology.ts';
import { ewmaQuantiles } from '../baselines/ewma.ts';
import type { HorizonRecord } from '../card.ts';
import type { CoinRows, JoinedCoins } from '../dataset.ts';
import { horizonReturn } from '../targets.ts';
import { skillInterval } from './block-bootstrap.ts';
import { ScoreSheet } from './scores.ts';

/** Days per bootstrap block: two weeks of days, one week of hours. */
const BLOCK_ROWS = { '1d': 14, '1h': 168 } as const;
const LEVELS = QUANTILE_LEVELS.length;

/**
 * Scores scaled forecasts (windows × horizons × levels, in units of σ √steps) on the windows they were made for, beside
 * climatology, EWMA and the random walk on the very same windows. Windows without a known outcome or baseline are left out.
 */
export function evaluateWindows(joined: JoinedCoins, windows: Int32Array, scaled: Float32Array): HorizonRecord[] {
  const place = new Int32Array(joined.data.rows).fill(-1);
  windows.forEach((row, index) => {
    place[row] = index;
  });
  return joined.steps.map((steps, at) => {
    const sheets = { model: new ScoreSheet(), climatology: new ScoreSheet(), ewma: new ScoreSheet() };
    const walk = { absolute: 0, squared: 0, up: 0, hits: 0 };
    const byTime = new Map<number, { model: number; climatology: number; ewma: number }>();
    const coins = new Set<string>();
    const span = { fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY };
    for (const coin of joined.coins) {
      const { close } = coin.features.series.columns;
      const wanted = (row: number) =>
        place[coin.firstRow + row]! >= 0 && !Number.isNaN(horizonReturn(close, row, steps));
      const usual = new Map<number, Float64Array>();
      climatology(close, joined.interval, steps, wanted, (row, quantiles) => {
        if (!Number.isNaN(quantiles[0]!)) usual.set(row, quantiles.slice());
      });
      const model = new Float64Array(LEVELS);
      ewmaQuantiles(coin.features.series, joined.interval, steps, wanted, (row, ewma) => {
        const base = usual.get(row);
        if (!base || Number.isNaN(ewma[0]!)) return;
        const outcome = horizonReturn(close, row, steps);
        const scale = coin.features.series.sigma[row]! * Math.sqrt(steps);
        const from = (place[coin.firstRow + row]! * joined.steps.length + at) * LEVELS;
        for (let k = 0; k < LEVELS; k++) model[k] = scaled[from + k]! * scale;
        const originMs = originOf(joined, coin, row);
        const sums = byTime.get(originMs) ?? { model: 0, climatology: 0, ewma: 0 };
        sums.model += sheets.model.add(outcome, model);
        sums.climatology += sheets.climatology.add(outcome, base);
        sums.ewma += sheets.ewma.add(outcome, ewma);
        byTime.set(originMs, sums);
        walk.absolute += Math.abs(outcome);
        walk.squared += outcome * outcome;
        if (outcome > 0) walk.up++;
        if (outcome > 0 === model[10]! > 0) walk.hits++;
        coins.add(coin.symbol);
        span.fromMs = Math.min(span.fromMs, originMs);
        span.toMs = Math.max(span.toMs, originMs);
      });
    }
    const times = [...byTime.entries()].sort(([a], [b]) => a - b).map(([, sums]) => sums);
    const skillOver = (baseline: 'climatology' | 'ewma') =>
      skillInterval(
        times.map((sums) => sums.model),
        times.map((sums) => sums[baseline]),
        BLOCK_ROWS[joined.interval],
      );
    const n = sheets.model.n;
    return {
      steps,
      n,
      coins: coins.size,
      fromMs: n ? span.fromMs : 0,
      toMs: n ? span.toMs : 0,
      overClimatology: skillOver('climatology'),
      overEwma: skillOver('ewma'),
      model: sheets.model.summary(),
      climatology: sheets.climatology.summary(),
      ewma: sheets.ewma.summary(),
      randomWalk: { mae: walk.absolute / n, rmse: Math.sqrt(walk.squared / n) },
      direction: { hits: walk.hits / n, up: walk.up / n },
    };
  });
}

function originOf(joined: JoinedCoins, coin: CoinRows, row: number): number {
  const { startMs } = coin.features.series.columns;
  return startMs + (row + 1) * INTERVAL_MS[joined.interval];
}
