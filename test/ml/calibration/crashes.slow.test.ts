import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readCandleFolder } from '../../../src/cli/candle-folder.ts';
import { BANDS, MEDIAN_INDEX, QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { climatologyBaseline } from '../../../src/ml/baselines/climatology.ts';
import { recentShock, widen } from '../../../src/ml/calibration/widening.ts';
import { horizonReturn } from '../../../src/ml/data/targets.ts';
import { buildFeatures } from '../../../src/ml/features/build.ts';
import { toColumns } from '../../../src/ml/features/columns.ts';
import { createQuantileForecaster } from '../../../src/ml/forecast/quantile-forecaster.ts';
import { encodeModel } from '../../../src/ml/model/model-file.ts';
import { meanPinball } from '../../../src/ml/scoring/scores.ts';
import { trainModel } from '../../../src/ml/train/train-model.ts';
import { TINY_OPTIONS } from '../../support/tiny-model.ts';

/** Real candles for development; they are no part of the project, so this file has nothing to say without them. */
const CANDLES = fileURLToPath(new URL('../../../../shared/data/ohlcv', import.meta.url));
const STEPS = [1, 3, 7];
const LEVELS = QUANTILE_LEVELS.length;
const day = (text: string) => Date.parse(`${text}T00:00:00Z`);

const UNTIL_2022 = 'BTC,ETN,ACT,ADX,AE,AION,ANT,ARK,BNT,BTG,DCR,DNT,FCT,FUN,GAME,PPC';
const UNTIL_2023 = 'BTC,ETH,BNB,XRP,EOS,LTC,TRX,ETC,XLM,ADA,XTZ,ATOM,NEO,QTUM,LINK,DOGE';

/** The week after each, from the close of the day it happened; the net has seen nothing after `stop`. */
const CRASHES = [
  { name: '2020-03-12', coins: UNTIL_2022, fit: '2019-09-01', stop: '2020-03-01', from: '2020-03-13' },
  { name: '2022-05-09', coins: UNTIL_2023, fit: '2021-11-01', stop: '2022-05-01', from: '2022-05-10' },
  { name: '2022-11-08', coins: UNTIL_2023, fit: '2022-05-01', stop: '2022-11-01', from: '2022-11-09' },
];

interface Sums {
  n: number;
  widened: number;
  plain: number;
  climatology: number;
  readonly inside: { widened: number; plain: number; climatology: number };
}

async function weekAfter({ coins, fit, stop, from }: (typeof CRASHES)[number]): Promise<Sums[]> {
  const only = new Set(coins.split(','));
  const { series } = await readCandleFolder(CANDLES, '1d', () => day('2024-01-01'), only, day(stop));
  const inputs = series.map((one) => ({
    symbol: one.symbol,
    columns: toColumns(one.candles, '1d'),
    observations: new Map(),
  }));
  const btc = inputs.find((one) => one.symbol === 'BTC')!.columns;
  const options = {
    ...TINY_OPTIONS,
    seeds: [1],
    windowVisits: 16_384,
    validationChecks: 6,
    fitUntilMs: day(fit),
    stopUntilMs: day(stop),
  };
  const trained = await trainModel(
    inputs,
    btc,
    options,
    () => day(stop),
    () => {},
  );
  const { card } = encodeModel(trained);
  const forecaster = createQuantileForecaster({ ...trained, card });
  const sums = STEPS.map(
    (): Sums => ({ n: 0, widened: 0, plain: 0, climatology: 0, inside: { widened: 0, plain: 0, climatology: 0 } }),
  );
  for (const input of inputs) {
    const features = buildFeatures(input, btc);
    const first = Math.round((day(from) - input.columns.startMs) / DAY_MS) - 1;
    const week = Int32Array.from({ length: 7 }, (_, i) => first + i).filter(
      (row) => row < input.columns.rows && recentShock(features, row),
    );
    const final = forecaster.predictQuantiles(features, week);
    const usual = climatologyBaseline.forecast(features, STEPS, week);
    // What widening does to a ruler laid around zero is what it did to the forecast.
    const ruler = Float64Array.from(final, (_, i) => (i % LEVELS) - MEDIAN_INDEX);
    widen(ruler, features, card.scaler, STEPS, week);
    week.forEach((row, index) => {
      STEPS.forEach((ahead, at) => {
        const start = (index * STEPS.length + at) * LEVELS;
        const outcome = horizonReturn(input.columns.close, row, ahead);
        const widened = final.subarray(start, start + LEVELS);
        const climatology = usual.subarray(start, start + LEVELS);
        if ([outcome, widened[0]!, climatology[0]!].some(Number.isNaN)) return;
        const factor = ruler[start + LEVELS - 1]! / (LEVELS - 1 - MEDIAN_INDEX);
        const median = widened[MEDIAN_INDEX]!;
        const plain = widened.map((value) => median + (value - median) / factor);
        const sum = sums[at]!;
        sum.n++;
        for (const [name, quantiles] of Object.entries({ widened, plain, climatology }) as [
          'widened',
          Float64Array,
        ][]) {
          sum[name] += meanPinball(outcome, quantiles);
          if (outcome >= quantiles[BANDS[1].lower]! && outcome <= quantiles[BANDS[1].upper]!) sum.inside[name]++;
        }
      });
    });
  }
  return sums;
}

describe.skipIf(!existsSync(CANDLES))('the week after a crash', () => {
  it.each(CRASHES)(
    '$name: opened bands lose less than the model’s own, and a day ahead less than climatology',
    async (crash) => {
      const sums = await weekAfter(crash);
      const report = sums.map(({ n, widened, plain, climatology, inside }, at) => {
        const share = (count: number) => `${((100 * count) / n).toFixed(0)} %`;
        const skill = (loss: number) => `${(100 * (1 - loss / climatology)).toFixed(2)} %`;
        return `${crash.name} ${STEPS[at]}d n ${n}: skill over climatology ${skill(plain)} → ${skill(widened)}, inside the 80 % band ${share(inside.plain)} → ${share(inside.widened)} (climatology ${share(inside.climatology)})`;
      });
      process.stdout.write(`${report.join('\n')}\n`);
      const [one, three, seven] = sums as [Sums, Sums, Sums];
      for (const { n, inside, widened, plain } of [one, three]) {
        expect(n).toBeGreaterThan(30);
        expect(widened).toBeLessThan(plain);
        expect(inside.widened).toBeGreaterThanOrEqual(inside.plain);
        expect(inside.widened).toBeGreaterThanOrEqual(inside.climatology);
      }
      expect(one.widened).toBeLessThan(one.plain);
      expect(one.widened).toBeLessThan(one.climatology);
      // Nothing was gained at seven days before these crashes, so nothing is done there.
      expect(seven.widened).toBeCloseTo(seven.plain, 9);
    },
  );
});
