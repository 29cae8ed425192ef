/**
 * The LSTM, fused per time step. Each row of `xh` is [input of the step | hidden state before it], so a step is one matrix
 * product; the gates of four units lie side by side (i4 f4 g4 o4), so the pass over them touches each cache line once.
 *
 * Layouts (S samples, U units padded to 8): xh [steps][S][depth], gates [steps][S][gateStride], cells [steps + 1][S][U].
 */
import { columnSums, matmul, matmulGradient } from './matmul';
import { madd, one, sigmoid4, tanh4 } from './simd';

/** Steps whose kernel gradients are gathered in one product: fewer passes over the gradient, and still within the L2 cache. */
const GRADIENT_STEPS: usize = 2;

/** All steps forward; the gates stay activated in `gates`, the last hidden state goes to `out` (rows `outStride` apart). */
export function lstmForward(
  xh: usize, depth: usize, steps: usize, samples: usize, weights: usize, bias: usize,
  gates: usize, gateStride: usize, cells: usize, units: usize, out: usize, outStride: usize,
): void {
  const hiddenAt = xh + ((depth - units) << 2);
  const stepBytes = (samples * depth) << 2;
  const cellBytes = (samples * units) << 2;
  memory.fill(cells, 0, cellBytes);
  for (let s: usize = 0; s < samples; s++) memory.fill(hiddenAt + ((s * depth) << 2), 0, units << 2);
  for (let t: usize = 0; t < steps; t++) {
    const z = gates + ((t * samples * gateStride) << 2);
    matmul(xh + t * stepBytes, depth, 1, 0, depth, weights, bias, 0, z, gateStride, samples, units << 2);
    const last = t + 1 == steps;
    const to = last ? out : hiddenAt + (t + 1) * stepBytes;
    activate(z, gateStride, cells + t * cellBytes, units, samples, to, last ? outStride : depth);
  }
}

/**
 * Activates one step's gates in place and writes the next cell and hidden states. Two passes over each row: with tanh(c) in a pass of its
 * own nothing waits for the four gates before it.
 */
function activate(
  gates: usize, gateStride: usize, cells: usize, units: usize, samples: usize, hidden: usize, hiddenStride: usize,
): void {
  const next = (samples * units) << 2;
  for (let s: usize = 0; s < samples; s++) {
    const row = gates + ((s * gateStride) << 2);
    const cell = cells + ((s * units) << 2);
    const to = hidden + ((s * hiddenStride) << 2);
    for (let u: usize = 0; u < units << 2; u += 16) {
      const gate = row + (u << 2);
      const i = sigmoid4(v128.load(gate));
      const f = sigmoid4(v128.load(gate, 16));
      const g = tanh4(v128.load(gate, 32));
      const o = sigmoid4(v128.load(gate, 48));
      v128.store(gate, i);
      v128.store(gate, f, 16);
      v128.store(gate, g, 32);
      v128.store(gate, o, 48);
      v128.store(cell + next + u, madd(f, v128.load(cell + u), f32x4.mul(i, g)));
    }
    for (let u: usize = 0; u < units << 2; u += 16) {
      v128.store(to + u, f32x4.mul(v128.load(row + (u << 2), 48), tanh4(v128.load(cell + next + u))));
    }
  }
}

/**
 * Back through time from the gradient of the last hidden state. `gates` is overwritten with the gradients before activation.
 * `transposed` holds the panels of the kernel's hidden rows, preceded by those of its input rows when `dx` is wanted
 * (`inputWidth` columns; 0 when not). `dh` and `dc` are scratch of samples × units each.
 */
export function lstmBackward(
  xh: usize, depth: usize, steps: usize, samples: usize, transposed: usize, inputWidth: usize,
  gates: usize, gateStride: usize, cells: usize, units: usize, outGradient: usize, outStride: usize,
  dh: usize, dc: usize, dx: usize, dxStride: usize, zeros: usize, dWeights: usize, dBias: usize,
): void {
  const width = units << 2;
  const stepBytes = (samples * depth) << 2;
  const cellBytes = (samples * units) << 2;
  const hiddenPanels = transposed + ((inputWidth * width) << 2);
  memory.fill(dc, 0, cellBytes);
  let pending: usize = 0;
  for (let t = steps; t-- > 0; ) {
    const z = gates + ((t * samples * gateStride) << 2);
    const last = t + 1 == steps;
    gateGradients(z, gateStride, cells + t * cellBytes, units, samples, last ? outGradient : dh, last ? outStride : units, dc);
    if (inputWidth > 0) {
      const to = dx + ((t * samples * dxStride) << 2);
      matmul(z, gateStride, 1, 0, width, transposed, zeros, 0, to, dxStride, samples, inputWidth);
    }
    if (t > 0) matmul(z, gateStride, 1, 0, width, hiddenPanels, zeros, 0, dh, units, samples, units);
    pending++;
    if (pending == GRADIENT_STEPS || t == 0) {
      const rows = pending * samples;
      matmulGradient(xh + t * stepBytes, depth, depth, z, gateStride, width, rows, dWeights, depth << 3);
      columnSums(z, gateStride, width, rows, dBias);
      pending = 0;
    }
  }
}

/** One step's gradients with respect to its gates before activation (in place) and the cell state before it (`dc`, in place). */
function gateGradients(
  gates: usize, gateStride: usize, cells: usize, units: usize, samples: usize,
  hiddenGradient: usize, hiddenStride: usize, dc: usize,
): void {
  const next = (samples * units) << 2;
  for (let s: usize = 0; s < samples; s++) {
    let gate = gates + ((s * gateStride) << 2);
    let cell = cells + ((s * units) << 2);
    let dCell = dc + ((s * units) << 2);
    let dHidden = hiddenGradient + ((s * hiddenStride) << 2);
    for (let u: usize = 0; u < units; u += 4) {
      const i = v128.load(gate), f = v128.load(gate, 16), g = v128.load(gate, 32), o = v128.load(gate, 48);
      const tc = tanh4(v128.load(cell + next));
      const dh = v128.load(dHidden);
      const dho = f32x4.mul(dh, o);
      const d = madd(dho, f32x4.sub(one(), f32x4.mul(tc, tc)), v128.load(dCell));
      const di = f32x4.mul(f32x4.mul(d, g), f32x4.mul(i, f32x4.sub(one(), i)));
      const df = f32x4.mul(f32x4.mul(d, v128.load(cell)), f32x4.mul(f, f32x4.sub(one(), f)));
      const dg = f32x4.mul(f32x4.mul(d, i), f32x4.sub(one(), f32x4.mul(g, g)));
      const dO = f32x4.mul(f32x4.mul(dho, tc), f32x4.sub(one(), o));
      v128.store(dCell, f32x4.mul(d, f));
      v128.store(gate, di);
      v128.store(gate, df, 16);
      v128.store(gate, dg, 32);
      v128.store(gate, dO, 48);
      gate += 64;
      cell += 16;
      dCell += 16;
      dHidden += 16;
    }
  }
}
