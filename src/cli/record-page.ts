import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { buildModels } from '../app/models.ts';
import { ownModels } from '../app/own-models.ts';
import { publicRecordOf } from '../app/record.ts';
import { CandlecastError } from '../core/errors.ts';
import type { PublicRecord } from '../core/public-record.ts';
import { PAGE_GENERATOR } from '../render/record/record-page.ts';
import { FIGURES, recordSite, SITE_NAMES, type SiteFile } from '../render/record/record-site.ts';
import { leadText } from '../render/record/record-text.ts';
import { writeAtomically } from '../storage/atomic-write.ts';
import { openStorage } from '../storage/open-storage.ts';
import { commandOptions, jsonTarget } from './options.ts';
import { writeReport } from './output-files.ts';
import { createCountProgress } from './progress.ts';
import type { RecordCommand } from './record.ts';

/** The options of `npm run record -- page`. */
export const OPTIONS = commandOptions('record', { json: jsonTarget }, 'page DIR');

/** Where the verifier of an export may lie in the folder of the page. */
const VERIFIERS = ['export/verify.py', 'verify.py'];

/** Writes the public track record into a folder, also while the bot runs. Throws `CC_USAGE`, `CC_FILE`, `CC_DATABASE`. */
export async function run(command: RecordCommand): Promise<number> {
  const { args, config, logger, version, now, out, progress, signal } = command;
  const { values, positionals } = OPTIONS.read(args);
  const [, folder, ...rest] = positionals;
  if (folder === undefined || folder === '' || rest.length > 0) throw OPTIONS.wrong('Name one folder.');
  await requireOwnFolder(folder);
  const started = performance.now();
  const bar = createCountProgress(progress, now, 'forecasts');
  const storage = await openStorage(config.DATABASE_URL, { now });
  let record: PublicRecord;
  try {
    record = await publicRecordOf({
      storage,
      changes: buildModels({ logger, now, store: await ownModels(storage, logger) }).changes,
      simulated: false,
      version,
      now,
      signal,
      onProgress: (done, of) => bar.show(done, of),
    });
  } finally {
    bar.end();
    await storage.close();
  }
  await writeSite(folder, await recordSite(record, { verifier: await verifierIn(folder) }));
  const seconds = (performance.now() - started) / 1_000;
  const rows = record.checkpoint?.forecasts ?? 0;
  const done = `${join(folder, 'index.html')} is made of ${rows.toLocaleString('en')} forecasts in ${seconds.toFixed(1)} s (${Math.round(rows / seconds).toLocaleString('en')} a second).`;
  await writeReport(values.json, record, `${leadText(record).join('\n')}\n${done}`, out);
  return 0;
}

const figuresSchema = z.object({ generator: z.literal(PAGE_GENERATOR) });

/** Refuses a folder in which a file of the page's names is somebody else's. Throws `CC_FILE`. */
async function requireOwnFolder(folder: string): Promise<void> {
  const refused = (message: string, cause?: unknown) =>
    new CandlecastError('CC_FILE', message, {
      cause,
      remedy: 'Name a folder that is new, or one that this command made.',
    });
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw refused(`${folder} is no folder that can be read.`, cause);
  }
  const taken = names.filter((name) => SITE_NAMES.includes(name));
  if (taken.length === 0 || (taken.includes(FIGURES) && (await isOurs(join(folder, FIGURES))))) return;
  throw refused(`${join(folder, taken[0]!)} is there already, and was not made by this command.`);
}

async function isOurs(path: string): Promise<boolean> {
  try {
    return figuresSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).success;
  } catch {
    return false;
  }
}

async function verifierIn(folder: string): Promise<string | null> {
  for (const path of VERIFIERS) {
    const found = await stat(join(folder, path)).catch(() => null);
    if (found?.isFile()) return path;
  }
  return null;
}

/** Writes every file whole or not at all, the page last. Throws `CC_FILE`. */
async function writeSite(folder: string, files: readonly SiteFile[]): Promise<void> {
  try {
    // A web server reads it.
    await mkdir(folder, { recursive: true, mode: 0o755 });
    for (const { name, data } of files) await writeAtomically(join(folder, name), data);
  } catch (cause) {
    throw new CandlecastError('CC_FILE', `The files of the page cannot be written to ${folder}.`, { cause });
  }
}
