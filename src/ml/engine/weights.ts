import { seededRandom } from '../../core/random.ts';
import { requireShape } from './checks.ts';
import { headWidth, outputsPerHorizon } from './layers/head.ts';
import { Network } from './network.ts';
import type { HeadSpec, NetworkSpec, Weights, WeightTensor } from './types.ts';

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
 * biases 0; the sentiment gate nearly closed and its value kernel 0. The quantile head starts as the standard normal's quantiles around 0
 * for every input: its base curve is the normal's increments, its location kernel 0 and its scale and tail kernels a tenth of Glorot's
 * size.
 */
export function initialWeights(spec: NetworkSpec, seed: number): Weights {
  const random = seededRandom(seed);
  // A random stream of its own, so that the other weights start as they would without the modality.
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

/** Uniform in ±√(6 / (fan-in + fan-out)) (Glorot & Bengio 2010); a convolution's fans count its kernel positions. */
function glorotUniform(shape: readonly number[], random: () => number): Float32Array {
  const outputs = shape[shape.length - 1]!;
  const inputs = shape[shape.length - 2]!;
  const taps = shape.slice(0, -2).reduce((product, n) => product * n, 1);
  const limit = Math.sqrt(6 / ((inputs + outputs) * taps));
  const size = taps * inputs * outputs;
  return Float32Array.from({ length: size }, () => (random() * 2 - 1) * limit);
}

/** Orthogonal matrices side by side, one per gate (Saxe et al. 2014): rows × columns, columns a multiple of rows. */
export function orthogonal(rows: number, columns: number, random: () => number): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let first = 0; first < columns; first += rows) {
    const basis: Float64Array[] = [];
    while (basis.length < rows) {
      const vector = Float64Array.from({ length: rows }, () => gaussian(random));
      // Gram–Schmidt twice: once loses orthogonality in rounding.
      for (let pass = 0; pass < 2; pass++) {
        for (const other of basis) {
          const along = vector.reduce((sum, value, i) => sum + value * other[i]!, 0);
          for (let i = 0; i < rows; i++) vector[i]! -= along * other[i]!;
        }
      }
      const length = Math.hypot(...vector);
      if (length > 1e-6) basis.push(vector.map((value) => value / length));
    }
    for (let r = 0; r < rows; r++) for (let c = 0; c < rows; c++) out[r * columns + first + c] = basis[r]![c]!;
  }
  return out;
}

/** One where the forget gate's bias is (Jozefowicz et al. 2015), else zero; gates in the order i f c o. */
function lstmBias(size: number): Float32Array {
  const bias = new Float32Array(size);
  return bias.fill(1, size / 4, size / 2);
}

/** Bias at which a gate lets a twentieth through, σ(−3). */
const nearlyClosed = (size: number): Float32Array => new Float32Array(size).fill(-3);

/** Kernel of the head's linear layer: for the quantile head no location at first, and hardly any change of scale. */
function headKernel(head: HeadSpec, shape: readonly number[], random: () => number): Float32Array {
  const kernel = glorotUniform(shape, random);
  if (head.type === 'linear') return kernel;
  const perHorizon = outputsPerHorizon(head);
  const width = headWidth(head);
  return kernel.map((value, i) => {
    const output = (i % width) % perHorizon;
    return output === 0 ? 0 : output === 4 ? value : value * 0.1;
  });
}

/** The base curve at which every horizon's quantiles are those of the standard normal: softplus⁻¹ of its increments. */
function headBase(head: HeadSpec & { type: 'quantile' }): Float32Array {
  const { levels, horizons } = head;
  const normal = levels.map(normalQuantile);
  const increments = levels.slice(1).map((_, k) => normal[k + 1]! - normal[k]!);
  const curve = increments.map((step) => step + Math.log(-Math.expm1(-step)));
  return Float32Array.from({ length: horizons * curve.length }, (_, i) => curve[i % curve.length]!);
}

function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** The standard normal's quantile, by Newton's method on its distribution function (Abramowitz & Stegun 26.2.17 to start). */
function normalQuantile(p: number): number {
  if (p === 0.5) return 0;
  const tail = Math.min(p, 1 - p);
  const t = Math.sqrt(-2 * Math.log(tail));
  const start = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  let x = start;
  for (let i = 0; i < 4; i++) {
    const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    x += (upperTail(x) - tail) / density;
  }
  return p < 0.5 ? -x : x;
}

/** 1 − Φ(x) for x ≥ 0: continued fraction in the far tail, series near zero. */
function upperTail(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x > 3) {
    let fraction = x;
    for (let k = 60; k > 0; k--) fraction = x + k / fraction;
    return density / fraction;
  }
  let term = x;
  let sum = x;
  for (let k = 1; k < 80; k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return 0.5 - density * sum;
}
