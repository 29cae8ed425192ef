import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { shippedModelPath } from '../../../src/app/models.ts';
import type { RecordedModel } from '../../../src/core/record.ts';
import { auditModelFiles } from '../../../src/services/record/audit-models.ts';
import { readModelFile } from '../../../src/storage/model-store.ts';

const MODELS = shippedModelPath('1h').slice(0, -'/1h.json'.length);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlecast-model-files-'));
  await cp(MODELS, folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, name);
const sha256 = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
const versionIn = async (path: string) =>
  /"version":"(1h-[^"]+)"/.exec(await readFile(path, 'utf8'))?.[1] ?? expect.fail('The model names no version.');

/** The audit of models recorded with those hashes; `1h.json` is what comes with the program. */
const audit = (models: readonly (readonly [version: string, hash: string])[]) =>
  auditModelFiles(
    models.map(([version, hash], i): RecordedModel => {
      return { number: i + 1, interval: '1h', version, sha256: hash, recordedAtMs: 0, hash: '' };
    }),
    {
      own: ({ version }) => ({ path: `own/${version}.json`, read: () => readModelFile(file(`${version}.json`)) }),
      shipped: () => ({ path: 'models/1h.json', read: () => readModelFile(file('1h.json')) }),
    },
  );

it('finds the shipped model and one that was trained here equal to their hashes, and tells which files are not here', async () => {
  const version = await versionIn(file('1h.json'));
  await cp(file('1h.json'), file('1h-own.json'));
  const { faults, files } = await audit([
    [version, await sha256(file('1h.json'))],
    ['1h-own', await sha256(file('1h-own.json'))],
    ['1h-removed', 'ab'.repeat(32)],
  ]);
  expect({ faults, files }).toEqual({ faults: [], files: { equal: 2, missing: ['1h-removed'] } });
});

it('names a file whose card was changed, one with other weights, and one that is torn', async () => {
  const version = await versionIn(file('1h.json'));
  const hash = await sha256(file('1h.json'));
  const text = await readFile(file('1h.json'), 'utf8');
  const recorded = [[version, hash]] as const;

  await writeFile(file('1h.json'), text.replace('"version"', ' "version"'));
  const changed = await sha256(file('1h.json'));
  expect((await audit(recorded)).faults).toEqual([
    {
      in: 'models',
      number: 1,
      text: `Model 1 (${version}): models/1h.json is not the file that forecasts were made by: its SHA-256 is ${changed}, and ${hash} was recorded.`,
    },
  ]);
  // A file that was recorded later under the same version is right, too.
  expect((await audit([...recorded, [version, changed]])).faults).toEqual([]);

  await writeFile(file('1h.json'), text);
  const weights = (await readdir(folder)).find((name) => name.startsWith('1h.') && name.endsWith('.bin'))!;
  const bytes = await readFile(file(weights));
  bytes[1_000]! ^= 1;
  await writeFile(file(weights), bytes);
  expect((await audit(recorded)).faults.map(({ text: said }) => said)).toEqual([
    `Model 1 (${version}): models/1h.json has other weights than forecasts were made by.`,
  ]);
  await rm(file(weights));
  expect(await audit(recorded)).toEqual({ faults: [], files: { equal: 0, missing: [version] } });

  await writeFile(file('1h-own.json'), text.slice(0, 1_000));
  expect((await audit([['1h-own', hash]])).faults.map(({ text: said }) => said)).toEqual([
    'Model 1 (1h-own): own/1h-own.json cannot be compared: 1h-own.json does not name its weights file.',
  ]);
});
