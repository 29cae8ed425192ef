import type { FanPoint } from '../../core/forecast.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';

/** Log-return quantiles at one of the net's horizons. */
export interface FanAnchor {
  readonly steps: number;
  readonly quantiles: readonly number[];
}

/** Points drawn between neighbouring anchors when candles are too few to make a curve. */
const FEWEST_POINTS = 8;

/**
 * The fan from the last price to the target: exact at every horizon the net forecasts on the way, between them linear in
 * the square root of time, as the spread of a random walk grows. Anchors ascend; the last one is the target.
 */
export function fanPoints(
  lastPrice: number,
  originMs: number,
  stepMs: number,
  anchors: readonly FanAnchor[],
): FanPoint[] {
  const points: FanPoint[] = [{ timeMs: originMs, quantiles: QUANTILE_LEVELS.map(() => lastPrice) }];
  let from: FanAnchor = { steps: 0, quantiles: QUANTILE_LEVELS.map(() => 0) };
  for (const anchor of anchors) {
    const span = anchor.steps - from.steps;
    const pieces = Math.max(span, anchors.length === 1 ? FEWEST_POINTS : Math.ceil(FEWEST_POINTS / anchors.length));
    for (let i = 1; i <= pieces; i++) {
      const at = from.steps + (span * i) / pieces;
      const share = (Math.sqrt(at) - Math.sqrt(from.steps)) / (Math.sqrt(anchor.steps) - Math.sqrt(from.steps));
      const quantiles = anchor.quantiles.map(
        (value, k) => lastPrice * Math.exp(from.quantiles[k]! + share * (value - from.quantiles[k]!)),
      );
      points.push({ timeMs: originMs + at * stepMs, quantiles });
    }
    from = anchor;
  }
  return points;
}
