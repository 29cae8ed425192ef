import { describe, expect, it } from 'vitest';
import { BANDS, QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { climatologyBaseline } from '../../../src/ml/baselines/climatology.ts';
import { garchBaseline } from '../../../src/ml/baselines/garch.ts';
import { harBaseline } from '../../../src/ml/baselines/har.ts';
import { ewmaBaseline, randomWalkBaseline } from '../../../src/ml/baselines/random-walk.ts';
import { horizonReturn } from '../../../src/ml/data/targets.ts';
import { toColumns } from '../../../src/ml/features/columns.ts';
import { prepareSeries } from '../../../src/ml/features/prepared-series.ts';
import { addScore, emptySums, type ForecasterSums, meanScores } from '../../../src/ml/scoring/scores.ts';
import { garchProcess, harProcess, type VolatilityProcess, volatileCandles } from '../../support/volatile-candles.ts';

const STEPS = [1, 3];
const COINS = 8;
const ROWS = 1_300;
const FIRST = 400;

const constant: VolatilityProcess = () => 0.03;
const ewma: VolatilityProcess = (sigma, returns) =>
  sigma.length === 0 ? 0.03 : Math.sqrt(0.94 * sigma.at(-1)! ** 2 + 0.06 * returns.at(-1)! ** 2);

/** Each baseline, on coins that follow what it assumes. */
const CASES = [
  { baseline: randomWalkBaseline, process: constant },
  { baseline: climatologyBaseline, process: constant, freedom: 4 },
  { baseline: ewmaBaseline, process: ewma },
  { baseline: garchBaseline, process: garchProcess(4e-5, 0.12, 0.84), freedom: 5 },
  { baseline: harBaseline, process: harProcess },
].map((entry) => [entry.baseline.name, entry] as const);

function sheets(entry: (typeof CASES)[number][1], coins: number, process = entry.process): ForecasterSums[] {
  const out = STEPS.map(emptySums);
  for (let seed = 1; seed <= coins; seed++) {
    const candles = volatileCandles(ROWS, { ...entry, process, seed: seed * 101 });
    const series = prepareSeries(toColumns(candles, '1d'));
    const rows = Int32Array.from({ length: ROWS - FIRST - 3 }, (_, i) => FIRST + i);
    const none = new Float32Array(0);
    const coin = { symbol: `S${seed}`, series, steps: none, contextNames: [], context: none };
    const quantiles = entry.baseline.forecast(coin, STEPS, rows);
    rows.forEach((row, i) => {
      STEPS.forEach((ahead, at) => {
        const place = (i * STEPS.length + at) * QUANTILE_LEVELS.length;
        addScore(out[at]!, horizonReturn(series.columns.close, row, ahead), quantiles, place);
      });
    });
  }
  return out;
}

describe('coverage on what each baseline assumes', () => {
  it.each(CASES)('%s holds its bands within two points', (_, entry) => {
    for (const sheet of sheets(entry, COINS)) {
      meanScores(sheet).coverage.forEach((share, band) => {
        expect(Math.abs(share - BANDS[band]!.coverage)).toBeLessThan(0.02);
      });
    }
  });

  it.each(CASES.slice(2))('%s beats climatology there', (_, entry) => {
    const own = sheets(entry, COINS).map((sheet) => meanScores(sheet).pinball);
    const usual = sheets({ ...entry, baseline: climatologyBaseline }, COINS).map((sheet) => meanScores(sheet).pinball);
    own.forEach((loss, at) => {
      expect(loss).toBeLessThan(usual[at]!);
    });
  });
});
