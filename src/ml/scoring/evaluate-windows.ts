import { INTERVAL_MS } from '../../core/candle.ts';
import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { climatologyBaseline } from '../baselines/climatology.ts';
import { ewmaBaseline } from '../baselines/ewma.ts';
import type { HorizonRecord } from '../card.ts';
import type { CoinRows, JoinedCoins } from '../dataset.ts';
import type { RollingForecaster } from '../rolling-forecaster.ts';
import { horizonReturn } from '../targets.ts';
import { skillInterval } from './block-bootstrap.ts';
import { ScoreSheet } from './scores.ts';

/** Days per bootstrap block: two weeks of days, one week of hours. */
const BLOCK_ROWS = { '1d': 14, '1h': 168 } as const;
const LEVELS = QUANTILE_LEVELS.length;

interface HorizonSums {
  readonly sheets: { readonly model: ScoreSheet; readonly climatology: ScoreSheet; readonly ewma: ScoreSheet };
  readonly walk: { absolute: number; squared: number; up: number; hits: number };
  readonly byTime: Map<number, { model: number; climatology: number; ewma: number }>;
  readonly coins: Set<string>;
}

/**
 * Scores a forecaster on the given windows of the joined coins, beside climatology, EWMA and the random walk on the very
 * same windows. Windows without a known outcome or baseline are left out.
 */
export function evaluateWindows(
  joined: JoinedCoins,
  windows: Int32Array,
  forecaster: RollingForecaster,
): HorizonRecord[] {
  const wanted = new Uint8Array(joined.data.rows);
  for (const row of windows) wanted[row] = 1;
  const sums = joined.steps.map(
    (): HorizonSums => ({
      sheets: { model: new ScoreSheet(), climatology: new ScoreSheet(), ewma: new ScoreSheet() },
      walk: { absolute: 0, squared: 0, up: 0, hits: 0 },
      byTime: new Map(),
      coins: new Set(),
    }),
  );
  for (const coin of joined.coins) {
    const rows = Int32Array.from(coin.features.series.columns.close.keys()).filter(
      (row) => wanted[coin.firstRow + row],
    );
    if (rows.length > 0) addCoin(joined, coin, rows, forecaster, sums);
  }
  return joined.steps.map((steps, at) => horizonRecord(joined, steps, sums[at]!));
}

function addCoin(
  joined: JoinedCoins,
  coin: CoinRows,
  rows: Int32Array,
  forecaster: RollingForecaster,
  sums: readonly HorizonSums[],
): void {
  const { columns } = coin.features.series;
  const forecasts = [forecaster, climatologyBaseline, ewmaBaseline].map((one) =>
    one.forecast(coin.features, joined.steps, rows),
  );
  const [model, usual, smoothed] = forecasts as [Float64Array, Float64Array, Float64Array];
  rows.forEach((row, index) => {
    const originMs = columns.startMs + (row + 1) * INTERVAL_MS[joined.interval];
    joined.steps.forEach((steps, at) => {
      const outcome = horizonReturn(columns.close, row, steps);
      const from = (index * joined.steps.length + at) * LEVELS;
      if ([outcome, ...forecasts.map((one) => one[from]!)].some(Number.isNaN)) return;
      const { sheets, walk, byTime, coins } = sums[at]!;
      const losses = byTime.get(originMs) ?? { model: 0, climatology: 0, ewma: 0 };
      losses.model += sheets.model.add(outcome, model, from);
      losses.climatology += sheets.climatology.add(outcome, usual, from);
      losses.ewma += sheets.ewma.add(outcome, smoothed, from);
      byTime.set(originMs, losses);
      walk.absolute += Math.abs(outcome);
      walk.squared += outcome * outcome;
      if (outcome > 0) walk.up++;
      if (outcome > 0 === model[from + MEDIAN_INDEX]! > 0) walk.hits++;
      coins.add(coin.symbol);
    });
  });
}

function horizonRecord(
  joined: JoinedCoins,
  steps: number,
  { sheets, walk, byTime, coins }: HorizonSums,
): HorizonRecord {
  const times = [...byTime.entries()].sort(([a], [b]) => a - b);
  const skillOver = (baseline: 'climatology' | 'ewma') =>
    skillInterval(
      times.map(([, losses]) => losses.model),
      times.map(([, losses]) => losses[baseline]),
      BLOCK_ROWS[joined.interval],
    );
  const n = sheets.model.n;
  return {
    steps,
    n,
    coins: coins.size,
    fromMs: times[0]?.[0] ?? 0,
    toMs: times.at(-1)?.[0] ?? 0,
    overClimatology: skillOver('climatology'),
    overEwma: skillOver('ewma'),
    model: sheets.model.summary(),
    climatology: sheets.climatology.summary(),
    ewma: sheets.ewma.summary(),
    randomWalk: { mae: walk.absolute / n, rmse: Math.sqrt(walk.squared / n) },
    direction: { hits: walk.hits / n, up: walk.up / n },
  };
}
