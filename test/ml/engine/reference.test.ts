import { describe, expect, it } from 'vitest';
import { measurePredict, measureTraining, REFERENCE_SPEC } from '../../../src/ml/engine/reference.ts';
import { parameterCount } from '../../../src/ml/engine/weights.ts';

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
