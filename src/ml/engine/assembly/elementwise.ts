/**
 * Element by element: cutting windows, activation functions, pooling, copying, the gate of a second modality, dropout. Strides count floats.
 */
import { madd, one, sigmoid4, tanh4 } from './simd';

/**
 * Cuts windows out of rows: dst[t][s] = rows[ends[s] − steps + 1 + t]. Each row of `features` floats is followed by zeros up
 * to `width`.
 */
export function gather(
  rows: usize, features: usize, ends: usize, samples: usize, steps: usize, dst: usize, stride: usize, width: usize,
): void {
  const stepBytes = (samples * stride) << 2;
  const rowBytes = features << 2;
  for (let s: usize = 0; s < samples; s++) {
    let to = dst + ((s * stride) << 2);
    let from = rows + (<usize>load<i32>(ends + (s << 2)) + 1 - steps) * rowBytes;
    for (let t: usize = 0; t < steps; t++, to += stepBytes, from += rowBytes) {
      let i: usize = 0;
      for (; i + 4 <= features; i += 4) v128.store(to + (i << 2), v128.load(from + (i << 2)));
      for (; i < features; i++) store<f32>(to + (i << 2), load<f32>(from + (i << 2)));
      for (; i < width; i++) store<f32>(to + (i << 2), 0);
    }
  }
}

/** y = max(y, 0) on `rows` rows of `width` (a multiple of 4) floats. */
export function relu(y: usize, stride: usize, width: usize, rows: usize): void {
  const zero = f32x4.splat(0);
  for (let r: usize = 0; r < rows; r++) {
    let at = y + ((r * stride) << 2);
    const end = at + (width << 2);
    for (; at != end; at += 16) v128.store(at, f32x4.pmax(v128.load(at), zero));
  }
}

/** dy = 0 where y is not positive. */
export function reluBackward(y: usize, stride: usize, dy: usize, dyStride: usize, width: usize, rows: usize): void {
  const zero = f32x4.splat(0);
  for (let r: usize = 0; r < rows; r++) {
    const from = y + ((r * stride) << 2);
    const to = dy + ((r * dyStride) << 2);
    for (let i: usize = 0; i < width << 2; i += 16) {
      v128.store(to + i, v128.and(v128.load(to + i), f32x4.gt(v128.load(from + i), zero)));
    }
  }
}

/** y = tanh(y). */
export function tanh(y: usize, stride: usize, width: usize, rows: usize): void {
  for (let r: usize = 0; r < rows; r++) {
    let at = y + ((r * stride) << 2);
    const end = at + (width << 2);
    for (; at != end; at += 16) v128.store(at, tanh4(v128.load(at)));
  }
}

/** dy = dy · (1 − y²). */
export function tanhBackward(y: usize, stride: usize, dy: usize, dyStride: usize, width: usize, rows: usize): void {
  for (let r: usize = 0; r < rows; r++) {
    const from = y + ((r * stride) << 2);
    const to = dy + ((r * dyStride) << 2);
    for (let i: usize = 0; i < width << 2; i += 16) {
      const value = v128.load(from + i);
      v128.store(to + i, f32x4.mul(v128.load(to + i), f32x4.sub(one(), f32x4.mul(value, value))));
    }
  }
}

/** y[t] = the maximum of x[t·size … t·size + size − 1], for `steps` output steps. */
export function maxPool(
  x: usize, xStride: usize, y: usize, yStride: usize, width: usize, samples: usize, steps: usize, size: usize,
): void {
  xStride <<= 2;
  yStride <<= 2;
  const stepBytes = samples * xStride;
  for (let t: usize = 0; t < steps; t++, x += size * stepBytes) {
    let row = x;
    for (let s: usize = 0; s < samples; s++, row += xStride, y += yStride) {
      let to = y;
      let from = row;
      for (const end = row + (width << 2); from != end; from += 16, to += 16) {
        let at = from + stepBytes;
        let best = v128.load(from);
        for (let j: usize = 1; j < size; j++, at += stepBytes) best = f32x4.pmax(best, v128.load(at));
        v128.store(to, best);
      }
    }
  }
}

/** The gradient goes to the first of the values that equal the maximum; every dx of the pooled steps is written. */
export function maxPoolBackward(
  x: usize, xStride: usize, y: usize, yStride: usize, dx: usize, dxStride: usize, dy: usize, dyStride: usize,
  width: usize, samples: usize, steps: usize, size: usize,
): void {
  xStride <<= 2;
  yStride <<= 2;
  dxStride <<= 2;
  dyStride <<= 2;
  width <<= 2;
  const xStep = samples * xStride;
  const dxStep = samples * dxStride;
  for (let t: usize = 0; t < steps; t++, x += size * xStep, dx += size * dxStep) {
    let xRow = x;
    let dxRow = dx;
    for (let s: usize = 0; s < samples; s++, xRow += xStride, dxRow += dxStride, y += yStride, dy += dyStride) {
      for (let i: usize = 0; i < width; i += 16) {
        let left = v128.load(dy + i);
        const maximum = v128.load(y + i);
        let from = xRow + i;
        let to = dxRow + i;
        for (let j: usize = 0; j < size; j++, from += xStep, to += dxStep) {
          const hit = f32x4.eq(v128.load(from), maximum);
          v128.store(to, v128.and(left, hit));
          left = v128.andnot(left, hit);
        }
      }
    }
  }
}

/** Copies `rows` rows of `width` (a multiple of 4) floats. */
export function copyRows(src: usize, srcStride: usize, dst: usize, dstStride: usize, width: usize, rows: usize): void {
  for (let r: usize = 0; r < rows; r++) {
    const from = src + ((r * srcStride) << 2);
    const to = dst + ((r * dstStride) << 2);
    for (let i: usize = 0; i < width << 2; i += 16) v128.store(to + i, v128.load(from + i));
  }
}

/** Fills `bytes` bytes with zeros. */
export function clear(at: usize, bytes: usize): void {
  memory.fill(at, 0, bytes);
}

/**
 * gate = σ(gate) in place, then y += gate · value, on `rows` rows of `width` (a multiple of 4) floats. Rows of gate and value lie `width`
 * apart.
 */
export function gateForward(gate: usize, value: usize, y: usize, yStride: usize, width: usize, rows: usize): void {
  const bytes = width << 2;
  for (let r: usize = 0; r < rows; r++, gate += bytes, value += bytes, y += yStride << 2) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const open = sigmoid4(v128.load(gate + i));
      v128.store(gate + i, open);
      v128.store(y + i, madd(open, v128.load(value + i), v128.load(y + i)));
    }
  }
}

/** From y's gradient to those of both sums, in place of what they hold: dvalue = dy · gate, dgate = dy · value · gate · (1 − gate). */
export function gateBackward(gate: usize, value: usize, dy: usize, dyStride: usize, width: usize, rows: usize): void {
  const bytes = width << 2;
  for (let r: usize = 0; r < rows; r++, gate += bytes, value += bytes, dy += dyStride << 2) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const open = v128.load(gate + i);
      const dvalue = f32x4.mul(v128.load(dy + i), open);
      const slope = f32x4.mul(v128.load(value + i), f32x4.sub(one(), open));
      v128.store(gate + i, f32x4.mul(dvalue, slope));
      v128.store(value + i, dvalue);
    }
  }
}

/**
 * Four 32-bit hashes of place and keys at a time: the multipliers of Mueller's "lowbias32", with a round more for the second key. Dropout's
 * mask is such a function of two keys and the element's place, never stored: the backward pass makes it again. The keys come from seed,
 * batch, shard and layer, so the mask does not depend on which thread runs the shard.
 */
// @ts-ignore: decorator
@inline
function hash4(place: v128, keyA: i32, keyB: i32): v128 {
  let h = i32x4.add(i32x4.mul(place, i32x4.splat(0x9e3779b1)), i32x4.splat(keyA));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(0x7feb352d));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 15)), i32x4.splat(0x846ca68b));
  h = i32x4.add(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(keyB));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(0x7feb352d));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 15)), i32x4.splat(0x846ca68b));
  return v128.xor(h, i32x4.shr_u(h, 16));
}

/**
 * dst = src · mask / (1 − rate) on `rows` rows of `width` (a multiple of 4) floats; the same call with gradients is the
 * backward pass.
 */
export function dropout(
  src: usize, srcStride: usize, dst: usize, dstStride: usize, width: usize, rows: usize,
  rate: f32, keyA: i32, keyB: i32,
): void {
  const threshold = i32x4.splat(<i32>(rate * 16777216.0));
  const scale = f32x4.splat(<f32>1.0 / (<f32>1.0 - rate));
  for (let r: usize = 0; r < rows; r++) {
    const from = src + ((r * srcStride) << 2);
    const to = dst + ((r * dstStride) << 2);
    let place = i32x4.add(i32x4.splat(<i32>(r * width)), i32x4(0, 1, 2, 3));
    for (let i: usize = 0; i < width << 2; i += 16) {
      const keep = i32x4.ge_s(i32x4.shr_u(hash4(place, keyA, keyB), 8), threshold);
      v128.store(to + i, v128.and(f32x4.mul(v128.load(from + i), scale), keep));
      place = i32x4.add(place, i32x4.splat(4));
    }
  }
}
