import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Interval } from '../core/candle.ts';
import { CandlecastError, isFileMissing } from '../core/errors.ts';
import { DECISIONS, type PromotionVerdict } from '../core/promotion.ts';
import { writeAtomically } from './atomic-write.ts';

/** Models kept per interval; the serving one and its predecessor always are. */
const KEPT = 5;
/** Previous models available to a rollback, and entries in the log of changes. */
const MAX_PREVIOUS = 20;
const MAX_LOG_ENTRIES = 50;

/** No dots, so that a version's files differ by what follows its name. */
const version = z.string().regex(/^[A-Za-z0-9][\w-]{0,59}$/);
/** Null is the model shipped with Candlecast. */
const served = version.nullable();

const pointerSchema = z.object({
  format: z.literal(1),
  serving: served,
  /** Versions that served before, the newest last. */
  previous: z.array(served).max(MAX_PREVIOUS),
  log: z
    .array(
      z.object({
        atMs: z.number(),
        action: z.enum(['promote', 'rollback']),
        from: served,
        to: served,
        why: z.string(),
      }),
    )
    .max(MAX_LOG_ENTRIES),
});
/** The serving model of an interval, and its predecessors. */
export type ModelPointer = Readonly<z.infer<typeof pointerSchema>>;

const estimate = z.object({ value: z.number(), low: z.number(), high: z.number() });
const paired = z.object({ skillPct: estimate, pValue: z.number(), worsePValue: z.number().optional() }).nullable();
const shares = z.array(z.number()).max(8);
const coverage = z.object({ candidate: shares, serving: shares.nullable() });
/** A verdict as it is kept. */
export const verdictSchema = z.object({
  outcome: z.enum(['promoted', 'kept']),
  decidedBy: z.enum(DECISIONS).optional(),
  reason: z.string(),
  atMs: z.number(),
  against: z.string().nullable(),
  fromMs: z.number().nullable(),
  toMs: z.number().nullable(),
  n: z.int(),
  coins: z.int(),
  periods: z.int(),
  overServing: paired,
  overClimatology: paired,
  horizons: z.array(
    z.object({
      steps: z.int(),
      n: z.int(),
      overServing: paired,
      overClimatology: paired,
      coverage: coverage.optional(),
    }),
  ),
  remarks: z.array(z.string()),
}) satisfies z.ZodType<PromotionVerdict>;
const recordSchema = z.object({ format: z.literal(1), addedAtMs: z.number(), verdict: verdictSchema.nullable() });

/** One kept model. */
export interface StoredModel {
  readonly version: string;
  readonly addedAtMs: number;
  /** Null when its record is missing or damaged. */
  readonly verdict: PromotionVerdict | null;
}

/** The models made here, by interval: a folder each, with the pointer `serving.json` that says which one serves. */
export interface ModelStore {
  /** Throws `CC_MODEL_DAMAGED` when the pointer is there and cannot be read; without one the shipped model serves. */
  pointer(interval: Interval): Promise<ModelPointer>;
  /** Replaces the pointer atomically, then removes models past the limit. */
  point(interval: Interval, next: Change): Promise<void>;
  /** A stamp that changes whenever any process has written the pointer; costs one `stat` of the file. */
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
}

/** A change of the serving model, with its log entry. */
export interface Change {
  readonly serving: string | null;
  readonly previous: readonly (string | null)[];
  readonly action: 'promote' | 'rollback';
  readonly why: string;
  readonly atMs: number;
}

const EMPTY: ModelPointer = { format: 1, serving: null, previous: [], log: [] };
const POINTER = 'serving.json';

/** Makes the store over `folder`, one subfolder an interval. Errors while writing are `CC_FILE`. */
export function createModelStore(folder: string): ModelStore {
  const within = (interval: Interval, name: string) => join(folder, interval, name);

  async function pointer(interval: Interval): Promise<ModelPointer> {
    let text: string;
    try {
      text = await readFile(within(interval, POINTER), 'utf8');
    } catch (cause) {
      if (isFileMissing(cause)) return EMPTY;
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
      .filter((name) => version.safeParse(name).success);
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
    const { serving, previous } = await pointer(interval);
    const all = await list(interval);
    // The newest is kept even where it does not serve.
    const wanted = [serving, previous.at(-1), ...all.map((one) => one.version)];
    const kept = new Set([...new Set(wanted.filter((name) => typeof name === 'string'))].slice(0, KEPT));
    if (all[0]) kept.add(all[0].version);
    const names = await readdir(join(folder, interval));
    const gone = all.filter((one) => !kept.has(one.version)).map((one) => `${one.version}.`);
    const files = names.filter((name) => gone.some((start) => name.startsWith(start)));
    await Promise.all(files.map((name) => rm(within(interval, name), { force: true })));
  }

  return {
    pointer,
    list,
    async point(interval, { serving, previous, action, why, atMs }) {
      const before = await pointer(interval).catch(() => EMPTY);
      const next: ModelPointer = {
        format: 1,
        serving,
        previous: previous.slice(-MAX_PREVIOUS),
        log: [...before.log, { atMs, action, from: before.serving, to: serving, why }].slice(-MAX_LOG_ENTRIES),
      };
      await writeJson(within(interval, POINTER), pointerSchema.parse(next));
      await prune(interval);
    },
    async stamp(interval) {
      const file = await stat(within(interval, POINTER), { bigint: true }).catch(() => null);
      return file ? `${file.mtimeNs} ${file.ino} ${file.size}` : '';
    },
    async read(interval, name) {
      if (!version.safeParse(name).success)
        throw new CandlecastError('CC_MODEL_MISSING', `There is no model "${name}".`);
      return readModelFile(within(interval, `${name}.json`));
    },
    async readTwin(interval, name) {
      if (!version.safeParse(name).success) return null;
      const path = within(interval, `${name}.twin.json`);
      const there = await stat(path).catch(() => null);
      return there ? readModelFile(path) : null;
    },
    async add(interval, name, file, verdict, twin = null) {
      if (!version.safeParse(name).success) {
        throw new CandlecastError('CC_FILE', `A model cannot be kept under the name "${name}".`);
      }
      // First, so that a model that is there has its twin.
      if (twin) await writeModelFile(within(interval, `${name}.twin.json`), twin);
      await writeModelFile(within(interval, `${name}.json`), file);
      const addedAtMs = verdict?.atMs ?? (await stat(within(interval, `${name}.json`))).mtimeMs;
      await writeJson(within(interval, `${name}.record.json`), recordSchema.parse({ format: 1, addedAtMs, verdict }));
      await prune(interval);
    },
  };
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

/** Maximum size of a model file; real ones are far smaller. */
const MAX_BYTES = 64 * 1024 * 1024;

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
  const weightsName = `${stem}.${createHash('sha256').update(file.weightData).digest('hex').slice(0, 12)}.bin`;
  const json = JSON.parse(file.modelJson) as { weightsManifest: { paths: string[] }[] };
  json.weightsManifest[0]!.paths = [weightsName];
  try {
    await writeAtomically(join(folder, weightsName), file.weightData);
    await writeAtomically(path, `${JSON.stringify(json)}\n`);
    const isOurs = (name: string) => name.startsWith(stem) && /^\.[0-9a-f]{12}\.bin$/.test(name.slice(stem.length));
    const left = (await readdir(folder)).filter((name) => isOurs(name) && name !== weightsName);
    await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
  } catch (cause) {
    throw new CandlecastError('CC_FILE', `The model could not be written to ${path}.`, { cause });
  }
}

async function readBounded(path: string, whenAbsent: 'CC_MODEL_MISSING' | 'CC_MODEL_DAMAGED'): Promise<Buffer> {
  try {
    if ((await stat(path)).size > MAX_BYTES) {
      throw new CandlecastError('CC_MODEL_DAMAGED', `${basename(path)} is too large to be a model.`);
    }
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof CandlecastError) throw cause;
    throw new CandlecastError(whenAbsent, `${basename(path)} cannot be read.`, { cause });
  }
}
