import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runModel } from '../../src/cli/model.ts';
import { runTrain } from '../../src/cli/train.ts';
import type { Candle } from '../../src/core/candle.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { toColumns } from '../../src/ml/features/columns.ts';
import { decodeModel, encodeModel, localCardReader, type ModelBytes } from '../../src/ml/model/model-file.ts';
import { trainModel } from '../../src/ml/train/train-model.ts';
import { compareInThread } from '../../src/ml/workers/comparison.ts';
import { createModelRegistry, storedModels } from '../../src/services/models/model-registry.ts';
import { createPromotionService, type PromotionService } from '../../src/services/models/promotion.ts';
import { createModelStore } from '../../src/storage/model-store.ts';
import { candleFolder, emptyFolder } from '../support/candle-files.ts';
import { TINY_OPTIONS } from '../support/tiny-model.ts';
import { garchProcess, volatileCandles } from '../support/volatile-candles.ts';

const DAYS = 1_000;
const SMALL = ['--filters', '8', '--units', '8', '--dense', '8'];
const START_MS = Date.UTC(2020, 0, 1);
const NOW = () => START_MS + DAYS * DAY_MS;

/** Coins whose volatility clusters so strongly that a net must beat climatology. */
const coins: Record<string, Candle[]> = Object.fromEntries(
  ['BTC', 'ETH', 'LTC'].map((symbol, i) => [
    symbol,
    volatileCandles(DAYS, { seed: 40 + i, process: garchProcess(0.00002, 0.25, 0.74) }),
  ]),
);

/** A model that only repeats climatology, whatever its net says. */
async function repeating(): Promise<ModelBytes> {
  const inputs = Object.entries(coins).map(([symbol, candles]) => ({
    symbol,
    columns: toColumns(candles, '1d'),
    observations: new Map(),
  }));
  const options = {
    ...TINY_OPTIONS,
    seeds: [9],
    windowVisits: 128,
    validationChecks: 1,

    fitUntilMs: START_MS + 500 * DAY_MS,
    stopUntilMs: START_MS + 600 * DAY_MS,
  };
  const trained = await trainModel(inputs, inputs[0]!.columns, options, NOW, () => {});
  const calibration = { medianShare: 0, climatologyWeight: [1, 1, 1], conformalStep: 0 };
  return encodeModel({ ...trained, card: { ...trained.card, calibration } });
}

let candles: string;
let shipped: ModelBytes;
beforeAll(async () => {
  candles = candleFolder(coins);
  shipped = await repeating();
});

/** A computer with nothing but the shipped model. */
function install(readShipped: () => Promise<ModelBytes> = async () => shipped) {
  const folder = emptyFolder();
  const store = createModelStore(folder);
  const models = createModelRegistry(storedModels(store, readShipped), localCardReader, silentLogger, NOW);
  const promotion = createPromotionService({
    store,
    models,
    reader: localCardReader,
    compare: compareInThread,
    now: NOW,
    logger: silentLogger,
  });
  return { folder, store, models, promotion };
}

async function train(promotion: PromotionService | undefined, ...args: string[]): Promise<string> {
  let said = '';
  await runTrain({
    args: ['--candles', candles, '--reproducible', '--no-rehearsal', '--seeds', '1', ...SMALL, ...args],
    now: NOW,
    out: { write: (text) => (said += text) },
    progress: { write: () => {} },
    threads: 1,
    backend: 'wasm',
    signal: new AbortController().signal,
    cpuMs: () => 0,
    ...(promotion ? { openGate: async () => ({ promotion, close: async () => undefined }) } : {}),
  });
  return said;
}

async function model(promotion: PromotionService, ...args: string[]): Promise<string> {
  let said = '';
  await runModel({ args, promotion, out: { write: (text) => (said += text) } });
  return said;
}

describe('npm run train without --out', () => {
  it('refuses nets that are too large to be kept before it trains them, and says what to make smaller', async () => {
    const { promotion, store } = install();
    const refused = train({ ...promotion, maxBytes: 10_000 });
    await expect(refused).rejects.toMatchObject({
      code: 'CC_FILE',
      message: expect.stringMatching(/weights of \d+\.\d MiB, and only 0\.0 MiB can be kept/),
      remedy: expect.stringContaining('--filters, --units or --dense'),
    });
    expect(await store.list('1d')).toEqual([]);
    expect(promotion.maxBytes).toBe(store.maxBytes);
  });

  it('promotes a model that beats the shipped one and climatology, and one command rolls it back', async () => {
    const { models, promotion, store } = install();
    const before = (await models.serving('1d')).card.version;
    const said = await train(promotion);
    expect(said).toMatch(/PROMOTED: 1d-\d{8}-\w{6} serves from now on\. It is better than the serving model, by/);
    const { card } = await models.serving('1d');
    expect(card.version).not.toBe(before);

    const [kept] = await store.list('1d');
    expect(kept).toMatchObject({ version: card.version, verdict: { outcome: 'promoted', against: before, coins: 3 } });
    const { verdict } = kept!;
    // It has learnt from every day; its twin, which the gate measured, had not seen the newest half year.
    expect(card.data.stopUntilMs).toBe(NOW());
    const { data } = decodeModel((await store.readTwin('1d', card.version))!).card;
    expect(data.stopUntilMs).toBe(NOW() + 1 - 180 * DAY_MS);
    expect(verdict!.fromMs).toBeGreaterThanOrEqual(data.stopUntilMs);
    expect(verdict!.remarks[0]).toMatch(/^The new model was measured by a twin/);
    expect(verdict!.periods).toBeGreaterThan(170);
    expect(verdict!.horizons.map((one) => one.steps)).toEqual([1, 3, 7]);
    expect(verdict!.overServing!.pValue).toBeLessThan(0.05);

    expect(await model(promotion, 'list', '--interval', '1d')).toMatch(
      new RegExp(`1d candles: ${card.version} serves\\.[^]*A rollback brings back the shipped model`),
    );
    expect(await model(promotion, 'rollback')).toContain('The model shipped with Candlecast serves 1d candles again');
    expect((await models.serving('1d')).card.version).toBe(before);
    expect(await model(promotion, 'promote', card.version)).toContain(`${card.version} serves 1d candles from now on`);

    // A model made alike is a tie, measured twin beside twin, and a tie goes to the newer.
    const again = await train(promotion, '--dropout', '0.11');
    expect(again).toMatch(/PROMOTED: 1d-\d{8}-\w{6} serves from now on\. It is not shown to be worse/);
    expect(again).toMatch(/Both models were measured by a twin/);
    expect((await models.serving('1d')).card.version).not.toBe(card.version);
    expect((await store.list('1d')).map((one) => one.verdict!.decidedBy).sort()).toEqual(['better', 'tie']);
  }, 120_000);

  it('keeps a model that leaves no days to measure it on', async () => {
    const { models, promotion, store } = install();
    const said = await train(promotion, '--stop-until', '2022-09-26');
    expect(said).toMatch(/KEPT, NOT SERVING.*112 are needed to tell/);
    expect((await store.list('1d'))[0]!.verdict).toMatchObject({ outcome: 'kept' });
    expect((await models.serving('1d')).card.version).toBe(decodeModel(shipped).card.version);
  }, 180_000);

  it('only writes the file with --out', async () => {
    const { folder, promotion, store } = install();
    const path = join(folder, 'mine.json');
    expect(await train(promotion, '--out', path)).toContain(`Written to ${path}`);
    expect(existsSync(path)).toBe(true);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toHaveProperty('weightsManifest');
    expect(await store.list('1d')).toEqual([]);
    await expect(train(undefined)).rejects.toMatchObject({ code: 'CC_USAGE' });
  }, 180_000);
});

describe('npm run model', () => {
  it.each([
    [['promote'], /which version/],
    [['list', 'x'], /takes no version/],
    [['delete'], /nothing called "delete"/],
    [['rollback', '--interval', '5m'], /no models for the interval "5m"/],
    [['promote', 'mine'], /--interval/],
    [['--what'], /what/],
  ])('refuses %j with the usage', async (args, words) => {
    await expect(model(install().promotion, ...args)).rejects.toMatchObject({
      code: 'CC_USAGE',
      message: expect.stringMatching(words),
      remedy: expect.stringContaining('npm run model'),
    });
  });
});

describe('the comparison', () => {
  it('finds no difference between a model and itself, and ends when it is cancelled', async () => {
    const { models, promotion } = install();
    await expect(promotion.consider({ model: shipped, series: [] })).rejects.toMatchObject({
      code: 'CC_TRAINING_DATA',
      message: expect.stringContaining('serves already'),
    });
    const { bytes, card } = await models.serving('1d');
    const data = {
      candidate: shipped,
      serving: bytes,
      refit: null,
      setting: {
        interval: '1d',
        steps: card.steps,
        fromMs: START_MS + 700 * DAY_MS,
        toMs: START_MS + 900 * DAY_MS,
        btc: null,
        window: 60,
      },
    } as const;
    const { toHistory } = await import('../../src/ml/data/coin-history.ts');
    const history = toHistory(
      'ETH',
      coins['ETH']!.map((candle) => ({ ...candle, flag: null })),
      '1d',
    );
    const same = await compareInThread([history], data);
    expect(same.overServing).toEqual({ skillPct: { value: 0, low: 0, high: 0 }, pValue: 1, worsePValue: 1 });
    expect(same).toMatchObject({ n: 3 * 201, coins: 1, periods: 201 });
    await expect(compareInThread([history], data, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CC_TRAINING_CANCELLED',
    });
  }, 180_000);
});
