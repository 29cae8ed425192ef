import type { Interval } from '../../core/candle.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { SentimentAt } from '../../core/sentiment-columns.ts';
import { type CoinHistory, toHistory } from '../../ml/data/coin-history.ts';
import { closeTimesMs } from '../../ml/features/columns.ts';

/** Coins as evaluations take them: their candles, with what was said at each close where that is given. */
export async function coinHistories(
  series: readonly Pick<MarketSeries, 'symbol' | 'candles'>[],
  interval: Interval,
  sentiment?: SentimentAt,
): Promise<CoinHistory[]> {
  const coins: CoinHistory[] = [];
  for (const { symbol, candles } of series) {
    const history = toHistory(symbol, candles, interval);
    coins.push(sentiment ? { ...history, sentiment: await sentiment(symbol, closeTimesMs(history.raw)) } : history);
  }
  return coins;
}
