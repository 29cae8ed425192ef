import { requireShape, requireWhole } from './checks.ts';
import { EngineCore, ROUND_WINDOWS } from './engine-core.ts';
import { sentimentInputs } from './layers/gated-input.ts';
import { SHARD } from './layers/layer.ts';
import type { NetworkSpec, Predictor, Weights } from './types.ts';

/**
 * A network that forecasts on the calling thread, with plain SIMD so that every machine forecasts the same bits. Throws
 * `CC_ENGINE_SHAPE` when spec and weights or, later, the inputs do not fit, `CC_ENGINE_UNSUPPORTED` without SIMD.
 */
export function createPredictor(spec: NetworkSpec, weights: Weights): Predictor {
  const sizes = { rows: ROUND_WINDOWS * spec.window, contextRows: ROUND_WINDOWS, threads: 1, training: false };
  const core = new EngineCore(spec, sizes, 'simd', 0);
  core.setWeights(weights);
  const { layout, runner } = core;
  const perWindow = spec.window * spec.features;
  const stepRows = core.floats(layout.steps, ROUND_WINDOWS * perWindow);
  const contextRows = core.floats(layout.context, ROUND_WINDOWS * spec.context);
  const inputs = sentimentInputs(spec);
  const sentimentRows = core.floats(layout.sentiment, ROUND_WINDOWS * inputs);
  const ends = core.ints(layout.ends, ROUND_WINDOWS);
  const contextEnds = core.ints(layout.contextEnds, ROUND_WINDOWS);
  for (let i = 0; i < ROUND_WINDOWS; i++) {
    ends[i] = (i + 1) * spec.window - 1;
    contextEnds[i] = i;
  }
  return {
    predict(n, steps, context, sentiment) {
      requireWhole('number of windows', n, 0, 2 ** 31 - 1);
      requireShape(steps.length === n * perWindow, `Steps must be ${n} × ${perWindow} numbers, not ${steps.length}.`);
      requireShape(
        context.length === n * spec.context,
        `The context must be ${n} × ${spec.context} numbers, not ${context.length}.`,
      );
      requireShape(
        sentiment === undefined || sentiment.length === n * inputs,
        `The sentiment must be ${n} × ${inputs} numbers, not ${sentiment?.length}.`,
      );
      if (!sentiment) sentimentRows.fill(0);
      const place = (first: number, windows: number) => {
        stepRows.set(steps.subarray(first * perWindow, (first + windows) * perWindow));
        contextRows.set(context.subarray(first * spec.context, (first + windows) * spec.context));
        if (sentiment) sentimentRows.set(sentiment.subarray(first * inputs, (first + windows) * inputs));
      };
      return core.predict(n, place, (windows) => {
        runner.queue.publish({
          mode: 'predict',
          shards: Math.ceil(windows / SHARD),
          windows,
          firstShard: 0,
          step: 0,
          dropout: false,
          scale: 0,
          auxiliaryScale: 0,
        });
        runner.work();
      });
    },
  };
}
