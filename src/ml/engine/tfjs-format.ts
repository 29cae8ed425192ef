import { z } from 'zod';
import { CandlecastError } from '../../core/errors.ts';
import { requireShape } from './checks.ts';
import { fixedHeadTensors, modelTopology, towerName } from './tfjs-topology.ts';
import type { NetworkSpec, Weights, WeightTensor } from './types.ts';
import { checkWeights, sizeOf, type WeightShape, weightShapes } from './weights.ts';

const count = z.number().int().min(1).max(65_536);
const rate = z.number().min(0).lt(1);

const trunkLayer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('conv1d'), filters: count, kernel: count, activation: z.enum(['relu', 'linear']) }),
  z.object({ type: z.literal('maxPool'), size: count }),
  z.object({ type: z.literal('lstm'), units: count }),
  z.object({ type: z.literal('gru'), units: count }),
  z.object({ type: z.literal('flatten') }),
  z.object({ type: z.literal('dropout'), rate }),
]);

const denseLayer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('dense'), units: count, activation: z.enum(['relu', 'tanh', 'linear']) }),
  z.object({ type: z.literal('dropout'), rate }),
]);

const levels = z.array(z.number().gt(0).lt(1)).min(1).max(1024);

const head = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('quantile'),
    horizons: count,
    levels,
    auxiliary: z.boolean(),
    auxiliaryWeight: z.number().min(0),
  }),
  z.object({ type: z.literal('linear'), levels }),
]);

/** A network's description as it is kept in a model file. */
const networkSpecSchema = z.object({
  window: count,
  features: count,
  context: z.number().int().min(0).max(65_536),
  trunk: z.array(trunkLayer).max(64),
  dense: z.array(denseLayer).max(64),
  sentiment: z.object({ inputs: count, masks: z.number().int().min(0).max(65_536), dropout: rate }).optional(),
  head,
});

/** What is read of a `model.json`: the weights' list and our own metadata. The topology follows from the spec. */
const modelJsonSchema = z.object({
  format: z.literal('layers-model'),
  weightsManifest: z
    .array(
      z.object({
        paths: z.array(z.string()).length(1),
        weights: z
          .array(
            z.object({
              name: z.string().max(256),
              shape: z.array(z.number().int().min(1)).max(4),
              dtype: z.literal('float32'),
            }),
          )
          .max(10_000),
      }),
    )
    .length(1),
  userDefinedMetadata: z.object({
    candlecast: z.object({
      version: z.literal(1),
      spec: networkSpecSchema,
      members: z.number().int().min(1).max(64),
    }),
    metadata: z.unknown(),
  }),
});

/**
 * An ensemble as a TensorFlow.js LayersModel: the content of `model.json` and of the weights file that it names
 * (`weightsPath`). `tf.loadLayersModel` opens it: inputs `window` [n, window, features], with a context `context`
 * [n, context]; output [n, horizons · levels], the members' average. The auxiliary output is not part of it.
 * Throws `CC_ENGINE_SHAPE` when weights do not fit the spec.
 */
export function toTfjs(
  spec: NetworkSpec,
  members: readonly Weights[],
  metadata: object,
  weightsPath = 'weights.bin',
): { modelJson: object; weightData: Uint8Array } {
  requireShape(members.length > 0, 'A model needs at least one member.');
  const shapes = weightShapes(spec);
  const tensors = members.flatMap((weights, member) => {
    checkWeights(shapes, weights);
    return towerTensors(spec, weights).map((tensor) => ({ ...tensor, name: towerName(member, tensor.name) }));
  });
  const weightData = new Uint8Array(4 * tensors.reduce((sum, { data }) => sum + data.length, 0));
  const view = new DataView(weightData.buffer);
  let at = 0;
  for (const { data } of tensors) {
    for (const value of data) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  const weights = tensors.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  const modelJson = {
    format: 'layers-model',
    generatedBy: 'candlecast',
    convertedBy: null,
    modelTopology: modelTopology(spec, members.length),
    weightsManifest: [{ paths: [weightsPath], weights }],
    userDefinedMetadata: { candlecast: { version: 1, spec, members: members.length }, metadata },
  };
  return { modelJson, weightData };
}

/**
 * Reads back what `toTfjs` wrote. Throws `CC_MODEL_DAMAGED` when anything is missing, too short or long, of another shape, or
 * not a finite number.
 */
export function fromTfjs(
  modelJson: unknown,
  weightData: Uint8Array,
): { spec: NetworkSpec; members: Weights[]; metadata: unknown } {
  const parsed = modelJsonSchema.safeParse(modelJson);
  if (!parsed.success) throw damaged('The model file does not describe a network of ours.', parsed.error);
  const { candlecast, metadata } = parsed.data.userDefinedMetadata;
  const { spec } = candlecast;
  let shapes: readonly WeightShape[];
  try {
    shapes = weightShapes(spec);
  } catch (cause) {
    throw damaged('The model file describes a network that cannot be built.', cause);
  }
  const places = locate(parsed.data.weightsManifest[0]!.weights, weightData.byteLength);
  const members = Array.from({ length: candlecast.members }, (_, member) =>
    shapes.map(({ name, shape }) => readTensor(weightData, places, storedName(member, name), name, shape)),
  );
  return { spec, members, metadata };
}

/** The learned base curve is the bias of the layer that gives the increments. */
const storedName = (member: number, name: string): string =>
  towerName(member, name === 'head/base' ? 'increments/bias' : name);

function towerTensors(spec: NetworkSpec, weights: Weights): readonly WeightTensor[] {
  if (spec.head.type === 'linear') return weights;
  const base = weights.find(({ name }) => name === 'head/base')!;
  return [...weights.filter((tensor) => tensor !== base), ...fixedHeadTensors(spec.head, base.data)];
}

type Stored = z.infer<typeof modelJsonSchema>['weightsManifest'][number]['weights'][number];
type Places = ReadonlyMap<string, { readonly at: number; readonly shape: readonly number[] }>;

function locate(stored: readonly Stored[], bytes: number): Places {
  const places = new Map<string, { at: number; shape: readonly number[] }>();
  let at = 0;
  for (const { name, shape } of stored) {
    if (places.has(name)) throw damaged(`The model file lists the tensor ${name} twice.`);
    places.set(name, { at, shape });
    at += sizeOf(shape) * 4;
  }
  if (at !== bytes) throw damaged(`The weights file has ${bytes} bytes instead of ${at}.`);
  return places;
}

function readTensor(
  bytes: Uint8Array,
  places: Places,
  stored: string,
  name: string,
  shape: readonly number[],
): WeightTensor {
  const place = places.get(stored);
  const size = sizeOf(shape);
  if (!place) throw damaged(`The tensor ${stored} is missing.`);
  // The base curve is [horizons, increments] here and flat where it is stored, as the bias of a dense layer.
  const expected = stored.endsWith('increments/bias') ? [sizeOf(shape)] : shape;
  if (place.shape.join() !== expected.join()) {
    throw damaged(`The tensor ${stored} has the shape [${place.shape.join()}] instead of [${expected.join()}].`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + place.at, size * 4);
  const data = Float32Array.from({ length: size }, (_, i) => view.getFloat32(i * 4, true));
  if (!data.every(Number.isFinite)) throw damaged(`The tensor ${stored} holds something that is not a finite number.`);
  return { name, shape, data };
}

function damaged(message: string, cause?: unknown): CandlecastError {
  return new CandlecastError('CC_MODEL_DAMAGED', message, cause === undefined ? {} : { cause });
}
