import { logGamma } from './gamma.ts';
import { normalQuantile } from './normal-quantile.ts';

/** Log of 1 ÷ B(a, b). */
const logInverseBeta = (a: number, b: number) => logGamma(a + b) - logGamma(a) - logGamma(b);

/** Continued fraction of the incomplete beta function by Lentz's method; converges fast for x < (a + 1) / (a + b + 2). */
function betaFraction(x: number, a: number, b: number): number {
  const keep = (value: number) => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let c = 1;
  let d = 1 / keep(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / keep(1 + even * d);
    c = keep(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / keep(1 + odd * d);
    c = keep(1 + odd / c);
    const change = d * c;
    result *= change;
    if (Math.abs(change - 1) < 1e-16) break;
  }
  return result;
}

/** Log density of Student's t with `freedom` degrees of freedom (variance freedom ÷ (freedom − 2), not one). */
export function studentTLogDensity(x: number, freedom: number): number {
  return (
    logInverseBeta(freedom / 2, 0.5) - 0.5 * Math.log(freedom) - ((freedom + 1) / 2) * Math.log1p((x * x) / freedom)
  );
}

/** Probability that Student's t is above `x` ≥ 0, through the regularised incomplete beta function; keeps its digits far out. */
function upperTail(x: number, freedom: number): number {
  const [a, b] = [freedom / 2, 0.5];
  const square = x * x;
  const share = freedom / (freedom + square);
  const front = Math.exp(logInverseBeta(a, b) + a * Math.log(share) + b * Math.log(square / (freedom + square)));
  if (share < (a + 1) / (a + b + 2)) return (0.5 * front * betaFraction(share, a, b)) / a;
  return 0.5 - (0.5 * front * betaFraction(square / (freedom + square), b, a)) / b;
}

/** Distribution function of Student's t. */
export function studentTCdf(x: number, freedom: number): number {
  if (x === 0) return 0.5;
  const tail = upperTail(Math.abs(x), freedom);
  return x < 0 ? tail : 1 - tail;
}

/** Quantile of Student's t at a level in (0, 1) to four digits or better for freedom > 2 (Hill 1970, ACM algorithm 396): for tables. */
export function approximateStudentTQuantile(level: number, freedom: number): number {
  if (level === 0.5) return 0;
  const twoTailed = 2 * Math.min(level, 1 - level);
  const a = 1 / (freedom - 0.5);
  const b = 48 / (a * a);
  let c = ((20_700 * a) / b - 98) * a * a - 16 * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt(a * (Math.PI / 2)) * freedom;
  let y = (d * twoTailed) ** (2 / freedom);
  if (y > 0.05 + a) {
    const x = normalQuantile(0.5 * twoTailed);
    y = x * x;
    if (freedom < 5) c += 0.3 * (freedom - 4.5) * (x + 0.6);
    c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b;
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
    y = Math.expm1(a * y * y);
  } else {
    y =
      ((1 / (((freedom + 6) / (freedom * y) - 0.089 * d - 0.822) * (freedom + 2) * 3) + 0.5 / (freedom + 4)) * y - 1) *
        ((freedom + 1) / (freedom + 2)) +
      1 / y;
  }
  const size = Math.sqrt(freedom * y);
  return level < 0.5 ? -size : size;
}

/** Quantile of Student's t at a level in (0, 1), to about 1e-12: Hill's start, then Newton steps on the tail probability. */
export function studentTQuantile(level: number, freedom: number): number {
  if (level === 0.5) return 0;
  const tail = Math.min(level, 1 - level);
  let x = Math.abs(approximateStudentTQuantile(level, freedom));
  for (let i = 0; i < 50; i++) {
    const step = (upperTail(x, freedom) - tail) / Math.exp(studentTLogDensity(x, freedom));
    // The tail is convex, so a step from the right could overshoot zero; halving keeps it on its side.
    x = Math.max(x + step, x / 2);
    if (Math.abs(step) <= 1e-14 * x) break;
  }
  return level < 0.5 ? -x : x;
}
