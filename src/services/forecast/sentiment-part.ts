import type { SentimentPart } from '../../core/sentiment.ts';
import type { HorizonDistribution } from '../../ml/forecast/forecaster.ts';
import type { ModelCard } from '../../ml/model/card.ts';

/** Sentiment's share of a forecast, and what its model's card found it worth at that horizon; null where the model takes none in. */
export function sentimentPart(card: ModelCard, { steps, sentimentShare }: HorizonDistribution): SentimentPart | null {
  if (!card.sentiment) return null;
  const found = card.evaluation?.sentiment?.find((worth) => worth.steps === steps);
  if (!found) return { share: sentimentShare ?? null, worth: null };
  const { valuePct, lowPct, highPct, n } = found;
  return { share: sentimentShare ?? null, worth: { valuePct, lowPct, highPct, n } };
}
