import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { AskedProgress, PromotionVerdict, RetrainProgress } from '../../../src/core/promotion.ts';
import { HOUR_MS } from '../../../src/core/time.ts';
import type { RetrainingService } from '../../../src/services/models/retraining.ts';
import {
  createTrainer,
  createTrainingRequester,
  trainingUnderWay,
} from '../../../src/services/models/training-requests.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { keptVerdict } from '../../contracts/models.ts';
import { describeTrainings } from '../../contracts/trainings.ts';
import { describeInPostgres } from '../../support/postgres.ts';

const START_MS = Date.UTC(2026, 0, 1);
const WAIT = { timeout: 60_000 };

/** A clock of a test, ten times as fast as the true one, and its sleep. */
function fastTime() {
  const begun = performance.now();
  return {
    now: () => START_MS + Math.round((performance.now() - begun) * 10),
    sleep: async (ms: number, signal?: AbortSignal) => {
      await delay(ms / 10, undefined, signal ? { signal } : {});
    },
  };
}

/** A retraining that the test drives: it reports, ends or fails when told. */
function drivenRetraining() {
  let busy = false;
  const asked: string[] = [];
  let drive: {
    report(progress: RetrainProgress): void;
    end(verdict: PromotionVerdict): void;
    fail(error: Error): void;
  } | null = null;
  const run: RetrainingService['retrain'] = (interval, why, signal, onProgress = () => {}) => {
    if (busy) return Promise.reject(new CandlecastError('CC_BUSY', 'The daily model is being trained already.'));
    busy = true;
    asked.push(`${interval} ${why}`);
    return new Promise<PromotionVerdict>((end, fail) => {
      drive = { report: onProgress, end, fail };
      signal?.addEventListener('abort', () =>
        fail(new CandlecastError('CC_TRAINING_CANCELLED', 'Training was cancelled.')),
      );
    }).finally(() => {
      busy = false;
    });
  };
  const service: RetrainingService = {
    retrain: run,
    retrainByItself: run,
    isBusy: () => busy,
    last: async () => [],
  };
  const driven = async () => {
    await expect.poll(() => drive !== null && busy, WAIT).toBe(true);
    return drive!;
  };
  return { service, driven, asked };
}

describeInPostgres('a training that one process asks another for', (server) => {
  let shard: Storage;
  let host: Storage;
  const stops: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    shard = await openStorage(server().url, { now: () => START_MS });
    host = await openStorage(server().url, { now: () => START_MS });
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });
  afterAll(async () => {
    await shard.close();
    await host.close();
  });
  describeTrainings(async () => openStorage(await shared(), { now: () => START_MS }));
  let database: Promise<string> | null = null;
  const shared = () => (database ??= server().createDatabase());

  function processes() {
    const time = fastTime();
    const { service, driven, asked } = drivenRetraining();
    const parts = (storage: Storage, owner: string) => ({
      trainings: storage.trainings,
      leases: storage.leases,
      owner,
      ...time,
      logger: silentLogger,
    });
    const trainer = createTrainer(service, parts(host, `trainer ${Math.random()}`));
    stops.push(trainer.stop);
    // The clock of the asker's machine is three quarters of an hour behind.
    const asker = createTrainingRequester({ ...parts(shard, 'shard'), now: () => time.now() - 45 * 60_000 });
    const ready = async () => {
      trainer.start();
      await expect.poll(() => shard.leases.isHeld('trainer'), WAIT).toBe(true);
    };
    return { trainer, asker, driven, asked, ready, time };
  }

  it('is taken up, shows how far it is in every process, and gives the asker its verdict', async () => {
    const { asker, driven, asked, ready, time } = processes();
    await ready();
    const shown: AskedProgress[] = [];
    const answer = asker.retrain('1h', 'retrained by hand', undefined, (progress) => shown.push(progress));
    const run = await driven();
    expect(asked).toEqual(['1h retrained by hand']);
    run.report({ stage: 'training', share: 0.5, secondsLeft: 60 });
    const underWay = () => trainingUnderWay(shard.trainings, time.now());
    await expect.poll(underWay, WAIT).toEqual({ interval: '1h', done: 0.5, secondsLeft: 60 });
    await expect.poll(() => shown.at(-1), WAIT).toEqual({ stage: 'training', share: 0.5, secondsLeft: 60 });
    expect(shown[0]).toEqual({ stage: 'asked' });
    run.end(keptVerdict(4));
    expect(await answer).toEqual(keptVerdict(4));
    expect(await underWay()).toBeNull();
  });

  it('ends for the asker with the error that ended it, and is refused while another is under way', async () => {
    const { asker, trainer, driven, ready, time } = processes();
    await ready();
    const scheduled = trainer.retrainByItself('1d', 'retrained on schedule');
    const run = await driven();
    await expect.poll(() => trainingUnderWay(shard.trainings, time.now()), WAIT).toMatchObject({ interval: '1d' });
    await expect(asker.retrain('1h', 'retrained by hand')).rejects.toMatchObject({ code: 'CC_BUSY' });
    run.fail(new CandlecastError('CC_TRAINING_DATA', 'Nothing was trained: 3 of 5 coins.'));
    await expect(scheduled).rejects.toMatchObject({ code: 'CC_TRAINING_DATA' });
    const answer = asker.retrain('1h', 'retrained by hand');
    (await driven()).fail(new CandlecastError('CC_TRAINING_MEMORY', 'Memory is short.'));
    await expect(answer).rejects.toMatchObject({ code: 'CC_TRAINING_MEMORY', message: 'Memory is short.' });
  });

  it('is refused where no process trains, with the remedy, and nothing is left behind', async () => {
    const { asker, trainer, ready, time } = processes();
    const refusal = { code: 'CC_TRAINER_AWAY', remedy: expect.stringContaining('ROLE=trainer') };
    await expect(asker.retrain('1d', 'retrained by hand')).rejects.toMatchObject(refusal);
    await ready();
    await trainer.stop();
    await expect(asker.retrain('1d', 'retrained by hand')).rejects.toMatchObject(refusal);
    const all = { nowMs: time.now(), fromMs: START_MS - HOUR_MS, toMs: time.now() + 1 };
    expect(await shard.trainings.take('test', all)).toBeNull();
  });

  it('ends with its trainer: the asker is told, after a stop and after a sudden death', async () => {
    const one = processes();
    await one.ready();
    const stopped = one.asker.retrain('1d', 'retrained by hand').catch((error: unknown) => error);
    await one.driven();
    await one.trainer.stop();
    expect(await stopped).toMatchObject({ code: 'CC_TRAINING_CANCELLED' });

    const { asker, time } = processes();
    await host.leases.takeFor('trainer', 'dies', 15_000);
    const orphan = asker.retrain('1d', 'retrained by hand').catch((error: unknown) => error);
    await expect
      .poll(() => host.trainings.take('dies', { nowMs: time.now(), fromMs: START_MS - HOUR_MS, toMs: time.now() }))
      .not.toBeNull();
    expect(await orphan).toMatchObject({ code: 'CC_TRAINER_AWAY', message: expect.stringContaining('has ended') });

    await host.leases.takeFor('trainer', 'dies', 1_000);
    await expect(asker.retrain('1d', 'retrained by hand')).rejects.toMatchObject({ code: 'CC_TRAINER_AWAY' });
  });
});
