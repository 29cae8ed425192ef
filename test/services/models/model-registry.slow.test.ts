import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CandlecastError, type ErrorCode } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { ModelCard } from '../../../src/ml/model/card.ts';
import { type CardReader, encodeModel, localCardReader, type ModelBytes } from '../../../src/ml/model/model-file.ts';
import { createModelRegistry, storedModels } from '../../../src/services/models/model-registry.ts';
import { createPromotionService } from '../../../src/services/models/promotion.ts';
import { createModelStore } from '../../../src/storage/model-store.ts';
import { emptyFolder } from '../../support/candle-files.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { tinyModel } from '../../support/tiny-model.ts';

type Encoded = ModelBytes & { readonly card: ModelCard };
let shipped: Encoded;
let first: Encoded;
let second: Encoded;
beforeAll(async () => {
  const encoded = async (seed: number) => encodeModel(await tinyModel({ seeds: [seed] }));
  [shipped, first, second] = [await encoded(1), await encoded(2), await encoded(3)];
});

let folder: string;
beforeEach(() => {
  folder = emptyFolder();
});

/** One process: a registry and the service over the shared folder. */
function openProcess(shippedIsThere = true, reader: CardReader = localCardReader) {
  const clock = fakeClock(Date.UTC(2024, 0, 1));
  const store = createModelStore(folder);
  const source = storedModels(store, async () => {
    if (shippedIsThere) return shipped;
    throw new CandlecastError('CC_MODEL_MISSING', '1d.json cannot be read.');
  });
  const models = createModelRegistry(source, reader, silentLogger, clock.now);
  const warned: string[] = [];
  const promotion = createPromotionService({
    store,
    models,
    reader,
    now: clock.now,
    logger: { ...silentLogger, warn: (_facts, message) => warned.push(message) },
    compare: async () => {
      throw new Error('not compared here');
    },
  });
  const version = async () => (await models.serving('1d')).card.version;
  const problem = async () => (await models.serving('1d')).problem;
  return { clock, store, models, promotion, version, problem, warned };
}

async function promoteBoth(process: ReturnType<typeof openProcess>): Promise<void> {
  for (const model of [first, second]) {
    await process.store.add('1d', model.card.version, model, null);
    await process.promotion.promote('1d', model.card.version, 'test');
  }
}

const path = (model: Encoded) => join(folder, '1d', `${model.card.version}.json`);

describe('the models that serve', () => {
  it('are the shipped ones until one is promoted', async () => {
    const one = openProcess();
    expect(await one.version()).toBe(shipped.card.version);
    await promoteBoth(one);
    expect(await one.version()).toBe(second.card.version);
    expect(await one.problem()).toBeNull();
  });

  it('fall back to the one before, then to the shipped one, when files are damaged or missing, and say so', async () => {
    const one = openProcess();
    await promoteBoth(one);
    writeFileSync(path(second), '{');
    one.models.reload('1d');
    expect(await one.version()).toBe(first.card.version);
    expect(await one.problem()).toMatch(
      new RegExp(`${second.card.version} cannot be used.*The model ${first.card.version} stands in`),
    );
    rmSync(path(first));
    one.models.reload('1d');
    expect(await one.version()).toBe(shipped.card.version);
    expect(await one.problem()).toMatch(/The model shipped with Candlecast stands in/);
    const daily = (await one.models.status()).find((one) => one.interval === '1d');
    expect(daily).toMatchObject({ version: shipped.card.version, problem: expect.stringContaining('stands in') });
  });

  it('are not passed over because the worker that reads them cannot, neither at a rollback', async () => {
    let code: ErrorCode | null = 'CC_WORKER_DIED';
    const one = openProcess(true, {
      async readCard(model) {
        if (code) throw new CandlecastError(code, 'No worker reads models now.');
        return localCardReader.readCard(model);
      },
    });
    await expect(one.version()).rejects.toMatchObject({ code });
    code = null;
    await promoteBoth(one);
    expect(await one.version()).toBe(second.card.version);
    code = 'CC_TIMEOUT';
    await expect(one.promotion.rollback('1d', 'test')).rejects.toMatchObject({ code });
    code = null;
    expect(await one.promotion.rollback('1d', 'test')).toBe(first.card.version);
  });

  it('say that the model that should serve is missing', async () => {
    const one = openProcess();
    await promoteBoth(one);
    rmSync(path(second));
    one.models.reload('1d');
    expect(await one.problem()).toContain(`${second.card.version} is missing`);
  });

  it('are the shipped ones, with a word, when the pointer is damaged', async () => {
    const one = openProcess();
    await promoteBoth(one);
    writeFileSync(join(folder, '1d', 'serving.json'), '{"serving"');
    one.models.reload('1d');
    expect(await one.version()).toBe(shipped.card.version);
    expect(await one.problem()).toMatch(/Which model should serve cannot be read.*stands in/);
  });

  it('make way for a promoted one, and the log says that what served before is not known any more', async () => {
    const one = openProcess();
    await promoteBoth(one);
    writeFileSync(join(folder, '1d', 'serving.json'), '{"serving"');
    await one.promotion.promote('1d', first.card.version, 'test');
    expect(await one.version()).toBe(first.card.version);
    expect(one.warned).toEqual([expect.stringContaining('what served before cannot be read')]);
  });

  it('come back by themselves within a minute of being mended', async () => {
    const one = openProcess();
    await promoteBoth(one);
    const whole = await one.store.read('1d', second.card.version);
    writeFileSync(path(second), '{');
    one.models.reload('1d');
    expect(await one.version()).toBe(first.card.version);
    writeFileSync(path(second), whole.modelJson);
    one.clock.advance(61_000);
    expect(await one.version()).toBe(second.card.version);
    expect(await one.problem()).toBeNull();
  });

  it('change in a running bot within seconds of a promotion by another process', async () => {
    const [bot, shell] = [openProcess(), openProcess()];
    expect(await bot.version()).toBe(shipped.card.version);
    await promoteBoth(shell);
    bot.clock.advance(3_001);
    expect(await bot.version()).toBe(second.card.version);
    await shell.promotion.rollback('1d', 'test');
    bot.clock.advance(3_001);
    expect(await bot.version()).toBe(first.card.version);
  });

  it('serve on while the database that keeps them does not answer, and follow once it does', async () => {
    const away = new CandlecastError('CC_DATABASE', 'The server does not answer.', { retryable: true });
    const clock = fakeClock(Date.UTC(2024, 0, 1));
    const store = createModelStore(folder);
    let isAway = false;
    let stampIsAway = false;
    const source = storedModels(
      {
        pointer: async (interval) => (isAway ? Promise.reject(away) : store.pointer(interval)),
        read: async (...asked) => (isAway ? Promise.reject(away) : store.read(...asked)),
        stamp: async (interval) => (stampIsAway ? Promise.reject(away) : store.stamp(interval)),
      },
      async () => shipped,
    );
    const warned: string[] = [];
    const logger = { ...silentLogger, warn: (_facts: object, message: string) => void warned.push(message) };
    const models = createModelRegistry(source, localCardReader, logger, clock.now);
    const shell = openProcess();
    await promoteBoth(shell);
    const version = async () => (await models.serving('1d')).card.version;
    expect(await version()).toBe(second.card.version);
    await shell.promotion.rollback('1d', 'test');
    [isAway, stampIsAway] = [true, true];
    for (let n = 0; n < 3; n++) {
      clock.advance(2_001);
      expect(await version()).toBe(second.card.version);
    }
    expect(warned).toHaveLength(1);
    // It says that another model should serve, and is gone again before that can be read.
    stampIsAway = false;
    clock.advance(2_001);
    expect(await version()).toBe(second.card.version);
    expect((await models.serving('1d')).problem).toBeNull();
    isAway = false;
    clock.advance(2_001);
    expect(await version()).toBe(first.card.version);
  });

  it('are looked at once per two seconds for all intervals together, and at once when somebody says so', async () => {
    const store = createModelStore(folder);
    let looks = 0;
    const stamp: typeof store.stamp = async (interval) => {
      if (interval === '1d') looks++;
      return store.stamp(interval);
    };
    const clock = fakeClock(Date.UTC(2024, 0, 1));
    const source = storedModels({ ...store, stamp }, async () => shipped);
    const models = createModelRegistry(source, localCardReader, silentLogger, clock.now);
    const ask = () => Promise.all(Array.from({ length: 20 }, () => models.serving('1d')));
    for (let second = 0; second < 20; second++) {
      await ask();
      clock.advance(500);
    }
    expect(looks).toBeLessThanOrEqual(7);
    const shell = openProcess();
    await promoteBoth(shell);
    models.look();
    expect((await models.serving('1d')).card.version).toBe(second.card.version);
  });

  it('are looked for again at once where there was none', async () => {
    const one = openProcess(false);
    await expect(one.models.serving('1d')).rejects.toMatchObject({ code: 'CC_MODEL_MISSING' });
    await promoteBoth(one);
    expect(await one.version()).toBe(second.card.version);
  });
});

describe('two changes at the same moment', () => {
  it('end in one of them, and whoever made the other is told so', async () => {
    const [one, two] = [openProcess(), openProcess()];
    await promoteBoth(one);
    const pointer = await one.store.pointer('1d');
    // Both have looked at what serves before either changes it.
    two.store.pointer = async () => pointer;
    await one.promotion.rollback('1d', 'test');
    await expect(two.promotion.promote('1d', second.card.version, 'test')).rejects.toMatchObject({
      code: 'CC_MODEL_CHANGED',
      remedy: expect.stringContaining('decide again'),
    });
    expect(await one.version()).toBe(first.card.version);
  });
});

describe('rollback', () => {
  it('brings back what served before, step by step to the shipped model, and then says there is no more', async () => {
    const one = openProcess();
    await promoteBoth(one);
    expect(await one.promotion.rollback('1d', 'test')).toBe(first.card.version);
    expect(await one.version()).toBe(first.card.version);
    expect(await one.promotion.rollback('1d', 'test')).toBeNull();
    expect(await one.version()).toBe(shipped.card.version);
    await expect(one.promotion.rollback('1d', 'test')).rejects.toMatchObject({ code: 'CC_MODEL_MISSING' });
  });

  it('passes over a model that is damaged', async () => {
    const one = openProcess();
    await promoteBoth(one);
    writeFileSync(path(first), '{');
    expect(await one.promotion.rollback('1d', 'test')).toBeNull();
    expect(await one.version()).toBe(shipped.card.version);
  });

  it('lists what is kept, what serves and what would come back', async () => {
    const one = openProcess();
    await promoteBoth(one);
    const [hourly, daily] = await one.promotion.list();
    expect(daily).toMatchObject({ serving: second.card.version, previous: [null, first.card.version], problem: null });
    expect(new Set(daily!.models.map((model) => model.version))).toEqual(
      new Set([first.card.version, second.card.version]),
    );
    expect(hourly).toMatchObject({ interval: '1h', serving: null, models: [] });
  });

  it('refuses to promote what is not there or not whole', async () => {
    const one = openProcess();
    await promoteBoth(one);
    await expect(one.promotion.promote('1d', '1d-none', 'test')).rejects.toMatchObject({ code: 'CC_MODEL_MISSING' });
    writeFileSync(path(first), '{');
    await expect(one.promotion.promote('1d', first.card.version, 'test')).rejects.toMatchObject({
      code: 'CC_MODEL_DAMAGED',
    });
    expect(await one.version()).toBe(second.card.version);
  });
});
