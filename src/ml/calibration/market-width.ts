import type { Interval } from '../../core/candle.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { PAIRS, type WidthLearner } from './width-learner.ts';

/** Largest change of a factor after one moment at a horizon of one candle; at longer ones it is divided by √horizon. */
const STEP: Readonly<Record<Interval, number>> = { '1d': 0.01, '1h': 0.001 };
/** By how much of that the factors of all other horizons together move too: hourly ones gain by it, daily ones do not. */
const SHARED: Readonly<Record<Interval, number>> = { '1d': 0, '1h': 1 };
/** A moment of this many coins counts half as much as one of very many: few coins say little about the market. */
const HALF_COUNTED = 5;
/** Bounds of a factor. */
const LEAST = 0.5;
const MOST = 2;

/** Share of outcomes that each pair's band should hold. */
const NOMINAL = Float64Array.from({ length: PAIRS }, (_, pair) => 1 - 2 * QUANTILE_LEVELS[pair]!);

/**
 * Learns how wide the bands of the whole market should be: one factor for each horizon and pair of levels, moved after each moment by the share of
 * outcomes that the pair's band should have held less the share that it did hold (adaptive conformal inference, Gibbs & Candès 2021, over all
 * coins at once). It depends on no coin and no time of day.
 */
export function createMarketWidth(
  interval: Interval,
  steps: readonly number[],
  from: readonly (readonly number[])[] | null,
): WidthLearner<number[][]> {
  const known = steps.map((_, horizon) => Float64Array.from(from?.[horizon] ?? new Float64Array(PAIRS).fill(1)));
  return {
    apply(factors, _originMs, _symbol, horizon) {
      for (let pair = 0; pair < PAIRS; pair++) factors[pair]! *= known[horizon]![pair]!;
    },
    learn({ horizon, symbols, ratios }) {
      const coins = symbols.length;
      if (coins === 0) return;
      const factors = known[horizon]!;
      const step = (STEP[interval] / Math.sqrt(steps[horizon]!)) * (coins / (coins + HALF_COUNTED));
      for (let pair = 0; pair < PAIRS; pair++) {
        let inside = 0;
        for (let at = pair; at < ratios.length; at += PAIRS) if (ratios[at]! <= factors[pair]!) inside++;
        const move = step * (NOMINAL[pair]! - inside / coins);
        known.forEach((others, at) => {
          const share = at === horizon ? 1 : SHARED[interval] / (steps.length - 1);
          others[pair] = Math.min(MOST, Math.max(LEAST, others[pair]! + share * move));
        });
      }
    },
    state: () => known.map((factors) => Array.from(factors)),
  };
}
