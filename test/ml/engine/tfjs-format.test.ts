import type * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createPredictor } from '../../../src/ml/engine/predictor.ts';
import { fromTfjs, toTfjs } from '../../../src/ml/engine/tfjs-format.ts';
import { FAMILIES, SMALL_CNN_LSTM, SMALL_LSTM } from './support/networks.ts';
import { noisyWeights, randomDataset, windowsFrom } from './support/synthetic.ts';
import { inputsOf, openInTensorflow } from './support/tensorflow.ts';

interface Manifest {
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[];
  userDefinedMetadata: { candlecast: { spec: { window: number; trunk: object[] }; members: number } };
}

const throughJson = (value: object) => JSON.parse(JSON.stringify(value)) as Manifest;

describe("TensorFlow.js's format", () => {
  it.each(FAMILIES)('gives back what was saved of %s', (_, spec) => {
    const members = [noisyWeights(spec, 1), noisyWeights(spec, 2)];
    const { modelJson, weightData } = toTfjs(spec, members, { card: { name: 'x' } }, 'other.bin');
    const json = throughJson(modelJson);
    expect(json.weightsManifest[0]!.paths).toEqual(['other.bin']);
    expect(fromTfjs(json, weightData)).toEqual({ spec, members, metadata: { card: { name: 'x' } } });
  });

  it('opens in plain TensorFlow.js as the average of the members', async () => {
    const spec = SMALL_CNN_LSTM;
    const members = [1, 2, 3].map((seed) => noisyWeights(spec, seed));
    const model = await openInTensorflow(toTfjs(spec, members, {}));
    expect(model.inputNames).toEqual(['window', 'context']);
    expect(model.inputs.map(({ shape }) => shape)).toEqual([
      [null, 13, 7],
      [null, 5],
    ]);
    expect(model.outputs[0]!.shape).toEqual([null, 12]);
    const inputs = inputsOf(spec, randomDataset(spec, 40, 4), windowsFrom(20, 9));
    const [steps, context] = inputs.map((input) => input.dataSync() as Float32Array);
    const forecasts = members.map((weights) => createPredictor(spec, weights).predict(9, steps!, context!));
    const theirs = (model.predict(inputs) as tf.Tensor).dataSync();
    for (const [i, value] of theirs.entries()) {
      expect(value).toBeCloseTo(
        forecasts.reduce((sum, forecast) => sum + forecast[i]! / 3, 0),
        5,
      );
    }
  });

  it('has no context input for a network without context', async () => {
    const model = await openInTensorflow(toTfjs(SMALL_LSTM, [noisyWeights(SMALL_LSTM, 1)], {}));
    expect(model.inputNames).toEqual(['window']);
  });

  it('reads a weights file that starts anywhere in its buffer', () => {
    const { modelJson, weightData } = toTfjs(SMALL_LSTM, [noisyWeights(SMALL_LSTM, 1)], {});
    const shifted = new Uint8Array(weightData.length + 3);
    shifted.set(weightData, 3);
    const { members } = fromTfjs(modelJson, shifted.subarray(3));
    expect(members[0]).toEqual(noisyWeights(SMALL_LSTM, 1));
  });

  const damage: [string, (json: Manifest, bytes: Uint8Array) => [unknown, Uint8Array]][] = [
    ['weights that are cut short', (json, bytes) => [json, bytes.subarray(0, -4)]],
    ['weights with something behind them', (json, bytes) => [json, Uint8Array.from([...bytes, 0, 0, 0, 0])]],
    ['no weights', (json) => [json, new Uint8Array(0)]],
    [
      'a weight that is not a number',
      (json, bytes) => {
        const copy = bytes.slice();
        new DataView(copy.buffer).setFloat32(40, Number.NaN, true);
        return [json, copy];
      },
    ],
    [
      'a tensor that is missing',
      (json, bytes) => {
        const [manifest] = json.weightsManifest;
        const last = manifest!.weights.pop()!;
        return [json, bytes.subarray(0, bytes.length - 4 * last.shape.reduce((a, b) => a * b, 1))];
      },
    ],
    [
      'a tensor turned on its side',
      (json, bytes) => {
        json.weightsManifest[0]!.weights[0]!.shape.reverse();
        return [json, bytes];
      },
    ],
    [
      'a tensor listed twice',
      (json, bytes) => {
        const { weights } = json.weightsManifest[0]!;
        weights[1] = { ...weights[0]! };
        return [json, bytes];
      },
    ],
    [
      'a window that does not fit the weights',
      (json, bytes) => {
        json.userDefinedMetadata.candlecast.spec.trunk = [{ type: 'flatten' }];
        return [json, bytes];
      },
    ],
    [
      'more members than towers',
      (json, bytes) => {
        json.userDefinedMetadata.candlecast.members = 2;
        return [json, bytes];
      },
    ],
    [
      'a network that cannot be built',
      (json, bytes) => {
        json.userDefinedMetadata.candlecast.spec.trunk = [];
        return [json, bytes];
      },
    ],
    [
      'a network of absurd size',
      (json, bytes) => {
        json.userDefinedMetadata.candlecast.spec.trunk = [{ type: 'lstm', units: 65_536 }];
        return [json, bytes];
      },
    ],
    ['no metadata', (json, bytes) => [{ ...json, userDefinedMetadata: undefined }, bytes]],
    ['another format', (json, bytes) => [{ ...json, format: 'graph-model' }, bytes]],
    ['nothing at all', (_json, bytes) => [null, bytes]],
  ];

  it.each(damage)('refuses a model file with %s', (_, damaged) => {
    const { modelJson, weightData } = toTfjs(SMALL_LSTM, [noisyWeights(SMALL_LSTM, 1)], {});
    const [json, bytes] = damaged(throughJson(modelJson), weightData);
    expect(() => fromTfjs(json, bytes)).toThrow(expect.objectContaining({ code: 'CC_MODEL_DAMAGED' }));
  });
});
