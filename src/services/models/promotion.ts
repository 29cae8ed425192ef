import { setTimeout as sleepFor } from 'node:timers/promises';
import { INTERVALS, type Interval } from '../../core/candle.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { PromotionVerdict } from '../../core/promotion.ts';
import type { SentimentAt } from '../../core/sentiment.ts';
import type { Clock, Sleep } from '../../core/time.ts';
import { type CardReader, decodeModel, type ModelBytes } from '../../ml/model/model-file.ts';
import type { CompareModels } from '../../ml/workers/comparison.ts';
import type { ModelStore, StoredModel } from '../../storage/model-store.ts';
import { type JudgedModel, judgeCandidate, type KnownModel } from './judge-candidate.ts';
import { type ModelRegistry, readerFailed, type ServingModel } from './model-registry.ts';

/** A new model on its way to the gate, and the candles it is measured on. */
export interface Candidate {
  readonly model: ModelBytes;
  /** The same recipe without the newest candles, by which it is measured; without one it is measured itself, on what comes after its own data. */
  readonly twin?: ModelBytes | null;
  /** Candles up to now; Bitcoin's, when among them, are the market's context. */
  readonly series: readonly MarketSeries[];
  /** Sentiment inputs of each coin, for a model that uses them. */
  readonly sentiment?: SentimentAt | undefined;
  readonly signal?: AbortSignal;
  readonly onCoin?: (done: number, of: number) => void;
}

/** The models of one interval for people: what is kept, what serves, and what a rollback would bring back. */
export interface ModelList {
  readonly interval: Interval;
  /** Null: the shipped model. */
  readonly serving: string | null;
  readonly previous: readonly (string | null)[];
  readonly models: readonly StoredModel[];
  /** Why the model that should serve does not; null when all is well. */
  readonly problem: string | null;
}

/** What the owner's commands, the retraining job and the command line call. */
export interface PromotionService {
  /** The most bytes of a model with its twin that can be kept. */
  readonly maxBytes: number;
  /** Measures a new model against the one that serves and climatology, keeps it with its verdict, and lets it serve if that says so. */
  consider(candidate: Candidate): Promise<PromotionVerdict>;
  /** Lets a kept model serve whatever its verdict. Throws `CC_MODEL_MISSING`, `CC_MODEL_DAMAGED`, and `CC_MODEL_CHANGED` where another change came first. */
  promote(interval: Interval, version: string, why: string): Promise<void>;
  /** Brings back the newest whole model that served before (null: the shipped one) and names it. Throws `CC_MODEL_MISSING` when there is none, and `CC_MODEL_CHANGED`. */
  rollback(interval: Interval, why: string): Promise<string | null>;
  list(): Promise<readonly ModelList[]>;
}

/** What the service is built from. */
export interface PromotionParts {
  readonly store: ModelStore;
  readonly models: Pick<ModelRegistry, 'serving' | 'reload'>;
  readonly reader: CardReader;
  readonly compare: CompareModels;
  /** Called when another model serves, so that other processes can be told at once. */
  readonly onChange?: (interval: Interval) => void;
  readonly now: Clock;
  /** Waits before a model is kept that could not be at once. */
  readonly sleep?: Sleep;
  readonly logger: Logger;
}

const wait: Sleep = (ms, signal) => sleepFor(ms, undefined, signal ? { signal } : {});

/** A new model is kept in spite of a database that does not answer for some minutes. */
const KEEP_WAITS_MS = [1_000, 5_000, 15_000, 30_000, 60_000, 120_000, 240_000];

/** Makes the promotion service. */
export function createPromotionService(parts: PromotionParts): PromotionService {
  const { store, models, reader, compare, now, sleep = wait, logger, onChange = () => {} } = parts;

  async function servingOrNull(interval: Interval): Promise<ServingModel | null> {
    try {
      return await models.serving(interval);
    } catch (error) {
      const { code } = asCandlecastError(error);
      if (code === 'CC_MODEL_MISSING' || code === 'CC_MODEL_DAMAGED') return null;
      throw error;
    }
  }

  /** Reads a kept model to see that it can serve. Throws `CC_MODEL_MISSING`, `CC_MODEL_DAMAGED`. */
  async function whole(interval: Interval, version: string): Promise<void> {
    const card = await reader.readCard(await store.read(interval, version));
    if (card.interval !== interval) {
      throw new CandlecastError(
        'CC_MODEL_DAMAGED',
        `The model ${version} is for ${card.interval} candles, not for ${interval}.`,
      );
    }
  }

  /** The shipped model is not checked here: the registry does so when it serves. */
  async function isWhole(interval: Interval, version: string | null): Promise<boolean> {
    if (version === null) return true;
    try {
      await whole(interval, version);
      return true;
    } catch (error) {
      if (readerFailed(error)) throw error;
      return false;
    }
  }

  function changed(interval: Interval): void {
    models.reload(interval);
    onChange(interval);
  }

  /** Keeps a model; hours of training are not lost because the database is away for a moment. */
  async function keep(add: () => Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    for (const waitMs of KEEP_WAITS_MS) {
      try {
        return await add();
      } catch (error) {
        const err = asCandlecastError(error);
        if (!err.retryable || signal?.aborted) throw err;
        logger.warn({ err, waitMs }, 'a new model cannot be kept yet');
        await sleep(waitMs, signal).catch(() => undefined);
      }
    }
    await add();
  }

  async function serve(interval: Interval, version: string, why: string): Promise<void> {
    // A pointer that cannot be read is replaced; what served before is then not known.
    const seen = await store.pointer(interval).catch((error: unknown) => {
      const err = asCandlecastError(error);
      if (err.code !== 'CC_MODEL_DAMAGED') throw err;
      logger.warn(
        { interval, version, err },
        'what served before cannot be read; no rollback goes back beyond this model',
      );
      return null;
    });
    const { serving, previous } = seen ?? { serving: null, previous: [] };
    const before = serving === version ? previous : [...previous, serving];
    const change = { serving: version, previous: before, action: 'promote', why, atMs: now() } as const;
    await store.point(interval, { ...change, ...(seen ? { seen } : {}) });
    changed(interval);
  }

  const known = async (bytes: ModelBytes): Promise<KnownModel> => ({ bytes, card: await reader.readCard(bytes) });

  /** What serves with its twin; none for the shipped model, and where the twin cannot be read. */
  async function withTwin({ bytes, card }: ServingModel): Promise<JudgedModel> {
    const { interval, version } = card;
    try {
      const twin = await store.readTwin(interval, version);
      return { bytes, card, twin: twin && (await known(twin)) };
    } catch (error) {
      if (readerFailed(error)) throw error;
      logger.warn({ interval, version, err: asCandlecastError(error) }, 'the twin of the serving model is left out');
      return { bytes, card, twin: null };
    }
  }

  return {
    maxBytes: store.maxBytes,

    async consider(candidate) {
      // In this thread: hours of training must not be lost because a worker is busy or stopping.
      const { model, twin = null } = candidate;
      const { card } = decodeModel(model);
      const { interval, version } = card;
      const serving = await servingOrNull(interval);
      if (serving?.card.version === version) {
        throw new CandlecastError(
          'CC_TRAINING_DATA',
          `The model ${version} serves already: it is the same to the bit.`,
          {
            remedy: 'Train on newer or other candles, or with other seeds.',
          },
        );
      }
      let verdict: PromotionVerdict;
      try {
        const { series, sentiment, signal, onCoin } = candidate;
        const judged = { bytes: model, card, twin: twin && (await known(twin)) };
        const served = serving && (await withTwin(serving));
        const judging = { candidate: judged, serving: served, series, sentiment, signal, onCoin };
        verdict = await judgeCandidate(judging, compare, now);
      } catch (error) {
        // Hours of training are not thrown away because the comparison was stopped or failed.
        await keep(() => store.add(interval, version, model, null, twin), candidate.signal);
        throw error;
      }
      await keep(() => store.add(interval, version, model, verdict, twin), candidate.signal);
      if (verdict.outcome === 'promoted') await serve(interval, version, verdict.reason);
      return verdict;
    },
    async promote(interval, version, why) {
      await whole(interval, version);
      await serve(interval, version, why);
    },
    async rollback(interval, why) {
      const seen = await store.pointer(interval);
      const { serving, previous } = seen;
      for (let at = previous.length - 1; at >= 0; at--) {
        const version = previous[at] ?? null;
        if (version === serving || !(await isWhole(interval, version))) continue;
        const change = {
          seen,
          serving: version,
          previous: previous.slice(0, at),
          action: 'rollback',
          why,
          atMs: now(),
        } as const;
        await store.point(interval, change);
        changed(interval);
        return version;
      }
      throw new CandlecastError('CC_MODEL_MISSING', `No other model for ${interval} candles has served before.`, {
        remedy: 'npm run model -- list shows which models are kept; promote one by its version.',
      });
    },
    list: () =>
      Promise.all(
        INTERVALS.map(async (interval): Promise<ModelList> => {
          const pointer = await store.pointer(interval).catch(() => null);
          const problem = await models.serving(interval).then(
            (model) => model.problem,
            (error: unknown) => asCandlecastError(error).message,
          );
          const { serving, previous } = pointer ?? { serving: null, previous: [] };
          return { interval, serving, previous, problem, models: await store.list(interval) };
        }),
      ),
  };
}
