import { seededRandom } from '../../../../src/core/random.ts';
import type { EngineDataset, HeadSpec, NetworkSpec, Weights } from '../../../../src/ml/engine/types.ts';
import { initialWeights } from '../../../../src/ml/engine/weights.ts';

const horizonsOf = (head: HeadSpec) => (head.type === 'quantile' ? head.horizons : 1);
const hasAuxiliary = (head: HeadSpec) => head.type === 'quantile' && head.auxiliary;

/** Random rows for a network; some targets and auxiliary values are unknown. */
export function randomDataset(spec: NetworkSpec, rows: number, seed: number): EngineDataset {
  const random = seededRandom(seed);
  const numbers = (count: number, scale: number) =>
    Float32Array.from({ length: count }, () => (random() * 2 - 1) * scale);
  const outputs = rows * horizonsOf(spec.head);
  const targets = numbers(outputs, 2);
  const auxiliary = numbers(hasAuxiliary(spec.head) ? outputs : 0, 2);
  for (let i = 5; i < targets.length; i += 11) targets[i] = Number.NaN;
  for (let i = 3; i < auxiliary.length; i += 7) auxiliary[i] = Number.NaN;
  const inputs = spec.sentiment?.inputs ?? 0;
  // Every third row knows nothing; the numbers come after the others, which so are what they are without.
  const sentiment = () => numbers(rows * inputs, 2).map((value, i) => (Math.floor(i / inputs) % 3 === 0 ? 0 : value));
  const steps = numbers(rows * spec.features, 1);
  const context = numbers(rows * spec.context, 1);
  return {
    rows,
    steps,
    context,
    targets,
    auxiliary,
    ...(inputs > 0 ? { sentiment: sentiment() } : {}),
  };
}

/** Initial weights with noise on every tensor, so that no gradient is zero by symmetry. */
export function noisyWeights(spec: NetworkSpec, seed: number): Weights {
  const random = seededRandom(seed + 1);
  return initialWeights(spec, seed).map((tensor) => ({
    ...tensor,
    data: tensor.data.map((value) => value + (random() - 0.5) * 0.4),
  }));
}

/** Row numbers `first` … `first + count − 1`. */
export const windowsFrom = (first: number, count: number): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => first + i);

/** The inputs a predictor takes, cut out of a dataset: for each window its steps, up to and with its row, and that row's context. */
export function windowInputs(
  { window, features, context }: NetworkSpec,
  dataset: EngineDataset,
  windows: Int32Array,
): { readonly steps: Float32Array; readonly contexts: Float32Array } {
  const steps = new Float32Array(windows.length * window * features);
  const contexts = new Float32Array(windows.length * context);
  for (const [i, end] of windows.entries()) {
    const rows = dataset.steps.subarray((end + 1 - window) * features, (end + 1) * features);
    steps.set(rows, i * window * features);
    contexts.set(dataset.context.subarray(end * context, (end + 1) * context), i * context);
  }
  return { steps, contexts };
}

/** ‖a − b‖ ÷ ‖b‖. */
export function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return Math.sqrt(difference / Math.max(size, 1e-20));
}
