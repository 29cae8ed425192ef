import type { Scalar, Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-core';
import { outputsPerHorizon } from '../engine/layers/head.ts';
import type { EngineDataset, HeadSpec, NetworkSpec } from '../engine/types.ts';
import { cutInputs, type DropoutMask, type ForwardPass, forward, pickRows } from './graph.ts';
import type { TensorFlow } from './load-tensorflow.ts';

/** Loss of a batch and its gradient for every variable, by name. */
export interface LossGradient {
  readonly loss: number;
  readonly gradient: ReadonlyMap<string, Float32Array>;
}

/**
 * The loss that the engine's types.ts documents, of the windows that end at the given rows, and its gradient by TensorFlow's automatic
 * differentiation. Leaves no tensor behind.
 */
export function batchLossGradient(
  tf: TensorFlow,
  spec: NetworkSpec,
  variables: ReadonlyMap<string, Variable>,
  dataset: EngineDataset,
  windows: Int32Array,
  dropout: DropoutMask | null,
): LossGradient {
  const order = [...variables.values()];
  const [loss, ...slopes] = tf.tidy(() => {
    const inputs = cutInputs(tf, spec, dataset, windows);
    const { value, grads } = tf.variableGrads(
      () => batchLoss(tf, spec.head, forward(tf, spec, variables, inputs, dropout), dataset, windows),
      order,
    );
    return [value, ...order.map(({ name }) => grads[name]!)].map((tensor) => tensor.dataSync() as Float32Array);
  });
  return { loss: loss![0]!, gradient: new Map([...variables.keys()].map((name, i) => [name, slopes[i]!])) };
}

/** Mean pinball loss over what is known, plus the weighted mean Huber loss of the auxiliary output. */
function batchLoss(
  tf: TensorFlow,
  head: HeadSpec,
  { outputs, z }: ForwardPass,
  dataset: EngineDataset,
  windows: Int32Array,
): Scalar {
  const horizons = head.type === 'quantile' ? head.horizons : 1;
  const target = masked(tf, pickRows(dataset.targets, horizons, windows));
  const levels = tf.tensor1d([...head.levels]);
  const u = tf.sub(tf.expandDims(target.value, 1), tf.reshape(outputs, [-1, head.levels.length]));
  const pinball = tf.maximum(tf.mul(u, levels), tf.mul(u, tf.sub(levels, 1)));
  const scored = meanOver(tf, tf.mean(pinball, 1), target);
  if (head.type === 'linear') return scored;
  const outputsOfHorizon = tf.reshape(z, [-1, outputsPerHorizon(head)]);
  if (!head.auxiliary) return scored;
  const auxiliary = masked(tf, pickRows(dataset.auxiliary, horizons, windows));
  const guess = tf.reshape(tf.slice(outputsOfHorizon, [0, 4], [-1, 1]), [-1]);
  const distance = tf.abs(tf.sub(guess, auxiliary.value));
  // Huber's loss with threshold 1: d²/2 near, d − 1/2 far.
  const near = tf.minimum(distance, 1);
  const huber = tf.mul(near, tf.sub(distance, tf.mul(0.5, near)));
  return tf.add(scored, tf.mul(head.auxiliaryWeight, meanOver(tf, huber, auxiliary)));
}

interface Masked {
  readonly value: Tensor1D;
  readonly mask: Tensor1D;
  readonly known: number;
}

/** Values with the unknown ones as 0, and the mask that leaves them out. */
function masked(tf: TensorFlow, values: Float32Array): Masked {
  const mask = values.map((value) => (Number.isNaN(value) ? 0 : 1));
  return {
    value: tf.tensor1d(values.map((value) => (Number.isNaN(value) ? 0 : value))),
    mask: tf.tensor1d(mask),
    known: mask.reduce((sum, one) => sum + one, 0),
  };
}

/** Mean over what is known; 0 when nothing is. */
const meanOver = (tf: TensorFlow, losses: Tensor, { mask, known }: Masked): Scalar =>
  tf.mul(tf.sum(tf.mul(losses, mask)), known > 0 ? 1 / known : 0);
