/**
 * Four floats at a time: multiply-add, tanh, sigmoid, exp and softplus.
 *
 * Constants live in a table in memory: V8 would otherwise build each one anew inside the loops, and a load is cheaper.
 * All functions pass NaN on (`pmin`/`pmax` with the value first), so that a broken input shows in the loss.
 */
const TABLE: usize = memory.data(64 * 16, 16);

/** Fills the table of constants. Every instance writes the same bits, so several threads may call it at any time. */
export function initialise(): void {
  // tanh(x) ≈ x·P(x²)/Q(x²) on |x| ≤ 8 (coefficients as in Eigen; error below 3e-7). P and Q both start with 1.
  put(0, 8.0);
  put(1, -8.0);
  put(2, 1.394553628e-8);
  put(3, 2.102733560e-5);
  put(4, 3.520756727e-3);
  put(5, 1.340216100e-1);
  put(6, 8.015776984e-7);
  put(7, 3.326951409e-4);
  put(8, 2.597254514e-2);
  put(9, 4.673548340e-1);
  put(13, 0.5);
  put(14, 1.0);
  // exp(x) for x ≤ 0: 2^n · e^r with r = x − n·ln 2 (Cephes).
  put(16, -87.3);
  put(17, 1.44269504088896341);
  put(18, -0.693359375);
  put(19, 2.12194440e-4);
  put(20, 1.9875691500e-4);
  put(21, 1.3981999507e-3);
  put(22, 8.3334519073e-3);
  put(23, 4.1665795894e-2);
  put(24, 1.6666665459e-1);
  put(25, 5.0000001201e-1);
  // 2·atanh(s) = 2s(1 + s²/3 + s⁴/5 + …), s ≤ 1/3.
  put(28, 1.0 / 15.0);
  put(29, 1.0 / 13.0);
  put(30, 1.0 / 11.0);
  put(31, 1.0 / 9.0);
  put(32, 1.0 / 7.0);
  put(33, 1.0 / 5.0);
  put(34, 1.0 / 3.0);
  put(35, 2.0);
}

function put(index: usize, value: f64): void {
  v128.store(TABLE + (index << 4), f32x4.splat(<f32>value));
}

// @ts-ignore: decorator
@inline
function constant(index: usize): v128 {
  return v128.load(TABLE + (index << 4));
}

/** a·b + c: fused where the build has relaxed SIMD, rounded twice where not. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

// @ts-ignore: decorator
@inline
export function one(): v128 {
  return constant(14);
}

// @ts-ignore: decorator
@inline
export function tanh4(value: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(value, constant(0)), constant(1));
  const x2 = f32x4.mul(x, x);
  let p = madd(x2, constant(2), constant(3));
  let q = madd(x2, constant(6), constant(7));
  p = madd(x2, p, constant(4));
  q = madd(x2, q, constant(8));
  p = madd(x2, p, constant(5));
  q = madd(x2, q, constant(9));
  p = madd(x2, p, one());
  q = madd(x2, q, one());
  return f32x4.div(f32x4.mul(x, p), q);
}

/** σ(x) = ½ + ½·tanh(x/2). */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  const half = constant(13);
  return madd(half, tanh4(f32x4.mul(x, half)), half);
}

/** exp(x) for x ≤ 0; below −87.3 it stays at the smallest normal number. */
// @ts-ignore: decorator
@inline
export function expNegative4(value: v128): v128 {
  const x = f32x4.pmax(value, constant(16));
  const n = f32x4.nearest(f32x4.mul(x, constant(17)));
  const r = madd(n, constant(19), madd(n, constant(18), x));
  let p = madd(constant(20), r, constant(21));
  p = madd(p, r, constant(22));
  p = madd(p, r, constant(23));
  p = madd(p, r, constant(24));
  p = madd(p, r, constant(25));
  p = f32x4.add(madd(p, f32x4.mul(r, r), r), one());
  const exponent = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, exponent);
}

/** softplus(x) = max(x, 0) + log(1 + e), given e = exp(−|x|). */
// @ts-ignore: decorator
@inline
export function softplus4(x: v128, e: v128): v128 {
  const s = f32x4.div(e, f32x4.add(constant(35), e));
  const s2 = f32x4.mul(s, s);
  let p = madd(s2, constant(28), constant(29));
  p = madd(s2, p, constant(30));
  p = madd(s2, p, constant(31));
  p = madd(s2, p, constant(32));
  p = madd(s2, p, constant(33));
  p = madd(s2, p, constant(34));
  p = madd(s2, p, one());
  const positive = f32x4.pmax(x, f32x4.splat(0));
  return madd(f32x4.mul(constant(35), s), p, positive);
}

/** The derivative of softplus, σ(x), given e = exp(−|x|). */
// @ts-ignore: decorator
@inline
export function softplusSlope4(x: v128, e: v128): v128 {
  const numerator = v128.bitselect(e, one(), f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(numerator, f32x4.add(one(), e));
}

/** Sum of the four lanes, always in the same order. */
// @ts-ignore: decorator
@inline
export function sum4(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  );
}

/**
 * 2 · 4 · 12 floating-point operations per round: twelve independent multiply-adds, nothing loaded or stored. Measures what the processor can
 * do at most with these instructions.
 */
export function multiplyAdds(rounds: usize): f32 {
  const x = f32x4.splat(0.999), y = f32x4.splat(0.001);
  let a = x, b = y, c = x, d = y, e = x, f = y, g = x, h = y, i = x, j = y, k = x, l = y;
  for (; rounds > 0; rounds--) {
    a = madd(a, x, y);
    b = madd(b, x, y);
    c = madd(c, x, y);
    d = madd(d, x, y);
    e = madd(e, x, y);
    f = madd(f, x, y);
    g = madd(g, x, y);
    h = madd(h, x, y);
    i = madd(i, x, y);
    j = madd(j, x, y);
    k = madd(k, x, y);
    l = madd(l, x, y);
  }
  a = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), f32x4.add(g, h)));
  return f32x4.extract_lane(f32x4.add(a, f32x4.add(f32x4.add(i, j), f32x4.add(k, l))), 0);
}
