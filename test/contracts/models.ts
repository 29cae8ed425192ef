import { createHash } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import type { PromotionVerdict } from '../../src/core/promotion.ts';
import type { ModelStore } from '../../src/storage/model-store.ts';

/** A model.json that names its weights, and three bytes of weights. */
export const modelFile = (content: number) => ({
  modelJson: JSON.stringify({ weightsManifest: [{ paths: ['any.bin'] }] }),
  weightData: Uint8Array.of(content, 2, 3),
});

/** A verdict of that moment. */
export const keptVerdict = (atMs: number): PromotionVerdict => ({
  outcome: 'kept',
  reason: 'It does not beat climatology beyond chance.',
  atMs,
  against: 'shipped',
  fromMs: 1,
  toMs: 2,
  n: 3,
  coins: 1,
  periods: 3,
  overServing: { skillPct: { value: 0.1, low: -0.2, high: 0.4 }, pValue: 0.4 },
  overClimatology: null,
  horizons: [],
  remarks: ['A remark.'],
});

/** Names of models, which a store keeps nothing of otherwise. */
export const modelName = (n: number) => `1d-2024010${n}-aaaaa${n}`;

/**
 * What a store of models keeps to, in whatever it keeps them. `open` makes a store over the same place each time it is called in a test, and `clear`
 * empties the place.
 */
export function describeModels(open: () => ModelStore, clear: () => Promise<void>): void {
  let store: ModelStore;
  beforeEach(async () => {
    await clear();
    store = open();
  });
  const add = (...numbers: readonly number[]) =>
    numbers.reduce(
      (before, n) => before.then(() => store.add('1d', modelName(n), modelFile(n), keptVerdict(n))),
      Promise.resolve(),
    );
  const change = async (serving: string | null, previous: readonly (string | null)[], from = store) => ({
    seen: await from.pointer('1d'),
    serving,
    previous,
    action: 'promote' as const,
    why: 'test',
    atMs: 5,
  });
  const versions = async () => (await store.list('1d')).map(({ version }) => version);

  it('lets the shipped model serve while nothing has been promoted', async () => {
    expect(await store.pointer('1d')).toEqual({ format: 1, serving: null, previous: [], log: [] });
    expect(await store.list('1d')).toEqual([]);
    expect(await store.stamp('1d')).toBe('');
  });

  it('keeps a model with its verdict and its twin, and gives all of it back, of its own interval alone', async () => {
    await store.add('1d', modelName(1), modelFile(1), keptVerdict(7), modelFile(9));
    expect(await open().list('1d')).toEqual([{ version: modelName(1), addedAtMs: 7, verdict: keptVerdict(7) }]);
    expect([...(await open().read('1d', modelName(1))).weightData]).toEqual([1, 2, 3]);
    expect([...(await open().readTwin('1d', modelName(1)))!.weightData]).toEqual([9, 2, 3]);
    expect(await store.list('1h')).toEqual([]);
    await expect(store.read('1h', modelName(1))).rejects.toMatchObject({ code: 'CC_MODEL_MISSING' });
    expect(await store.readTwin('1h', modelName(1))).toBeNull();
    await store.add('1d', modelName(2), modelFile(2), null);
    expect(await store.readTwin('1d', modelName(2))).toBeNull();
    expect((await store.list('1d')).find(({ version }) => version === modelName(2))?.verdict).toBeNull();
  });

  it('names the weights by their hash in the text of a model, so that the record knows it in every store', async () => {
    await add(1);
    const { modelJson, weightData } = await store.read('1d', modelName(1));
    const hash = createHash('sha256').update(weightData).digest('hex').slice(0, 12);
    expect(modelJson).toBe(`{"weightsManifest":[{"paths":["${modelName(1)}.${hash}.bin"]}]}\n`);
  });

  it('remembers what served before and why it changed, and shows every change in its stamp to others', async () => {
    await add(1, 2);
    const other = open();
    const stamps = [await other.stamp('1d')];
    for (const [serving, previous] of [
      [modelName(1), [null]],
      [modelName(2), [null, modelName(1)]],
      [null, []],
    ] as const) {
      await store.point('1d', await change(serving, previous));
      stamps.push(await other.stamp('1d'));
    }
    expect(new Set(stamps).size).toBe(4);
    expect(await other.stamp('1d')).toBe(stamps[3]);
    const { serving, previous, log } = await other.pointer('1d');
    expect({ serving, previous }).toEqual({ serving: null, previous: [] });
    expect(log.at(-1)).toEqual({ atMs: 5, action: 'promote', from: modelName(2), to: null, why: 'test' });
    expect(log).toHaveLength(3);
  });

  it('takes one of two changes that were decided at once, and tells the other', async () => {
    await add(1, 2);
    const other = open();
    const changes = [await change(modelName(1), [null]), await change(modelName(2), [null], other)];
    const results = await Promise.allSettled([store.point('1d', changes[0]!), store.point('1d', changes[1]!)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const won = results.findIndex(({ status }) => status === 'fulfilled');
    expect(results[1 - won]).toMatchObject({ reason: { code: 'CC_MODEL_CHANGED' } });
    const { serving, log } = await other.pointer('1d');
    expect(serving).toBe(modelName(won + 1));
    expect(log).toHaveLength(1);
    // Decided again by what is there now, it is made.
    await other.point('1d', await change(modelName(2 - won), [null, modelName(won + 1)], other));
    expect((await store.pointer('1d')).serving).toBe(modelName(2 - won));
  });

  it('keeps five models, the one that serves and the one before it among them', async () => {
    await add(1, 2);
    await store.point('1d', await change(modelName(2), [modelName(1)]));
    await add(3, 4, 5, 6, 7, 8);
    expect(await versions()).toEqual([8, 7, 6, 2, 1].map(modelName));
    await store.point('1d', await change(modelName(6), [modelName(7)]));
    await add(9);
    expect(await versions()).toEqual([9, 8, 7, 6, 2].map(modelName));
  });

  it('takes no name that leads out of its place', async () => {
    for (const name of ['../1h/x', '..', 'a/b', 'a.record', '']) {
      await expect(store.read('1d', name)).rejects.toMatchObject({ code: 'CC_MODEL_MISSING' });
      await expect(store.add('1d', name, modelFile(1), null)).rejects.toMatchObject({ code: 'CC_FILE' });
    }
  });

  it('takes in what another store has kept, as it was, and only where it has kept nothing itself', async () => {
    const pointer = {
      format: 1 as const,
      serving: modelName(2),
      previous: [null, modelName(1)],
      log: [{ atMs: 3, action: 'promote' as const, from: modelName(1), to: modelName(2), why: 'It is better.' }],
    };
    const kept = {
      version: modelName(2),
      addedAtMs: 3,
      verdict: keptVerdict(3),
      file: modelFile(2),
      twin: modelFile(8),
    };
    expect(await store.adopt('1d', { pointer, models: [kept] })).toBe(true);
    expect(await open().pointer('1d')).toEqual(pointer);
    expect(await versions()).toEqual([modelName(2)]);
    expect((await store.readTwin('1d', modelName(2)))!.weightData[0]).toBe(8);
    expect(await store.adopt('1d', { pointer, models: [] })).toBe(false);
    await store.add('1h', modelName(1), modelFile(1), null);
    expect(await store.adopt('1h', { pointer, models: [kept] })).toBe(false);
    expect((await store.list('1h')).map(({ version }) => version)).toEqual([modelName(1)]);
  });
}
