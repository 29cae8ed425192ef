import { createHash } from 'node:crypto';
import { CandlecastError } from '../core/errors.ts';
import { HORIZON_STEPS } from '../core/horizon.ts';
import type { ModelCard } from './card.ts';
import { modelCardSchema } from './card.ts';
import { fromTfjs, toTfjs } from './engine/tfjs-format.ts';
import type { NetworkSpec, Weights } from './engine/types.ts';
import { contextNames, stepNames } from './features/build.ts';
import { SENTIMENT_INPUTS, SENTIMENT_SHAPE } from './features/sentiment-features.ts';
import type { TrainedModel } from './train-model.ts';

/** A model as it lies on disk: TensorFlow.js's `model.json` (the card in its user metadata) and the weights beside it. */
export interface ModelBytes {
  readonly modelJson: string;
  readonly weightData: Uint8Array;
}

/** A model ready to forecast. */
export interface LoadedModel {
  readonly spec: NetworkSpec;
  readonly members: readonly Weights[];
  readonly card: ModelCard;
}

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

/** Names the version (interval, day, first digits of the weights' hash) and puts everything into TensorFlow.js's format. */
export function encodeModel(trained: TrainedModel): ModelBytes & { readonly card: ModelCard } {
  const { weightData } = toTfjs(trained.spec, trained.members, {});
  const weightsSha256 = sha256(weightData);
  const day = new Date(trained.card.trainedAtMs).toISOString().slice(0, 10).replaceAll('-', '');
  const card: ModelCard = { ...trained.card, version: `${trained.card.interval}-${day}-${weightsSha256.slice(0, 6)}` };
  const { modelJson } = toTfjs(trained.spec, trained.members, { card, weightsSha256 });
  return { modelJson: JSON.stringify(modelJson), weightData, card };
}

/** Reads a model back and checks that it is whole and fits this version's inputs; throws `CC_MODEL_DAMAGED`. */
export function decodeModel(bytes: ModelBytes): LoadedModel {
  let json: unknown;
  try {
    json = JSON.parse(bytes.modelJson);
  } catch (cause) {
    throw new CandlecastError('CC_MODEL_DAMAGED', 'The model file is no JSON.', { cause });
  }
  const { spec, members, metadata } = fromTfjs(json, bytes.weightData);
  const { card: rawCard, weightsSha256 } = (metadata ?? {}) as { card?: unknown; weightsSha256?: unknown };
  const card = modelCardSchema.safeParse(rawCard);
  if (!card.success)
    throw new CandlecastError('CC_MODEL_DAMAGED', 'The model file has no valid card.', { cause: card.error });
  if (weightsSha256 !== sha256(bytes.weightData)) {
    throw new CandlecastError('CC_MODEL_DAMAGED', 'The weights file does not belong to the model file, or is damaged.');
  }
  const { data } = card;
  const same = (a: readonly unknown[], b: readonly unknown[]) =>
    a.length === b.length && a.every((value, i) => value === b[i]);
  if (
    !same(data.stepNames, stepNames) ||
    !same(data.steps, HORIZON_STEPS[data.interval]) ||
    !same(data.scaler.names, contextNames(data.interval)) ||
    spec.context !== data.scaler.names.length ||
    spec.window !== data.window ||
    (spec.sentiment?.inputs ?? 0) !== (data.sentiment?.names.length ?? 0) ||
    (data.sentiment && !same(data.sentiment.names, SENTIMENT_INPUTS)) ||
    (spec.sentiment && spec.sentiment.masks !== SENTIMENT_SHAPE.masks)
  ) {
    throw new CandlecastError(
      'CC_MODEL_DAMAGED',
      `The model ${data.version} was made for other inputs than this version computes.`,
    );
  }
  return { spec, members, card: data };
}
