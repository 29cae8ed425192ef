import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import type { CoinFeatures } from '../features/build.ts';
import { sentimentKnown } from '../features/sentiment-features.ts';
import { type DistributionMaker, type DistributionModel, scaledSentiment } from './distribution.ts';

const LEVELS = QUANTILE_LEVELS.length;

/** Mean distance between two quantile curves. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>, at: number): number {
  let sum = 0;
  for (let k = at * LEVELS; k < (at + 1) * LEVELS; k++) sum += Math.abs(a[k]! - b[k]!);
  return sum / LEVELS;
}

/**
 * How much of what moved the forecast at one row was sentiment, at each horizon: d(with, without) ÷ (d(with, without) + d(without, usual)), where d
 * is the mean distance between quantile curves, *with* and *without* are what the ensemble says with all of the row's inputs and with
 * sentiment masked, and *usual* (steps × levels) is climatology. 0: it moved nothing; 1: nothing else did. Two passes of one window, so
 * it costs next to nothing; null where the model takes no sentiment in, none is known at the row, or there is no climatology.
 */
export function sentimentShares(
  { card }: Pick<DistributionModel, 'card'>,
  maker: DistributionMaker,
  coin: CoinFeatures,
  row: number,
  usual: ArrayLike<number>,
): (number | null)[] {
  const inputs = scaledSentiment(card, coin, Int32Array.of(row));
  if (!inputs || !sentimentKnown(inputs, 0)) return card.steps.map(() => null);
  const heard = maker.raw(coin, row);
  const deaf = maker.raw({ ...coin, sentiment: null }, row);
  return card.steps.map((_, at) => {
    const own = distance(heard, deaf, at);
    const share = own / (own + distance(deaf, usual, at));
    return Number.isFinite(share) ? share : null;
  });
}
