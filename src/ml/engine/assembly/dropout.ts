/**
 * Dropout whose mask is a function of two keys and the element's place, never stored: the backward pass makes it again.
 * The keys come from seed, batch, shard and layer, so the mask does not depend on which thread runs the shard.
 */

/** A 32-bit hash of place and keys, four at a time: the multipliers of Mueller's "lowbias32", with a round more for the second key. */
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
