import { headWidth, medianIndex, outputsPerHorizon, tailWeight } from './layers/head.ts';
import type { HeadSpec, WeightTensor } from './types.ts';

/**
 * The quantile head as standard layers: a dense layer with a fixed kernel that gives every increment's scale (its bias is the learned
 * base curve) and one that sums increments outward from the location.
 */
export function fixedHeadTensors(head: HeadSpec & { type: 'quantile' }, base: Float32Array): WeightTensor[] {
  const { horizons, levels } = head;
  const steps = levels.length - 1;
  const perHorizon = outputsPerHorizon(head);
  const median = medianIndex(levels);
  const inputs = headWidth(head);
  const curve = horizons * steps;
  const increments = new Float32Array(inputs * curve);
  const outputs = horizons * levels.length;
  const sums = new Float32Array((curve + inputs) * outputs);
  for (let h = 0; h < horizons; h++) {
    for (let k = 0; k < steps; k++) {
      const column = h * steps + k;
      const side = k < median ? 1 : 2;
      increments[(h * perHorizon + side) * curve + column] = 1;
      increments[(h * perHorizon + 3) * curve + column] = tailWeight(levels, k);
      for (let level = 0; level < levels.length; level++) {
        const sign = k >= median && level > k ? 1 : k < median && level <= k ? -1 : 0;
        sums[column * outputs + h * levels.length + level] = sign;
      }
    }
    for (let level = 0; level < levels.length; level++) {
      sums[(curve + h * perHorizon) * outputs + h * levels.length + level] = 1;
    }
  }
  return [
    { name: 'increments/kernel', shape: [inputs, curve], data: increments },
    { name: 'increments/bias', shape: [curve], data: base },
    { name: 'quantiles/kernel', shape: [curve + inputs, outputs], data: sums },
  ];
}
