import { SYMBOL_PATTERN } from '../../core/asset.ts';
import type { RowCheck } from '../odd-rows.ts';
import type { ListedMarket } from '../source.ts';

/** Nothing of a coin's price or volume in dollars has come near this; more is a fault of the list. */
const MAX_DOLLARS_A_DAY = 1e12;

/**
 * The markets of a list that can be believed, one a coin, and the end of its check. What is no ticker, or is not traded, is left out; a negative or
 * impossible number is odd. Of two rows of one coin the one with less volume counts: a doubled row must not lift a coin. Throws as `check.finish`.
 */
export function soundMarkets(markets: readonly ListedMarket[], check: RowCheck): readonly ListedMarket[] {
  const sound = new Map<string, ListedMarket>();
  let believed = 0;
  for (const [index, market] of markets.entries()) {
    const { symbol, coins, priceUsd } = market;
    const dollars = coins * (priceUsd ?? 0);
    if (!SYMBOL_PATTERN.test(symbol)) check.leaveOut('of something that is no coin');
    else if (!(coins >= 0 && dollars >= 0 && dollars <= MAX_DOLLARS_A_DAY && (priceUsd ?? 0) <= MAX_DOLLARS_A_DAY)) {
      check.odd('with a price or a volume beyond belief', index, [], symbol);
    } else {
      believed++;
      const before = sound.get(symbol);
      if (before) check.leaveOut('of a coin that occurs twice');
      if (coins > 0 && priceUsd !== 0 && (!before || coins < before.coins)) sound.set(symbol, market);
    }
  }
  check.finish(believed, Number.POSITIVE_INFINITY);
  return [...sound.values()];
}
