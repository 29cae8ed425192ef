import { describe, expect, it } from 'vitest';
import {
  measurePeak,
  measurePredict,
  measureTraining,
  REFERENCE_FLOPS,
  REFERENCE_SPEC,
} from '../../../src/ml/engine/benchmark.ts';
import { parameterCount, weightShapes } from '../../../src/ml/engine/weights.ts';

/** A clock that moves on by ten milliseconds at each look. */
const ticking = () => {
  let ms = 0;
  return () => {
    ms += 10;
    return ms;
  };
};

describe('the reference measurement', () => {
  it('measures the network that is compared with PyTorch', () => {
    // Convolution 1,568, LSTM 24,832, head 585.
    expect(parameterCount(REFERENCE_SPEC)).toBe(26_985);
  });

  it('gives the median of the epochs after the warm-up, in samples per second, and learns meanwhile', async () => {
    const speed = await measureTraining({ threads: 2, build: 'simd', epochs: 2, warmup: 1, now: ticking() });
    expect(speed).toMatchObject({ threads: 2, build: 'simd', samplesPerSecond: 204_800, all: [204_800, 204_800] });
    expect(speed.meanLoss).toBeLessThan(0.2);
  });

  it('times one forecast and a batch of 64', () => {
    expect(measurePredict(ticking(), 4)).toEqual({ singleMs: 10, batch64Ms: 10 });
  });
});

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
