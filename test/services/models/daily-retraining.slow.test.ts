import { describe, expect, it } from 'vitest';
import { closeTimeMs } from '../../../src/core/candle.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { PromotionVerdict } from '../../../src/core/promotion.ts';
import { DAY_MS, utcDay } from '../../../src/core/time.ts';
import { addBooks, compareBooks, compareOnCoin } from '../../../src/ml/evaluate/compare-models.ts';
import { createQuantileForecaster } from '../../../src/ml/forecast/quantile-forecaster.ts';
import { decodeModel, encodeModel, localCardReader, type ModelBytes } from '../../../src/ml/model/model-file.ts';
import { type TrainedModel, type TrainOptions, trainModel } from '../../../src/ml/train/train-model.ts';
import type { CompareModels } from '../../../src/ml/workers/comparison.ts';
import { createInterruptedTrainings } from '../../../src/services/models/interrupted-trainings.ts';
import { createModelRegistry, storedModels } from '../../../src/services/models/model-registry.ts';
import { createPromotionService } from '../../../src/services/models/promotion.ts';
import { createRetrainingService } from '../../../src/services/models/retraining.ts';
import { type TrainingService, trainingCoins } from '../../../src/services/models/training.ts';
import { seriesOf } from '../../../src/services/universe/training-coins.ts';
import { createModelStore } from '../../../src/storage/model-store.ts';
import { emptyFolder } from '../../support/candle-files.ts';
import { TINY_OPTIONS } from '../../support/tiny-model.ts';
import { garchProcess, volatileCandles } from '../../support/volatile-candles.ts';

const SYMBOLS = ['BTC', 'ETH', 'SOL', 'XRP', 'LTC'];
const START_MS = Date.UTC(2020, 0, 1);
const FIRST_DAY = 900;
const HISTORY = new Map(
  SYMBOLS.map((symbol, i) => [
    symbol,
    volatileCandles(FIRST_DAY + 10, { seed: 80 + i, process: garchProcess(0.00002, 0.25, 0.74) }).map((candle) => ({
      ...candle,
      source: 'binance',
      fetchedAtMs: 0,
      flag: null,
    })),
  ]),
);

const SMALL: Partial<TrainOptions> = {
  ...TINY_OPTIONS,
  seeds: [1],
  windowVisits: 4_096,
  size: { window: 60, filters: 6, units: 6, dense: 6, dropout: 0.1 },
};

/** The models compared in this process, coin by coin. */
const compare: CompareModels = async (coins, { candidate, serving, refit, setting }) => {
  const forecaster = (model: ModelBytes) => createQuantileForecaster(decodeModel(model));
  const models = {
    candidate: forecaster(candidate),
    serving: serving && forecaster(serving),
    refit: refit && forecaster(refit),
  };
  let sum: ReturnType<typeof addBooks> | null = null;
  for (const coin of coins) sum = addBooks(sum, compareOnCoin(coin, setting, models), setting);
  return compareBooks(sum!, setting.steps, setting.interval);
};

/** A model that repeats climatology, whatever its nets say. */
const spoilt = (trained: Omit<TrainedModel, 'twin'>): Omit<TrainedModel, 'twin'> => ({
  ...trained,
  card: {
    ...trained.card,
    calibration: { medianShare: 0, climatologyWeight: [1, 1, 1], conformalStep: 0 },
  },
});

/** A bot at its first moment; `spoil` says on which days training goes wrong, in the twin as well or only in the fit on everything. */
function startBot(spoil: (day: number) => 'both' | 'whole' | null) {
  let day = 0;
  const now = () => START_MS + (FIRST_DAY + day) * DAY_MS + 15 * 60_000;
  const untilNow = (symbol: string, count: number) =>
    HISTORY.get(symbol)!
      .filter((candle) => closeTimeMs(candle, '1d') <= now())
      .slice(-count);
  const training: Pick<TrainingService, 'train'> = {
    async train({ interval, series, options, write }) {
      const { coins, btc } = await trainingCoins(series, interval, 60);
      const whole = { ...TINY_OPTIONS, ...options, ...SMALL, interval, ...withoutThreads(options) };
      const trained = await trainModel(coins, btc, whole, now, () => {});
      const bad = spoil(day);
      const made = encodeModel(bad ? spoilt(trained) : trained);
      await write(made, encodeModel(bad === 'both' ? spoilt(trained.twin!) : trained.twin!));
      return made.card;
    },
  };
  const store = createModelStore(emptyFolder());
  const shipped = async (): Promise<ModelBytes> => {
    const { coins, btc } = await trainingCoins(
      SYMBOLS.map((symbol) => seriesOf(symbol, '1d', HISTORY.get(symbol)!)),
      '1d',
      60,
    );
    const dates = { fitUntilMs: START_MS + 400 * DAY_MS, stopUntilMs: START_MS + 500 * DAY_MS };
    const options = { ...TINY_OPTIONS, ...SMALL, ...dates, windowVisits: 512 } as TrainOptions;
    return encodeModel(
      await trainModel(
        coins,
        btc,
        options,
        () => dates.stopUntilMs,
        () => {},
      ),
    );
  };
  let first: Promise<ModelBytes> | null = null;
  const readShipped = () => (first ??= shipped());
  const models = createModelRegistry(storedModels(store, readShipped), localCardReader, silentLogger, now);
  const promotion = createPromotionService({
    store,
    models,
    reader: localCardReader,
    compare,
    now,
    logger: silentLogger,
  });
  const notes = new Map<string, unknown>();
  const kept = {
    get: async (key: string) => notes.get(key),
    set: async (key: string, value: unknown) => notes.set(key, value),
    delete: async (key: string) => notes.delete(key),
  };
  const retraining = createRetrainingService({
    coins: {
      update: async () => {},
      list: async () => SYMBOLS.map((symbol) => ({ symbol, candles: FIRST_DAY, tracked: true })),
      read: async (symbol, interval, count) => seriesOf(symbol, interval, untilNow(symbol, count)),
    },
    training,
    promotion,
    threads: 1,
    availableMemory: () => 2 ** 32,
    interrupted: createInterruptedTrainings(kept, now),
    notes: kept,
    logger: silentLogger,
    now,
  });
  return {
    models,
    store,
    now,
    /** The day's run at a quarter past midnight; the next day comes after it. */
    async runDay() {
      const verdict = await retraining.retrainByItself('1d', 'on schedule');
      const { card } = await models.serving('1d');
      day++;
      return { verdict, serving: card.version, untilMs: card.data.stopUntilMs };
    },
  };
}

const withoutThreads = ({ heldOutMs, description, command, gitCommit }: Partial<TrainOptions>) => ({
  heldOutMs: heldOutMs!,
  description: description!,
  command: command!,
  gitCommit: gitCommit ?? null,
});

/** The rule as docs/models.md states it, from the numbers of a verdict. */
function ruleSays({ overServing, overClimatology, horizons, against }: PromotionVerdict): boolean {
  const limit = 0.01 / horizons.length;
  const shownWorse = horizons.some((one) =>
    [one.overServing, one.overClimatology].some(
      (result) => result && result.skillPct.value < 0 && result.worsePValue! < limit,
    ),
  );
  const nominal = [0.5, 0.8, 0.95];
  const miss = (of: 'candidate' | 'serving') => {
    const all = horizons.flatMap(({ coverage }) => coverage![of]!.map((share, i) => Math.abs(share - nominal[i]!)));
    return all.reduce((sum, one) => sum + one, 0) / all.length;
  };
  expect(against).not.toBeNull();
  expect(overServing).not.toBeNull();
  return overClimatology!.skillPct.value > 0 && !shownWorse && miss('candidate') - miss('serving') <= 0.025;
}

describe('a week of daily retraining', () => {
  it('promotes what the rule says, each day by candles that neither twin has seen, and serves the newest that is not worse', async () => {
    const spoilDays: Readonly<Record<number, 'both' | 'whole'>> = { 3: 'both', 5: 'whole' };
    const bot = startBot((day) => spoilDays[day] ?? null);
    const week: Awaited<ReturnType<typeof bot.runDay>>[] = [];
    for (let day = 0; day < 7; day++) week.push(await bot.runDay());
    const before = [null, ...week.map(({ serving }) => serving)];
    for (const [day, { verdict, serving, untilMs }] of week.entries()) {
      const todayMs = START_MS + (FIRST_DAY + day) * DAY_MS;
      expect(verdict.toMs).toBe(todayMs);
      // The whole half year, though another model was promoted the day before.
      expect(verdict.fromMs).toBe(todayMs - 179 * DAY_MS);
      expect(verdict.periods).toBeGreaterThan(170);
      if (day > 0) expect(verdict.against).toBe(before[day]);
      if (day === 5) {
        expect(verdict).toMatchObject({ outcome: 'kept', decidedBy: 'refit' });
      } else {
        expect(verdict.outcome, `${utcDay(todayMs)}: ${verdict.reason}`).toBe(ruleSays(verdict) ? 'promoted' : 'kept');
      }
      if (verdict.outcome === 'promoted') {
        expect(serving).not.toBe(before[day]);
        // It has learnt from everything up to midnight.
        expect(untilMs).toBe(todayMs);
      } else if (day > 0) expect(serving).toBe(before[day]);
    }
    const outcomes = week.map(({ verdict }) => verdict.outcome);
    expect(outcomes[3]).toBe('kept');
    expect(outcomes.filter((outcome) => outcome === 'promoted').length).toBeGreaterThanOrEqual(4);
    const { log } = await bot.store.pointer('1d');
    const promoted = week.filter(({ verdict }) => verdict.outcome === 'promoted');
    expect(log.map(({ to, why }) => [to, why])).toEqual(promoted.map((one) => [one.serving, one.verdict.reason]));
  }, 240_000);
});
