import type { Interval } from '../core/candle.ts';
import { INTERVALS } from '../core/candle.ts';
import { asCandlecastError, CandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { ModelStatus } from '../core/status.ts';
import type { ModelCard } from '../ml/card.ts';
import type { ModelBytes } from '../ml/model-codec.ts';
import { decodeModel } from '../ml/model-codec.ts';

/** A model that serves: its bytes for the forecasting thread, and its card. */
export interface ServingModel {
  readonly bytes: ModelBytes;
  readonly card: ModelCard;
  /** Why this is not the model that should serve, in one sentence; null when it is. */
  readonly problem: string | null;
}

/** The models that serve, by interval. */
export interface ModelShelf {
  /** Throws `CC_MODEL_MISSING` or `CC_MODEL_DAMAGED` when no candidate can be used. */
  serving(interval: Interval): Promise<ServingModel>;
  /** Looks at the files again at the next request. */
  reload(interval: Interval): void;
  status(): Promise<readonly ModelStatus[]>;
}

/** A place a model may lie, in order of preference. */
export interface ModelCandidate {
  /** For people: "your own model", "the model shipped with Candlecast". */
  readonly name: string;
  read(interval: Interval): Promise<ModelBytes>;
}

/**
 * Takes the first candidate that is whole. One that is merely absent is passed over in silence; one that is damaged is
 * passed over too, and every reply says so until it is mended.
 */
export function createModelShelf(candidates: readonly ModelCandidate[], logger: Logger): ModelShelf {
  const loaded = new Map<Interval, Promise<ServingModel>>();

  async function load(interval: Interval): Promise<ServingModel> {
    let problem: string | null = null;
    for (const candidate of candidates) {
      try {
        const bytes = await candidate.read(interval);
        const { card } = decodeModel(bytes);
        if (card.interval !== interval) {
          throw new CandlecastError(
            'CC_MODEL_DAMAGED',
            `The model is for ${card.interval} candles, not for ${interval}.`,
          );
        }
        // Shared, so that handing it to the forecasting thread copies nothing.
        const shared = new Uint8Array(new SharedArrayBuffer(bytes.weightData.byteLength));
        shared.set(bytes.weightData);
        return {
          bytes: { modelJson: bytes.modelJson, weightData: shared },
          card,
          problem: problem && `${problem} ${candidate.name} stands in.`,
        };
      } catch (error) {
        const known = asCandlecastError(error);
        if (known.code === 'CC_MODEL_MISSING') continue;
        logger.error({ interval, candidate: candidate.name, err: known }, 'a model file cannot be used');
        problem ??= `${candidate.name} cannot be used: ${known.message}`;
      }
    }
    throw new CandlecastError(
      problem ? 'CC_MODEL_DAMAGED' : 'CC_MODEL_MISSING',
      problem ?? `There is no model for ${interval} candles.`,
    );
  }

  function serving(interval: Interval): Promise<ServingModel> {
    let model = loaded.get(interval);
    if (!model) {
      model = load(interval);
      loaded.set(interval, model);
      // A failure is not remembered: the file may be put back while the bot runs.
      model.catch(() => loaded.delete(interval));
    }
    return model;
  }

  return {
    serving,
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
