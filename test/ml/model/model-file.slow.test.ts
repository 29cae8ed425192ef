import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createPredictor } from '../../../src/ml/engine/predictor.ts';
import { createEnsemblePredictor } from '../../../src/ml/forecast/ensemble.ts';
import { createForecaster } from '../../../src/ml/forecast/forecaster.ts';
import { modelCardSchema } from '../../../src/ml/model/card.ts';
import { decodeModel, encodeModel, type LoadedModel, type ModelBytes } from '../../../src/ml/model/model-file.ts';
import type { TrainedModel } from '../../../src/ml/train/train-model.ts';
import type { TreeModel } from '../../../src/ml/trees/tree-model.ts';
import { readModelFile } from '../../../src/storage/model-store.ts';
import { tinyCoins, tinyModel } from '../../support/tiny-model.ts';
import { randomDataset, windowsFrom } from '../engine/support/synthetic.ts';
import { inputsOf, openInTensorflow } from '../engine/support/tensorflow.ts';
import { handMadeTrees } from '../trees/support/hand-made.ts';

const COINS = tinyCoins(700, '1h');
let trained: TrainedModel;
let bytes: ReturnType<typeof encodeModel>;
let loaded: LoadedModel;
beforeAll(async () => {
  trained = await tinyModel({ interval: '1h', seeds: [1, 2], treeShare: [0.5, 0.5, 0.5] }, () => {}, undefined, COINS);
  bytes = encodeModel(trained);
  loaded = decodeModel(bytes);
}, 60_000);

const damaged = expect.objectContaining({ code: 'CC_MODEL_DAMAGED' });

/** The file with other numbers in its metadata. */
function withMetadata({ modelJson, weightData }: ModelBytes, change: (metadata: Metadata) => void): ModelBytes {
  const json = JSON.parse(modelJson);
  change(json.userDefinedMetadata.metadata);
  return { modelJson: JSON.stringify(json), weightData };
}
interface Metadata {
  treeBytes?: number;
  card: { trees?: { share: number[] } };
}
const treeBytesOf = (one: ModelBytes): number => JSON.parse(one.modelJson).userDefinedMetadata.metadata.treeBytes;

describe('a saved model with trees', () => {
  it('forecasts after loading exactly as before, and otherwise than its nets alone', () => {
    const [btc, eth] = COINS;
    const { members, spec, trees } = trained;
    const fresh = createForecaster({ spec, members, trees, card: bytes.card }).forecast(eth!, btc!.columns);
    expect(createForecaster(loaded).forecast(eth!, btc!.columns)).toEqual(fresh);
    expect(createForecaster({ ...loaded, trees: null }).forecast(eth!, btc!.columns).horizons).not.toEqual(
      fresh.horizons,
    );
  });

  it('comes back as it was, with a card that says so', () => {
    expect(loaded.trees).toEqual(trained.trees);
    expect(loaded.members).toEqual(trained.members);
    expect(modelCardSchema.parse(loaded.card)).toEqual(bytes.card);
    expect(loaded.card.trees).toEqual({ share: [0.5, 0.5, 0.5] });
    expect(treeBytesOf(bytes)).toBeGreaterThan(10_000);
  });

  it('has a version of its own: the trees’ bytes count', () => {
    const { trees: _, ...nets } = trained;
    const { trees: __, ...card } = trained.card;
    const without = encodeModel({ ...nets, card });
    expect(without.card.version).not.toBe(bytes.card.version);
    expect(Buffer.from(bytes.weightData.subarray(0, without.weightData.length))).toEqual(
      Buffer.from(without.weightData),
    );
    expect(treeBytesOf(without)).toBe(0);
    expect(decodeModel(without).trees).toBeNull();
  });

  it('opens in plain TensorFlow.js as the average of its nets', async () => {
    const { spec, members } = loaded;
    const model = await openInTensorflow({ modelJson: JSON.parse(bytes.modelJson), weightData: bytes.weightData });
    const inputs = inputsOf(spec, randomDataset(spec, spec.window + 12, 4), windowsFrom(spec.window, 9));
    const [steps, context] = inputs.map((input) => input.dataSync() as Float32Array);
    const nets = createEnsemblePredictor({ spec, members }, createPredictor).predict(9, steps!, context!);
    const theirs = (model.predict(inputs) as tf.Tensor).dataSync();
    expect(theirs).toHaveLength(nets.length);
    for (const [i, value] of theirs.entries()) expect(Math.abs(value - nets[i]!)).toBeLessThan(1e-4);
  });

  it('is refused when a byte of its trees is changed, or some are cut off or added', () => {
    const { weightData } = bytes;
    const first = weightData.length - treeBytesOf(bytes);
    for (const at of [first, first + 20, weightData.length - 1]) {
      const flipped = weightData.slice();
      flipped[at]! ^= 1;
      expect(() => decodeModel({ ...bytes, weightData: flipped })).toThrow(damaged);
    }
    for (const length of [0, 3, first, weightData.length - 4]) {
      expect(() => decodeModel({ ...bytes, weightData: weightData.slice(0, length) })).toThrow(damaged);
    }
    const longer = new Uint8Array(weightData.length + 1);
    longer.set(weightData);
    expect(() => decodeModel({ ...bytes, weightData: longer })).toThrow(damaged);
  });

  it('is refused when it is said where the trees begin, and that is wrong', () => {
    const own = treeBytesOf(bytes);
    const all = bytes.weightData.length;
    for (const treeBytes of [0, 1, own - 4, own - 1, own + 1, own + 4, all, all + 1, 1e12, -1, 0.5]) {
      const moved = withMetadata(bytes, (metadata) => {
        metadata.treeBytes = treeBytes;
      });
      expect(() => decodeModel(moved)).toThrow(damaged);
    }
    const unsaid = withMetadata(bytes, (metadata) => {
      delete metadata.treeBytes;
    });
    expect(() => decodeModel(unsaid)).toThrow(damaged);
  });

  it('is refused when the card’s shares are too few, too many, beyond 0 and 1 or missing', () => {
    for (const share of [[0.5], [0.5, 0.5], [0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 1.5], [0.5, -0.1, 0.5], []]) {
      const other = withMetadata(bytes, ({ card }) => {
        card.trees = { share };
      });
      expect(() => decodeModel(other)).toThrow(damaged);
    }
    const unsaid = withMetadata(bytes, ({ card }) => {
      delete card.trees;
    });
    expect(() => decodeModel(unsaid)).toThrow(damaged);
  });

  it('is refused when its trees see other inputs, or forecast other horizons or levels', () => {
    const { context } = trained.spec;
    const withTrees = (model: TreeModel) => encodeModel({ ...trained, trees: { model, share: [0.5, 0.5, 0.5] } });
    expect(decodeModel(withTrees(handMadeTrees(context, 3))).trees!.model).toEqual(handMadeTrees(context, 3));
    const fewer = handMadeTrees(context, 3);
    for (const model of [
      handMadeTrees(context - 1, 3),
      handMadeTrees(context + 1, 3),
      handMadeTrees(context, 2),
      handMadeTrees(context, 4),
      { ...fewer, horizons: fewer.horizons.map((one) => ({ ...one, shape: one.shape.slice(1) })) },
    ]) {
      expect(() => decodeModel(withTrees(model))).toThrow(damaged);
    }
  });
});

describe('a saved model from before there were trees', () => {
  it('loads as it is, without any', async () => {
    const old = encodeModel(await tinyModel());
    const unsaid = withMetadata(old, (metadata) => {
      expect(metadata.treeBytes).toBe(0);
      delete metadata.treeBytes;
    });
    expect(decodeModel(unsaid)).toEqual(decodeModel(old));
    expect(decodeModel(unsaid).trees).toBeNull();
  });
});

describe('the shipped models', () => {
  it.each(['1d', '1h'])('load, those of %s candles too, with trees where the card says so', async (interval) => {
    const path = fileURLToPath(new URL(`../../../models/${interval}.json`, import.meta.url));
    const model = decodeModel(await readModelFile(path));
    expect(model.card.interval).toBe(interval);
    expect(model.trees?.share).toEqual(
      JSON.parse(readFileSync(path, 'utf8')).userDefinedMetadata.metadata.card.trees?.share,
    );
  });
});
