/**
 * The gated recurrent unit, fused per time step; the reset gate is applied before the recurrent product (`reset_after: false`):
 *
 *   z, r = σ([x h]·W + b),  c = tanh(x·V + (r∘h)·R + b'),  next h = z∘h + (1 − z)∘c
 *
 * Each row of `xh` is [input of the step | hidden state before it | r∘h], so both gates are one matrix product and nothing is
 * copied. The gates of four units lie side by side (z4 r4), the candidates c after them.
 *
 * Layouts (S samples, U units padded to 8, X = `inputs`): xh [steps][S][stride = X + 2U], gates [steps][S][gateStride ≥ 3U] as
 * [z4 r4 … | c]. `weights` is W (X + U rows, 2U columns), then V (X rows, U columns), then R (U rows, U columns), each in panels
 * of 8 columns; `bias` is as wide as a row of gates.
 */
import { columnSums, matmul, matmulGradient } from './matmul';
import { madd, one, sigmoid4, tanh4 } from './simd';

/** Steps whose kernel gradients are gathered in one product, as the LSTM has it. */
const GRADIENT_STEPS: usize = 2;

/** All steps forward; the gates stay activated in `gates`, the last hidden state goes to `out` (rows `outStride` apart). */
export function gruForward(
  xh: usize, inputs: usize, stride: usize, steps: usize, samples: usize, weights: usize, bias: usize,
  gates: usize, gateStride: usize, units: usize, out: usize, outStride: usize,
): void {
  const depth = inputs + units;
  const candidateAt = units << 3;
  const inputKernel = weights + ((depth * units) << 3);
  const hiddenKernel = inputKernel + ((inputs * units) << 2);
  const hiddenAt = inputs << 2;
  const resetAt = depth << 2;
  for (let s: usize = 0; s < samples; s++) memory.fill(xh + hiddenAt + ((s * stride) << 2), 0, units << 2);
  for (let t: usize = 0; t < steps; t++) {
    const rows = xh + ((t * samples * stride) << 2);
    const z = gates + ((t * samples * gateStride) << 2);
    const c = z + candidateAt;
    matmul(rows, stride, 1, 0, depth, weights, bias, 0, z, gateStride, samples, units << 1);
    activateGates(z, gateStride, rows + hiddenAt, rows + resetAt, stride, units, samples);
    matmul(rows, stride, 1, 0, inputs, inputKernel, bias + candidateAt, 0, c, gateStride, samples, units);
    matmul(rows + resetAt, stride, 1, 0, units, hiddenKernel, c, gateStride, c, gateStride, samples, units);
    const last = t + 1 == steps;
    const to = last ? out : rows + hiddenAt + ((samples * stride) << 2);
    activateCandidate(z, c, gateStride, rows + hiddenAt, stride, units, samples, to, last ? outStride : stride);
  }
}

/** Activates z and r in place and writes r∘h. */
function activateGates(
  gates: usize, gateStride: usize, hidden: usize, reset: usize, stride: usize, units: usize, samples: usize,
): void {
  for (let s: usize = 0; s < samples; s++) {
    let gate = gates + ((s * gateStride) << 2);
    const at = (s * stride) << 2;
    for (let u: usize = 0; u < units << 2; u += 16, gate += 32) {
      const r = sigmoid4(v128.load(gate, 16));
      v128.store(gate, sigmoid4(v128.load(gate)));
      v128.store(gate, r, 16);
      v128.store(reset + at + u, f32x4.mul(r, v128.load(hidden + at + u)));
    }
  }
}

/** Activates the candidates in place and writes the next hidden state. */
function activateCandidate(
  gates: usize, candidates: usize, gateStride: usize, hidden: usize, stride: usize, units: usize, samples: usize,
  next: usize, nextStride: usize,
): void {
  for (let s: usize = 0; s < samples; s++) {
    const row = (s * gateStride) << 2;
    const from = hidden + ((s * stride) << 2);
    const to = next + ((s * nextStride) << 2);
    for (let u: usize = 0; u < units << 2; u += 16) {
      const z = v128.load(gates + row + (u << 1));
      const c = tanh4(v128.load(candidates + row + u));
      v128.store(candidates + row + u, c);
      v128.store(to + u, madd(z, f32x4.sub(v128.load(from + u), c), c));
    }
  }
}

/**
 * Back through time from the gradient of the last hidden state. `gates` is overwritten with the gradients before activation.
 * `transposed` holds the panels of R, those of W's hidden rows, and, when `dx` is wanted (`withInput`), those of W's input rows and
 * of V, one after the other. `dh` and `dReset` are scratch of samples × units each.
 */
export function gruBackward(
  xh: usize, inputs: usize, stride: usize, steps: usize, samples: usize, transposed: usize, withInput: bool,
  gates: usize, gateStride: usize, units: usize, outGradient: usize, outStride: usize,
  dh: usize, dReset: usize, dx: usize, dxStride: usize, zeros: usize, dWeights: usize, dBias: usize,
): void {
  const depth = inputs + units;
  const width = units << 1;
  const candidateAt = units << 3;
  const resetAt = depth << 2;
  const dInputKernel = dWeights + ((depth * units) << 3);
  const dHiddenKernel = dInputKernel + ((inputs * units) << 2);
  const gatesToHidden = transposed + ((units * units) << 2);
  const gatesToInput = gatesToHidden + ((units * width) << 2);
  const candidateToInput = gatesToInput + ((inputs * width) << 2);
  for (let s: usize = 0; s < samples; s++) {
    memory.copy(dh + ((s * units) << 2), outGradient + ((s * outStride) << 2), units << 2);
  }
  let pending: usize = 0;
  for (let t = steps; t-- > 0; ) {
    const rows = xh + ((t * samples * stride) << 2);
    const hidden = rows + (inputs << 2);
    const z = gates + ((t * samples * gateStride) << 2);
    const c = z + candidateAt;
    updateGradients(z, c, gateStride, hidden, stride, units, samples, dh);
    matmul(c, gateStride, 1, 0, units, transposed, zeros, 0, dReset, units, samples, units);
    resetGradients(z, gateStride, hidden, stride, units, samples, dReset, dh);
    if (withInput) {
      const to = dx + ((t * samples * dxStride) << 2);
      matmul(z, gateStride, 1, 0, width, gatesToInput, zeros, 0, to, dxStride, samples, inputs);
      matmul(c, gateStride, 1, 0, units, candidateToInput, to, dxStride, to, dxStride, samples, inputs);
    }
    if (t > 0) matmul(z, gateStride, 1, 0, width, gatesToHidden, dh, units, dh, units, samples, units);
    pending++;
    if (pending == GRADIENT_STEPS || t == 0) {
      const count = pending * samples;
      matmulGradient(rows, stride, depth, z, gateStride, width, count, dWeights, depth << 3);
      matmulGradient(rows, stride, inputs, c, gateStride, units, count, dInputKernel, inputs << 3);
      matmulGradient(rows + resetAt, stride, units, c, gateStride, units, count, dHiddenKernel, units << 3);
      columnSums(z, gateStride, width + units, count, dBias);
      pending = 0;
    }
  }
}

/** Gradients of z and of the candidate before activation, in place; `dh` becomes the part that passes on through z. */
function updateGradients(
  gates: usize, candidates: usize, gateStride: usize, hidden: usize, stride: usize, units: usize, samples: usize, dh: usize,
): void {
  for (let s: usize = 0; s < samples; s++) {
    const row = (s * gateStride) << 2;
    const from = hidden + ((s * stride) << 2);
    const gradient = dh + ((s * units) << 2);
    for (let u: usize = 0; u < units << 2; u += 16) {
      const gate = gates + row + (u << 1);
      const z = v128.load(gate);
      const c = v128.load(candidates + row + u);
      const d = v128.load(gradient + u);
      const dz = f32x4.mul(d, z);
      const keep = f32x4.sub(one(), z);
      v128.store(gate, f32x4.mul(f32x4.mul(dz, keep), f32x4.sub(v128.load(from + u), c)));
      v128.store(candidates + row + u, f32x4.mul(f32x4.mul(d, keep), f32x4.sub(one(), f32x4.mul(c, c))));
      v128.store(gradient + u, dz);
    }
  }
}

/** The gradient of r before activation, in place, from that of r∘h; `dh` gains what passes on through r∘h. */
function resetGradients(
  gates: usize, gateStride: usize, hidden: usize, stride: usize, units: usize, samples: usize, dReset: usize, dh: usize,
): void {
  for (let s: usize = 0; s < samples; s++) {
    const row = (s * gateStride) << 2;
    const from = hidden + ((s * stride) << 2);
    const at = (s * units) << 2;
    for (let u: usize = 0; u < units << 2; u += 16) {
      const gate = gates + row + (u << 1) + 16;
      const r = v128.load(gate);
      const through = f32x4.mul(v128.load(dReset + at + u), r);
      v128.store(gate, f32x4.mul(f32x4.mul(through, f32x4.sub(one(), r)), v128.load(from + u)));
      v128.store(dh + at + u, f32x4.add(v128.load(dh + at + u), through));
    }
  }
}
