import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Interval } from '../../core/candle.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { SentimentAt } from '../../core/sentiment.ts';
import type { StatusReport } from '../../core/status.ts';
import { DAY_MS } from '../../core/time.ts';
import { type CoinInput, minimumCandles } from '../../ml/features/build.ts';
import { type CandleColumns, closeTimesMs, toColumns } from '../../ml/features/columns.ts';
import type { Backend } from '../../ml/model/backend.ts';
import type { ModelCard } from '../../ml/model/card.ts';
import type { ModelBytes } from '../../ml/model/model-file.ts';
import { DEFAULT_SIZE } from '../../ml/model/recipes.ts';
import type { TrainProgress } from '../../ml/train/progress.ts';
import type { TrainOptions } from '../../ml/train/train-model.ts';
import { TREE_OPTIONS } from '../../ml/trees/fit-trees.ts';
import { startTraining } from '../../ml/workers/training.ts';

/** What nets of both intervals have in common. */
const COMMON = {
  family: 'cnn-lstm',
  seeds: [1, 2, 3],
  batch: 256,
  peakLearningRate: 2e-3,
  weightDecay: 0.01,
  clipNorm: 1,
  validationChecks: 10,
  patience: 4,
  conformalStep: 0.005,
  refit: true,
  trees: TREE_OPTIONS,
  build: 'auto',
  outOfSampleRefit: true,
} as const satisfies Partial<TrainOptions>;

/**
 * How nets are fitted unless told otherwise; chosen on the years before the shipped models' evaluation year. An hour's direction can
 * be forecast a little, so all of that median is kept.
 */
export const TRAINING_DEFAULTS = {
  '1d': { ...COMMON, windowVisits: 160_000, medianShare: 0.4, treeShare: [0, 0, 0] },
  '1h': { ...COMMON, windowVisits: 200_000, medianShare: [1, 0.7, 0.4], treeShare: [0.5, 0.5, 0.5] },
} as const satisfies Readonly<Record<Interval, Partial<TrainOptions>>>;

/** What is trained on, how, and where the model goes. */
export interface TrainingJob {
  readonly interval: Interval;
  /** One series a coin; Bitcoin's, when among them, is the market context of all. */
  readonly series: readonly MarketSeries[];
  /** Bitcoin's candles where it is not learnt from. */
  readonly btc?: MarketSeries | null | undefined;
  /** Sentiment inputs of each coin; without them the nets are trained without sentiment. */
  readonly sentiment?: SentimentAt | undefined;
  readonly options: Partial<TrainOptions> & Pick<TrainOptions, 'threads' | 'description' | 'command' | 'gitCommit'>;
  /** Writes the finished model, and its twin where one was asked for; called once, after training has ended well. */
  write(model: ModelBytes, twin: ModelBytes | null): Promise<void>;
  readonly onProgress?: (progress: TrainProgress) => void;
  readonly signal?: AbortSignal;
}

export interface TrainingService {
  /** Throws `CC_TRAINING_DATA`, `CC_TRAINING_CANCELLED`, `CC_TRAINING_DIVERGED` …; then nothing has been written. */
  train(job: TrainingJob): Promise<ModelCard>;
  /** For /status: the run under way, if any. */
  current(): StatusReport['training'];
}

/** The coins with enough candles for one window, as training takes them, and Bitcoin's when it is among them. Lets others have a turn after each coin. */
export async function trainingCoins(
  series: readonly MarketSeries[],
  interval: Interval,
  window: number,
): Promise<{ readonly coins: readonly CoinInput[]; readonly btc: CandleColumns | null }> {
  const coins: CoinInput[] = [];
  for (const { symbol, candles } of series) {
    if (candles.length < minimumCandles(window)) continue;
    coins.push({ symbol, columns: toColumns(candles, interval), observations: new Map() });
    await nextTurn();
  }
  return { coins, btc: coins.find((coin) => coin.symbol === 'BTC')?.columns ?? null };
}

/** The coins with their sentiment inputs, tone alone; one about which nothing is known stays as it is. */
export async function withSentiment(
  coins: readonly CoinInput[],
  sentiment: SentimentAt | undefined,
): Promise<readonly CoinInput[]> {
  if (!sentiment) return coins;
  const spoken: CoinInput[] = [];
  for (const coin of coins) {
    spoken.push({ ...coin, sentiment: await sentiment(coin.symbol, closeTimesMs(coin.columns), 'tone') });
    await nextTurn();
  }
  return spoken;
}

/** Makes the training service: one run at a time, in threads or, for native TensorFlow, in a process of its own. */
export function createTrainingService({ backend }: { readonly backend: Backend }): TrainingService {
  let current: StatusReport['training'] = null;
  return {
    current: () => current,
    async train({ interval, series, btc: market, sentiment, options, write, onProgress, signal }) {
      if (current)
        throw new CandlecastError('CC_TRAINING_DATA', 'Another training run is under way.', {
          remedy: 'Wait until it has ended.',
          retryable: true,
        });
      current = { interval, done: 0, secondsLeft: null };
      try {
        const { coins, btc } = await trainingCoins(series, interval, (options.size ?? DEFAULT_SIZE).window);
        const spoken = await withSentiment(coins, sentiment);
        const run = startTraining(
          spoken,
          market ? toColumns(market.candles, interval) : btc,
          { ...TRAINING_DEFAULTS[interval], backend, ...options, interval },
          (progress) => {
            current = { interval, done: progress.done, secondsLeft: progress.secondsLeft };
            onProgress?.(progress);
          },
        );
        signal?.addEventListener('abort', () => run.cancel(), { once: true });
        if (signal?.aborted) run.cancel();
        const { card, twin, ...model } = await run.result;
        await write(model, twin);
        return card;
      } finally {
        current = null;
      }
    },
  };
}

/** Candles of each coin that a bot trains on: seven years of days, eight months of hours. */
export const TRAINING_CANDLES: Readonly<Record<Interval, number>> = { '1d': 2_500, '1h': 6_000 };
/** With fewer coins a net learns the coins instead of the market. */
export const MIN_TRAINING_COINS = 5;
/** The newest candles, which the twin of a new model does not see: what the promotion gate judges on. */
export const HELD_OUT_MS: Readonly<Record<Interval, number>> = { '1d': 180 * DAY_MS, '1h': 60 * DAY_MS };

/** How a retraining of the bot differs from the default recipe of training; the rehearsal of its life takes the same. */
export const retrainingOptions = (interval: Interval) =>
  ({ heldOutMs: HELD_OUT_MS[interval], outOfSampleRefit: false }) satisfies Partial<TrainOptions>;
