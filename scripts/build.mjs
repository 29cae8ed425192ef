// Builds what runs: the AssemblyScript kernels to dist/ml/engine/*.wasm and the TypeScript to dist/.
// Quiet when nothing changed, so that every npm script can call it first; kernels are rebuilt only when their source is newer.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);

/** Runs a package's own executable with this Node and passes its complaints on; throws when it fails. */
function run(packageName, bin, args) {
  const script = join(dirname(require.resolve(`${packageName}/package.json`)), bin);
  try {
    execFileSync(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    process.stderr.write(`${error.stdout ?? ''}${error.stderr ?? ''}`);
    process.stderr.write(`The build stopped in ${packageName}.\n`);
    process.exit(1);
  }
}

/** Whether a copied file is newer than what it was copied from. */
const isNewer = (copy, source) =>
  existsSync(copy) && statSync(copy).isFile() && statSync(copy).mtimeMs >= statSync(source).mtimeMs;

const newest = (folder) =>
  Math.max(...readdirSync(folder, { recursive: true }).map((name) => statSync(join(folder, name)).mtimeMs));

const assembly = join(root, 'src/ml/engine/assembly');
if (existsSync(join(assembly, 'index.ts'))) {
  mkdirSync(join(root, 'dist/ml/engine'), { recursive: true });
  for (const [name, features] of [
    ['simd', []],
    ['relaxed', ['--enable', 'relaxed-simd']],
  ]) {
    const out = join(root, `dist/ml/engine/kernels-${name}.wasm`);
    if (existsSync(out) && statSync(out).mtimeMs > newest(assembly)) continue;
    run('assemblyscript', 'bin/asc.js', [
      'src/ml/engine/assembly/index.ts',
      '--outFile',
      out,
      '-O3',
      '--noAssert',
      '--converge',
      '--runtime',
      'stub',
      '--importMemory',
      '--sharedMemory',
      '--initialMemory',
      '16',
      '--maximumMemory',
      '65536',
      '--enable',
      'simd',
      '--enable',
      'threads',
      '--enable',
      'bulk-memory',
      ...features,
    ]);
  }
}
// The pages are plain files; they go beside the modules that read them. One that is there already may be read at this moment.
for (const folder of ['console/page', 'render/record/page']) {
  cpSync(join(root, 'src', folder), join(root, 'dist', folder), {
    recursive: true,
    filter: (from, to) => !from.endsWith('tsconfig.json') && !isNewer(to, from),
  });
}
run('typescript', 'bin/tsc', ['-p', 'tsconfig.json']);
