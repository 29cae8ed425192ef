import { describe, expect, it } from 'vitest';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { createPredictor } from '../../../src/ml/engine/predictor.ts';
import type { Engine } from '../../../src/ml/engine/types.ts';
import { type BlendedTrees, createEnsemblePredictor } from '../../../src/ml/forecast/ensemble.ts';
import { networkSpec } from '../../../src/ml/model/recipes.ts';
import { noisyWeights } from '../engine/support/synthetic.ts';
import { handMadeTrees } from '../trees/support/hand-made.ts';

const LEVELS = QUANTILE_LEVELS.length;
const WIDTH = 4;
const HORIZONS = 3;
const spec = networkSpec('cnn', WIDTH, HORIZONS);
const members = [1, 2, 3].map((seed) => noisyWeights(spec, seed));
/** A net that answers with its own number everywhere, 10, 20 or 30, and remembers what it was asked. */
const asked: unknown[][] = [];
const countedNet: Engine['createPredictor'] = (_, weights) => ({
  predict: (n, ...inputs) => {
    asked.push([n, ...inputs]);
    return new Float32Array(n * HORIZONS * LEVELS).fill(10 * (members.indexOf(weights as (typeof members)[0]) + 1));
  },
});
const steps = new Float32Array(2 * spec.window * spec.features);
/** The first input of the first row is below 0, that of the second above. */
const context = Float32Array.of(-1, 0, 0, 0, 1, 0, 0, 0);
const predict = (trees: BlendedTrees | null) =>
  createEnsemblePredictor({ spec, members, trees }, countedNet).predict(2, steps, context);
/** What the hand-made trees say, row by row, horizon by horizon. */
const trees = Array.from({ length: 2 * HORIZONS * LEVELS }, (_, i) => {
  const [row, h, k] = [Math.floor(i / LEVELS / HORIZONS), Math.floor(i / LEVELS) % HORIZONS, i % LEVELS];
  return (row + 1) * (h + 1) * (k - 10);
});
const model = handMadeTrees(WIDTH, HORIZONS);

describe('an ensemble', () => {
  it('averages its nets', () => {
    expect(new Set(predict(null))).toEqual(new Set([20]));
    expect(new Set(predict({ model, share: [0, 0, 0] }))).toEqual(new Set([20]));
  });

  it('averages them with its trees by the share of the horizon, quantile by quantile', () => {
    const share = [0.5, 0.2, 1];
    const said = predict({ model, share });
    said.forEach((value, i) => {
      const own = share[Math.floor(i / LEVELS) % HORIZONS]!;
      expect(value).toBeCloseTo((1 - own) * 20 + own * trees[i]!, 4);
    });
  });

  it('says what the trees say, to the bit, where they have it all', () => {
    const alone = predict({ model, share: [1, 1, 1] });
    alone.forEach((value, i) => {
      expect(value).toBe(Math.fround(value));
      expect(value).toBeCloseTo(trees[i]!, 4);
    });
  });

  it('shows sentiment and the window to the nets, and the trees the context alone', () => {
    const sentiment = new Float32Array(3);
    const predictor = createEnsemblePredictor({ spec, members, trees: { model, share: [1, 1, 1] } }, countedNet);
    asked.length = 0;
    const heard = predictor.predict(2, steps, context, sentiment);
    expect(asked).toEqual(members.map(() => [2, steps, context, sentiment]));
    expect(heard).toEqual(
      predictor.predict(
        2,
        steps.map(() => 9),
        context,
      ),
    );
    expect(heard).not.toEqual(
      predictor.predict(
        2,
        steps,
        context.map((value) => -value),
      ),
    );
  });

  it('never crosses quantiles, also where those of the trees are all the same', () => {
    const flat = model.horizons.map((one) => ({ ...one, shape: one.shape.map(() => 1 / 3) }));
    const bare = createEnsemblePredictor({ spec, members }, createPredictor);
    const random = Float32Array.from({ length: steps.length }, (_, i) => Math.sin(i * i));
    expect(bare.predict(2, random, context)).not.toEqual(bare.predict(2, steps, context));
    for (const share of [0.1, 0.3, 0.5, 0.7, 0.9, 1]) {
      const blended = { model: { ...model, horizons: flat }, share: [share, share, share] };
      const said = createEnsemblePredictor({ spec, members, trees: blended }, createPredictor).predict(
        2,
        random,
        context,
      );
      said.forEach((value, i) => {
        if (i % LEVELS > 0) expect(value).toBeGreaterThanOrEqual(said[i - 1]!);
      });
    }
  });

  it('refuses trees without a share for each horizon, and shares beyond 0 and 1', () => {
    for (const share of [[0.5], [0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 1.1], [-0.1, 0, 0], [0.5, Number.NaN, 0]]) {
      expect(() => predict({ model, share })).toThrow(expect.objectContaining({ code: 'CC_ENGINE_SHAPE' }));
    }
  });
});
