import type { LossGradient } from './loss.ts';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Whether a tensor is decayed: kernels are, biases and the head's base curve are not. */
const isKernel = (name: string) => name.endsWith('kernel');

/**
 * AdamW as the built-in engine has it (Loshchilov & Hutter 2019): decoupled decay on the kernels, the gradient scaled down to a global norm. On plain
 * arrays: the parameters are few, and a dozen small operations per tensor would cost more in calls than in arithmetic.
 */
export class PlainAdamW {
  readonly #mean = new Map<string, Float32Array>();
  readonly #square = new Map<string, Float32Array>();
  #updates = 0;

  /** Changes the parameters that have a gradient in place. Returns false, and changes nothing, when the gradient is not finite. */
  update(
    parameters: ReadonlyMap<string, Float32Array>,
    gradient: LossGradient['gradient'],
    learningRate: number,
    weightDecay: number,
    clipNorm: number,
  ): boolean {
    let squares = 0;
    for (const data of gradient.values()) for (const value of data) squares += value * value;
    const norm = Math.sqrt(squares);
    if (!Number.isFinite(norm)) return false;
    const clip = norm > clipNorm ? clipNorm / norm : 1;
    this.#updates++;
    const rate = learningRate / (1 - BETA1 ** this.#updates);
    const correction = 1 / Math.sqrt(1 - BETA2 ** this.#updates);
    for (const [name, values] of parameters) {
      const slope = gradient.get(name);
      if (!slope) continue;
      const mean = remembered(this.#mean, name, values.length);
      const square = remembered(this.#square, name, values.length);
      const keep = isKernel(name) ? 1 - learningRate * weightDecay : 1;
      for (let i = 0; i < values.length; i++) {
        const g = slope[i]! * clip;
        mean[i] = BETA1 * mean[i]! + (1 - BETA1) * g;
        square[i] = BETA2 * square[i]! + (1 - BETA2) * g * g;
        values[i] = values[i]! * keep - (rate * mean[i]!) / (Math.sqrt(square[i]!) * correction + EPSILON);
      }
    }
    return true;
  }
}

function remembered(moments: Map<string, Float32Array>, name: string, length: number): Float32Array {
  const known = moments.get(name) ?? new Float32Array(length);
  moments.set(name, known);
  return known;
}
