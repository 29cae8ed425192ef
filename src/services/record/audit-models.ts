import { createHash } from 'node:crypto';
import { CandlecastError, isFileMissing } from '../../core/errors.ts';
import type { RecordedModel } from '../../core/record.ts';
import type { ModelFilesAudit, RecordFault } from '../../core/record-audit.ts';
import { type ModelBytes, modelIdentity } from '../../ml/model/model-file.ts';

/** A place where the file of a model may lie. */
export interface ModelPlace {
  /** The path, as people know it. */
  readonly path: string;
  /** Throws `CC_MODEL_MISSING` where there is no file, `CC_MODEL_DAMAGED` where it is incomplete. */
  read(): Promise<ModelBytes>;
}

/** Where the files of models lie. */
export interface ModelPlaces {
  /** The file that was trained here, which is named after its version. */
  own(model: Pick<RecordedModel, 'interval' | 'version'>): ModelPlace;
  /** The file that comes with the program, whichever version it holds. */
  shipped(model: Pick<RecordedModel, 'interval'>): ModelPlace;
}

/** What of a file is compared with the record; null where there is none. */
interface FoundFile {
  readonly path: string;
  readonly version: string | null;
  readonly sha256: string | null;
  /** What is wrong with the file by itself; null where nothing is. */
  readonly damage: string | null;
}

/**
 * Compares the model files on disk with the hashes that were recorded with their first forecasts. A file that differs is a fault, one that is not there is
 * told: older models are removed from disk. Reads each file once.
 */
export async function auditModelFiles(
  recorded: readonly RecordedModel[],
  places: ModelPlaces,
): Promise<{ readonly faults: readonly RecordFault[]; readonly files: ModelFilesAudit }> {
  const shipped = new Map<string, FoundFile | null>();
  const faults: RecordFault[] = [];
  const missing: string[] = [];
  let equal = 0;
  // The same version may have been recorded with several files: one that comes with the program and is then kept has another line about its weights.
  const newest = new Map(recorded.map((model) => [`${model.interval} ${model.version}`, model]));
  for (const model of newest.values()) {
    const { interval, version, number } = model;
    const hashes = recorded
      .filter((other) => other.interval === interval && other.version === version)
      .map(({ sha256 }) => sha256);
    if (!shipped.has(interval)) shipped.set(interval, await found(places.shipped(model)));
    const ofProgram = shipped.get(interval) ?? null;
    const files = [await found(places.own(model)), ofProgram?.version === version ? ofProgram : null];
    const there = files.filter((file) => file !== null);
    if (there.length === 0) missing.push(version);
    for (const file of there) {
      const problem = file.damage ?? differs(file, hashes);
      if (problem === null) equal++;
      else faults.push({ in: 'models', number, text: `Model ${number} (${version}): ${file.path} ${problem}` });
    }
  }
  return { faults, files: { equal, missing } };
}

function differs({ sha256 }: FoundFile, hashes: readonly string[]): string | null {
  if (sha256 !== null && hashes.includes(sha256)) return null;
  return `is not the file that forecasts were made by: its SHA-256 is ${sha256}, and ${hashes.at(-1)} was recorded.`;
}

async function found({ path, read }: ModelPlace): Promise<FoundFile | null> {
  let bytes: ModelBytes;
  try {
    bytes = await read();
  } catch (error) {
    if (!(error instanceof CandlecastError)) throw error;
    // A model whose weights are not there is not there.
    if (error.code === 'CC_MODEL_MISSING' || isFileMissing(error.cause)) return null;
    return { path, version: null, sha256: null, damage: `cannot be compared: ${error.message}` };
  }
  const { version, weightsMatch } = modelIdentity(bytes);
  const sha256 = createHash('sha256').update(bytes.modelJson, 'utf8').digest('hex');
  const damage = weightsMatch === false ? 'has other weights than forecasts were made by.' : null;
  return { path, version, sha256, damage };
}
