import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { encodeModel } from '../../../src/ml/model/model-file.ts';
import { isTensorflowInstalled } from '../../../src/ml/tensorflow/load-tensorflow.ts';
import { backendWorker } from '../../../src/ml/tensorflow/tensorflow-engine.ts';
import { createForecastPool, type ForecastPool, type ForecastTask } from '../../../src/ml/workers/forecast.ts';
import { startTraining, type task as trainingTask } from '../../../src/ml/workers/training.ts';
import { createWorkerPool } from '../../../src/workers/worker-pool.ts';
import { TINY_OPTIONS, tinyCoins, tinyModel } from '../../support/tiny-model.ts';

const native = it.skipIf(!isTensorflowInstalled());
const DIED = { code: 'CC_WORKER_DIED', retryable: true };
const pools: ForecastPool[] = [];

afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

const opened = <T extends ForecastPool>(pool: T): T => {
  pools.push(pool);
  return pool;
};

/** Loading TensorFlow takes seconds on a busy machine. */
const LIMIT_MS = 60_000;

const trained = isTensorflowInstalled() ? tinyModel() : null;

async function task(): Promise<ForecastTask> {
  const { card, ...model } = encodeModel((await trained)!);
  const [btc, eth] = tinyCoins();
  return { version: card.version, model, coin: eth!, btc: btc!.columns };
}

describe('the TensorFlow process', { timeout: LIMIT_MS }, () => {
  native('trains a model that forecasts the same on both backends', async () => {
    const [btc, eth] = tinyCoins();
    const shares: number[] = [];
    const run = startTraining(tinyCoins(), btc!.columns, { ...TINY_OPTIONS, backend: 'tfjs-node' }, ({ done }) =>
      shares.push(done),
    );
    const { card, ...model } = await run.result;
    expect(card.training.engineBuild).toBe('tfjs-node');
    expect(shares.length).toBeGreaterThan(0);
    const asked = { version: card.version, model, coin: eth!, btc: btc!.columns };
    const theirs = await opened(createForecastPool('tfjs-node')).forecast(asked);
    const ours = await opened(createForecastPool()).forecast(asked);
    for (const [h, { quantiles }] of ours.horizons.entries()) {
      for (const [k, value] of quantiles.entries()) {
        expect(Math.abs(theirs.horizons[h]!.quantiles[k]! - value)).toBeLessThan(1e-4);
      }
    }
  });

  native('stops training when it is cancelled', async () => {
    const options = { ...TINY_OPTIONS, backend: 'tfjs-node', windowVisits: 4_000_000 } as const;
    const run = startTraining(tinyCoins(), null, options, ({ phase }) => {
      if (phase === 'training') run.cancel();
    });
    await expect(run.result).rejects.toMatchObject({ code: 'CC_TRAINING_CANCELLED' });
  });

  native('hands on the errors of training', async () => {
    const run = startTraining(tinyCoins(150), null, { ...TINY_OPTIONS, backend: 'tfjs-node' }, () => {});
    await expect(run.result).rejects.toMatchObject({ code: 'CC_TRAINING_DATA' });
  });

  native('reports its death in training with the cause; it knows no setting of its parent', async () => {
    vi.stubEnv('DISCORD_TOKEN', 'very-secret');
    const pool = createWorkerPool<typeof trainingTask>(
      new URL('../../../dist/ml/workers/training.js', import.meta.url),
      { setup: { backend: 'tfjs-node' }, noun: 'training', ...backendWorker('tfjs-node', 1) },
    );
    const options = { ...TINY_OPTIONS, windowVisits: 4_000_000 };
    const request = { coins: tinyCoins(), btc: null, options };
    const onProgress = () => process.kill(pool.pid!, 'SIGSEGV');
    const death = pool.run('train', request, { onProgress }).catch((error: unknown) => error as Error);
    const environment = `/proc/${pool.pid}/environ`;
    if (existsSync(environment)) expect(readFileSync(environment, 'utf8')).not.toContain('very-secret');
    vi.unstubAllEnvs();
    const error = (await death) as Error;
    expect(error).toMatchObject(DIED);
    expect(error.message).toContain('SIGSEGV');
    expect(error.cause).toBeInstanceOf(Error);
  });

  native('is started again for the next forecast after it died', async () => {
    const pool = opened(createForecastPool('tfjs-node'));
    const asked = await task();
    const before = await pool.forecast(asked);
    const first = pool.pid!;
    const pending = [pool.forecast(asked), pool.forecast(asked)];
    process.kill(first, 'SIGKILL');
    for (const outcome of await Promise.allSettled(pending)) {
      // What was answered before the signal arrived is an answer.
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(DIED);
    }
    // A forecast that was waiting is answered by a new process, which may be there already.
    await expect.poll(() => pool.pid).not.toBe(first);
    expect(await pool.forecast(asked)).toEqual(before);
    expect(pool.pid).not.toBe(first);
  });

  native('gives up a forecast that takes too long', async () => {
    const pool = opened(createForecastPool('tfjs-node', { timeoutMs: 1 }));
    await expect(pool.forecast(await task())).rejects.toMatchObject({ code: 'CC_TIMEOUT', retryable: true });
  });

  native('hands on the errors of forecasts, and keeps no more waiting than it may', async () => {
    const pool = opened(createForecastPool('tfjs-node', { maxWaiting: 1 }));
    const asked = await task();
    const damaged = { ...asked, version: 'other', model: { ...asked.model, modelJson: '{}' } };
    const outcomes = await Promise.allSettled([damaged, asked, asked].map((one) => pool.forecast(one)));
    expect(outcomes.map((one) => (one.status === 'rejected' ? one.reason.code : 'answered'))).toEqual([
      'CC_MODEL_DAMAGED',
      'answered',
      'CC_BUSY',
    ]);
  });
});
