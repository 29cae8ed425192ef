import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CandlecastError } from '../core/errors.ts';
import { CHAINS, SHOWN_DIGITS } from '../core/record.ts';
import { type ExportManifest, exportRecord } from '../services/record/export-record.ts';
import { readRecord } from '../storage/read-record.ts';
import { commandOptions, flag, jsonTarget } from './options.ts';
import { writeReport } from './output-files.ts';
import { createCountProgress } from './progress.ts';
import type { RecordCommand } from './record.ts';

/** The options of `npm run record -- export`. */
export const OPTIONS = commandOptions(
  'record',
  { gzip: flag('compresses the files with rows'), json: jsonTarget },
  'export DIR',
);

/** The files that go with every export, as they lie in the package. */
const TEXTS = ['README.md', 'verify.py'] as const;

/** Writes the whole record into a folder, with its description and its verifier, also while the bot runs. Throws `CC_USAGE`, `CC_FILE`, `CC_DATABASE`. */
export async function run({ args, config, version, now, out, progress, signal }: RecordCommand): Promise<number> {
  const { values, positionals } = OPTIONS.read(args);
  const [, folder, ...rest] = positionals;
  if (folder === undefined || folder === '' || rest.length > 0) throw OPTIONS.wrong('Name one folder.');
  const [readme, verifier] = await Promise.all(TEXTS.map(shipped));
  const texts = { 'README.md': readme!, 'verify.py': verifier! };
  const bar = createCountProgress(progress, now, 'rows');
  const manifest = await readRecord(config.DATABASE_URL, (record) =>
    exportRecord({
      folder,
      record,
      texts,
      version,
      nowMs: now(),
      gzip: values.gzip,
      signal,
      onProgress: (done, of) => bar.show(done, of),
    }),
  ).finally(() => bar.end());
  await writeReport(values.json, { folder, ...manifest }, summary(folder, manifest), out);
  return 0;
}

async function shipped(name: string): Promise<string> {
  const path = fileURLToPath(new URL(`../../open-data/${name}`, import.meta.url));
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CandlecastError('CC_FILE', `${path}, which belongs to Candlecast, cannot be read.`, { cause });
  }
}

function summary(folder: string, { chains, candles }: ExportManifest): string {
  const counts = CHAINS.map((chain) => {
    const { rows } = chains[chain];
    const noun = chain === 'odds' || chain === 'calls' ? `rows of ${chain}` : chain;
    return `${rows.toLocaleString('en')} ${rows === 1 ? noun.replace(/s\b/, '') : noun}`;
  }).join(', ');
  const { rows, head } = chains.checkpoints;
  const newest = rows > 0 ? `\nThe newest checkpoint begins with ${head.slice(0, SHOWN_DIGITS)}.` : '';
  return `${folder} holds ${counts} and ${candles.toLocaleString('en')} closes.${newest}\nAnybody can verify it: python3 ${/\s/.test(folder) ? `"${folder}/verify.py"` : `${folder}/verify.py`}`;
}
