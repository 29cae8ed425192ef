import { createHash } from 'node:crypto';
import { z } from 'zod';
import { CandlecastError } from '../../core/errors.ts';
import { HORIZON_STEPS } from '../../core/horizon.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { utcDay } from '../../core/time.ts';
import { fromTfjs, toTfjs } from '../engine/tfjs-format.ts';
import type { NetworkSpec } from '../engine/types.ts';
import { contextNames, stepNames } from '../features/build.ts';
import { readsSentiment, SENTIMENT_SHAPE } from '../features/sentiment-features.ts';
import type { BlendedTrees, Ensemble } from '../forecast/ensemble.ts';
import type { TrainedModel } from '../train/train-model.ts';
import { decodeTrees, encodeTrees } from '../trees/tree-model.ts';
import { type ModelCard, modelCardSchema } from './card.ts';

/**
 * A model as it lies on disk: TensorFlow.js's `model.json` (the card in its user metadata) and the weights beside it, behind which the
 * trees stand, if there are any. TensorFlow.js reads the nets and leaves the rest.
 */
export interface ModelBytes {
  readonly modelJson: string;
  readonly weightData: Uint8Array;
}

/** Reads the card of a model. */
export interface CardReader {
  /** Decodes the whole model, so that a card says that its model can forecast; throws `CC_MODEL_DAMAGED`. */
  readCard(model: ModelBytes): Promise<ModelCard>;
}

/** A model ready to forecast. */
export interface LoadedModel extends Ensemble {
  readonly card: ModelCard;
}

const metadataSchema = z.object({
  userDefinedMetadata: z.object({
    metadata: z.object({
      card: modelCardSchema,
      weightsSha256: z.string(),
      /** How many of the last bytes of the weights file are trees; files from before there were any do not say. */
      treeBytes: z.int().min(0).default(0),
    }),
  }),
});

/** Whether the trees see what the nets see, and forecast as far. */
const fits = ({ model, share }: BlendedTrees, { context, head }: NetworkSpec): boolean =>
  model.width === context &&
  model.horizons.length === (head.type === 'quantile' ? head.horizons : 1) &&
  model.horizons.length === share.length &&
  model.horizons.every(({ shape }) => shape.length === QUANTILE_LEVELS.length);

const identitySchema = z.object({
  userDefinedMetadata: z.object({
    metadata: z.object({ card: z.object({ version: z.string() }), weightsSha256: z.string() }),
  }),
});

/** Which model a file says it is, and whether its weights are those that it names; null where it says nothing. Reads files of every version. */
export function modelIdentity({ modelJson, weightData }: ModelBytes): {
  readonly version: string | null;
  readonly weightsMatch: boolean | null;
} {
  try {
    const { card, weightsSha256 } = identitySchema.parse(JSON.parse(modelJson)).userDefinedMetadata.metadata;
    return { version: card.version, weightsMatch: sha256(weightData) === weightsSha256 };
  } catch {
    return { version: null, weightsMatch: null };
  }
}

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

/** Names the version (interval, day, first digits of the weights' hash) and puts everything into TensorFlow.js's format. */
export function encodeModel(trained: TrainedModel): ModelBytes & { readonly card: ModelCard } {
  const nets = toTfjs(trained.spec, trained.members, {}).weightData;
  const trees = trained.trees ? encodeTrees(trained.trees.model) : new Uint8Array();
  const weightData = new Uint8Array(nets.length + trees.length);
  weightData.set(nets);
  weightData.set(trees, nets.length);
  const weightsSha256 = sha256(weightData);
  const day = utcDay(trained.card.trainedAtMs).replaceAll('-', '');
  const card: ModelCard = { ...trained.card, version: `${trained.card.interval}-${day}-${weightsSha256.slice(0, 6)}` };
  const { modelJson } = toTfjs(trained.spec, trained.members, { card, weightsSha256, treeBytes: trees.length });
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
  const metadata = metadataSchema.safeParse(json);
  if (!metadata.success)
    throw new CandlecastError('CC_MODEL_DAMAGED', 'The model file has no valid card.', { cause: metadata.error });
  const { card: data, weightsSha256, treeBytes } = metadata.data.userDefinedMetadata.metadata;
  const { weightData } = bytes;
  if (weightsSha256 !== sha256(weightData)) {
    throw new CandlecastError('CC_MODEL_DAMAGED', 'The weights file does not belong to the model file, or is damaged.');
  }
  const said = data.trees !== undefined;
  if (treeBytes > weightData.length || treeBytes > 0 !== said) {
    throw new CandlecastError('CC_MODEL_DAMAGED', 'The model file and its card do not agree about trees.');
  }
  const netBytes = weightData.length - treeBytes;
  const { spec, members } = fromTfjs(json, weightData.subarray(0, netBytes));
  const trees = data.trees ? { share: data.trees.share, model: decodeTrees(weightData.subarray(netBytes)) } : null;
  const same = (a: readonly unknown[], b: readonly unknown[]) =>
    a.length === b.length && a.every((value, i) => value === b[i]);
  if (
    !same(data.stepNames, stepNames) ||
    !same(data.steps, HORIZON_STEPS[data.interval]) ||
    !same(data.scaler.names, contextNames(data.interval)) ||
    spec.context !== data.scaler.names.length ||
    spec.window !== data.window ||
    (spec.sentiment?.inputs ?? 0) !== (data.sentiment?.names.length ?? 0) ||
    (data.sentiment && !readsSentiment(data.sentiment.names)) ||
    (spec.sentiment && spec.sentiment.masks !== SENTIMENT_SHAPE.masks) ||
    (trees && !fits(trees, spec))
  ) {
    throw new CandlecastError(
      'CC_MODEL_DAMAGED',
      `The model ${data.version} was made for other inputs than this version computes.`,
    );
  }
  return { spec, members, trees, card: data };
}

/** Decodes in the calling thread. */
export const localCardReader: CardReader = { readCard: async (model) => decodeModel(model).card };
