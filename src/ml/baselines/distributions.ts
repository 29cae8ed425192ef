/** Below this the argument is shifted up by the recurrence; above it the asymptotic series below are good to 1e-15. */
const LARGE = 12;

/** Natural logarithm of the gamma function for x > 0 (recurrence, then Stirling's series; Abramowitz & Stegun 6.1.41). */
export function logGamma(x: number): number {
  let shifted = x;
  let product = 1;
  while (shifted < LARGE) product *= shifted++;
  const r = 1 / (shifted * shifted);
  const series =
    (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - r * (691 / 360_360)))))) / shifted;
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}

/** Derivative of `logGamma` for x > 0 (Abramowitz & Stegun 6.3.18). */
export function digamma(x: number): number {
  let shifted = x;
  let sum = 0;
  while (shifted < LARGE) sum += 1 / shifted++;
  const r = 1 / (shifted * shifted);
  const series = r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r * (1 / 132)))));
  return Math.log(shifted) - 0.5 / shifted - series - sum;
}

const CENTRAL = [
  [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
    133.14166789178438, 3.3871328727963665,
  ],
  [
    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
    42.31333070160091, 1,
  ],
] as const;
const MIDDLE = [
  [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
    5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ],
  [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
    1.6763848301838038, 2.053191626637759, 1,
  ],
] as const;
const FAR = [
  [
    2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
    1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ],
  [
    2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133, 0.014875361290850615,
    0.1369298809227358, 0.599832206555888, 1,
  ],
] as const;

const horner = (coefficients: readonly number[], x: number) => coefficients.reduce((sum, c) => sum * x + c, 0);
const ratio = ([over, under]: readonly [readonly number[], readonly number[]], x: number) =>
  horner(over, x) / horner(under, x);

/** Quantile of the standard normal distribution at a level in (0, 1), to about 1e-15 (Wichura 1988, algorithm AS 241). */
export function normalQuantile(level: number): number {
  const q = level - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRAL, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(q < 0 ? level : 1 - level));
  const size = r <= 5 ? ratio(MIDDLE, r - 1.6) : ratio(FAR, r - 5);
  return q < 0 ? -size : size;
}

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
