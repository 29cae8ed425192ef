import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { CandlecastError } from '../core/errors.ts';
import { writeAtomically } from './atomic-write.ts';

/** A model.json and its weights, as text and bytes. */
export interface ModelFile {
  readonly modelJson: string;
  readonly weightData: Uint8Array;
}

/** A model is far smaller; anything larger is not ours. */
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
    const ours = new RegExp(`^${stem.replace(/[^\w-]/g, '\\$&')}\\.[0-9a-f]{12}\\.bin$`);
    const left = (await readdir(folder)).filter((name) => ours.test(name) && name !== weightsName);
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
