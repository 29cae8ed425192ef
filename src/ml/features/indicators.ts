/**
 * Technical indicators over a column of closes. A NaN close (a gap) carries the last state on and yields NaN.
 * Definitions are the usual ones; `test/ml/features/indicators.test.ts` holds them to a published library.
 */

/** Exponential moving average with α = 2 / (n + 1), started at the mean of the first n closes. */
export function ema(values: Float64Array, n: number): Float64Array {
  const out = new Float64Array(values.length).fill(Number.NaN);
  const alpha = 2 / (n + 1);
  let seen = 0;
  let sum = 0;
  let average = Number.NaN;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    seen++;
    if (seen < n) sum += value;
    else if (seen === n) average = (sum + value) / n;
    else average += alpha * (value - average);
    if (seen >= n) out[i] = average;
  }
  return out;
}

/** Relative strength index in 0 … 100 with Wilder's smoothing (Wilder 1978); 50 where nothing moved. */
export function rsi(closes: Float64Array, n: number): Float64Array {
  const out = new Float64Array(closes.length).fill(Number.NaN);
  let previous = Number.NaN;
  let changes = 0;
  let gain = 0;
  let loss = 0;
  for (let i = 0; i < closes.length; i++) {
    const close = closes[i]!;
    if (Number.isNaN(close)) continue;
    if (!Number.isNaN(previous)) {
      const up = Math.max(close - previous, 0);
      const down = Math.max(previous - close, 0);
      changes++;
      if (changes <= n) {
        gain += up / n;
        loss += down / n;
      } else {
        gain = (gain * (n - 1) + up) / n;
        loss = (loss * (n - 1) + down) / n;
      }
      if (changes >= n) out[i] = gain + loss === 0 ? 50 : (100 * gain) / (gain + loss);
    }
    previous = close;
  }
  return out;
}

/** MACD line (fast − slow EMA), its signal line and their difference (Appel 1979). */
export function macd(
  closes: Float64Array,
  fast: number,
  slow: number,
  signal: number,
): { readonly line: Float64Array; readonly signal: Float64Array; readonly histogram: Float64Array } {
  const fastEma = ema(closes, fast);
  const slowEma = ema(closes, slow);
  const line = fastEma.map((value, i) => value - slowEma[i]!);
  const signalLine = ema(line, signal);
  return { line, signal: signalLine, histogram: line.map((value, i) => value - signalLine[i]!) };
}
