import { closeTimeMs, type Interval } from '../../core/candle.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { PromotionVerdict, RetrainProgress } from '../../core/promotion.ts';
import type { SentimentAt } from '../../core/sentiment.ts';
import type { Clock } from '../../core/time.ts';
import type { MarketService } from '../../market/series.ts';
import type { ModelBytes } from '../../ml/model/model-file.ts';
import type { PromotionService } from './promotion.ts';
import { GATE_MS } from './promotion-gate.ts';
import type { TrainingService } from './training.ts';

/** Candles of each coin that a bot trains on: seven years of days, eight months of hours. */
const TRAINING_CANDLES: Readonly<Record<Interval, number>> = { '1d': 2_500, '1h': 6_000 };
/** With fewer coins a net learns the coins instead of the market. */
const MIN_COINS = 5;

/** What retraining is made of. */
export interface RetrainingParts {
  readonly market: Pick<MarketService, 'series'>;
  readonly training: Pick<TrainingService, 'train'>;
  readonly promotion: Pick<PromotionService, 'consider'>;
  /** Sentiment inputs from all stored headlines; null or absent: the nets are trained without sentiment. */
  readonly sentiment?: () => Promise<SentimentAt | null>;
  /** The tracked coins. */
  readonly symbols: readonly string[];
  readonly threads: number;
  readonly logger: Logger;
  readonly now: Clock;
}

/** Trains on the tracked coins while the bot serves, and lets the new model serve only if it wins. */
export interface RetrainingService {
  /**
   * Throws `CC_TRAINING_DATA` when too few coins have candles, `CC_BUSY` while another retraining is under way, and as training and the
   * gate do; the serving model then stays. `why` goes into the model's card.
   */
  retrain(
    interval: Interval,
    why: string,
    signal?: AbortSignal,
    onProgress?: (progress: RetrainProgress) => void,
  ): Promise<PromotionVerdict>;
}

/** Makes the service. Candles are asked for one coin after the other, so that retraining does not use up the sources' rate limits. */
export function createRetrainingService(parts: RetrainingParts): RetrainingService {
  const { market, training, promotion, symbols, threads, logger, now } = parts;

  let running: Interval | null = null;

  async function candles(
    interval: Interval,
    signal?: AbortSignal,
    onProgress?: (progress: RetrainProgress) => void,
  ): Promise<readonly MarketSeries[]> {
    const series: MarketSeries[] = [];
    for (const [done, symbol] of symbols.entries()) {
      signal?.throwIfAborted();
      onProgress?.({ stage: 'candles', done, of: symbols.length });
      try {
        series.push(await market.series({ symbol, interval, candles: TRAINING_CANDLES[interval] }));
      } catch (error) {
        const known = asCandlecastError(error);
        if (known.code === 'CC_DATABASE') throw known;
        logger.warn({ symbol, interval, code: known.code }, 'a coin is left out of retraining');
      }
    }
    if (series.length < MIN_COINS) {
      const have = `${series.length} of ${symbols.length} tracked coins have candles; ${MIN_COINS} are needed`;
      throw new CandlecastError('CC_TRAINING_DATA', `Nothing was trained: ${have}.`, { retryable: true });
    }
    return series;
  }

  async function retrain(...[interval, why, signal, onProgress]: Parameters<RetrainingService['retrain']>) {
    const startedMs = now();
    const series = await candles(interval, signal, onProgress);
    const newestMs = Math.max(...series.map((one) => closeTimeMs(one.candles[one.candles.length - 1]!, interval)));
    const said = (await parts.sentiment?.()) ?? undefined;
    let made: ModelBytes | null = null;
    const card = await training.train({
      interval,
      series,
      sentiment: said,
      ...(signal ? { signal } : {}),
      onProgress: ({ done, secondsLeft }) => onProgress?.({ stage: 'training', share: done, secondsLeft }),
      write: async (model) => {
        made = model;
      },
      options: {
        threads,
        // The newest candles are left for the gate.
        stopUntilMs: newestMs - GATE_MS[interval],
        description: `${series.length} tracked coins of ${interval} candles`,
        command: why,
        gitCommit: null,
      },
    });
    if (!made) throw new CandlecastError('CC_INTERNAL', 'Training ended without a model.');
    const verdict = await promotion.consider({
      model: made,
      series,
      sentiment: said,
      onCoin: (done, of) => onProgress?.({ stage: 'judging', done, of }),
      ...(signal ? { signal } : {}),
    });
    const facts = { interval, version: card.version, why, seconds: Math.round((now() - startedMs) / 1000), verdict };
    logger.info(facts, 'a model was retrained and judged');
    return verdict;
  }

  return {
    async retrain(interval, ...rest) {
      // Two at once would share the cores, and the slower one would be measured against a model it does not know.
      if (running !== null) {
        const what = running === '1d' ? 'daily' : 'hourly';
        throw new CandlecastError('CC_BUSY', `The ${what} model is being trained already.`, {
          retryable: true,
          remedy: '/status shows how far it is; ask again when it is done.',
        });
      }
      running = interval;
      try {
        return await retrain(interval, ...rest);
      } finally {
        running = null;
      }
    },
  };
}
