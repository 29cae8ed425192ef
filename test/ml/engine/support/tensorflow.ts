import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { type LayersModel, loadLayersModel, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { toTfjs } from '../../../../src/ml/engine/tfjs-format.ts';
import type { EngineDataset, NetworkSpec, Weights } from '../../../../src/ml/engine/types.ts';

/**
 * tfjs-layers calls operations as methods of tensors; the union package `@tensorflow/tfjs` adds them, tfjs-core alone does
 * not (its own registration file cannot be loaded by Node).
 */
const methods = tf.Tensor.prototype as unknown as Record<string, unknown>;
for (const [name, operation] of Object.entries(tf)) {
  if (typeof operation !== 'function' || name in methods) continue;
  const call = operation as (...args: unknown[]) => unknown;
  methods[name] = function method(this: tf.Tensor, ...args: unknown[]) {
    return call(this, ...args);
  };
}

/** Opens what `toTfjs` wrote with plain TensorFlow.js, from memory. */
export async function openInTensorflow(saved: { modelJson: object; weightData: Uint8Array }): Promise<LayersModel> {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  // Through JSON, as it would be read from a file.
  const json = JSON.parse(JSON.stringify(saved.modelJson)) as tf.io.ModelJSON;
  const weightData = saved.weightData.slice().buffer;
  const [manifest] = json.weightsManifest;
  return loadLayersModel(
    tf.io.fromMemory({ modelTopology: json.modelTopology, weightSpecs: manifest!.weights, weightData }),
  );
}

/** Inputs of the windows that end at the given rows, as TensorFlow.js's tensors. */
export function inputsOf(spec: NetworkSpec, dataset: EngineDataset, windows: Int32Array): tf.Tensor[] {
  const { window, features, context } = spec;
  const steps = [...windows].flatMap((end) => [
    ...dataset.steps.subarray((end + 1 - window) * features, (end + 1) * features),
  ]);
  const inputs: tf.Tensor[] = [tf.tensor3d(steps, [windows.length, window, features])];
  if (context > 0) {
    const rows = [...windows].flatMap((end) => [...dataset.context.subarray(end * context, (end + 1) * context)]);
    inputs.push(tf.tensor2d(rows, [windows.length, context]));
  }
  if (spec.sentiment) {
    const { inputs: width, masks } = spec.sentiment;
    const columns = (from: number, to: number) => {
      const rows = [...windows].flatMap((end) => [
        ...dataset.sentiment!.subarray(end * width + from, end * width + to),
      ]);
      inputs.push(tf.tensor2d(rows, [windows.length, to - from]));
    };
    columns(0, width - masks);
    if (masks > 0) columns(width - masks, width);
  }
  return inputs;
}

/** The loss that types.ts documents, written in TensorFlow.js's operations, and its gradient for every tensor. */
export async function tensorflowGradient(
  spec: NetworkSpec,
  weights: Weights,
  dataset: EngineDataset,
  windows: Int32Array,
): Promise<{ loss: number; gradient: ReadonlyMap<string, Float32Array> }> {
  const opened = await openInTensorflow(toTfjs(spec, [weights], {}));
  for (const layer of opened.layers) layer.trainable = true;
  const variables = new Map<string, tf.Variable>();
  for (const weight of opened.weights) {
    const name = weight.originalName.replace('member1_', '').replace('increments/bias', 'head/base');
    if (weights.some((tensor) => tensor.name === name)) variables.set(name, weight.read() as tf.Variable);
  }
  const { head } = spec;
  const horizons = head.type === 'quantile' ? head.horizons : 1;
  const rowsOf = (values: Float32Array) =>
    [...windows].flatMap((end) => [...values.subarray(end * horizons, (end + 1) * horizons)]);
  const masked = (values: number[]) => ({
    value: tf.tensor1d(values.map((value) => (Number.isNaN(value) ? 0 : value))),
    mask: tf.tensor1d(values.map((value) => (Number.isNaN(value) ? 0 : 1))),
  });
  const target = masked(rowsOf(dataset.targets));
  const levels = tf.tensor1d([...head.levels]);
  const inputs = inputsOf(spec, dataset, windows);
  const executor = withHeadOutput(opened);
  const { value, grads } = tf.variableGrads(() => {
    const [outputs, z] = executor(inputs);
    const quantiles = tf.reshape(outputs!, [windows.length * horizons, head.levels.length]);
    const u = tf.sub(tf.expandDims(target.value, 1), quantiles);
    const pinball = tf.maximum(tf.mul(u, levels), tf.mul(u, tf.sub(levels, 1)));
    const known = tf.sum(target.mask);
    let loss = tf.div(tf.sum(tf.mul(tf.mean(pinball, 1), target.mask)), known);
    if (head.type === 'quantile' && head.auxiliary) {
      const auxiliary = masked(rowsOf(dataset.auxiliary));
      const perHorizon = tf.reshape(z!, [windows.length * horizons, 5]);
      const d = tf.abs(tf.sub(tf.reshape(tf.slice(perHorizon, [0, 4], [-1, 1]), [-1]), auxiliary.value));
      const near = tf.minimum(d, 1);
      const huber = tf.mul(near, tf.sub(d, tf.mul(0.5, near)));
      const mean = tf.div(tf.sum(tf.mul(huber, auxiliary.mask)), tf.sum(auxiliary.mask));
      loss = tf.add(loss, tf.mul(head.auxiliaryWeight, mean));
    }
    return loss as tf.Scalar;
  }, [...variables.values()]);
  const gradient = new Map<string, Float32Array>();
  for (const [name, variable] of variables) gradient.set(name, (await grads[variable.name]!.data()) as Float32Array);
  return { loss: (await value.data())[0]!, gradient };
}

/** The model with the head's linear output as its second; dropout is left out, as `lossGradient` does. */
function withHeadOutput(opened: LayersModel): (inputs: tf.Tensor[]) => readonly tf.Tensor[] {
  const z = opened.getLayer('member1_head').output as SymbolicTensor;
  const isHead = opened.outputs[0] === z;
  const both = model({ inputs: opened.inputs, outputs: isHead ? [z] : [...opened.outputs, z] });
  return (inputs) => {
    const outputs = both.apply(inputs, { training: false });
    return Array.isArray(outputs) ? (outputs as tf.Tensor[]) : [outputs as tf.Tensor];
  };
}
