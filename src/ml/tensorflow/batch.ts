import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { sentimentInputs } from '../engine/layers/gated-input.ts';
import type { EngineDataset, NetworkSpec } from '../engine/types.ts';
import type { TensorFlow } from './load-tensorflow.ts';

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
