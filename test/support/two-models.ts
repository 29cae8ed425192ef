import type { ModelStore } from '../../src/storage/model-store.ts';
import { keptVerdict, modelFile, modelName } from '../contracts/models.ts';

/** Keeps two models, of which the second serves and the first did. */
export async function fill(store: ModelStore): Promise<void> {
  for (const n of [1, 2]) {
    await store.add('1d', modelName(n), modelFile(n), keptVerdict(n), modelFile(n + 4));
    const { serving, previous } = await store.pointer('1d');
    const before = [...previous, serving];
    await store.point('1d', { serving: modelName(n), previous: before, action: 'promote', why: `test ${n}`, atMs: n });
  }
}

/** All of an interval that can be seen from outside. */
export async function contents(store: ModelStore) {
  const models = await store.list('1d');
  const files = models.map(async ({ version }) => [
    await store.read('1d', version),
    await store.readTwin('1d', version),
  ]);
  const plain = (await Promise.all(files)).flat().map((file) => file && [file.modelJson, ...file.weightData]);
  return { pointer: await store.pointer('1d'), models, plain };
}
