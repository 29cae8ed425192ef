import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { sentimentInputs } from '../engine/layers/gated-input.ts';
import { fixedHeadTensors } from '../engine/tfjs-topology.ts';
import type { DenseLayer, EngineDataset, NetworkSpec, TrunkLayer } from '../engine/types.ts';
import { fusedLstm, hasFusedLstm } from './fused-lstm.ts';
import type { TensorFlow } from './load-tensorflow.ts';

/** A network's tensors by name, as `weightShapes` names them. */
export type Parameters = ReadonlyMap<string, Tensor>;

/** What a forward pass gives: outputs [n, horizons · levels], and the output of the head's linear layer [n, head width]. */
export interface ForwardPass {
  readonly outputs: Tensor2D;
  readonly z: Tensor2D;
}

/** Makes a dropout mask (0 or 1 ÷ (1 − rate)) of the given shape; `layer` counts the dropout layers of the pass. */
export type DropoutMask = (shape: readonly number[], rate: number, layer: number) => Tensor;

/**
 * The network of a spec in TensorFlow.js's operations. Without `dropout` nothing is dropped. Call it inside `tf.tidy`.
 */
export function forward(
  tf: TensorFlow,
  spec: NetworkSpec,
  parameters: Parameters,
  { steps, context, sentiment }: Inputs,
  dropout: DropoutMask | null,
): ForwardPass {
  const counts = new Map<string, number>();
  const named = (type: string) => {
    const count = (counts.get(type) ?? 0) + 1;
    counts.set(type, count);
    return `${type}_${count}`;
  };
  const apply = (x: Tensor, layer: TrunkLayer | DenseLayer): Tensor => {
    const name = named(layer.type);
    const own = (part: string) => parameters.get(`${name}/${part}`)!;
    switch (layer.type) {
      case 'conv1d': {
        const y = tf.add(tf.conv1d(x as Tensor3D, own('kernel') as Tensor3D, 1, 'same'), own('bias'));
        return layer.activation === 'relu' ? tf.relu(y) : y;
      }
      case 'maxPool':
        return maxPool(tf, x as Tensor3D, layer.size);
      case 'lstm':
        return lstm(tf, x as Tensor3D, own('kernel'), own('recurrent_kernel'), own('bias'));
      case 'gru':
        return gru(tf, x as Tensor3D, own('kernel'), own('recurrent_kernel'), own('bias'));
      case 'flatten':
        return tf.reshape(x, [x.shape[0]!, -1]);
      case 'dropout':
        return dropout && layer.rate > 0 ? tf.mul(x, dropout(x.shape, layer.rate, counts.get('dropout')!)) : x;
      case 'dense': {
        const sums = tf.add(tf.matMul(x as Tensor2D, own('kernel') as Tensor2D), own('bias'));
        const y =
          sentiment && name === 'dense_1' ? tf.add(sums, gated(tf, spec, parameters, sentiment, dropout)) : sums;
        return layer.activation === 'relu' ? tf.relu(y) : layer.activation === 'tanh' ? tf.tanh(y) : y;
      }
    }
  };
  let x: Tensor = steps;
  for (const layer of spec.trunk) x = apply(x, layer);
  if (context) x = tf.concat([x as Tensor2D, context], 1);
  for (const layer of spec.dense) x = apply(x, layer);
  const kernel = parameters.get('head/kernel') as Tensor2D;
  const z = tf.add(tf.matMul(x as Tensor2D, kernel), parameters.get('head/bias')!) as Tensor2D;
  return { z, outputs: spec.head.type === 'linear' ? z : quantiles(tf, spec.head, z, parameters.get('head/base')!) };
}

/** What sentiment adds to the first dense layer's sums; in training whole samples are dropped, and what stays is not scaled up. */
function gated(
  tf: TensorFlow,
  { sentiment: spec }: NetworkSpec,
  parameters: Parameters,
  sentiment: Tensor2D,
  dropout: DropoutMask | null,
): Tensor {
  const rate = spec?.dropout ?? 0;
  const kept = dropout && rate > 0 ? tf.mul(dropout([sentiment.shape[0], 1], rate, 0), 1 - rate) : null;
  const x = kept ? (tf.mul(sentiment, kept) as Tensor2D) : sentiment;
  const sums = tf.matMul(x, parameters.get('sentiment_gate/kernel') as Tensor2D);
  const gate = tf.sigmoid(tf.add(sums, parameters.get('sentiment_gate/bias')!));
  const value = parameters.get('sentiment_value/kernel') as Tensor2D;
  const v = tf.slice(x, [0, 0], [-1, value.shape[0]]);
  return tf.mul(gate, tf.matMul(v, value));
}

function maxPool(tf: TensorFlow, x: Tensor3D, size: number): Tensor {
  const [n, steps, channels] = x.shape;
  const pooled = tf.maxPool(tf.reshape(x, [n, steps, 1, channels]) as Tensor4D, [size, 1], [size, 1], 'valid');
  return tf.reshape(pooled, [n, Math.floor(steps / size), channels]);
}

/** The last hidden state; gates in the order i f c o. The inputs' share of all steps' gates is one product. */
function lstm(tf: TensorFlow, x: Tensor3D, kernel: Tensor, recurrent: Tensor, bias: Tensor): Tensor {
  if (hasFusedLstm(tf)) return fusedLstm(tf, x, kernel as Tensor2D, recurrent as Tensor2D, bias as Tensor1D);
  const [n, steps, channels] = x.shape;
  const flat = tf.reshape(x, [n * steps, channels]);
  const all = tf.add(tf.matMul(flat, kernel as Tensor2D), bias);
  const ofSteps = tf.unstack(tf.reshape(all, [n, steps, -1]), 1);
  let hidden: Tensor | null = null;
  let cell: Tensor | null = null;
  for (const ofInput of ofSteps) {
    const gates: Tensor = hidden ? tf.add(ofInput, tf.matMul(hidden as Tensor2D, recurrent as Tensor2D)) : ofInput;
    const [input, forget, candidate, output] = tf.split(gates, 4, 1) as [Tensor, Tensor, Tensor, Tensor];
    const fresh: Tensor = tf.mul(tf.sigmoid(input), tf.tanh(candidate));
    cell = cell ? tf.add(tf.mul(tf.sigmoid(forget), cell), fresh) : fresh;
    hidden = tf.mul(tf.sigmoid(output), tf.tanh(cell));
  }
  return hidden!;
}

/** The last hidden state; gates in the order z r h, the reset gate before the recurrent product. */
function gru(tf: TensorFlow, x: Tensor3D, kernel: Tensor, recurrent: Tensor, bias: Tensor): Tensor {
  const [n, steps, channels] = x.shape;
  const units = recurrent.shape[0]!;
  const flat = tf.reshape(x, [n * steps, channels]);
  const all = tf.add(tf.matMul(flat, kernel as Tensor2D), bias);
  const ofSteps = tf.unstack(tf.reshape(all, [n, steps, -1]), 1);
  const ofGates = tf.slice(recurrent as Tensor2D, [0, 0], [units, 2 * units]);
  const ofCandidate = tf.slice(recurrent as Tensor2D, [0, 2 * units], [units, units]);
  let hidden: Tensor = tf.zeros([n, units]);
  for (const ofInput of ofSteps) {
    const [inputGates, inputCandidate] = tf.split(ofInput, [2 * units, units], 1) as [Tensor, Tensor];
    const gates = tf.sigmoid(tf.add(inputGates, tf.matMul(hidden as Tensor2D, ofGates)));
    const [update, reset] = tf.split(gates, 2, 1) as [Tensor, Tensor];
    const kept = tf.mul(reset, hidden) as Tensor2D;
    const candidate = tf.tanh(tf.add(inputCandidate, tf.matMul(kept, ofCandidate)));
    hidden = tf.add(candidate, tf.mul(update, tf.sub(hidden, candidate)));
  }
  return hidden;
}

/** The quantile head's curve, as the saved model has it: increments by one fixed product, their running sums by another. */
function quantiles(
  tf: TensorFlow,
  head: NetworkSpec['head'] & { type: 'quantile' },
  z: Tensor2D,
  base: Tensor,
): Tensor2D {
  const [increments, , sums] = fixedHeadTensors(head, new Float32Array(0));
  const fixed = ({ data, shape }: NonNullable<typeof sums>) => tf.tensor2d(data, shape as [number, number]);
  const steps = tf.softplus(tf.add(tf.matMul(z, fixed(increments!)), tf.reshape(base, [-1]) as Tensor1D));
  return tf.matMul(tf.concat([steps as Tensor2D, z], 1), fixed(sums!));
}

/** The inputs of some windows as tensors. */
export interface Inputs {
  readonly steps: Tensor3D;
  readonly context: Tensor2D | null;
  readonly sentiment: Tensor2D | null;
}

/** Inputs that lie window after window: n × window × features, n × context and, if there, n × sentiment numbers. */
export function inputsOf(
  tf: TensorFlow,
  spec: NetworkSpec,
  n: number,
  steps: Float32Array,
  context: Float32Array,
  sentiment?: Float32Array,
): Inputs {
  return {
    steps: tf.tensor3d(steps, [n, spec.window, spec.features]),
    context: spec.context > 0 ? tf.tensor2d(context, [n, spec.context]) : null,
    sentiment: spec.sentiment ? sentimentOf(tf, n, spec.sentiment.inputs, sentiment) : null,
  };
}

const sentimentOf = (tf: TensorFlow, n: number, inputs: number, rows: Float32Array | undefined): Tensor2D =>
  rows ? tf.tensor2d(rows, [n, inputs]) : tf.zeros([n, inputs]);

/** Cuts the windows that end at the given rows out of a dataset. */
export function cutInputs(tf: TensorFlow, spec: NetworkSpec, dataset: EngineDataset, windows: Int32Array): Inputs {
  const span = spec.window * spec.features;
  const steps = new Float32Array(windows.length * span);
  for (const [i, end] of windows.entries()) {
    steps.set(dataset.steps.subarray((end + 1) * spec.features - span, (end + 1) * spec.features), i * span);
  }
  const context = pickRows(dataset.context, spec.context, windows);
  const sentiment = dataset.sentiment && pickRows(dataset.sentiment, sentimentInputs(spec), windows);
  return inputsOf(tf, spec, windows.length, steps, context, sentiment);
}

/** The given rows of a matrix of `width` columns. */
export function pickRows(values: Float32Array, width: number, rows: Int32Array): Float32Array {
  const picked = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) picked.set(values.subarray(row * width, (row + 1) * width), i * width);
  return picked;
}
