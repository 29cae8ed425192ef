import { z } from 'zod';
import { INTERVALS, type Interval } from '../../core/candle.ts';
import { barelyMoves, seriesVerdict } from '../../core/candle-quality.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { PromotionVerdict, RetrainProgress } from '../../core/promotion.ts';
import type { SentimentAt } from '../../core/sentiment.ts';
import type { LastRetraining } from '../../core/status.ts';
import { type Clock, utcDay, utcTime } from '../../core/time.ts';
import type { ModelCard } from '../../ml/model/card.ts';
import { fitIntoMemory, type MemoryPlan, smallestTrainingBytes } from '../../ml/train/memory-plan.ts';
import type { LearntCoin, TrainingCoins } from '../universe/training-coins.ts';
import type { InterruptedTrainings, SmallStore } from './interrupted-trainings.ts';
import type { TwinnedModel } from './judge-candidate.ts';
import type { PromotionService } from './promotion.ts';
import {
  MIN_TRAINING_COINS,
  retrainingOptions,
  TRAINING_CANDLES,
  type TrainingJob,
  type TrainingService,
} from './training.ts';

/** What retraining is made of. */
export interface RetrainingParts {
  /** The coins to learn from, and their candles. */
  readonly coins: TrainingCoins;
  readonly training: Pick<TrainingService, 'train'>;
  readonly promotion: Pick<PromotionService, 'consider'>;
  /** Sentiment inputs from all stored headlines; null or absent: the nets are trained without sentiment. */
  readonly sentiment?: () => Promise<SentimentAt | null>;
  readonly threads: number;
  /** Bytes that training may take now, in all processes together. */
  readonly availableMemory: () => number;
  readonly interrupted: InterruptedTrainings;
  /** Keeps how the last retraining of each interval went. */
  readonly notes: Pick<SmallStore, 'get' | 'set'>;
  readonly logger: Logger;
  readonly now: Clock;
}

/** Trains while the bot serves, and lets the new model serve unless it is worse. */
export interface RetrainingService {
  /**
   * Throws `CC_TRAINING_DATA` when too few coins have candles that can be trusted, `CC_TRAINING_MEMORY` when memory is too small or the system
   * ended the run, `CC_BUSY` while another retraining is under way, and as training and the gate do; the serving model then stays. `why` goes
   * into the model's card. Where memory is short it trains on less, and after a run that the system ended on half of what seems free.
   */
  retrain(
    interval: Interval,
    why: string,
    signal?: AbortSignal,
    onProgress?: (progress: RetrainProgress) => void,
  ): Promise<PromotionVerdict>;
  /** The same for a run that nobody asked for: throws `CC_TRAINING_MEMORY` also while it is too soon after one that the system ended. */
  readonly retrainByItself: RetrainingService['retrain'];
  /** Whether a run is under way: another is refused. */
  isBusy(): boolean;
  /** The last retraining of each interval that ended with a model. */
  last(): Promise<readonly LastRetraining[]>;
}

const lastSchema = z.object({ endedMs: z.number(), seconds: z.number().nonnegative(), coins: z.int().nonnegative() });
const lastKey = (interval: Interval) => `last-${interval}`;

/** Makes the service. */
export function createRetrainingService(parts: RetrainingParts): RetrainingService {
  const { coins, training, promotion, threads, availableMemory, interrupted, notes, logger, now } = parts;

  let running: Interval | null = null;

  /** What fits into memory; after runs that the system ended half of it, then a quarter. */
  function plan(interval: Interval, learnt: readonly LearntCoin[], count: number): MemoryPlan {
    const sentiment = parts.sentiment !== undefined;
    const lengths = learnt.map(({ candles }) => candles);
    const wanted = { threads, candles: TRAINING_CANDLES[interval], lengths };
    const bytes = availableMemory() / 2 ** Math.min(count, 2);
    const fitted = fitIntoMemory(wanted, interval, sentiment, bytes);
    if (fitted) return fitted;
    const [have, need] = [bytes, smallestTrainingBytes(interval, sentiment)].map((n) => Math.round(n / 2 ** 20));
    const half = count === 0 ? '' : ', since the system ended the last run';
    throw new CandlecastError(
      'CC_TRAINING_MEMORY',
      `Nothing was trained: ${have} MB of memory may be taken${half}, and the smallest run takes ${need} MB.`,
      { context: { availableMb: have!, neededMb: need! } },
    );
  }

  /** The coins whose candles can be learnt from. */
  async function candles(
    interval: Interval,
    count: number,
    learnt: readonly LearntCoin[],
    signal?: AbortSignal,
  ): Promise<readonly MarketSeries[]> {
    const series: MarketSeries[] = [];
    for (const { symbol, tracked } of learnt) {
      signal?.throwIfAborted();
      try {
        const found = await coins.read(symbol, interval, count);
        const { trusted, faults } = seriesVerdict(found.candles, interval);
        const why = faults.map(({ code }) => code);
        if (!tracked && barelyMoves(found.candles, interval))
          logger.info({ symbol, interval }, 'a coin that barely moves is left out of retraining');
        else if (trusted) series.push(found);
        else logger.warn({ symbol, interval, faults: why }, 'a coin is left out of retraining');
      } catch (error) {
        const known = asCandlecastError(error);
        if (known.code === 'CC_DATABASE') throw known;
        logger.warn({ symbol, interval, code: known.code }, 'a coin is left out of retraining');
      }
    }
    if (series.length < MIN_TRAINING_COINS) throw tooFew(series.length, learnt.length);
    return series;
  }

  async function retrain(...[interval, why, signal, onProgress]: Parameters<RetrainingService['retrain']>) {
    const startedMs = now();
    await coins.update(interval, signal, (done, of) => onProgress?.({ stage: 'candles', done, of }));
    const learnt = await coins.list(interval);
    if (learnt.length < MIN_TRAINING_COINS) throw tooFew(learnt.length, learnt.length);
    const fitted = plan(interval, learnt, (await interrupted.read(interval)).count);
    const shortened = describeShortened(fitted, interval, threads, learnt.length);
    if (shortened) logger.warn({ interval, ...fitted }, 'memory is short: a model is trained on less');
    const series = await candles(interval, fitted.candles, learnt.slice(0, fitted.coins), signal);
    const said = (await parts.sentiment?.()) ?? undefined;
    let made: TwinnedModel | null = null;
    const card = await guarded(interval, {
      interval,
      series,
      sentiment: said,
      ...(signal ? { signal } : {}),
      onProgress: ({ done, secondsLeft }) => onProgress?.({ stage: 'training', share: done, secondsLeft }),
      write: async (model, twin) => {
        made = { model, twin };
      },
      options: {
        threads: fitted.threads,
        ...retrainingOptions(interval),
        description: `${series.length} coins of ${interval} candles${shortened}`,
        command: why,
        gitCommit: null,
      },
    });
    if (!made) throw new CandlecastError('CC_INTERNAL', 'Training ended without a model.');
    const verdict = await promotion.consider({
      ...(made as TwinnedModel),
      series,
      sentiment: said,
      onCoin: (done, of) => onProgress?.({ stage: 'judging', done, of }),
      ...(signal ? { signal } : {}),
    });
    const facts = { interval, version: card.version, why, seconds: Math.round((now() - startedMs) / 1000), verdict };
    logger.info(facts, 'a model was retrained and judged');
    await notes.set(lastKey(interval), { endedMs: now(), seconds: facts.seconds, coins: series.length });
    return verdict;
  }

  /** Trains, and notes whether the system ended the run, which may be for want of memory alone. */
  async function guarded(interval: Interval, job: TrainingJob): Promise<ModelCard> {
    await interrupted.begun(interval);
    try {
      const card = await training.train(job);
      await interrupted.ended(interval, 'made');
      return card;
    } catch (error) {
      const cutOff = isCutOff(error);
      // The database may be gone as well; what went wrong first is what is told.
      await interrupted.ended(interval, cutOff ? 'cut-off' : 'otherwise').catch(() => undefined);
      if (!cutOff) throw error;
      throw new CandlecastError(
        'CC_TRAINING_MEMORY',
        'Nothing was trained: the system ended the run, most likely because memory ran out. The next run takes half of it.',
        { cause: error },
      );
    }
  }

  /** One at a time: two would share the cores, and the slower one would be measured against a model it does not know. */
  const alone: RetrainingService['retrain'] = async (interval, ...rest) => {
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
  };

  return {
    retrain: alone,
    isBusy: () => running !== null,
    async last() {
      const found: LastRetraining[] = [];
      for (const interval of INTERVALS) {
        const { data } = lastSchema.safeParse(await notes.get(lastKey(interval)));
        if (data) found.push({ interval, ...data });
      }
      return found;
    },
    async retrainByItself(interval, why, signal, onProgress) {
      // A run under way would count as one that was cut off; it is refused as such.
      if (running !== null) return alone(interval, why, signal, onProgress);
      const { count, untilMs } = await interrupted.read(interval);
      if (now() >= untilMs) return alone(interval, why, signal, onProgress);
      const runs = count === 1 ? 'run was' : `${count} runs were`;
      throw new CandlecastError(
        'CC_TRAINING_MEMORY',
        `Nothing is trained before ${utcDay(untilMs)} ${utcTime(untilMs)} UTC: the last ${runs} ended by the system, most likely because memory ran out.`,
        { context: { untilMs, runs: count } },
      );
    },
  };
}

function tooFew(trusted: number, of: number): CandlecastError {
  const have = `${trusted} of ${of} coins have candles that can be trusted; ${MIN_TRAINING_COINS} are needed`;
  return new CandlecastError('CC_TRAINING_DATA', `Nothing was trained: ${have}.`, { retryable: true });
}

/** Whether the system ended the process of a training run: by a signal, or because it could get no more memory. */
function isCutOff(error: unknown): boolean {
  const { code, context } = asCandlecastError(error);
  return code === 'CC_ENGINE_MEMORY' || (code === 'CC_WORKER_DIED' && context['signal'] !== undefined);
}

/** What a plan leaves out, for the model's card; empty for the whole. */
function describeShortened(
  { threads, candles, coins }: MemoryPlan,
  interval: Interval,
  allThreads: number,
  allCoins: number,
): string {
  const cut = [
    ...(candles < TRAINING_CANDLES[interval] ? [`the newest ${candles} of each`] : []),
    ...(coins < allCoins ? [`${coins} of ${allCoins} coins`] : []),
    ...(threads < allThreads ? [`${threads} of ${allThreads} threads`] : []),
  ];
  return cut.length === 0 ? '' : `, as much as fitted into memory: ${cut.join(', ')}`;
}
