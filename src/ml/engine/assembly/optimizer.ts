/** What happens once per batch: shards summed in their order, the gradient's norm, and AdamW over the flat vector. */

/** total (+)= the `shards` gradients that lie `stride` floats apart, added in their order; `count` is a multiple of 4. */
export function sumShards(total: usize, shardsAt: usize, stride: usize, shards: usize, count: usize, add: bool): void {
  stride <<= 2;
  for (let i: usize = 0; i < count << 2; i += 16) {
    let from = shardsAt + i;
    let sum = v128.load(from);
    if (add) sum = f32x4.add(v128.load(total + i), sum);
    for (let s: usize = 1; s < shards; s++) {
      from += stride;
      sum = f32x4.add(sum, v128.load(from));
    }
    v128.store(total + i, sum);
  }
}

/** Sum of squares in double precision. */
export function sumSquares(at: usize, count: usize): f64 {
  let low = f64x2.splat(0), high = f64x2.splat(0);
  for (let i: usize = 0; i < count << 2; i += 16) {
    const x = v128.load(at + i);
    const a = f64x2.promote_low_f32x4(x);
    const b = f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/**
 * One AdamW step (Loshchilov & Hutter 2019) on `count` (a multiple of 4) parameters: the gradient times `clip`, moments with β 0.9
 * and 0.999, step size `rate` (already divided by 1 − β₁ᵗ), second moment times `correction` = 1 / √(1 − β₂ᵗ), ε 1e-8; every parameter
 * is first multiplied by `keep` = 1 − learning rate · decay.
 */
export function adamw(
  params: usize, gradient: usize, m: usize, v: usize, count: usize, rate: f32, correction: f32, keep: f32, clip: f32,
): void {
  const beta1 = f32x4.splat(0.9), rest1 = f32x4.splat(0.1), beta2 = f32x4.splat(0.999), rest2 = f32x4.splat(0.001);
  const epsilon = f32x4.splat(1e-8), step = f32x4.splat(rate), correct = f32x4.splat(correction);
  const kept = f32x4.splat(keep), clipped = f32x4.splat(clip);
  for (let i: usize = 0; i < count << 2; i += 16) {
    const g = f32x4.mul(v128.load(gradient + i), clipped);
    const mean = f32x4.add(f32x4.mul(beta1, v128.load(m + i)), f32x4.mul(rest1, g));
    const square = f32x4.add(f32x4.mul(beta2, v128.load(v + i)), f32x4.mul(rest2, f32x4.mul(g, g)));
    v128.store(m + i, mean);
    v128.store(v + i, square);
    const scale = f32x4.add(f32x4.mul(f32x4.sqrt(square), correct), epsilon);
    const p = f32x4.mul(v128.load(params + i), kept);
    v128.store(params + i, f32x4.sub(p, f32x4.div(f32x4.mul(step, mean), scale)));
  }
}
