import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { PromotionVerdict } from '../../core/promotion.ts';
import type { SentimentAt } from '../../core/sentiment.ts';
import type { Clock } from '../../core/time.ts';
import { coinHistories } from '../../ml/data/coin-history.ts';
import type { ModelCard } from '../../ml/model/card.ts';
import type { ModelBytes } from '../../ml/model/model-file.ts';
import type { CompareModels } from '../../ml/workers/comparison.ts';
import { comparisonSpan, judge, type MeasuredModel, type PromotionRule } from './promotion-gate.ts';

/** Candles before the span that its forecasts rest on: two years of days and five months of hours, enough for inputs and calibration. */
const LEAD_CANDLES: Readonly<Record<Interval, number>> = { '1d': 800, '1h': 3_600 };

/** A trained model with its twin, if it has one. */
export interface TwinnedModel {
  readonly model: ModelBytes;
  readonly twin: ModelBytes | null;
}

/** A model and its card. */
export interface KnownModel {
  readonly bytes: ModelBytes;
  readonly card: ModelCard;
}

/** A model, and the twin that it is measured by; null where it is measured itself. */
export interface JudgedModel extends KnownModel {
  readonly twin: KnownModel | null;
}

/** A new model, what serves, and what they are measured on. */
export interface Judging {
  readonly candidate: JudgedModel;
  /** Null where no model serves. */
  readonly serving: JudgedModel | null;
  /** Candles up to now; Bitcoin's, when among them, are the market's context. */
  readonly series: readonly MarketSeries[];
  /** Bitcoin's candles where it is not measured on. */
  readonly btc?: MarketSeries | null | undefined;
  readonly sentiment?: SentimentAt | undefined;
  /** Default: the rule that the bot goes by. */
  readonly rule?: PromotionRule | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onCoin?: ((done: number, of: number) => void) | undefined;
}

/** Measures a new model, by its twin where it has one, beside the serving one and climatology, and judges it. Throws as the comparison does. */
export async function judgeCandidate(
  { candidate, serving, series, btc: market, sentiment, rule, signal, onCoin }: Judging,
  compare: CompareModels,
  now: Clock,
): Promise<PromotionVerdict> {
  const own = candidate.twin ?? candidate;
  const other = serving && (serving.twin ?? serving);
  const { interval, steps, window } = own.card;
  const newestMs = Math.max(...series.map(({ candles }) => candles.at(-1)?.openTimeMs ?? 0)) + INTERVAL_MS[interval];
  const span = comparisonSpan(own.card, other?.card ?? null, newestMs);
  const facts = { interval, candidate: factsOf(candidate), serving: serving && factsOf(serving), span };
  if (span.fromMs >= span.toMs) return judge({ ...facts, comparison: null, atMs: now() }, rule);
  const sinceMs = span.fromMs - LEAD_CANDLES[interval] * INTERVAL_MS[interval];
  const recent = (all: readonly MarketSeries[]) =>
    all
      .map(({ symbol, candles }) => ({ symbol, candles: candles.filter(({ openTimeMs }) => openTimeMs >= sinceMs) }))
      .filter(({ candles }) => candles.length > 0);
  const histories = await coinHistories(recent(series), interval, sentiment);
  const context = market ? await coinHistories(recent([market]), interval) : histories;
  const btc = context.find(({ symbol }) => symbol === 'BTC') ?? null;
  const models = { candidate: own.bytes, serving: other?.bytes ?? null, refit: candidate.twin && candidate.bytes };
  const setting = { interval, steps, ...span, btc, window };
  const comparison = await compare(histories, { ...models, setting }, { signal, onCoin });
  return judge({ ...facts, comparison, atMs: now() }, rule);
}

const factsOf = ({ card, twin }: JudgedModel): MeasuredModel => ({
  version: card.version,
  coins: card.data.symbols.length,
  measured: (twin ?? { card }).card.data,
  byTwin: twin !== null,
});
