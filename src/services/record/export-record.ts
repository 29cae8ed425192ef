import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { z } from 'zod';
import { CandlecastError, isFileMissing } from '../../core/errors.ts';
import { CHAINS, type ChainName, EXPORT_FORMAT } from '../../core/record.ts';
import type { RecordFile, RecordSnapshot } from '../../storage/read-record.ts';

/** What `manifest.json` says about an export. */
export interface ExportManifest {
  readonly format: typeof EXPORT_FORMAT;
  readonly kind: 'candlecast-record';
  /** Program and version. */
  readonly madeBy: string;
  readonly madeAtMs: number;
  /** Rows of each chain, and the hash of the last one. */
  readonly chains: Readonly<Record<ChainName, { readonly rows: number; readonly head: string }>>;
  /** Lines of `candles.jsonl`. */
  readonly candles: number;
  /** Of every other file. */
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

/** What an export is made of. */
export interface RecordExport {
  readonly folder: string;
  readonly record: RecordSnapshot;
  /** Files that go with it as they are, by name: its description and its verifier. */
  readonly texts: Readonly<Record<'README.md' | 'verify.py', string>>;
  readonly version: string;
  readonly nowMs: number;
  /** Whether the files with rows are compressed, as `forecasts.jsonl.gz`. */
  readonly gzip?: boolean;
  /** Rows written so far, and rows of all chains. */
  readonly onProgress?: (done: number, of: number) => void;
  readonly signal?: AbortSignal;
}

const MANIFEST = 'manifest.json';
const PART = '.part';
const NAMES: ReadonlySet<string> = new Set([
  ...[...CHAINS, 'candles'].flatMap((file) => [`${file}.jsonl`, `${file}.jsonl.gz`]),
  'README.md',
  'verify.py',
  MANIFEST,
]);

/**
 * Writes the whole record into a folder of its own, in the place of an earlier export. Every file is written beside its final name and put in its
 * place at the end, the manifest last, so that a folder with a manifest is a whole export. Needs memory for some thousand rows. Throws `CC_FILE`, also where
 * the signal ends it, and `CC_DATABASE`; then nothing is left behind.
 */
export async function exportRecord(parts: RecordExport): Promise<ExportManifest> {
  const { folder, record, texts, version, nowMs, gzip = false, onProgress, signal } = parts;
  const nameOf = (file: RecordFile) => `${file}.jsonl${gzip ? '.gz' : ''}`;
  await requireOwnFolder(folder);
  const staged: StagedFile[] = [];
  try {
    const files = new Map<string, StagedFile>();
    const stage = async (name: string) => {
      const file = await openStaged(folder, name);
      staged.push(file);
      files.set(name, file);
      return file;
    };
    for (const file of [...CHAINS, 'candles'] as const) await stage(nameOf(file));
    const lines: Record<RecordFile, number> = {
      forecasts: 0,
      marks: 0,
      outcomes: 0,
      models: 0,
      checkpoints: 0,
      odds: 0,
      calls: 0,
      candles: 0,
    };
    const total = CHAINS.reduce((sum, chain) => sum + record.heads[chain].number, 0);
    let done = 0;
    for await (const piece of record.pieces(signal)) {
      await files.get(nameOf(piece.file))!.write(`${piece.lines.join('\n')}\n`);
      lines[piece.file] += piece.lines.length;
      if (piece.file !== 'candles') done += piece.lines.length;
      onProgress?.(done, total);
    }
    for (const [name, text] of Object.entries(texts)) await (await stage(name)).write(text);
    const closed: [string, { bytes: number; sha256: string }][] = [];
    for (const file of staged) closed.push([file.name, await file.close()]);
    const manifest: ExportManifest = {
      format: EXPORT_FORMAT,
      kind: 'candlecast-record',
      madeBy: `candlecast ${version}`,
      madeAtMs: nowMs,
      chains: Object.fromEntries(
        CHAINS.map((chain) => [chain, { rows: lines[chain], head: record.heads[chain].hash }]),
      ) as ExportManifest['chains'],
      candles: lines.candles,
      files: Object.fromEntries(closed.sort(([a], [b]) => (a < b ? -1 : 1))),
    };
    const last = await stage(MANIFEST);
    await last.write(`${JSON.stringify(manifest, null, 2)}\n`);
    await last.close();
    signal?.throwIfAborted();
    // Without its manifest a folder whose files are half exchanged is no export.
    await rm(join(folder, MANIFEST), { force: true });
    // Nor do files of an earlier export stay beside those of this one.
    const names = new Set(staged.map(({ name }) => name));
    for (const name of NAMES) if (!names.has(name)) await rm(join(folder, name), { force: true });
    for (const file of staged) await file.commit();
    return manifest;
  } catch (cause) {
    for (const file of staged) await file.discard();
    if (signal?.aborted) {
      throw new CandlecastError('CC_FILE', 'The export was interrupted.', {
        remedy: `Start it again. ${folder} is as it was before.`,
      });
    }
    if (cause instanceof CandlecastError) throw cause;
    throw new CandlecastError('CC_FILE', `The record cannot be written to ${folder}.`, { cause });
  }
}

const manifestSchema = z.object({ kind: z.literal('candlecast-record') });

/** Makes the folder; throws `CC_FILE` where it holds anything but an earlier export, or what was left of one that was ended. */
async function requireOwnFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const names = (await readdir(folder)).filter((name) => !isPart(name));
    if (names.length === 0) return;
    const foreign = names.find((name) => !NAMES.has(name));
    if (foreign === undefined && (await hasManifest(folder))) return;
    throw new CandlecastError(
      'CC_FILE',
      `${folder} holds ${foreign ?? names[0]}, which is no part of an earlier export.`,
      {
        remedy: 'Name a folder that is empty, or not there yet, or that holds an earlier export and nothing else.',
      },
    );
  } catch (cause) {
    if (cause instanceof CandlecastError) throw cause;
    throw new CandlecastError('CC_FILE', `${folder} cannot be made or read.`, { cause });
  }
}

const isPart = (name: string) => name.endsWith(PART) && NAMES.has(name.slice(0, -PART.length));

/** Whether the folder has the manifest of an export, in its place or, after an end at the last step, beside it. */
async function hasManifest(folder: string): Promise<boolean> {
  for (const name of [MANIFEST, `${MANIFEST}${PART}`]) {
    try {
      return manifestSchema.safeParse(JSON.parse(await readFile(join(folder, name), 'utf8'))).success;
    } catch (error) {
      if (!isFileMissing(error) && !(error instanceof SyntaxError)) throw error;
    }
  }
  return false;
}

/** A file that is written beside its final name. */
interface StagedFile {
  readonly name: string;
  write(text: string): Promise<void>;
  close(): Promise<{ readonly bytes: number; readonly sha256: string }>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Opens a file that takes texts as they come, and compresses them where its name ends in `.gz`; a few of them are in memory. */
async function openStaged(folder: string, name: string): Promise<StagedFile> {
  const path = join(folder, name);
  let handle: FileHandle | null = await open(`${path}${PART}`, 'w');
  const digest = createHash('sha256');
  let bytes = 0;
  const put = async (data: Buffer) => {
    digest.update(data);
    bytes += data.byteLength;
    await handle!.writeFile(data);
  };
  const packer = name.endsWith('.gz') ? createGzip() : null;
  const packed = packer && putAll(packer, put);
  // Its failure is thrown where it is awaited.
  packed?.catch(() => undefined);
  return {
    name,
    async write(text) {
      const data = Buffer.from(text);
      if (!packer) await put(data);
      else if (!packer.write(data)) await Promise.race([once(packer, 'drain'), packed]);
    },
    async close() {
      packer?.end();
      await packed;
      await handle!.sync();
      await handle!.close();
      handle = null;
      return { bytes, sha256: digest.digest('hex') };
    },
    commit: () => rename(`${path}${PART}`, path),
    async discard() {
      packer?.destroy();
      await packed?.catch(() => undefined);
      await handle?.close().catch(() => undefined);
      await rm(`${path}${PART}`, { force: true }).catch(() => undefined);
    },
  };
}

async function putAll(packer: AsyncIterable<Buffer>, put: (data: Buffer) => Promise<void>): Promise<void> {
  for await (const data of packer) await put(data);
}
