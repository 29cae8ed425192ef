import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { binRows } from '../../../src/ml/trees/binning.ts';
import { boost } from '../../../src/ml/trees/boost.ts';
import { addForest, decodeForests, encodeForests } from '../../../src/ml/trees/forest.ts';
import { congruential, rowsBetween, squaredLoss, WHOLE } from './support/samples.ts';

/** A forest over inputs with many ties, so that values equal cuts. */
function grow(width: number, rounds: number, rows = 700) {
  const uniform = congruential(width + rounds);
  const inputs = Float32Array.from({ length: rows * width }, () => Math.round(uniform() * 40) / 8);
  const targets = Float64Array.from({ length: rows }, (_, i) => Math.cos(inputs[i * width]!) + uniform());
  const options = { ...WHOLE, rounds, rowShare: 0.6, columnShare: 0.7, minimumRows: 4 };
  const { forest, raw } = boost(binRows(inputs, width, rowsBetween(0, rows), 20), squaredLoss(targets, 0.3), options);
  return { forest, raw, inputs, rows };
}

describe('a forest', () => {
  it('routes values as training routed their bins, to the bit, also values that equal a cut', () => {
    const { forest, raw, inputs, rows } = grow(5, 40);
    const cuts = new Set(forest.number);
    expect(inputs.some((value) => cuts.has(value))).toBe(true);
    expect(addForest(forest, inputs, 5, rows)).toEqual(raw);
  });

  it('predicts each row as if it were alone', () => {
    const { forest, raw, inputs } = grow(5, 12);
    for (const row of [0, 3, 257, 699]) {
      expect(addForest(forest, inputs.subarray(row * 5, (row + 1) * 5), 5, 1)[0]).toBe(raw[row]);
    }
  });

  it('refuses inputs of another width, too few of them, or some that are no numbers', () => {
    const { forest, inputs } = grow(5, 2);
    const shape = expect.objectContaining({ code: 'CC_ENGINE_SHAPE' });
    expect(() => addForest(forest, inputs, 4, 1)).toThrow(shape);
    expect(() => addForest(forest, inputs, 5, 701)).toThrow(shape);
    expect(() => addForest(forest, Float32Array.of(1, 2, Number.NaN, 4, 5), 5, 1)).toThrow(shape);
  });

  it('comes back from bytes as it was, whether columns take one byte or two', () => {
    const forests = [grow(5, 10).forest, grow(300, 3).forest, grow(1, 1).forest];
    const bytes = encodeForests(forests);
    expect(decodeForests(bytes)).toEqual(forests);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeForests(shifted.subarray(3))).toEqual(forests);
    expect(decodeForests(encodeForests([]))).toEqual([]);
  });

  it('is refused when bytes are missing at the end, or there are more', () => {
    const damaged = expect.objectContaining({ code: 'CC_MODEL_DAMAGED' });
    const bytes = encodeForests([grow(3, 2).forest]);
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeForests(bytes.subarray(0, length))).toThrow(damaged);
    expect(() => decodeForests(Uint8Array.of(...bytes, 0))).toThrow(damaged);
  });

  it('with damaged bytes is refused, or still predicts and ends', () => {
    const { forest, inputs } = grow(4, 4);
    const bytes = encodeForests([forest, forest]);
    const some = inputs.subarray(0, 4 * 20);
    let refused = 0;
    let read = 0;
    const flips = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(flips, (list) => {
        const changed = bytes.slice();
        for (const [at, by] of list) changed[at]! ^= by;
        try {
          for (const one of decodeForests(changed)) {
            if (one.width === 4) addForest(one, some, 4, 20);
          }
          read++;
        } catch (error) {
          if (!(error instanceof CandlecastError) || error.code !== 'CC_MODEL_DAMAGED') throw error;
          refused++;
        }
      }),
      { numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(300);
    expect(read).toBeGreaterThan(300);
  });

  it('is not read from bytes that are anything at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeForests(bytes)).toThrow(expect.objectContaining({ code: 'CC_MODEL_DAMAGED' }));
      }),
    );
  });
});
