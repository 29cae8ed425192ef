import { z } from 'zod';

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
export const networkSpecSchema = z.object({
  window: count,
  features: count,
  context: z.number().int().min(0).max(65_536),
  trunk: z.array(trunkLayer).max(64),
  dense: z.array(denseLayer).max(64),
  sentiment: z.object({ inputs: count, masks: z.number().int().min(0).max(65_536), dropout: rate }).optional(),
  head,
});

/** What is read of a `model.json`: the weights' list and our own metadata. The topology follows from the spec. */
export const modelJsonSchema = z.object({
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
