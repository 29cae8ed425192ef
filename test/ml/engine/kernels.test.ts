import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  compileKernels,
  instantiateKernels,
  isSupported,
  type Kernels,
  webAssembly,
} from '../../../src/ml/engine/kernels.ts';
import { initialWeights } from '../../../src/ml/engine/weights.ts';
import { SMALL_LSTM } from './support/networks.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const unsupported = expect.objectContaining({ code: 'CC_ENGINE_UNSUPPORTED' });

describe('the kernels', () => {
  it('are refused where WebAssembly knows no SIMD', async () => {
    // Kernels that were compiled once are kept, so the modules that keep them are loaded anew.
    vi.resetModules();
    const loaded = await import('../../../src/ml/engine/kernels.ts');
    const { createPredictor } = await import('../../../src/ml/engine/predictor.ts');
    vi.spyOn(loaded.webAssembly, 'validate').mockReturnValue(false);
    expect(() => loaded.compileKernels('simd')).toThrow(unsupported);
    expect(() => loaded.compileKernels('auto')).toThrow(unsupported);
    expect(() => createPredictor(SMALL_LSTM, initialWeights(SMALL_LSTM, 1))).toThrow(unsupported);
  });

  it('are plain SIMD under auto where relaxed SIMD is missing', () => {
    const real = webAssembly.validate.bind(webAssembly);
    let asked = 0;
    vi.spyOn(webAssembly, 'validate').mockImplementation((bytes) => asked++ > 0 && real(bytes));
    expect(compileKernels('auto').build).toBe('simd');
  });

  it('are relaxed under auto where the machine has it', () => {
    expect(compileKernels('auto').build).toBe(isSupported('relaxed') ? 'relaxed' : 'simd');
  });
});

describe.each(['simd', 'relaxed'] as const)('the %s build', (build) => {
  const memory = new webAssembly.Memory({ initial: 16, maximum: 16, shared: true });
  let kernels: Kernels;
  beforeAll(() => {
    kernels = instantiateKernels(compileKernels(build).module, memory);
  });
  const from = 65_536;
  const to = 131_072;
  const floats = (at: number, length: number) => new Float32Array(memory.buffer, at, length);

  it('keeps its constants below the arena', () => {
    expect(kernels.arenaStart()).toBeLessThanOrEqual(4096);
  });

  it('computes tanh to a few units in the last place, and passes NaN on', () => {
    const x = floats(from, 4096);
    x.forEach((_, i) => {
      x[i] = (i - 2048) / 150;
    });
    const expected = x.map((value) => Math.tanh(value));
    kernels.tanh(from, 4096, 4096, 1);
    for (const [i, value] of expected.entries()) expect(Math.abs(x[i]! - value)).toBeLessThan(3e-7);
    x.set([Number.NaN, Infinity, -Infinity, 0]);
    kernels.tanh(from, 4, 4, 1);
    expect(x[0]).toBeNaN();
    expect(x[1]).toBeCloseTo(1, 6);
    expect(x[2]).toBeCloseTo(-1, 6);
    expect(x[3]).toBe(0);
  });

  it('drops the asked share of values and scales the rest, by keys alone', () => {
    const count = 32 * 1024;
    const rate = Math.fround(0.3);
    const masked = (keyA: number, keyB: number) => {
      floats(from, count).fill(1);
      kernels.dropout(from, 1024, from + count * 4, 1024, 1024, 32, rate, keyA, keyB);
      return floats(from + count * 4, count).slice();
    };
    const mask = masked(1, 2);
    const kept = mask.filter((value) => value !== 0);
    expect(new Set(kept).size).toBe(1);
    expect(kept[0]).toBeCloseTo(1 / 0.7, 6);
    // Five standard deviations of a binomial count.
    const deviation = Math.sqrt(count * 0.3 * 0.7);
    expect(Math.abs(kept.length - 0.7 * count)).toBeLessThan(5 * deviation);
    expect(masked(1, 2)).toEqual(mask);
    for (const other of [masked(2, 2), masked(1, 3)]) {
      const agreeing = other.filter((value, i) => value === mask[i]).length;
      expect(Math.abs(agreeing - count * (0.49 + 0.09))).toBeLessThan(5 * Math.sqrt(count * 0.25));
    }
  });

  it('sums shards in their order', () => {
    const shards = floats(from, 12);
    shards.set([1, 2, 3, 4, 1e8, 1e8, 1e8, 1e8, -1e8, -1e8, -1e8, -1e8]);
    kernels.sumShards(to, from, 4, 3, 4, 0);
    expect([...floats(to, 4)]).toEqual([0, 0, 0, 0]);
    kernels.sumShards(to, from, 4, 1, 4, 1);
    expect([...floats(to, 4)]).toEqual([1, 2, 3, 4]);
    expect(kernels.sumSquares(to, 4)).toBe(30);
  });
});
