import { seededRandom } from '../../core/random.ts';
import { glorotUniform, headBase, headKernel, lstmBias, nearlyClosed, orthogonal } from './initial-values.ts';
import { Network } from './network.ts';
import { requireShape } from './shape-error.ts';
import type { NetworkSpec, Weights, WeightTensor } from './types.ts';

/** Name and shape of one trainable tensor. */
export interface WeightShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Names and shapes of a network's trainable tensors, in their order. Throws `CC_ENGINE_SHAPE` for a spec that cannot be built. */
export function weightShapes(spec: NetworkSpec): readonly WeightShape[] {
  return new Network(spec).plan.tensors.map(({ name, shape }) => ({ name, shape }));
}

/** Number of trainable parameters, without padding. */
export function parameterCount(spec: NetworkSpec): number {
  return weightShapes(spec).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/**
 * Weights to start training from: kernels Glorot uniform, recurrent kernels orthogonal, the LSTM's forget bias 1, other
 * biases 0; the gate of sentiment nearly closed, with nothing behind it. The quantile head starts as the standard normal's quantiles around 0 for every input: its base curve is the
 * normal's increments, its location kernel 0 and its scale and tail kernels a tenth of Glorot's size.
 */
export function initialWeights(spec: NetworkSpec, seed: number): Weights {
  const random = seededRandom(seed);
  // Numbers of its own, so that the rest starts as it would without the modality.
  const ofSentiment = seededRandom(seed ^ 0x5e47);
  return weightShapes(spec).map(({ name, shape }) => {
    const source = name.startsWith('sentiment_') ? ofSentiment : random;
    return { name, shape, data: initialTensor(spec, name, shape, source) };
  });
}

function initialTensor(spec: NetworkSpec, name: string, shape: readonly number[], random: () => number): Float32Array {
  const size = sizeOf(shape);
  if (name === 'head/base' && spec.head.type === 'quantile') return headBase(spec.head);
  if (name === 'sentiment_gate/bias') return nearlyClosed(size);
  if (name === 'sentiment_value/kernel') return new Float32Array(size);
  if (name === 'head/kernel') return headKernel(spec.head, shape, random);
  if (name.endsWith('/recurrent_kernel')) return orthogonal(shape[0]!, shape[1]!, random);
  if (name.endsWith('/kernel')) return glorotUniform(shape, random);
  if (name.startsWith('lstm')) return lstmBias(size);
  return new Float32Array(size);
}

/** Throws `CC_ENGINE_SHAPE` unless the weights have exactly the network's names and shapes. */
export function checkWeights(expected: readonly WeightShape[], weights: Weights): void {
  requireShape(
    weights.length === expected.length,
    `The network has ${expected.length} tensors, not ${weights.length}.`,
  );
  for (const [i, { name, shape }] of expected.entries()) {
    const given: WeightTensor = weights[i]!;
    requireShape(
      given.name === name && given.shape.join() === shape.join() && given.data.length === sizeOf(shape),
      `Tensor ${i} must be ${name} [${shape.join()}], not ${given.name} [${given.shape.join()}].`,
    );
  }
}
