import { seededRandom } from '../../core/random.ts';

/** An interval that holds the true value with the stated probability. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Skill in per cent, 100 · (1 − Σ model ÷ Σ baseline), with its 95 % interval by a circular block bootstrap over time
 * (Politis & Romano 1992): neighbouring periods stay together, because their losses are not independent.
 * `modelLoss` and `baselineLoss` are sums per period (all coins of a day or of an hour), in time order.
 */
export function skillInterval(
  modelLoss: ArrayLike<number>,
  baselineLoss: ArrayLike<number>,
  blockLength: number,
  resamples = 1_000,
  seed = 1,
): Estimate {
  const n = modelLoss.length;
  const skill = (model: number, baseline: number) => (baseline > 0 ? 100 * (1 - model / baseline) : Number.NaN);
  const sum = (values: ArrayLike<number>) => {
    let total = 0;
    for (let i = 0; i < values.length; i++) total += values[i]!;
    return total;
  };
  const value = skill(sum(modelLoss), sum(baselineLoss));
  const random = seededRandom(seed);
  const drawn = new Float64Array(resamples);
  const blocks = Math.ceil(n / blockLength);
  for (let r = 0; r < resamples; r++) {
    let model = 0;
    let baseline = 0;
    for (let b = 0; b < blocks; b++) {
      const start = Math.floor(random() * n);
      const length = Math.min(blockLength, n - b * blockLength);
      for (let i = 0; i < length; i++) {
        const at = (start + i) % n;
        model += modelLoss[at]!;
        baseline += baselineLoss[at]!;
      }
    }
    drawn[r] = skill(model, baseline);
  }
  drawn.sort();
  return { value, low: drawn[Math.floor(resamples * 0.025)]!, high: drawn[Math.ceil(resamples * 0.975) - 1]! };
}
