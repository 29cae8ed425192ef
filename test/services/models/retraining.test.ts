import { describe, expect, it } from 'vitest';
import { INTERVAL_MS } from '../../../src/core/candle.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { MarketSeries } from '../../../src/core/market.ts';
import type { PromotionVerdict } from '../../../src/core/promotion.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import type { ModelCard } from '../../../src/ml/model/card.ts';
import { createInterruptedTrainings } from '../../../src/services/models/interrupted-trainings.ts';
import type { Candidate } from '../../../src/services/models/promotion.ts';
import { createRetrainingService } from '../../../src/services/models/retraining.ts';
import { HELD_OUT_MS, type TrainingJob } from '../../../src/services/models/training.ts';
import { randomCandles, scaled } from '../../support/candles.ts';

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
function build(
  options: {
    down?: readonly string[];
    /** Their price changes tenfold at once. */
    broken?: readonly string[];
    /** Coins that are not tracked. */
    extra?: readonly string[];
    /** Their price stays where it is, but for a hundredth of a per cent. */
    still?: readonly string[];
    trainingFails?: CandlecastError;
    databaseFails?: boolean;
    trainingHangs?: boolean;
    availableMb?: number;
    store?: Map<string, unknown>;
  } = {},
) {
  const { availableMb = 4_096, store = new Map<string, unknown>() } = options;
  const notes = new Map<string, unknown>();
  let nowMs = NEWEST_MS;
  const asked: number[] = [];
  const jobs: TrainingJob[] = [];
  const considered: Candidate[] = [];
  const model = { modelJson: '{}', weightData: new Uint8Array(4) };
  const twin = { modelJson: '{}', weightData: new Uint8Array(3) };
  const service = createRetrainingService({
    notes: { get: async (key) => notes.get(key), set: async (key, value) => notes.set(key, value) },
    threads: 2,
    availableMemory: () => availableMb * 2 ** 20,
    interrupted: createInterruptedTrainings(
      {
        get: async (key) => store.get(key),
        set: async (key, value) => store.set(key, value),
        delete: async (key) => store.delete(key),
      },
      () => nowMs,
    ),
    logger: silentLogger,
    now: () => nowMs,
    coins: {
      async update(_interval, _signal, onCoin) {
        for (const done of SYMBOLS.keys()) onCoin?.(done, SYMBOLS.length);
      },
      list: async () =>
        SYMBOLS.map((symbol) => ({ symbol, candles: 2_500, tracked: !options.extra?.includes(symbol) })),
      async read(symbol, interval, wanted): Promise<MarketSeries> {
        asked.push(wanted);
        if (options.databaseFails) throw new CandlecastError('CC_DATABASE', 'The database is gone.');
        if (options.down?.includes(symbol)) throw new CandlecastError('CC_SOURCE_UNAVAILABLE', 'No source answers.');
        const candles = randomCandles(COUNT, { seed: 1, interval }).map((candle, i) => ({
          ...(options.still?.includes(symbol)
            ? { ...candle, open: 1, high: 1.001, low: 0.999, close: 1 + (i % 7) / 1e5 }
            : scaled(candle, options.broken?.includes(symbol) && i >= COUNT / 2 ? 20 : 1)),
          source: 'binance',
          fetchedAtMs: NEWEST_MS,
          flag: null,
        }));
        return {
          symbol,
          interval,
          candles,
          gaps: [],
          source: 'binance',
          fetchedAtMs: NEWEST_MS,
          failures: [],
          unconfirmed: null,
        };
      },
    },
    training: {
      async train(job) {
        jobs.push(job);
        if (options.trainingHangs) await new Promise(() => {});
        if (options.trainingFails) throw options.trainingFails;
        await job.write(model, twin);
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
  const later = (ms: number) => {
    nowMs += ms;
  };
  return { service, jobs, considered, model, twin, asked, store, later };
}

describe('retraining', () => {
  it('trains on the coins with a twin, and hands both with all candles to the gate', async () => {
    const { service, jobs, considered, model, twin } = build();
    expect(await service.retrain('1d', 'an alarm')).toBe(verdict);
    expect(jobs[0]!.series.map((one) => one.symbol)).toEqual(SYMBOLS);
    expect(jobs[0]!.options).toMatchObject({ heldOutMs: HELD_OUT_MS['1d'] });
    expect(jobs[0]!.options).not.toHaveProperty('stopUntilMs');
    expect(jobs[0]!.options.command).toBe('an alarm');
    expect(considered).toHaveLength(1);
    expect(considered[0]!.model).toBe(model);
    expect(considered[0]!.twin).toBe(twin);
    expect(considered[0]!.series).toBe(jobs[0]!.series);
  });

  it('leaves out a coin whose history is not trusted', async () => {
    const { service, jobs, considered } = build({ broken: ['ETH'] });
    await service.retrain('1d', 'an alarm');
    const rest = SYMBOLS.filter((symbol) => symbol !== 'ETH');
    expect(jobs[0]!.series.map((one) => one.symbol)).toEqual(rest);
    expect(considered[0]!.series.map((one) => one.symbol)).toEqual(rest);
  });

  it('leaves out a coin that barely moves, such as one held at the value of a currency, unless it is tracked', async () => {
    const { service, jobs } = build({ still: ['ETH', 'SOL'], extra: ['SOL'] });
    await service.retrain('1d', 'an alarm');
    expect(jobs[0]!.series.map((one) => one.symbol)).toEqual(['BTC', 'ETH', 'XRP', 'ADA', 'LTC']);
  });

  it('remembers how long the last run of an interval took, and on how many coins', async () => {
    const { service } = build({ down: ['SOL'] });
    expect(await service.last()).toEqual([]);
    await service.retrain('1d', 'by hand');
    expect(await service.last()).toEqual([{ interval: '1d', endedMs: NEWEST_MS, seconds: 0, coins: 5 }]);
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

  it('is busy, and no run that was cut off, where another begins by itself meanwhile', async () => {
    const { service } = build({ trainingHangs: true });
    void service.retrain('1d', 'by hand');
    await expect(service.retrainByItself('1d', 'an alarm')).rejects.toMatchObject({ code: 'CC_BUSY' });
  });

  it('asks the gate nothing when training fails, so that the serving model stays', async () => {
    const { service, considered } = build({
      trainingFails: new CandlecastError('CC_TRAINING_DIVERGED', 'The loss is not a number.'),
    });
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

describe('retraining where memory is short', () => {
  const killed = () =>
    new CandlecastError('CC_WORKER_DIED', 'The worker process of a training was ended by SIGKILL.', {
      context: { signal: 'SIGKILL' },
    });

  it('takes the whole history and every thread where there is enough', async () => {
    const { service, jobs, asked } = build();
    await service.retrain('1d', 'by hand');
    expect(asked[0]).toBe(2_500);
    expect(jobs[0]!.options).toMatchObject({ threads: 2, description: '6 coins of 1d candles' });
  });

  it('trains on a shorter history with one thread where it is short, and the card says so', async () => {
    const { service, jobs, asked } = build({ availableMb: 175 });
    await service.retrain('1d', 'by hand');
    expect(asked[0]).toBeGreaterThanOrEqual(900);
    expect(asked[0]).toBeLessThan(2_500);
    expect(jobs[0]!.options).toMatchObject({
      threads: 1,
      description: `6 coins of 1d candles, as much as fitted into memory: the newest ${asked[0]} of each, 1 of 2 threads`,
    });
  });

  it('says why not where not even the smallest run fits', async () => {
    const { service, jobs } = build({ availableMb: 100 });
    await expect(service.retrain('1d', 'by hand')).rejects.toMatchObject({
      code: 'CC_TRAINING_MEMORY',
      message: expect.stringMatching(
        /^Nothing was trained: 100 MB of memory may be taken, and the smallest run takes \d+ MB\.$/,
      ),
    });
    expect(jobs).toEqual([]);
  });

  it('says that the system ended a run, waits, waits longer after the next, and takes half as much', async () => {
    const { service, jobs, asked, later } = build({ trainingFails: killed(), availableMb: 350 });
    const byItself = () => service.retrainByItself('1d', 'on schedule');
    const refusal = { code: 'CC_TRAINING_MEMORY', message: expect.stringMatching(/ended (the run|by the system)/) };
    await expect(byItself()).rejects.toMatchObject(refusal);
    await expect(byItself()).rejects.toMatchObject(refusal);
    expect(jobs).toHaveLength(1);
    later(HOUR_MS);
    await expect(byItself()).rejects.toMatchObject(refusal);
    expect(jobs).toHaveLength(2);
    expect(asked.at(-1)).toBeLessThan(asked[0]!);
    later(DAY_MS - 1);
    await expect(byItself()).rejects.toMatchObject(refusal);
    expect(jobs).toHaveLength(2);
    // The other interval is not concerned, nor is what an owner asks for.
    await expect(service.retrainByItself('1h', 'on schedule')).rejects.toMatchObject(refusal);
    expect(jobs).toHaveLength(3);
  });

  it('counts a run that the program did not outlive, across restarts, until one makes a model', async () => {
    const store = new Map<string, unknown>();
    const first = build({ store, trainingHangs: true });
    // As if the process had ended while it trained.
    first.service.retrain('1d', 'on schedule').catch(() => undefined);
    await expect.poll(() => store.has('1d')).toBe(true);
    const cutOff = structuredClone(store);
    const second = build({ store: cutOff });
    await expect(second.service.retrainByItself('1d', 'on schedule')).rejects.toMatchObject({
      code: 'CC_TRAINING_MEMORY',
    });
    expect(second.jobs).toEqual([]);
    await second.service.retrain('1d', 'by hand');
    expect(cutOff.size).toBe(0);
    await second.service.retrainByItself('1d', 'on schedule');
    expect(second.jobs).toHaveLength(2);
  });

  it('is not held back by a run that failed for another reason or was cancelled', async () => {
    const { service, jobs, store } = build({
      trainingFails: new CandlecastError('CC_TRAINING_CANCELLED', 'It was cancelled.'),
    });
    for (let run = 1; run <= 2; run++) {
      await expect(service.retrainByItself('1d', 'on schedule')).rejects.toMatchObject({
        code: 'CC_TRAINING_CANCELLED',
      });
      expect(jobs).toHaveLength(run);
    }
    expect(store.size).toBe(0);
  });
});
