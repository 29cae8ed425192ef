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
  /** Reads the model again at the next request. */
  reload(interval: Interval): void;
  /** Looks at the next request whether another model should serve, without waiting for the next regular look. */
  look(): void;
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

/** A change made by another process is noticed within this time; one look is a `stat` of two files, or one query for both intervals. */
const CHECK_EVERY_MS = 2_000;
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
  /** Null while it is not known which list the model was taken from. */
  stamp: string | null;
  readonly sinceMs: number;
}

/** The stamp of what is to be loaded again; no source gives it. */
const STALE = 'stale';

const isOfDatabase = (error: unknown) => asCandlecastError(error).code === 'CC_DATABASE';

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
        // Nothing is wrong with the models; whoever has one loaded keeps it.
        if (isOfDatabase(error)) throw error;
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
 * restored; where the reader itself fails, that is thrown. Every two seconds it checks whether another process has changed what serves; while the database
 * does not answer, what is loaded serves on.
 */
export function createModelRegistry(
  source: ModelSource,
  reader: CardReader,
  logger: Logger,
  clock: Clock,
): ModelRegistry {
  const now = steadyClock(clock);
  const loaded = new Map<Interval, Loaded>();
  let checkedMs = Number.NEGATIVE_INFINITY;
  let unsure = false;
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
        if (readerFailed(known) || isOfDatabase(known)) throw known;
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

  /** The stamp now; what was loaded stays where it cannot be read, which is logged once until it can. */
  async function stampOf(interval: Interval, fallback: string): Promise<string> {
    try {
      const stamp = await source.stamp(interval);
      unsure = false;
      return stamp;
    } catch (error) {
      if (!unsure)
        logger.warn({ interval, err: asCandlecastError(error) }, 'cannot see whether another model should serve');
      unsure = true;
      return fallback;
    }
  }

  async function isFresh({ model, stamp, sinceMs }: Loaded, interval: Interval): Promise<boolean> {
    // It is being loaded at this moment.
    if (stamp === null) return true;
    if ((await stampOf(interval, stamp)) !== stamp) return false;
    const { problem } = await model;
    return problem === null || now() - sinceMs < RETRY_DAMAGED_MS;
  }

  /** Loads what should serve, in place of what did; that serves on where the database fails. */
  function begin(interval: Interval, before: Loaded | undefined): Loaded {
    const reading = stampOf(interval, '').then(async (stamp) => {
      try {
        return { model: await load(interval), stamp };
      } catch (error) {
        if (!before || !isOfDatabase(error)) throw error;
        logger.warn(
          { interval, err: asCandlecastError(error) },
          'another model should serve, which cannot be read yet',
        );
        return { model: await before.model, stamp: STALE };
      }
    });
    const entry: Loaded = { model: reading.then(({ model }) => model), stamp: null, sinceMs: now() };
    loaded.set(interval, entry);
    // Where a look began it, nobody may be waiting for it.
    entry.model.catch(() => {});
    reading.then(
      ({ stamp }) => {
        entry.stamp = stamp;
      },
      // A failure is not remembered: the model may be put back while the bot runs.
      () => {
        if (loaded.get(interval) === entry) loaded.delete(interval);
      },
    );
    return entry;
  }

  /** Looks at all intervals at once, and begins to load where another model should serve. */
  async function check(): Promise<void> {
    checkedMs = now();
    const looks = [...loaded].map(async ([interval, known]) => {
      const fresh = await isFresh(known, interval).catch(() => false);
      // Somebody else may have loaded it again meanwhile.
      if (!fresh && loaded.get(interval) === known) begin(interval, known);
    });
    await Promise.all(looks);
  }

  async function serving(interval: Interval): Promise<ServingModel> {
    if (loaded.has(interval) && now() - checkedMs >= CHECK_EVERY_MS) await check();
    return (loaded.get(interval) ?? begin(interval, undefined)).model;
  }

  return {
    serving,
    loaded: () => [...files.values()],
    reload: (interval) => {
      const known = loaded.get(interval);
      // One that is being loaded at this moment may be the one from before the change.
      if (known?.stamp === null) loaded.delete(interval);
      else if (known) known.stamp = STALE;
      checkedMs = Number.NEGATIVE_INFINITY;
    },
    look: () => {
      checkedMs = Number.NEGATIVE_INFINITY;
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
