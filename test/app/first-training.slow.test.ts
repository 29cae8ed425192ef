import { expect, it, onTestFinished } from 'vitest';
import { createJobScheduler } from '../../src/app/jobs.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { PromotionVerdict } from '../../src/core/promotion.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { createMarketGateway } from '../../src/market/failover.ts';
import { createMarketService } from '../../src/market/series.ts';
import type { ModelCard } from '../../src/ml/model/card.ts';
import { createInterruptedTrainings } from '../../src/services/models/interrupted-trainings.ts';
import { createRetrainingService } from '../../src/services/models/retraining.ts';
import type { TrainingJob } from '../../src/services/models/training.ts';
import { createCoinList } from '../../src/services/universe/coin-list.ts';
import { createUniverse } from '../../src/services/universe/universe.ts';
import { createBinanceSource } from '../../src/sources/market/binance.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { startExchange, twoHundredCoins } from '../support/exchange.ts';
import { fakeClock } from '../support/fake-clock.ts';

const START_MS = Date.UTC(2026, 2, 10, 9, 30);
const TRACKED = ['BTC', 'ETH', 'C150'];

/** Jobs, universe and retraining as the program joins them; only the training and the judging of the model are left out. */
async function program() {
  const clock = fakeClock(START_MS);
  const { now } = clock;
  const exchange = await startExchange(twoHundredCoins(START_MS, 60), now);
  const storage = await openStorage('sqlite::memory:', { now });
  onTestFinished(() => storage.close());
  const notes = new Map<string, unknown>();
  const store = {
    get: async (key: string) => notes.get(key),
    set: async (key: string, value: unknown) => notes.set(key, value),
    delete: async (key: string) => notes.delete(key),
  };
  const jobs: TrainingJob[] = [];
  const start = () => {
    const logger = silentLogger;
    const source = createBinanceSource({ ...clock, random: () => 0.5, baseUrl: exchange.url });
    const gateway = createMarketGateway({ sources: [source], now, logger });
    const { candles, unconfirmed, trainingCoins: repository } = storage;
    const market = createMarketService({ gateway, candles, unconfirmed, symbols: TRACKED, now, logger });
    const shared = { repository, tracked: TRACKED, now, logger };
    const wanted = { '1d': 25, '1h': 5 };
    const list = createCoinList({ ...shared, sources: [source], wanted, known: () => new Map() });
    const universe = createUniverse({ ...shared, list, market, candles });
    const service = createRetrainingService({
      coins: universe,
      training: {
        async train(job) {
          jobs.push(job);
          await job.write({ modelJson: '{}', weightData: new Uint8Array(4) }, null);
          return { version: 'new' } as ModelCard;
        },
      },
      promotion: { consider: async () => ({ outcome: 'kept', reason: 'It is worse.' }) as PromotionVerdict },
      threads: 1,
      availableMemory: () => 2 ** 32,
      interrupted: createInterruptedTrainings(store, now),
      notes: store,
      logger,
      now,
    });
    const scheduler = createJobScheduler({
      candles: {
        ingest: async () => ({ refreshed: 0, unlisted: [], failures: [], unconfirmed: [] }),
        confirm: async () => ({ confirmed: 0, waiting: [] }),
      },
      retraining: { service, when: { schedule: '15 0 * * *', timeZone: 'UTC' } },
      universe,
      runs: storage.jobRuns,
      now,
      monotonic: now,
      clockIsRight: () => true,
      // Time limits wait by it; a clock that moved with each would make every job late.
      sleep: (_ms, signal) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
      random: () => 0,
      logger,
    });
    return { scheduler, service };
  };
  return { clock, exchange, jobs, start };
}

it('trains at its first start as soon as the candles are in, then once a day on what is new', async () => {
  const { clock, exchange, jobs, start } = await program();
  const first = start();
  exchange.failing = 503;
  await first.scheduler.tick();
  await first.scheduler.tick();
  expect(jobs).toEqual([]);
  exchange.failing = null;
  clock.advance(65 * MINUTE_MS);
  await first.scheduler.tick();
  await first.scheduler.tick();
  expect(jobs.map(({ interval, series }) => `${interval} ${series.length}`)).toEqual(['1d 25', '1h 5']);
  expect(clock.now() - START_MS).toBeLessThan(2 * HOUR_MS);
  expect(jobs[0]!.series.slice(0, 4).map(({ symbol }) => symbol)).toEqual(['BTC', 'ETH', 'C150', 'C2']);
  expect(jobs[0]!.options).toMatchObject({ description: '25 coins of 1d candles' });
  expect((await first.service.last()).map(({ interval, coins }) => [interval, coins])).toEqual([
    ['1h', 5],
    ['1d', 25],
  ]);
  await first.scheduler.stop();

  // A restart trains nothing: now the schedule holds.
  const second = start();
  clock.advance(HOUR_MS);
  await second.scheduler.tick();
  await second.scheduler.tick();
  expect(jobs).toHaveLength(2);

  exchange.forget();
  clock.advance(Date.UTC(2026, 2, 11, 0, 15) - clock.now());
  await second.scheduler.tick();
  await second.scheduler.tick();
  expect(jobs.map(({ interval }) => interval)).toEqual(['1d', '1h', '1d', '1h']);
  expect(jobs[2]!.series[0]!.candles.at(-1)!.openTimeMs).toBe(Date.UTC(2026, 2, 11) - DAY_MS);
  expect(exchange.candlesAsked('1d').every(({ rows }) => rows === 1)).toBe(true);
  expect(exchange.candlesAsked('1d')).toHaveLength(25);
  expect(exchange.candlesAsked('1h').reduce((sum, { rows }) => sum + rows, 0)).toBe(5 * 14);
  await second.scheduler.stop();
});
