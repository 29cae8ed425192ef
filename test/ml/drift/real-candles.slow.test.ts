import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCandleFolder } from '../../../src/cli/candle-folder.ts';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { type CoinHistory, toHistory } from '../../../src/ml/data/coin-history.ts';
import { createDriftMonitor, expectationOf } from '../../../src/ml/drift/monitor.ts';
import { addPeriods, inOrder, type PeriodsByMoment, replayCoin } from '../../../src/ml/drift/scored-period.ts';
import { toColumns } from '../../../src/ml/features/columns.ts';
import { createQuantileForecaster, type QuantileForecaster } from '../../../src/ml/forecast/quantile-forecaster.ts';
import { type TrainedModel, trainModel } from '../../../src/ml/train/train-model.ts';
import { TINY_OPTIONS } from '../../support/tiny-model.ts';

const folder = fileURLToPath(new URL('../../../../shared/data/ohlcv/1d', import.meta.url));
const LEVELS = QUANTILE_LEVELS.length;
const UNTIL_MS = Date.UTC(2022, 0, 1);

let trained: TrainedModel;
let coins: CoinHistory[];

/** What the monitor says of 2022 and 2023, a model's bands taken `width` times as wide from `fromMs` on. */
function read(width: number) {
  const forecaster = createQuantileForecaster({ ...trained, card: trained.card });
  const scaled: QuantileForecaster = {
    ...forecaster,
    predictQuantiles(coin, rows, cache) {
      const values = forecaster.predictQuantiles(coin, rows, cache);
      return values.map((value, i) => {
        const median = values[i - (i % LEVELS) + (LEVELS - 1) / 2]!;
        return median + width * (value - median);
      });
    },
  };
  const all: PeriodsByMoment = new Map();
  for (const coin of coins) addPeriods(all, replayCoin(coin, coins[0]!, scaled, UNTIL_MS));
  const { card } = trained;
  const records = card.evaluation!.records;
  const monitor = createDriftMonitor(
    '1d',
    card.steps.map((steps) =>
      expectationOf(
        steps,
        records.find((record) => record.steps === steps),
      ),
    ),
  );
  let firstAlarmMs: number | null = null;
  for (const period of inOrder(all)) {
    monitor.add(period);
    if (firstAlarmMs === null && monitor.read().state === 'alarm') firstAlarmMs = period.originMs;
  }
  return { ...monitor.read(), firstAlarmMs };
}

describe.runIf(existsSync(folder))('drift on the real candles of 2022 and 2023', () => {
  beforeAll(async () => {
    const symbols = ['BTC', 'ETH', 'LTC', 'XRP', 'BNB', 'ADA'];
    const now = () => Date.UTC(2024, 5, 1);
    const { series } = await readCandleFolder(folder, '1d', now, new Set(symbols));
    const inOrderOfSymbols = symbols.map((symbol) => series.find((one) => one.symbol === symbol)!);
    coins = inOrderOfSymbols.map(({ symbol, candles }) =>
      toHistory(
        symbol,
        candles.filter(({ openTimeMs }) => openTimeMs >= Date.UTC(2019, 6, 1)),
        '1d',
      ),
    );
    const learnt = inOrderOfSymbols.map(({ symbol, candles }) => ({
      symbol,
      columns: toColumns(
        candles.filter(({ openTimeMs }) => openTimeMs < UNTIL_MS),
        '1d',
      ),
      observations: new Map(),
    }));
    const options = { ...TINY_OPTIONS, seeds: [1], windowVisits: 16_384, validationChecks: 4, outOfSampleRefit: true };
    trained = await trainModel(
      learnt,
      learnt[0]!.columns,
      options,
      () => 0,
      () => {},
    );
  }, 180_000);

  it('finds nothing in two years of crashes and calm with a model that ends before them', () => {
    const { state, horizons, firstAlarmMs } = read(1);
    expect(horizons.map(({ periods }) => periods > 700)).toEqual([true, true, true]);
    for (const { coverage80 } of horizons) expect(Math.abs(coverage80 - 0.8)).toBeLessThan(0.06);
    expect(firstAlarmMs).toBeNull();
    expect(['ok', 'watch']).toContain(state);
  });

  it('finds its bands made 30 % too narrow within half a year', () => {
    const { firstAlarmMs } = read(0.7);
    expect(firstAlarmMs).toBeLessThan(Date.UTC(2022, 6, 1));
  });
});
