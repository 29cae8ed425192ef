import { createHash } from 'node:crypto';
import { INTERVALS, type Interval } from '../../core/candle.ts';
import { asCandlecastError, CandlecastError, type ErrorCode } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { RecordedModel } from '../../core/record.ts';
import type { ModelStatus } from '../../core/status.ts';
import { type Clock, steadyClock } from '../../core/time.ts';
import type { ModelCard } from '../../ml/model/card.ts';
import type { CardReader, ModelBytes } from '../../ml/model/model-file.ts';
import type { ModelStore } from '../../storage/model-store.ts';

/** A model that serves: its bytes for the forecasting thread, and its card. */
export interface ServingModel {
  readonly bytes: ModelBytes;
  readonly card: ModelCard;
  /** Why this is not the model that should serve, in one sentence; null when it is. */
  readonly problem: string | null;
}

/** The models that serve, by interval. */
export interface ModelRegistry {
  /** Throws `CC_MODEL_MISSING` or `CC_MODEL_DAMAGED` when no candidate can be used, and as `createForecastPool` when its worker cannot read it. */
  serving(interval: Interval): Promise<ServingModel>;
  /** Reads the files again at the next request. */
  reload(interval: Interval): void;
  status(): Promise<readonly ModelStatus[]>;
  /** Every model that has served since the start, with the SHA-256 of its `model.json`, which the record keeps. */
  loaded(): readonly Pick<RecordedModel, 'interval' | 'version' | 'sha256'>[];
}

/** One model file that may serve. */
export interface ModelCandidate {
  /** For people: "The model shipped with Candlecast". */
  readonly name: string;
  read(): Promise<ModelBytes>;
}

/** The model files that may serve, best first, and how to see that the list has changed. */
export interface ModelSource {
  /** `problem`: why the list may not be the right one; null when it is. */
  candidates(
    interval: Interval,
  ): Promise<{ readonly problem: string | null; readonly list: readonly ModelCandidate[] }>;
  /** Changes when the list does, also by another process; cheap. */
  stamp(interval: Interval): Promise<string>;
}

/** A change made by another process is noticed within this time. */
const CHECK_EVERY_MS = 3_000;
/** A damaged model is tried again after this, while another serves in its place. */
const RETRY_DAMAGED_MS = 60_000;

const READER_FAILED: ReadonlySet<ErrorCode> = new Set([
  'CC_BACKEND_MISSING',
  'CC_BUSY',
  'CC_STOPPING',
  'CC_TIMEOUT',
  'CC_WORKER_DIED',
]);

/** Whether an error of a {@link CardReader} says that it could not read at all, and nothing about the model. */
export const readerFailed = (error: unknown): boolean => READER_FAILED.has(asCandlecastError(error).code);

/** What was loaded last for an interval. */
interface Loaded {
  readonly model: Promise<ServingModel>;
  readonly stamp: string;
  readonly sinceMs: number;
  checkedMs: number;
}

/**
 * The models kept here, then the shipped one: what the pointer names, what served before it, the newest first. `readShipped` reads the model
 * of the package.
 */
export function storedModels(
  store: Pick<ModelStore, 'pointer' | 'stamp' | 'read'>,
  readShipped: (interval: Interval) => Promise<ModelBytes>,
): ModelSource {
  return {
    stamp: store.stamp,
    async candidates(interval) {
      const shipped = { name: 'The model shipped with Candlecast', read: () => readShipped(interval) };
      const kept = (version: string): ModelCandidate => ({
        name: `The model ${version}`,
        read: () => store.read(interval, version),
      });
      try {
        const { serving, previous } = await store.pointer(interval);
        const order = [...new Set([serving, ...[...previous].reverse(), null])];
        return { problem: null, list: order.map((version) => (version === null ? shipped : kept(version))) };
      } catch (error) {
        return {
          problem: `Which model should serve cannot be read: ${asCandlecastError(error).message}`,
          list: [shipped],
        };
      }
    },
  };
}

/**
 * Serves the first candidate that can be read. One that is missing or damaged is passed over, and every reply says so until it is
 * restored; where the reader itself fails, that is thrown. Every few seconds it checks whether another process has changed what serves.
 */
export function createModelRegistry(
  source: ModelSource,
  reader: CardReader,
  logger: Logger,
  clock: Clock,
): ModelRegistry {
  const now = steadyClock(clock);
  const loaded = new Map<Interval, Loaded>();
  const files = new Map<string, Pick<RecordedModel, 'interval' | 'version' | 'sha256'>>();

  async function load(interval: Interval): Promise<ServingModel> {
    const { problem: unsure, list } = await source.candidates(interval);
    let problem = unsure;
    let damaged = unsure !== null;
    for (const candidate of list) {
      try {
        const bytes = await candidate.read();
        // Shared, so that handing it to the forecasting thread copies nothing.
        const shared = new Uint8Array(new SharedArrayBuffer(bytes.weightData.byteLength));
        shared.set(bytes.weightData);
        const model = { modelJson: bytes.modelJson, weightData: shared };
        const card = await reader.readCard(model);
        if (card.interval !== interval) {
          throw new CandlecastError(
            'CC_MODEL_DAMAGED',
            `The model is for ${card.interval} candles, not for ${interval}.`,
          );
        }
        const sha256 = createHash('sha256').update(bytes.modelJson, 'utf8').digest('hex');
        files.set(`${interval} ${card.version}`, { interval, version: card.version, sha256 });
        return {
          bytes: model,
          card,
          problem: problem && `${problem} ${candidate.name} stands in.`,
        };
      } catch (error) {
        const known = asCandlecastError(error);
        if (readerFailed(known)) throw known;
        const missing = known.code === 'CC_MODEL_MISSING';
        damaged ||= !missing;
        logger.error({ interval, candidate: candidate.name, err: known }, 'a model file cannot be used');
        problem ??= `${candidate.name} ${missing ? 'is missing' : 'cannot be used'}: ${known.message}`;
      }
    }
    throw new CandlecastError(
      damaged ? 'CC_MODEL_DAMAGED' : 'CC_MODEL_MISSING',
      problem ?? `There is no model for ${interval} candles.`,
    );
  }

  /** The stamp now; what was loaded stays where it cannot be read. */
  async function stampOf(interval: Interval, fallback: string): Promise<string> {
    try {
      return await source.stamp(interval);
    } catch (error) {
      logger.warn({ interval, err: asCandlecastError(error) }, 'cannot see whether another model should serve');
      return fallback;
    }
  }

  async function fresh({ model, stamp, sinceMs }: Loaded, interval: Interval): Promise<boolean> {
    if ((await stampOf(interval, stamp)) !== stamp) return false;
    const { problem } = await model;
    return problem === null || now() - sinceMs < RETRY_DAMAGED_MS;
  }

  async function serving(interval: Interval): Promise<ServingModel> {
    const known = loaded.get(interval);
    if (known) {
      const nowMs = now();
      if (nowMs - known.checkedMs < CHECK_EVERY_MS) return known.model;
      known.checkedMs = nowMs;
      if (await fresh(known, interval)) return known.model;
      // Somebody else may have loaded it again meanwhile.
      const current = loaded.get(interval);
      if (current && current !== known) return current.model;
    }
    const stamp = await stampOf(interval, '');
    const model = load(interval);
    const entry: Loaded = { model, stamp, sinceMs: now(), checkedMs: now() };
    loaded.set(interval, entry);
    // A failure is not remembered: the file may be put back while the bot runs.
    model.catch(() => {
      if (loaded.get(interval) === entry) loaded.delete(interval);
    });
    return model;
  }

  return {
    serving,
    loaded: () => [...files.values()],
    reload: (interval) => {
      loaded.delete(interval);
    },
    status: () =>
      Promise.all(
        INTERVALS.map(async (interval): Promise<ModelStatus> => {
          try {
            const { card, problem } = await serving(interval);
            return {
              interval,
              version: card.version,
              trainedAtMs: card.trainedAtMs,
              dataUntilMs: card.data.stopUntilMs,
              family: card.family,
              problem,
            };
          } catch (error) {
            const problem = asCandlecastError(error).message;
            return { interval, version: null, trainedAtMs: null, dataUntilMs: null, family: null, problem };
          }
        }),
      ),
  };
}
