import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { EngineCore } from '../../../src/ml/engine/engine-core.ts';
import { batchGradient, lossGradient, TrainingData } from '../../../src/ml/engine/gradient.ts';
import { createPredictor } from '../../../src/ml/engine/predictor.ts';
import { createTrainingSession } from '../../../src/ml/engine/session.ts';
import type { EngineDataset, EpochPlan, NetworkSpec, Weights } from '../../../src/ml/engine/types.ts';
import { initialWeights, parameterCount } from '../../../src/ml/engine/weights.ts';
import { anyNetwork } from './support/any-network.ts';
import { SMALL_CNN_LSTM, SMALL_GRU, SMALL_SENTIMENT } from './support/networks.ts';
import { noisyWeights, randomDataset, windowsFrom } from './support/synthetic.ts';

/** Sizes and numbers as nobody should give them. */
const hostile = fc.constantFrom<unknown>(
  0,
  -1,
  -0.5,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  65_537,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1e300,
  '8',
  null,
  undefined,
);

/** Either it works, or it is refused with one of the two codes; anything else (a trap, a TypeError, a RangeError) fails the test. */
function refusedOr<T>(act: () => T, check: (result: T) => void = () => {}): boolean {
  let result: T;
  try {
    result = act();
  } catch (error) {
    if (error instanceof CandlecastError && ['CC_ENGINE_SHAPE', 'CC_ENGINE_MEMORY'].includes(error.code)) return true;
    throw error;
  }
  check(result);
  return false;
}

/** Every path to a number or string within a value. */
function paths(value: unknown, here: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (value === null || typeof value !== 'object') return [here];
  return Object.entries(value).flatMap(([key, part]) =>
    paths(part, [...here, Array.isArray(value) ? Number(key) : key]),
  );
}

function replaced<T>(value: T, path: readonly (string | number)[], part: unknown): T {
  const copy = structuredClone(value);
  let at = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  at[path.at(-1)!] = part;
  return copy;
}

const specs = [SMALL_CNN_LSTM, SMALL_GRU, SMALL_SENTIMENT];
const damagedSpec = fc
  .constantFrom(...specs)
  .chain((spec) =>
    fc.tuple(fc.constant(spec), fc.constantFrom(...paths(spec)), fc.oneof(hostile, fc.constant('nothing'))),
  )
  .map(([spec, path, part]) => replaced(spec, path, part));

describe('where JavaScript meets memory', () => {
  it('refuses a network with any number or word of it replaced by nonsense, or builds what it says', () => {
    let refused = 0;
    fc.assert(
      fc.property(damagedSpec, (spec) => {
        if (
          refusedOr(
            () => parameterCount(spec),
            (count) => expect(count).toBeGreaterThan(0),
          )
        )
          refused++;
        else refusedOr(() => createPredictor(spec, initialWeights(spec, 1)));
      }),
      { numRuns: 400, seed: 7 },
    );
    expect(refused).toBeGreaterThan(250);
  });

  it('refuses inputs of any wrong length, and forecasts the right ones as before', () => {
    const spec = SMALL_CNN_LSTM;
    const predictor = createPredictor(spec, noisyWeights(spec, 1));
    const span = spec.window * spec.features;
    const inputs = (n: number, extra: number, extraContext: number) =>
      [
        n,
        new Float32Array(Math.max(0, n * span + extra)),
        new Float32Array(Math.max(0, n * spec.context + extraContext)),
      ] as const;
    const known = predictor.predict(...inputs(2, 0, 0));
    const difference = fc.integer({ min: -40, max: 40 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), difference, difference, (n, extra, extraContext) => {
        const wrong = refusedOr(
          () => predictor.predict(...inputs(n, extra, extraContext)),
          (result) => expect(result).toHaveLength(n * 12),
        );
        expect(wrong).toBe(extra !== 0 || extraContext !== 0);
        expect(predictor.predict(...inputs(2, 0, 0))).toEqual(known);
      }),
      { numRuns: 60, seed: 7 },
    );
    fc.assert(
      fc.property(hostile, (n) => {
        const refused = refusedOr(() =>
          predictor.predict(n as number, new Float32Array(span), new Float32Array(spec.context)),
        );
        expect(refused).toBe(true);
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it('refuses windows outside the rows and plans that do not fit, and trains the right ones', async () => {
    const spec = SMALL_GRU;
    const rows = 60;
    const dataset = randomDataset(spec, rows, 3);
    const session = createTrainingSession({ spec, dataset, threads: 1, seed: 1, build: 'simd' });
    const row = fc.oneof(
      { weight: 20, arbitrary: fc.integer({ min: spec.window - 1, max: rows - 1 }) },
      fc.constantFrom(-1, 0, spec.window - 2, rows, 2 ** 31 - 1, -(2 ** 31)),
    );
    const plan: fc.Arbitrary<EpochPlan> = fc.record({
      windows: fc.array(row, { maxLength: 9 }).map((list) => Int32Array.from(list)),
      batch: fc.oneof(fc.integer({ min: 1, max: 8 }), hostile) as fc.Arbitrary<number>,
      learningRates: fc
        .array(fc.constantFrom(1e-3, 0, Number.NaN, Infinity), { maxLength: 5 })
        .map((list) => Float32Array.from(list)),
      weightDecay: fc.oneof(fc.constant(0.01), hostile) as fc.Arbitrary<number>,
      clipNorm: fc.oneof(fc.constant(1), hostile) as fc.Arbitrary<number>,
    });
    const rates = (windows: Int32Array) => new Float32Array(Math.ceil(windows.length / 4)).fill(1e-3);
    try {
      fc.assert(
        fc.property(plan, ({ windows, ...rest }) => {
          const fits = windows.every((end) => end >= spec.window - 1 && end < rows);
          refusedOr(() => session.epoch({ windows, ...rest }));
          const refused = refusedOr(() =>
            session.epoch({ windows, batch: 4, learningRates: rates(windows), weightDecay: 0, clipNorm: 1 }),
          );
          expect(refused).toBe(!fits || windows.length === 0);
          expect(refusedOr(() => session.predict(windows))).toBe(!fits);
        }),
        { numRuns: 200, seed: 7 },
      );
    } finally {
      await session.close();
    }
  });

  it('refuses a dataset, weights or a number of threads that do not fit', () => {
    const spec = SMALL_GRU;
    const dataset = randomDataset(spec, 30, 3);
    const weights = noisyWeights(spec, 1);
    const start = (given: EngineDataset, threads: unknown) =>
      createTrainingSession({ spec, dataset: given, threads: threads as number, seed: 1, build: 'simd' });
    const arrays = fc.constantFrom('steps', 'context', 'targets', 'auxiliary');
    fc.assert(
      fc.property(arrays, fc.integer({ min: 0, max: 500 }), hostile, (name, length, size) => {
        const wrong = { ...dataset, [name]: new Float32Array(length) };
        if (length !== dataset[name as 'steps'].length) {
          expect(refusedOr(() => start(wrong, 1))).toBe(true);
          expect(refusedOr(() => lossGradient(spec, weights, wrong, windowsFrom(20, 3)))).toBe(true);
        }
        expect(refusedOr(() => start({ ...dataset, rows: size as number }, 1))).toBe(true);
        expect(
          refusedOr(() => lossGradient(spec, weights, { ...dataset, rows: size as number }, windowsFrom(20, 3))),
        ).toBe(true);
        expect(refusedOr(() => start(dataset, size))).toBe(true);
      }),
      { numRuns: 60, seed: 7 },
    );
    fc.assert(
      fc.property(fc.nat(weights.length - 1), fc.integer({ min: 0, max: 300 }), (at, length) => {
        const wrong: Weights = weights.map((tensor, i) =>
          i === at ? { ...tensor, data: new Float32Array(length) } : tensor,
        );
        expect(refusedOr(() => createPredictor(spec, wrong))).toBe(length !== weights[at]!.data.length);
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it('writes nowhere but where it should, for networks of any size and batches of any length', () => {
    fc.assert(
      fc.property(anyNetwork, fc.integer({ min: 1, max: 70 }), (spec: NetworkSpec, count) => {
        const rows = count + spec.window;
        const dataset = randomDataset(spec, rows, count);
        const core = new EngineCore(spec, { rows, contextRows: rows, threads: 2, training: true }, 'simd', 1);
        const data = new TrainingData(core, dataset);
        core.setWeights(noisyWeights(spec, 1));
        core.network.refresh(core.runner.run);
        const { layout, network } = core;
        const bytes = (from: number, to: number) =>
          Buffer.from(new Uint8Array(core.memory.buffer, from, to - from).slice());
        // What a forward and a backward pass only read, another thread's workspace, and what lies behind everything.
        const untouched = (): Record<string, Buffer> => ({
          constants: bytes(0, layout.queue),
          zeros: bytes(layout.zeros, layout.params),
          parameters: bytes(layout.params, layout.transposed),
          transposed: bytes(layout.transposed, layout.moment1),
          moments: bytes(layout.moment1, layout.gradient),
          otherWorkspace: bytes(layout.workspaces[1]!, layout.steps),
          dataset: bytes(layout.steps, layout.bytes),
          behind: bytes(layout.bytes, core.memory.buffer.byteLength),
        });
        const before = untouched();
        const work = () => core.runner.work();
        batchGradient(core, data, windowsFrom(spec.window - 1, count), { step: 0, dropout: true }, (job) => {
          core.runner.queue.publish(job);
          work();
        });
        const after = untouched();
        for (const [name, content] of Object.entries(before)) expect(content.equals(after[name]!), name).toBe(true);
        expect(core.floats(layout.zeros, network.zeroFloats).every((value) => value === 0)).toBe(true);
      }),
      { numRuns: 80, seed: 7 },
    );
  });
});
