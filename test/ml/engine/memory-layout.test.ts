import { describe, expect, it } from 'vitest';
import { allocateMemory, layOutMemory, type MemoryLayout } from '../../../src/ml/engine/memory-layout.ts';
import { Network } from '../../../src/ml/engine/network.ts';
import type { NetworkSpec } from '../../../src/ml/engine/types.ts';
import { QUANTILE_HEAD } from './support/networks.ts';

/** The size of network and dataset that hourly training uses. */
const spec: NetworkSpec = {
  window: 60,
  features: 12,
  context: 60,
  trunk: [
    { type: 'conv1d', filters: 24, kernel: 3, activation: 'relu' },
    { type: 'maxPool', size: 2 },
    { type: 'lstm', units: 32 },
  ],
  dense: [{ type: 'dense', units: 48, activation: 'relu' }],
  sentiment: { inputs: 18, masks: 4, dropout: 0.4 },
  head: { ...QUANTILE_HEAD, horizons: 3 },
};

const layoutFor = (rows: number, threads = 2) =>
  layOutMemory(new Network(spec), { rows, contextRows: rows, threads, training: true }, 4096);

/** Addresses of all regions, ascending. */
const addresses = (layout: MemoryLayout) => {
  const { bytes, workspaces, ...single } = layout;
  return [...Object.values(single), ...workspaces, bytes].sort((a, b) => a - b);
};

describe('the memory layout', () => {
  it('holds 900,000 rows of 12 + 60 + 18 + 6 numbers in little more than their own size', () => {
    const rows = 900_000;
    const data = rows * (12 + 60 + 18 + 6) * 4;
    const { bytes } = layoutFor(rows);
    expect(bytes).toBeGreaterThan(data);
    expect(bytes).toBeLessThan(data + 32 * 2 ** 20);
  });

  it('gives every region its own aligned place', () => {
    const places = addresses(layoutFor(1000, 3));
    expect(new Set(places).size).toBe(places.length);
    for (const place of places.slice(0, -1)) expect(place % 64).toBe(0);
  });

  it('grows by nothing but the rows', () => {
    const perRow = (layoutFor(20_000).bytes - layoutFor(10_000).bytes) / 10_000;
    expect(perRow).toBeCloseTo((12 + 60 + 18 + 6) * 4, 0);
  });

  it('refuses more than WebAssembly can address, with the size', () => {
    expect(() => allocateMemory(layoutFor(20_000_000))).toThrow(
      expect.objectContaining({ code: 'CC_ENGINE_MEMORY', message: expect.stringContaining('7.2 GiB') }),
    );
  });
});
