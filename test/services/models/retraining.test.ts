import { describe, expect, it } from 'vitest';
import { INTERVAL_MS } from '../../../src/core/candle.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { MarketSeries } from '../../../src/core/market.ts';
import type { PromotionVerdict } from '../../../src/core/promotion.ts';
import type { ModelCard } from '../../../src/ml/model/card.ts';
import type { Candidate } from '../../../src/services/models/promotion.ts';
import { GATE_MS } from '../../../src/services/models/promotion-gate.ts';
import { createRetrainingService } from '../../../src/services/models/retraining.ts';
import type { TrainingJob } from '../../../src/services/models/training.ts';
import { randomCandles } from '../../support/candles.ts';

const SYMBOLS = ['BTC', 'ETH', 'SOL', 'XRP', 'ADA', 'LTC'];
const COUNT = 300;
const NEWEST_MS = Date.UTC(2020, 0, 1) + COUNT * INTERVAL_MS['1d'];
const verdict: PromotionVerdict = {
  outcome: 'kept',
  reason: 'It did not beat the serving model.',
  atMs: 0,
  against: 'x',
  fromMs: 0,
  toMs: 0,
  n: 0,
  coins: 0,
  periods: 0,
  overServing: null,
  overClimatology: null,
  horizons: [],
  remarks: [],
};

/** The service over fakes that keep what they were given. */
function build(options: { down?: readonly string[]; trainingFails?: boolean; databaseFails?: boolean } = {}) {
  const jobs: TrainingJob[] = [];
  const considered: Candidate[] = [];
  const model = { modelJson: '{}', weightData: new Uint8Array(4) };
  const service = createRetrainingService({
    symbols: SYMBOLS,
    threads: 1,
    logger: silentLogger,
    now: () => NEWEST_MS,
    market: {
      async series({ symbol, interval }): Promise<MarketSeries> {
        if (options.databaseFails) throw new CandlecastError('CC_DATABASE', 'The database is gone.');
        if (options.down?.includes(symbol)) throw new CandlecastError('CC_SOURCE_UNAVAILABLE', 'No source answers.');
        const candles = randomCandles(COUNT, { seed: 1 }).map((candle) => ({
          ...candle,
          source: 'binance',
          fetchedAtMs: NEWEST_MS,
          flag: null,
        }));
        return { symbol, interval, candles, gaps: [], source: 'binance', fetchedAtMs: NEWEST_MS, failures: [] };
      },
    },
    training: {
      async train(job) {
        jobs.push(job);
        if (options.trainingFails) throw new CandlecastError('CC_TRAINING_DIVERGED', 'The loss is not a number.');
        await job.write(model);
        return { version: '1d-new' } as ModelCard;
      },
    },
    promotion: {
      async consider(candidate) {
        considered.push(candidate);
        return verdict;
      },
    },
  });
  return { service, jobs, considered, model };
}

describe('retraining', () => {
  it('trains on the tracked coins up to the span of the gate, and hands the model with all candles to the gate', async () => {
    const { service, jobs, considered, model } = build();
    expect(await service.retrain('1d', 'an alarm')).toBe(verdict);
    expect(jobs[0]!.series.map((one) => one.symbol)).toEqual(SYMBOLS);
    expect(jobs[0]!.options.stopUntilMs).toBe(NEWEST_MS - GATE_MS['1d']);
    expect(jobs[0]!.options.command).toBe('an alarm');
    expect(considered).toHaveLength(1);
    expect(considered[0]!.model).toBe(model);
    expect(considered[0]!.series).toBe(jobs[0]!.series);
  });

  it('leaves out a coin without candles', async () => {
    const { service, jobs } = build({ down: ['SOL'] });
    await service.retrain('1d', 'an alarm');
    expect(jobs[0]!.series.map((one) => one.symbol)).toEqual(['BTC', 'ETH', 'XRP', 'ADA', 'LTC']);
  });

  it('trains nothing with too few coins, and says how many there are', async () => {
    const { service, jobs, considered } = build({ down: ['SOL', 'XRP'] });
    await expect(service.retrain('1d', 'an alarm')).rejects.toMatchObject({
      code: 'CC_TRAINING_DATA',
      message: expect.stringContaining('4 of 6'),
    });
    expect([jobs, considered]).toEqual([[], []]);
  });

  it('tells how far it is, coin by coin, and is one at a time', async () => {
    const { service, considered } = build();
    const steps: string[] = [];
    const first = service.retrain('1d', 'by hand', undefined, (step) =>
      steps.push(step.stage === 'training' ? `training ${step.share}` : `${step.stage} ${step.done} of ${step.of}`),
    );
    await expect(service.retrain('1h', 'on schedule')).rejects.toMatchObject({
      code: 'CC_BUSY',
      message: 'The daily model is being trained already.',
    });
    await first;
    expect(steps[0]).toBe('candles 0 of 6');
    considered[0]?.onCoin?.(3, 6);
    expect(steps.at(-1)).toBe('judging 3 of 6');
    await service.retrain('1h', 'on schedule');
    expect(considered).toHaveLength(2);
  });

  it('asks the gate nothing when training fails, so that the serving model stays', async () => {
    const { service, considered } = build({ trainingFails: true });
    await expect(service.retrain('1d', 'an alarm')).rejects.toMatchObject({ code: 'CC_TRAINING_DIVERGED' });
    expect(considered).toEqual([]);
  });

  it('takes a broken database for what it is, and ends when it is told to', async () => {
    await expect(build({ databaseFails: true }).service.retrain('1d', 'x')).rejects.toMatchObject({
      code: 'CC_DATABASE',
    });
    const { service, jobs } = build();
    await expect(service.retrain('1d', 'x', AbortSignal.abort())).rejects.toThrow();
    expect(jobs).toEqual([]);
  });
});
