import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createTrainingSession } from '../../../src/ml/engine/session.ts';
import type { NetworkSpec, TrainingSession, Weights } from '../../../src/ml/engine/types.ts';
import { DEFAULT_SIZE, FAMILIES, networkSpec } from '../../../src/ml/model/recipes.ts';
import { randomDataset, windowsFrom } from './support/synthetic.ts';

/**
 * SHA-256 of every family's weights after a short training in plain SIMD. The suite runs on Node 20, 22 and 24 in CI, so each must give these
 * bits. They change only when the arithmetic is changed on purpose; then copy the received ones over.
 */
const expected: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('../../fixtures/weights-after-training.json', import.meta.url), 'utf8'),
);

const sessions: TrainingSession[] = [];
afterAll(async () => {
  for (const session of sessions) await session.close();
});

function train(spec: NetworkSpec, threads: number): string {
  const dataset = randomDataset(spec, 700, 3);
  const session = createTrainingSession({ spec, dataset, threads, seed: 5, build: 'simd' });
  sessions.push(session);
  const learningRates = Float32Array.from({ length: 5 }, (_, i) => 4e-3 - i * 5e-4);
  for (let epoch = 0; epoch < 2; epoch++) {
    // Batches of four shards and a part of one, the last one smaller.
    session.epoch({ windows: windowsFrom(70, 600), batch: 140, learningRates, weightDecay: 0.01, clipNorm: 1 });
  }
  return hashOf(session.weights());
}

function hashOf(weights: Weights): string {
  const hash = createHash('sha256');
  for (const { data } of weights) {
    const bytes = new DataView(new ArrayBuffer(data.length * 4));
    for (const [i, value] of data.entries()) bytes.setFloat32(i * 4, value, true);
    hash.update(bytes);
  }
  return hash.digest('hex');
}

describe('training in plain SIMD', () => {
  it.each(FAMILIES)('gives a %s the same bits with 1, 2 and 4 threads, on every machine and Node version', (family) => {
    const spec = networkSpec(family, 9, 2, { ...DEFAULT_SIZE, filters: 10, units: 12, dense: 11 });
    const hashes = [1, 2, 4].map((threads) => train(spec, threads));
    expect(new Set(hashes).size).toBe(1);
    expect(`${family} ${hashes[0]}`).toBe(`${family} ${expected[family]}`);
  });

  it('gives the same bits with sentiment behind its gate', () => {
    const spec = networkSpec('cnn-lstm', 9, 2, { ...DEFAULT_SIZE, filters: 10, units: 12, dense: 11 });
    const gated = { ...spec, sentiment: { inputs: 7, masks: 2, dropout: 0.4 } };
    const hashes = [1, 2, 4].map((threads) => train(gated, threads));
    expect(new Set(hashes).size).toBe(1);
    expect(hashes[0]).toBe(expected['cnn-lstm with sentiment']);
  });
});
