/**
 * The two heads and their losses. `z` holds the last linear layer's output, one row per sample.
 *
 * Constants of the quantile head (`table`), each `span` floats (levels − 1 padded to 4) but the last: weights w_k, a mask that
 * is 1 left of the median, a mask that is 1 right of it, then the `levels` levels. Scratch: 4 · (span + 4) floats.
 */
import { expNegative4, madd, softplus4, softplusSlope4, sum4 } from './simd';

/** The increments (and, for training, their slopes) of one horizon of one sample into scratch. */
// @ts-ignore: decorator
@inline
function increments(z: usize, base: usize, table: usize, span: usize, out: usize, slopes: usize): void {
  const left = v128.load32_splat(z, 4);
  const right = v128.load32_splat(z, 8);
  const tail = v128.load32_splat(z, 12);
  const bytes = span << 2;
  for (let k: usize = 0; k < bytes; k += 16) {
    let x = madd(tail, v128.load(table + k), v128.load(base + k));
    x = madd(left, v128.load(table + bytes + k), x);
    x = madd(right, v128.load(table + 2 * bytes + k), x);
    const e = expNegative4(f32x4.neg(f32x4.abs(x)));
    v128.store(out + k, softplus4(x, e));
    v128.store(slopes + k, softplusSlope4(x, e));
  }
}

/** Running sums of the increments outward from the median. */
// @ts-ignore: decorator
@inline
function accumulate(location: f32, steps: usize, levels: usize, median: usize, out: usize): void {
  store<f32>(out + (median << 2), location);
  let q = location;
  for (let k = median; k + 1 < levels; k++) {
    q += load<f32>(steps + (k << 2));
    store<f32>(out + ((k + 1) << 2), q);
  }
  q = location;
  for (let k = median; k-- > 0; ) {
    q -= load<f32>(steps + (k << 2));
    store<f32>(out + (k << 2), q);
  }
}

/** Quantiles of every sample and horizon: out is samples × horizons × levels. */
export function quantileForward(
  z: usize, zStride: usize, perHorizon: usize, base: usize, table: usize, span: usize, levels: usize, median: usize,
  horizons: usize, samples: usize, scratch: usize, out: usize,
): void {
  const slopes = scratch + (span << 2);
  for (let s: usize = 0; s < samples; s++) {
    for (let h: usize = 0; h < horizons; h++) {
      const row = z + ((s * zStride + h * perHorizon) << 2);
      increments(row, base + ((h * span) << 2), table, span, scratch, slopes);
      accumulate(load<f32>(row), scratch, levels, median, out + (((s * horizons + h) * levels) << 2));
    }
  }
}

/**
 * Sum of the pinball losses × `scale` plus the Huber losses × `auxiliaryScale` over the samples, with the gradients in `dz` (cleared by the
 * caller) and added to `dBase`. Targets and auxiliary values are rows of `horizons` floats picked by `rows`; NaN is left out.
 */
export function quantileLoss(
  z: usize, zStride: usize, perHorizon: usize, base: usize, table: usize, span: usize, levels: usize, median: usize,
  horizons: usize, samples: usize, scratch: usize, rows: usize, targets: usize, scale: f32,
  auxiliary: usize, auxiliaryScale: f32, dz: usize, dzStride: usize, dBase: usize,
): f64 {
  const bytes = span << 2;
  const slopes = scratch + bytes;
  const quantiles = slopes + bytes;
  const flow = quantiles + bytes + 16;
  const levelAt = table + 3 * bytes;
  let loss: f64 = 0;
  for (let s: usize = 0; s < samples; s++) {
    const target = (<usize>load<i32>(rows + (s << 2)) * horizons) << 2;
    for (let h: usize = 0; h < horizons; h++) {
      const row = z + ((s * zStride + h * perHorizon) << 2);
      const dRow = dz + ((s * dzStride + h * perHorizon) << 2);
      if (perHorizon > 4) {
        const known = load<f32>(auxiliary + target + (h << 2));
        if (known == known) loss += huber(row, dRow, known, auxiliaryScale);
      }
      const y = load<f32>(targets + target + (h << 2));
      if (y != y) continue;
      const curve = base + ((h * span) << 2);
      increments(row, curve, table, span, scratch, slopes);
      accumulate(load<f32>(row), scratch, levels, median, quantiles);
      let pinball: f64 = 0;
      let dLocation: f32 = 0;
      memory.fill(flow, 0, bytes);
      // The increment at k moves every quantile outward of it, so its gradient is the sum of theirs.
      let sum: f32 = 0;
      for (let k = levels; k-- > median + 1; ) {
        const level = load<f32>(levelAt + (k << 2));
        const u = y - load<f32>(quantiles + (k << 2));
        pinball += u >= 0 ? u * level : u * (level - 1);
        sum += u > 0 ? -level : <f32>1 - level;
        store<f32>(flow + ((k - 1) << 2), sum);
      }
      dLocation = sum;
      sum = 0;
      for (let k: usize = 0; k < median; k++) {
        const level = load<f32>(levelAt + (k << 2));
        const u = y - load<f32>(quantiles + (k << 2));
        pinball += u >= 0 ? u * level : u * (level - 1);
        sum += u > 0 ? -level : <f32>1 - level;
        store<f32>(flow + (k << 2), -sum);
      }
      const middle = load<f32>(levelAt + (median << 2));
      const u = y - load<f32>(row);
      pinball += u >= 0 ? u * middle : u * (middle - 1);
      dLocation += sum + (u > 0 ? -middle : <f32>1 - middle);
      loss += pinball * scale;
      let dLeft = f32x4.splat(0), dRight = f32x4.splat(0), dTail = f32x4.splat(0);
      const factor = f32x4.splat(scale);
      const dCurve = dBase + ((h * span) << 2);
      for (let k: usize = 0; k < bytes; k += 16) {
        const d = f32x4.mul(f32x4.mul(v128.load(flow + k), v128.load(slopes + k)), factor);
        dTail = madd(d, v128.load(table + k), dTail);
        dLeft = madd(d, v128.load(table + bytes + k), dLeft);
        dRight = madd(d, v128.load(table + 2 * bytes + k), dRight);
        v128.store(dCurve + k, f32x4.add(v128.load(dCurve + k), d));
      }
      store<f32>(dRow, dLocation * scale);
      store<f32>(dRow, sum4(dLeft), 4);
      store<f32>(dRow, sum4(dRight), 8);
      store<f32>(dRow, sum4(dTail), 12);
    }
  }
  return loss;
}

/** Huber loss (threshold 1) of the auxiliary output, scaled; its gradient is stored beside the others. */
// @ts-ignore: decorator
@inline
function huber(row: usize, dRow: usize, known: f32, scale: f32): f64 {
  const d = load<f32>(row, 16) - known;
  const size = abs(d);
  store<f32>(dRow, scale * (size <= 1 ? d : d > 0 ? <f32>1 : <f32>-1), 16);
  return (size <= 1 ? <f64>d * 0.5 * d : <f64>size - 0.5) * scale;
}

/** Sum of the pinball losses × `scale` of unconstrained outputs on one target, with the gradient in `dz` (cleared by the caller). */
export function linearLoss(
  z: usize, zStride: usize, levelAt: usize, levels: usize, samples: usize, rows: usize, targets: usize, scale: f32,
  dz: usize, dzStride: usize,
): f64 {
  let loss: f64 = 0;
  for (let s: usize = 0; s < samples; s++) {
    const y = load<f32>(targets + (<usize>load<i32>(rows + (s << 2)) << 2));
    if (y != y) continue;
    const row = z + ((s * zStride) << 2);
    const dRow = dz + ((s * dzStride) << 2);
    for (let k: usize = 0; k < levels; k++) {
      const level = load<f32>(levelAt + (k << 2));
      const u = y - load<f32>(row + (k << 2));
      loss += <f64>(u >= 0 ? u * level : u * (level - 1)) * scale;
      store<f32>(dRow + (k << 2), scale * (u > 0 ? -level : <f32>1 - level));
    }
  }
  return loss;
}
