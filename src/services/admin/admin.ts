import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { cutText } from '../../core/cut-text.ts';
import { asCandlecastError, CandlecastError, type ErrorCode } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { type SourceFailure, SourcesFailedError } from '../../core/market.ts';
import { DOUBT_HISTORY } from '../../core/price-doubt.ts';
import type { AskedProgress, KeptModel, PromotionVerdict } from '../../core/promotion.ts';
import { type Clock, MINUTE_MS, type Sleep, steadyClock } from '../../core/time.ts';
import type { OwnerConfirmation } from '../../core/unconfirmed-price.ts';
import type { MarketService } from '../../market/series.ts';
import type { UnconfirmedPriceRepository } from '../../storage/unconfirmed-price-repository.ts';
import type { PromotionService } from '../models/promotion.ts';
import type { TrainingRequester } from '../models/training-requests.ts';

/** The result of a retraining that ended before the reply's deadline, or `running`. */
export type RetrainAnswer =
  | { readonly state: 'judged'; readonly version: string | null; readonly verdict: PromotionVerdict }
  /** It takes longer than the reply can wait, and continues. */
  | { readonly state: 'going-on' };

/** What owners may do with the models, and with prices that no source proves. */
export interface AdminService {
  /**
   * Trains a new model, here or in the process that trains, and lets it serve unless it is worse. Throws `CC_BUSY`, `CC_TRAINING_DATA`,
   * `CC_TRAINER_AWAY`, and as training does.
   */
  retrain(interval: Interval, onProgress: (progress: AskedProgress) => void): Promise<RetrainAnswer>;
  /** Restores the previous serving model and returns its name; null for the shipped model. Throws `CC_MODEL_MISSING`. */
  rollback(interval: Interval): Promise<string | null>;
  /** Makes a stored model serve without regard to its verdict. Throws `CC_MODEL_MISSING`, `CC_MODEL_DAMAGED`. */
  promote(version: string): Promise<KeptModel>;
  /**
   * Believes the unconfirmed prices of a coin, of days and of hours, as far as its sources still give them. Throws `CC_USAGE` where none is
   * unconfirmed, `CC_SOURCE_UNAVAILABLE` where nothing was confirmed and sources did not answer, and as the market does.
   */
  confirmPrice(symbol: string): Promise<readonly OwnerConfirmation[]>;
  /** The stored models as last read, newest first; returns at once and reads them again in the background. */
  recall(): readonly KeptModel[];
}

/** What the service is made of. */
export interface AdminParts {
  readonly retraining: TrainingRequester;
  readonly promotion: Pick<PromotionService, 'promote' | 'rollback' | 'list'>;
  readonly market: Pick<MarketService, 'series'>;
  readonly unconfirmed: Pick<UnconfirmedPriceRepository, 'all'>;
  /** Aborted when the program stops. */
  readonly stopping: AbortSignal;
  readonly now: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
  /** How long an answer can be waited for. Default 14 minutes, half a minute less than an answer on Discord. */
  readonly answerWaitMs?: number;
}

const ANSWER_WAIT_MS = 14 * MINUTE_MS;
/** Failures by which a source says that it has no such price. */
const ANSWERS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CC_SOURCE_UNKNOWN_MARKET',
  'CC_SOURCE_HALTED',
  'CC_SOURCE_IMPLAUSIBLE',
]);
/** The cached list is read again after this. */
const FRESH_MS = 5_000;

/** Makes the service. Every change is logged. */
export function createAdminService(parts: AdminParts): AdminService {
  const {
    retraining,
    promotion,
    market,
    unconfirmed,
    stopping,
    now,
    sleep,
    logger,
    answerWaitMs = ANSWER_WAIT_MS,
  } = parts;
  let remembered: readonly KeptModel[] = [];
  const steady = steadyClock(now);
  let readMs = Number.NEGATIVE_INFINITY;

  async function read(): Promise<readonly KeptModel[]> {
    readMs = steady();
    const lists = await promotion.list();
    remembered = lists
      .flatMap(({ interval, serving, models }) =>
        models.map(
          ({ version, addedAtMs, verdict }): KeptModel => ({
            interval,
            version,
            addedAtMs,
            outcome: verdict?.outcome ?? null,
            serving: version === serving,
          }),
        ),
      )
      .sort((a, b) => b.addedAtMs - a.addedAtMs);
    return remembered;
  }

  return {
    async retrain(interval, onProgress) {
      logger.info({ interval }, 'a retraining was asked for');
      const work = retraining
        .retrain(interval, 'retrained by hand', stopping, onProgress)
        .then(async (verdict): Promise<RetrainAnswer> => {
          const newest = (await read()).find((model) => model.interval === interval);
          return { state: 'judged', version: newest?.version ?? null, verdict };
        });
      const waited = new AbortController();
      const timeUp = sleep(answerWaitMs, waited.signal).then(
        (): RetrainAnswer => ({ state: 'going-on' }),
        () => work,
      );
      try {
        const answer = await Promise.race([work, timeUp]);
        if (answer.state === 'going-on') {
          work.catch((error: unknown) => {
            const failure = asCandlecastError(error);
            if (!stopping.aborted) logger.error({ interval, code: failure.code, err: failure }, 'a retraining failed');
          });
        }
        return answer;
      } finally {
        waited.abort();
      }
    },

    async rollback(interval) {
      const version = await promotion.rollback(interval, 'rolled back by hand');
      logger.info({ interval, version }, 'a model was rolled back');
      await read();
      return version;
    },

    async promote(version) {
      const model = (await read()).find((kept) => kept.version === version);
      if (!model) {
        throw new CandlecastError('CC_MODEL_MISSING', `No model ${cutText(version, 60)} is kept.`, {
          remedy: 'Take one of the suggestions; npm run model -- list shows them too.',
        });
      }
      await promotion.promote(model.interval, version, 'promoted by hand');
      logger.info({ interval: model.interval, version }, 'a model was promoted by hand');
      await read();
      return { ...model, serving: true };
    },

    async confirmPrice(text) {
      const symbol = text.trim().replace(/^\$/, '').toUpperCase();
      const doubted = await unconfirmed.all();
      const own = doubted.filter((price) => price.symbol === symbol);
      if (own.length === 0) {
        const others = [...new Set(doubted.map((price) => price.symbol))].join(', ');
        throw new CandlecastError('CC_USAGE', `No price of ${cutText(symbol, 20)} is unconfirmed.`, {
          remedy: others === '' ? 'No price is unconfirmed at present.' : `Prices of these coins are: ${others}.`,
        });
      }
      const confirmations: OwnerConfirmation[] = [];
      const failures: SourceFailure[] = [];
      // Hours first: they prove the close of their day.
      for (const price of own.toSorted((a, b) => INTERVAL_MS[a.interval] - INTERVAL_MS[b.interval])) {
        const { interval } = price;
        const series = await market.series({ symbol, interval, candles: DOUBT_HISTORY[interval], believe: true });
        const close = series.candles.find(({ openTimeMs }) => openTimeMs === price.openTimeMs)?.close ?? null;
        const unanswered = series.failures.filter(({ code }) => !ANSWERS.has(code));
        logger.warn({ symbol, interval, price: price.price, close }, 'an owner has confirmed a price');
        confirmations.push({ price, close, unanswered: [...new Set(unanswered.map(({ source }) => source))] });
        failures.push(...unanswered);
      }
      if (failures.length > 0 && confirmations.every(({ close }) => close === null)) {
        const names = [...new Set(failures.map(({ source }) => source))].join(', ');
        const message = `No answer about ${symbol} came from ${names}, so nothing was confirmed.`;
        throw new SourcesFailedError('CC_SOURCE_UNAVAILABLE', message, failures, { retryable: true });
      }
      return confirmations;
    },

    recall() {
      if (steady() - readMs >= FRESH_MS) {
        read().catch((error: unknown) => {
          logger.warn({ code: asCandlecastError(error).code }, 'the kept models could not be listed');
        });
      }
      return remembered;
    },
  };
}
