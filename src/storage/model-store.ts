import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Interval } from '../core/candle.ts';
import { CandlecastError, isFileMissing } from '../core/errors.ts';
import type { PromotionVerdict } from '../core/promotion.ts';
import { writeAtomically } from './atomic-write.ts';
import {
  type Change,
  changedPointer,
  EMPTY_POINTER,
  keptVersions,
  type ModelPointer,
  pointerSchema,
  verdictSchema,
  versionSchema,
} from './model-pointer.ts';

const recordSchema = z.object({ format: z.literal(1), addedAtMs: z.number(), verdict: verdictSchema.nullable() });

/** One kept model. */
export interface StoredModel {
  readonly version: string;
  readonly addedAtMs: number;
  /** Null when its record is missing or damaged. */
  readonly verdict: PromotionVerdict | null;
}

/** All that is kept of an interval. */
export interface KeptModels {
  readonly pointer: ModelPointer;
  readonly models: readonly (StoredModel & { readonly file: ModelFile; readonly twin: ModelFile | null })[];
}

/** The models made here, by interval, and the pointer that says which one serves: in a folder or, where processes share a database, in its tables. */
export interface ModelStore {
  /** The most bytes of a model with its twin that can be kept. */
  readonly maxBytes: number;
  /** Throws `CC_MODEL_DAMAGED` when the pointer is there and cannot be read; without one the shipped model serves. */
  pointer(interval: Interval): Promise<ModelPointer>;
  /**
   * Replaces the pointer atomically, then removes models past the limit. Throws `CC_MODEL_CHANGED` where another process has replaced it
   * since the change was decided.
   */
  point(interval: Interval, next: Change): Promise<void>;
  /** A stamp that changes whenever any process has written the pointer; costs one `stat` of the file, or one read of a row by its key. */
  stamp(interval: Interval): Promise<string>;
  /** Throws as `readModelFile` does. */
  read(interval: Interval, version: string): Promise<ModelFile>;
  /** Reads a model's twin, which the gate judges it by; null where none was kept with it. Throws as `readModelFile` does. */
  readTwin(interval: Interval, version: string): Promise<ModelFile | null>;
  /** Keeps a model with its verdict and, if it has one, its twin; it does not serve yet. */
  add(
    interval: Interval,
    version: string,
    file: ModelFile,
    verdict: PromotionVerdict | null,
    twin?: ModelFile | null,
  ): Promise<void>;
  /** Newest first. */
  list(interval: Interval): Promise<StoredModel[]>;
  /** Takes in all that another store has kept, as it is; false, and nothing is changed, where anything was kept here before. */
  adopt(interval: Interval, kept: KeptModels): Promise<boolean>;
}

const POINTER = 'serving.json';

/** Makes the store over `folder`, one subfolder an interval. Errors while writing are `CC_FILE`. */
export function createModelStore(folder: string): ModelStore {
  const within = (interval: Interval, name: string) => join(folder, interval, name);
  let turn: Promise<void> = Promise.resolve();

  async function pointer(interval: Interval): Promise<ModelPointer> {
    let text: string;
    try {
      text = await readFile(within(interval, POINTER), 'utf8');
    } catch (cause) {
      if (isFileMissing(cause)) return EMPTY_POINTER;
      throw new CandlecastError('CC_MODEL_DAMAGED', `${POINTER} of ${interval} cannot be read.`, { cause });
    }
    try {
      return pointerSchema.parse(JSON.parse(text));
    } catch (cause) {
      throw new CandlecastError('CC_MODEL_DAMAGED', `${POINTER} of ${interval} does not say which model serves.`, {
        cause,
      });
    }
  }

  async function list(interval: Interval): Promise<StoredModel[]> {
    const names = await readdir(join(folder, interval)).catch(() => []);
    const versions = names
      .filter((name) => name.endsWith('.json') && name !== POINTER)
      .map((name) => name.slice(0, -'.json'.length))
      .filter((name) => versionSchema.safeParse(name).success);
    const models = versions.map(async (name): Promise<StoredModel> => {
      const record = await readFile(within(interval, `${name}.record.json`), 'utf8')
        .then((text) => recordSchema.parse(JSON.parse(text)))
        .catch(() => null);
      if (record) return { version: name, addedAtMs: record.addedAtMs, verdict: record.verdict };
      const file = await stat(within(interval, `${name}.json`)).catch(() => null);
      return { version: name, addedAtMs: file?.mtimeMs ?? 0, verdict: null };
    });
    return (await Promise.all(models)).sort((a, b) => b.addedAtMs - a.addedAtMs || (a.version < b.version ? 1 : -1));
  }

  async function prune(interval: Interval): Promise<void> {
    const all = await list(interval);
    const kept = keptVersions(
      await pointer(interval),
      all.map((one) => one.version),
    );
    const names = await readdir(join(folder, interval));
    const gone = all.filter((one) => !kept.has(one.version)).map((one) => `${one.version}.`);
    const files = names.filter((name) => gone.some((start) => name.startsWith(start)));
    await Promise.all(files.map((name) => rm(within(interval, name), { force: true })));
  }

  async function keep(
    interval: Interval,
    name: string,
    file: ModelFile,
    verdict: PromotionVerdict | null,
    twin: ModelFile | null,
    atMs = verdict?.atMs,
  ): Promise<void> {
    // First, so that a model that is there has its twin.
    if (twin) await writeModelFile(within(interval, `${name}.twin.json`), twin);
    await writeModelFile(within(interval, `${name}.json`), file);
    const addedAtMs = atMs ?? (await stat(within(interval, `${name}.json`))).mtimeMs;
    await writeJson(within(interval, `${name}.record.json`), recordSchema.parse({ format: 1, addedAtMs, verdict }));
  }

  return {
    maxBytes: MAX_MODEL_FILE_BYTES,
    pointer,
    list,
    async point(interval, change) {
      // In turn, so that of two changes at once in this process one sees the other.
      const step = turn.then(async () => {
        const before = await pointer(interval).catch(() => EMPTY_POINTER);
        await writeJson(within(interval, POINTER), changedPointer(before, change));
        await prune(interval);
      });
      turn = step.catch(() => {});
      await step;
    },
    async stamp(interval) {
      const file = await stat(within(interval, POINTER), { bigint: true }).catch(() => null);
      return file ? `${file.mtimeNs} ${file.ino} ${file.size}` : '';
    },
    async read(interval, name) {
      if (!versionSchema.safeParse(name).success)
        throw new CandlecastError('CC_MODEL_MISSING', `There is no model "${name}".`);
      return readModelFile(within(interval, `${name}.json`));
    },
    async readTwin(interval, name) {
      if (!versionSchema.safeParse(name).success) return null;
      const path = within(interval, `${name}.twin.json`);
      const there = await stat(path).catch(() => null);
      return there ? readModelFile(path) : null;
    },
    async add(interval, name, file, verdict, twin = null) {
      requireName(name);
      await keep(interval, name, file, verdict, twin);
      await prune(interval);
    },
    async adopt(interval, { pointer: adopted, models }) {
      const isThere = await stat(within(interval, POINTER)).catch(() => null);
      // What an earlier call had begun with is no obstacle.
      const isOther = (one: StoredModel) => !models.some(({ version }) => version === one.version);
      if (isThere || (await list(interval)).some(isOther)) return false;
      for (const { version, file, verdict, twin, addedAtMs } of models)
        await keep(interval, version, file, verdict, twin, addedAtMs);
      await writeJson(within(interval, POINTER), pointerSchema.parse(adopted));
      return true;
    },
  };
}

/** Throws `CC_FILE` where no model may be kept under the name. */
export function requireName(name: string): void {
  if (versionSchema.safeParse(name).success) return;
  throw new CandlecastError('CC_FILE', `A model cannot be kept under the name "${name}".`);
}

async function writeJson(path: string, value: unknown): Promise<void> {
  try {
    await writeAtomically(path, `${JSON.stringify(value, null, 2)}\n`);
  } catch (cause) {
    throw new CandlecastError('CC_FILE', `${path} cannot be written.`, { cause });
  }
}

/** A model.json and its weights, as text and bytes. */
export interface ModelFile {
  readonly modelJson: string;
  readonly weightData: Uint8Array;
}

/** A model as it is kept under a name: its weights are named by their hash, so that the text of a model is never that of others. */
export function withNamedWeights(stem: string, file: ModelFile): ModelFile & { readonly weightsName: string } {
  const weightsName = `${stem}.${createHash('sha256').update(file.weightData).digest('hex').slice(0, 12)}.bin`;
  const json = JSON.parse(file.modelJson) as { weightsManifest: { paths: string[] }[] };
  json.weightsManifest[0]!.paths = [weightsName];
  return { modelJson: `${JSON.stringify(json)}\n`, weightData: file.weightData, weightsName };
}

/** Maximum size of a model file; real ones are far smaller. */
export const MAX_MODEL_FILE_BYTES = 64 * 1024 * 1024;

const manifestSchema = z.object({
  weightsManifest: z.array(z.object({ paths: z.array(z.string().regex(/^[\w.-]+\.bin$/)).length(1) })).length(1),
});

/** Reads a model; throws `CC_MODEL_MISSING` when there is none, `CC_MODEL_DAMAGED` when it is incomplete. */
export async function readModelFile(path: string): Promise<ModelFile> {
  try {
    return await readOnce(path);
  } catch (error) {
    // Between the two reads a writer may have put a new model in place and removed the old one's weights.
    if (error instanceof CandlecastError && error.code === 'CC_MODEL_DAMAGED') return await readOnce(path);
    throw error;
  }
}

async function readOnce(path: string): Promise<ModelFile> {
  const modelJson = (await readBounded(path, 'CC_MODEL_MISSING')).toString('utf8');
  let weightsName: string;
  try {
    weightsName = manifestSchema.parse(JSON.parse(modelJson)).weightsManifest[0]!.paths[0]!;
  } catch (cause) {
    throw new CandlecastError('CC_MODEL_DAMAGED', `${basename(path)} does not name its weights file.`, { cause });
  }
  return { modelJson, weightData: await readBounded(join(dirname(path), weightsName), 'CC_MODEL_DAMAGED') };
}

/**
 * Writes a model so that a reader sees the old one or the new one, never half: the weights first, under a name made of
 * their hash, then the model.json that names them; last, unreferenced weights are removed.
 */
export async function writeModelFile(path: string, file: ModelFile): Promise<void> {
  const folder = dirname(path);
  const stem = basename(path).replace(/(\.model)?\.json$/, '');
  const { modelJson, weightData, weightsName } = withNamedWeights(stem, file);
  try {
    await writeAtomically(join(folder, weightsName), weightData);
    await writeAtomically(path, modelJson);
    const isOurs = (name: string) => name.startsWith(stem) && /^\.[0-9a-f]{12}\.bin$/.test(name.slice(stem.length));
    const left = (await readdir(folder)).filter((name) => isOurs(name) && name !== weightsName);
    await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
  } catch (cause) {
    throw new CandlecastError('CC_FILE', `The model could not be written to ${path}.`, { cause });
  }
}

async function readBounded(path: string, whenAbsent: 'CC_MODEL_MISSING' | 'CC_MODEL_DAMAGED'): Promise<Buffer> {
  try {
    if ((await stat(path)).size > MAX_MODEL_FILE_BYTES) {
      throw new CandlecastError('CC_MODEL_DAMAGED', `${basename(path)} is too large to be a model.`);
    }
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof CandlecastError) throw cause;
    throw new CandlecastError(whenAbsent, `${basename(path)} cannot be read.`, { cause });
  }
}
