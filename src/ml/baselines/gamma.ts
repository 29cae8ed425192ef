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
