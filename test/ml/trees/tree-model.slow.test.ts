import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { fitTrees, TREE_OPTIONS, type TreeFit, type TreeOptions } from '../../../src/ml/trees/fit-trees.ts';
import { addForest } from '../../../src/ml/trees/forest.ts';
import { createTreePredictor, decodeTrees, encodeTrees } from '../../../src/ml/trees/tree-model.ts';
import { makeReturns, rowsBetween } from './support/samples.ts';

const ALL = 5000;
const TRAINED = 4000;
const { inputs, width, returns, ranges, logScale } = makeReturns(ALL, 0.5);
const options: TreeOptions = { ...TREE_OPTIONS, scale: { ...TREE_OPTIONS.scale, rounds: 80 } };

/** The same horizon twice, the second of which is not known for every third row, nor for the last. */
function twoHorizons(): TreeFit {
  const targets = new Float32Array(2 * ALL);
  const auxiliary = new Float32Array(2 * ALL);
  for (let row = 0; row < ALL; row++) {
    targets.set([returns[row]!, row % 3 === 0 ? Number.NaN : returns[row]!], 2 * row);
    auxiliary.set([ranges[row]!, row % 3 === 1 ? ranges[row]! : Number.NEGATIVE_INFINITY], 2 * row);
  }
  const rows = rowsBetween(0, TRAINED);
  return { inputs, width, rows, targets, auxiliary, horizons: 2, levels: QUANTILE_LEVELS, options, seed: 7 };
}

const fit = twoHorizons();
const model = await fitTrees(fit);
const predictor = createTreePredictor(model, QUANTILE_LEVELS);
const unseen = inputs.subarray(TRAINED * width);
const forecasts = predictor.predict(ALL - TRAINED, unseen);
const curve = (row: number, horizon: number, from = forecasts) =>
  from.subarray((row * 2 + horizon) * 21, (row * 2 + horizon + 1) * 21);

describe('the forecaster made of trees', () => {
  it('finds how far returns go from three inputs, two of which act together, for rows it has not seen', () => {
    const raw = addForest(model.horizons[0]!.scale, unseen, width, ALL - TRAINED);
    const truth = logScale.subarray(TRAINED);
    const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [rawMean, truthMean] = [mean(raw), mean(truth)];
    const variance = mean(truth.map((value) => (value - truthMean) ** 2));
    const error = mean(raw.map((value, i) => (value - rawMean - truth[i]! + truthMean) ** 2));
    // Four thousand noisy rows; beside LightGBM it stands elsewhere.
    expect(error / variance).toBeLessThan(0.2);
  });

  it('gives odds that are better than even for rows it has not seen', () => {
    let right = 0;
    let told = 0;
    for (let row = 0; row < ALL - TRAINED; row++) {
      const median = curve(row, 0)[10]!;
      if (Math.abs(median) < 0.2) continue;
      told++;
      if (median > 0 === returns[TRAINED + row]! > 0) right++;
    }
    expect(told).toBeGreaterThan(200);
    expect(right / told).toBeGreaterThan(0.58);
  });

  it('has quantiles that as many returns lie below as they say', () => {
    for (const [k, level] of QUANTILE_LEVELS.entries()) {
      let below = 0;
      for (let row = 0; row < ALL - TRAINED; row++) if (returns[TRAINED + row]! <= curve(row, 0)[k]!) below++;
      expect(Math.abs(below / (ALL - TRAINED) - level)).toBeLessThan(0.05);
    }
  });

  it('gives ascending quantiles for any inputs', () => {
    const number = fc.float({ min: -5, max: 5, noNaN: true });
    fc.assert(
      fc.property(fc.array(number, { minLength: width, maxLength: width }), (row) => {
        const quantiles = predictor.predict(1, Float32Array.from(row));
        for (const horizon of [0, 1]) {
          const own = curve(0, horizon, quantiles);
          for (let k = 1; k < own.length; k++) expect(own[k]).toBeGreaterThanOrEqual(own[k - 1]!);
        }
      }),
    );
  });

  it('is centred: its shape is 0 at the median, and the base rate of the years it learnt from is left out', async () => {
    const risen = { ...fit, targets: fit.targets.map((value) => value + 0.4) };
    const drifting = await fitTrees(risen);
    const medians = (one: typeof model) => {
      const all = createTreePredictor(one, QUANTILE_LEVELS).predict(ALL - TRAINED, unseen);
      return Array.from({ length: ALL - TRAINED }, (_, row) => curve(row, 0, all)[10]!);
    };
    expect(drifting.horizons[0]!.direction.start).toBeGreaterThan(0.3);
    for (const { shape } of [...model.horizons, ...drifting.horizons]) expect(shape[10]).toBe(0);
    const mean = medians(drifting).reduce((sum, value) => sum + value, 0) / (ALL - TRAINED);
    expect(Math.abs(mean)).toBeLessThan(0.1);
  });

  it('turns log-odds into a move by the density at the median', () => {
    const { scale, perLogit } = model.horizons[0]!;
    const raw = addForest(scale, inputs, width, TRAINED);
    const near = raw.filter((value, i) => Math.abs(returns[i]! / Math.exp(value)) < 0.15).length;
    // dq/dp is one over the density; odds turn into probability at a quarter.
    expect(perLogit).toBeCloseTo(1 / (near / TRAINED / 0.3) / 4, 1);
  });

  it('leaves rows out of a horizon whose target is not known, and of that alone', async () => {
    const { options: _, ...same } = fit;
    const third = rowsBetween(0, TRAINED).filter((row) => row % 3 === 1);
    const alone = await fitTrees({ ...same, options, rows: third });
    expect(alone.horizons[1]!.scale.start).toBe(model.horizons[1]!.scale.start);
    expect(alone.horizons[0]!.scale.start).not.toBe(model.horizons[0]!.scale.start);
  });

  it('takes an even part of very many rows, and never sees the others', async () => {
    const few = { ...options, mostRows: 1000 };
    const half = await fitTrees({ ...fit, options: few });
    const strided = await fitTrees({ ...fit, options: few, rows: Int32Array.from({ length: 1000 }, (_, i) => 4 * i) });
    expect(half).toEqual(strided);
  });

  it('is the same to the bit for the same seed, and another for another', async () => {
    expect(encodeTrees(await fitTrees(fit))).toEqual(encodeTrees(model));
    expect(encodeTrees(await fitTrees({ ...fit, seed: 8 }))).not.toEqual(encodeTrees(model));
  });

  it('tells how far it has come, and stops when it is cancelled', async () => {
    const cancel = new Int32Array(new SharedArrayBuffer(4));
    const seen: string[] = [];
    const onProgress = (done: number, total: number) => {
      seen.push(`${done}/${total}`);
      if (done === 143) Atomics.store(cancel, 0, 1);
    };
    await expect(fitTrees({ ...fit, onProgress, cancel })).rejects.toMatchObject({ code: 'CC_TRAINING_CANCELLED' });
    expect(seen).toEqual(Array.from({ length: 143 }, (_, i) => `${i + 1}/280`));
  });

  it('lets messages in between two forests, one of which may be that it is cancelled', async () => {
    const cancel = new Int32Array(1);
    let done = 0;
    const onProgress = (trees: number) => {
      // From outside, as another process would: it is heard when the forest is done.
      if (trees === 10) {
        setImmediate(() => {
          cancel[0] = 1;
        });
      }
      done = trees;
    };
    await expect(fitTrees({ ...fit, onProgress, cancel })).rejects.toMatchObject({ code: 'CC_TRAINING_CANCELLED' });
    expect(done).toBe(options.scale.rounds);
  });

  it('wants enough rows, and arrays that belong together', async () => {
    const code = (name: string) => expect.objectContaining({ code: name });
    await expect(fitTrees({ ...fit, rows: rowsBetween(0, 99) })).rejects.toEqual(code('CC_TRAINING_DATA'));
    await expect(fitTrees({ ...fit, rows: rowsBetween(0, 200) })).rejects.toEqual(code('CC_TRAINING_DATA'));
    await expect(fitTrees({ ...fit, horizons: 3 })).rejects.toEqual(code('CC_ENGINE_SHAPE'));
    await expect(fitTrees({ ...fit, rows: Int32Array.of(ALL) })).rejects.toEqual(code('CC_ENGINE_SHAPE'));
    expect(() => createTreePredictor(model, [0.1, 0.9])).toThrow(code('CC_ENGINE_SHAPE'));
    expect(() => predictor.predict(2, new Float32Array(width))).toThrow(code('CC_ENGINE_SHAPE'));
  });
});

describe('a tree model in bytes', () => {
  const bytes = encodeTrees(model);
  const damaged = expect.objectContaining({ code: 'CC_MODEL_DAMAGED' });

  it('has the same bits on every version of Node', () => {
    // Of the same model fitted by Node 20.20, 22.23 and 24.21. It changes with the algorithm and with the options, and then only.
    expect(createHash('sha256').update(bytes).digest('hex').slice(0, 16)).toBe('33db50554568cd30');
  });

  it('comes back as it was', () => {
    expect(decodeTrees(bytes)).toEqual(model);
  });

  it('is refused when bytes are missing at the end, or there are more', () => {
    for (let length = 0; length < bytes.length; length += length < 800 ? 1 : 997) {
      expect(() => decodeTrees(bytes.subarray(0, length))).toThrow(damaged);
    }
    expect(() => decodeTrees(Uint8Array.of(...bytes, 0))).toThrow(damaged);
  });

  it('is refused when its quantiles do not ascend, odds move the wrong way or a forest has other inputs', () => {
    const [first, second] = model.horizons as [(typeof model.horizons)[0], (typeof model.horizons)[0]];
    const encode = (changed: typeof first, inputsOfAll = width) =>
      encodeTrees({ width: inputsOfAll, horizons: [changed, second] });
    expect(() => decodeTrees(encode({ ...first, shape: first.shape.toReversed() }))).toThrow(damaged);
    expect(() => decodeTrees(encode({ ...first, perLogit: -1 }))).toThrow(damaged);
    expect(() => decodeTrees(encode({ ...first, perLogit: Number.NaN }))).toThrow(damaged);
    expect(() => decodeTrees(encode(first, width + 1))).toThrow(damaged);
  });

  it('with damaged bytes is refused, or still gives ascending quantiles', () => {
    const byte = fc.oneof(fc.nat(500), fc.nat(bytes.length - 1));
    fc.assert(
      fc.property(byte, fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = bytes.slice();
        changed[at]! ^= by;
        let read: typeof model;
        try {
          read = decodeTrees(changed);
        } catch (error) {
          if (error instanceof CandlecastError && error.code === 'CC_MODEL_DAMAGED') return;
          throw error;
        }
        const own = createTreePredictor(read, QUANTILE_LEVELS).predict(1, unseen.subarray(0, width)).subarray(0, 21);
        for (let k = 1; k < own.length; k++) expect(own[k]).toBeGreaterThanOrEqual(own[k - 1]!);
      }),
      { numRuns: 500 },
    );
  });
});
