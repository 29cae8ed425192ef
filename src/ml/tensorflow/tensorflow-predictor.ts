import type { Tensor } from '@tensorflow/tfjs-core';
import { requireShape, requireWhole } from '../engine/checks.ts';
import { sentimentInputs } from '../engine/layers/gated-input.ts';
import { outputCount } from '../engine/layers/head.ts';
import type { NetworkSpec, Predictor, Weights } from '../engine/types.ts';
import { checkWeights, weightShapes } from '../engine/weights.ts';
import { forward, type Inputs, inputsOf, type Parameters } from './graph.ts';
import type { TensorFlow } from './load-tensorflow.ts';

/** Windows forecast at once, so that memory stays bounded. */
const CHUNK = 1024;

/** A predictor on TensorFlow, for the calling process. Throws `CC_ENGINE_SHAPE` as the built-in one does. */
export function createTensorflowPredictor(tf: TensorFlow, spec: NetworkSpec, weights: Weights): Predictor {
  checkWeights(weightShapes(spec), weights);
  const parameters = new Map<string, Tensor>(
    weights.map(({ name, shape, data }) => [name, tf.tensor(data, [...shape], 'float32')]),
  );
  const span = spec.window * spec.features;
  const own = sentimentInputs(spec);
  return {
    predict(n, steps, context, sentiment) {
      requireWhole('number of windows', n, 0, 2 ** 31 - 1);
      requireShape(steps.length === n * span, `Steps must be ${n} × ${span} numbers, not ${steps.length}.`);
      requireShape(
        context.length === n * spec.context,
        `The context must be ${n} × ${spec.context} numbers, not ${context.length}.`,
      );
      requireShape(
        sentiment === undefined || sentiment.length === n * own,
        `The sentiment must be ${n} × ${own} numbers, not ${sentiment?.length}.`,
      );
      return predictInChunks(tf, spec, parameters, n, (first, end) =>
        inputsOf(
          tf,
          spec,
          end - first,
          steps.subarray(first * span, end * span),
          context.subarray(first * spec.context, end * spec.context),
          sentiment?.subarray(first * own, end * own),
        ),
      );
    },
  };
}

/** Forecasts n windows, of which `inputs` gives those from `first` up to `end`; n × outputs numbers. */
export function predictInChunks(
  tf: TensorFlow,
  spec: NetworkSpec,
  parameters: Parameters,
  n: number,
  inputs: (first: number, end: number) => Inputs,
): Float32Array {
  const width = outputCount(spec.head);
  const result = new Float32Array(n * width);
  for (let first = 0; first < n; first += CHUNK) {
    const outputs = tf.tidy(() => {
      const chunk = inputs(first, Math.min(first + CHUNK, n));
      return forward(tf, spec, parameters, chunk, null).outputs.dataSync();
    });
    result.set(outputs, first * width);
  }
  return result;
}
