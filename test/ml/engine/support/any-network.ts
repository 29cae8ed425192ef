import fc from 'fast-check';
import type { DenseLayer, HeadSpec, NetworkSpec, TrunkLayer } from '../../../../src/ml/engine/types.ts';

const size = (max: number) => fc.integer({ min: 1, max });
const activation = fc.constantFrom('relu', 'linear');

const sequenceLayer: fc.Arbitrary<TrunkLayer> = fc.oneof(
  fc.record({ type: fc.constant('conv1d'), filters: size(20), kernel: size(6), activation }),
  fc.record({ type: fc.constant('maxPool'), size: size(3) }),
  fc.constant({ type: 'dropout', rate: 0.3 } as const),
);
const lastLayer: fc.Arbitrary<TrunkLayer> = fc.oneof(
  fc.record({ type: fc.constantFrom('lstm', 'gru'), units: size(20) }),
  fc.constant({ type: 'flatten' } as const),
);
const denseLayer: fc.Arbitrary<DenseLayer> = fc.record({
  type: fc.constant('dense'),
  units: size(20),
  activation: fc.constantFrom('tanh', 'linear'),
});
const head: fc.Arbitrary<HeadSpec> = fc.oneof(
  fc.record({ type: fc.constant('linear'), levels: fc.constant([0.2, 0.5, 0.6]) }),
  fc.record({
    type: fc.constant('quantile'),
    horizons: size(4),
    levels: fc.constantFrom([0.1, 0.5], [0.5, 0.9], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]),
    auxiliary: fc.boolean(),
    auxiliaryWeight: fc.constantFrom(0, 0.5),
  }),
);
/** Networks of every kind of layer and any size that TensorFlow.js can differentiate too. */
export const anyNetwork: fc.Arbitrary<NetworkSpec> = fc
  .record({
    window: fc.integer({ min: 1, max: 20 }),
    features: size(18),
    context: fc.integer({ min: 0, max: 9 }),
    trunk: fc.tuple(fc.array(sequenceLayer, { maxLength: 3 }), lastLayer).map(([layers, last]) => [...layers, last]),
    dense: fc.array(denseLayer, { maxLength: 2 }),
    sentiment: fc.option(
      fc.record({
        inputs: fc.integer({ min: 4, max: 19 }),
        masks: fc.integer({ min: 0, max: 3 }),
        dropout: fc.constant(0.5),
      }),
      { nil: undefined },
    ),
    head,
  })
  // Sentiment enters a dense layer.
  .map(({ sentiment, ...spec }) => (sentiment && spec.dense.length > 0 ? { ...spec, sentiment } : spec))
  // TensorFlow.js cannot differentiate an LSTM over a single step (its `unstack` of one tensor has no list to stack again).
  .filter(
    ({ window, trunk }) => stepsLeft(window, trunk) > (['lstm', 'gru'].includes(trunk.at(-1)?.type ?? '') ? 1 : 0),
  );

/** Steps of the sequence after its pools. */
const stepsLeft = (window: number, trunk: readonly TrunkLayer[]) =>
  trunk.reduce((steps, layer) => (layer.type === 'maxPool' ? Math.floor(steps / layer.size) : steps), window);
