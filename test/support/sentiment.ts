import type { SentimentColumns } from '../../src/core/sentiment.ts';
import { HOUR_MS } from '../../src/core/time.ts';
import type { CoinInput } from '../../src/ml/features/build.ts';
import { closeTimesMs } from '../../src/ml/features/columns.ts';
import type { TrainedModel } from '../../src/ml/train/train-model.ts';
import { createSentimentColumns } from '../../src/sentiment/aggregate.ts';
import type { ScoredStory } from '../../src/sentiment/story-lists.ts';

/** News every six hours, each coin's every second one, and Fear & Greed every day, for as long as a coin's candles last. No Reddit. */
export function steadySentiment({ symbol, columns }: Pick<CoinInput, 'symbol' | 'columns'>): SentimentColumns {
  const closes = closeTimesMs(columns);
  const [first, last] = [closes[0]!, closes.at(-1)!];
  const stories: ScoredStory[] = [];
  for (let timeMs = first - 40 * 24 * HOUR_MS; timeMs <= last; timeMs += 6 * HOUR_MS) {
    const i = Math.round(timeMs / (6 * HOUR_MS));
    stories.push({ timeMs, kind: 'news', outlet: 'coindesk', symbols: i % 2 ? [symbol] : [], score: Math.sin(i / 9) });
  }
  const days = stories
    .filter((_, i) => i % 4 === 0)
    .map(({ timeMs }, i) => ({ timeMs, value: 50 + 30 * Math.sin(i / 20) }));
  return createSentimentColumns(stories, days)(symbol, closes);
}

/** The coins with it. */
export const spoken = (coins: readonly CoinInput[]): CoinInput[] =>
  coins.map((coin) => ({ ...coin, sentiment: steadySentiment(coin) }));

/** The model with its gate wide open and values behind it that nobody learnt, so that whatever is said moves every forecast. */
export function outspoken(trained: TrainedModel): TrainedModel {
  const members = trained.members.map((weights) =>
    weights.map((tensor) => {
      if (tensor.name === 'sentiment_value/kernel')
        return { ...tensor, data: tensor.data.map((_, i) => 0.4 * Math.sin(i)) };
      return tensor.name === 'sentiment_gate/bias' ? { ...tensor, data: tensor.data.map(() => 2) } : tensor;
    }),
  );
  return { ...trained, members };
}
