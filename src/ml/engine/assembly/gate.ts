/** The learned gate of a second modality: what it adds to another layer's sums. Strides count floats. */
import { madd, one, sigmoid4 } from './simd';

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
