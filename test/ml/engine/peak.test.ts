import { describe, expect, it } from 'vitest';
import { measurePeak, REFERENCE_FLOPS } from '../../../src/ml/engine/peak.ts';
import { REFERENCE_SPEC } from '../../../src/ml/engine/reference.ts';
import { weightShapes } from '../../../src/ml/engine/weights.ts';

describe('the measured peak', () => {
  it.each(['simd', 'relaxed'] as const)(
    'counts the operations that were done in the time that passed (%s)',
    (build) => {
      let ms = 0;
      const now = () => {
        ms += 2;
        return ms;
      };
      const { peakGflops, matmulGflops, ...rest } = measurePeak(now, build, 3);
      expect(rest).toEqual({ build });
      // 100,000 rounds of 96 operations, and 40 products of 32 × 96 by 96 × 256, in two milliseconds each.
      expect(peakGflops).toBeCloseTo(4.8, 10);
      expect(matmulGflops).toBeCloseTo((40 * 2 * 32 * 96 * 256) / 2e6, 10);
    },
  );

  it("counts a sample of the reference network as twice each kernel's uses forward, and the same again for each gradient", () => {
    const uses: Readonly<Record<string, readonly [times: number, products: number]>> = {
      // The convolution reads the input, whose gradient nobody wants.
      'conv1d_1/kernel': [60, 2],
      'lstm_1/kernel': [30, 3],
      'lstm_1/recurrent_kernel': [30, 3],
      'head/kernel': [1, 3],
    };
    const operations = weightShapes(REFERENCE_SPEC).map(({ name, shape }) => {
      const [times, products] = uses[name] ?? [0, 0];
      return 2 * times * products * shape.reduce((a, b) => a * b, 1);
    });
    expect(REFERENCE_FLOPS).toBe(operations.reduce((a, b) => a + b, 0));
  });
});
