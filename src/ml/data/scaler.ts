/** Centres and scales context columns. Fitted on training rows only and kept in the model's card. */
export interface Scaler {
  readonly names: readonly string[];
  readonly mean: readonly number[];
  /** 0 where the column never varied in training: such a column is always 0, so an input the net was not trained on has no effect. */
  readonly deviation: readonly number[];
  /** 0.1 % and 99.9 % quantiles of the scaled training values: values outside are out of the training range. */
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** Scaled values are clipped to ± this, so that one extreme input cannot dominate the output. */
const CLIP = 5;
const MIN_DEVIATION = 1e-6;

/** Fits a scaler to the given rows (rows × names, NaN = unknown, skipped). */
export function fitScaler(names: readonly string[], context: Float32Array, rows: Int32Array): Scaler {
  const width = names.length;
  const mean: number[] = [];
  const deviation: number[] = [];
  const low: number[] = [];
  const high: number[] = [];
  for (let column = 0; column < width; column++) {
    const values = Float64Array.from(rows, (row) => context[row * width + column]!)
      .filter((value) => !Number.isNaN(value))
      .sort();
    const n = values.length;
    const centre = n > 0 ? values.reduce((sum, value) => sum + value, 0) / n : 0;
    const variance = n > 0 ? values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / n : 0;
    const spread = Math.sqrt(variance) > MIN_DEVIATION ? Math.sqrt(variance) : 0;
    const scaled = (level: number) =>
      n > 0 && spread > 0 ? (values[Math.round(level * (n - 1))]! - centre) / spread : 0;
    mean.push(centre);
    deviation.push(spread);
    low.push(scaled(0.001));
    high.push(scaled(0.999));
  }
  return { names, mean, deviation, low, high };
}

/** Scales in place; unknown becomes 0, the mean. */
export function applyScaler(scaler: Scaler, context: Float32Array): Float32Array {
  const width = scaler.names.length;
  for (let i = 0; i < context.length; i++) {
    context[i] = scaledValue(scaler, i % width, context[i]!);
  }
  return context;
}

/** One number scaled and clipped; unknown becomes 0. */
export function scaledValue(scaler: Scaler, column: number, raw: number): number {
  const spread = scaler.deviation[column]!;
  const value = spread > 0 ? (raw - scaler.mean[column]!) / spread : 0;
  return Number.isNaN(value) ? 0 : Math.min(Math.max(value, -CLIP), CLIP);
}

/** Number of inputs out of the training range from which on a row counts as far from training; single ones are out by chance. */
const FAR_INPUTS = 3;

/** Names of the inputs of one unscaled row that lie outside 99.8 % of the training values. */
export function outOfRange(scaler: Scaler, row: Float32Array): string[] {
  return scaler.names.filter((_, column) => {
    const spread = scaler.deviation[column]!;
    const value = row[column]!;
    if (spread === 0 || Number.isNaN(value)) return false;
    const scaled = (value - scaler.mean[column]!) / spread;
    return scaled < scaler.low[column]! || scaled > scaler.high[column]!;
  });
}

/** Whether a row with the given names out of range is so far from training that its bands are widened. */
export const isFar = (names: readonly string[]): boolean => names.length >= FAR_INPUTS;
