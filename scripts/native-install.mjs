// npm run native:install [-- --check | --force | --unverified | --tensorflow VERSION --sha256 HEX]
//
// Installs @tensorflow/tfjs-node into native/ (docs/native.md), so that ML_BACKEND=tfjs-node works. libtensorflow comes out of the Python package
// tensorflow-cpu, whose hash is checked, and the binding is compiled here; npm checks the packages by its lock file. With --unverified it is
// fetched as its makers meant it, from their storage host, unchecked. What is installed and works is left as it is.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import util, { parseArgs } from 'node:util';

const STORAGE_HOST = 'https://storage.googleapis.com/';
/** What the binding was built and tried with. */
const TENSORFLOW = '2.21.0';
/** SHA-256 of tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl, as the Python package index names it. */
const TENSORFLOW_SHA256 = '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c';
const NEEDED_BYTES = 2.5e9;
const MINUTE_MS = 60_000;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const native = join(root, 'native');
const modules = join(native, 'node_modules');
const tfjsNode = join(modules, '@tensorflow/tfjs-node');
const say = (line) => process.stdout.write(`${line}\n`);

class Problem extends Error {}

/** Runs a program and returns what it said; throws its last lines when it fails. */
function run(program, args, { cwd = native, limitMs = 10 * MINUTE_MS, env = {} } = {}) {
  const result = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    timeout: limitMs,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, ...env },
  });
  if (result.status === 0) return result.stdout;
  const said = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim().split('\n').slice(-15).join('\n');
  const why = result.error ? result.error.message : `exit code ${result.status ?? result.signal}`;
  throw new Problem(`${program} ${args.slice(0, 4).join(' ')} … failed: ${why}\n${said}`);
}

const runs = (program, args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;

/** Loads TensorFlow and lets it compute; throws when it cannot. For a process of its own: what loads stays loaded. */
function check() {
  // Deprecated in Node 22 and removed in Node 23; the package still calls them.
  util.isNullOrUndefined = (value) => value === null || value === undefined;
  util.isArray = Array.isArray;
  const tf = createRequire(join(native, 'package.json'))('@tensorflow/tfjs-node');
  const [seven] = tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [2]])).dataSync();
  if (tf.getBackend() !== 'tensorflow' || seven !== 7) throw new Error('TensorFlow loads but does not compute.');
  say(
    `@tensorflow/tfjs-node ${tf.version['tfjs-node']} on TensorFlow ${tf.backend().binding.TF_Version}, Node ${process.version}`,
  );
}

function works() {
  const result = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--check'], {
    encoding: 'utf8',
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
  });
  return { ok: result.status === 0, said: (result.status === 0 ? result.stdout : result.stderr).trim() };
}

/** Where npm keeps its node-gyp: npm may lie elsewhere than Node. */
function npmCli() {
  const cli = process.env.npm_execpath;
  if (cli && /npm-cli\.c?js$/.test(cli)) return cli;
  const beside = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
  if (existsSync(beside)) return beside;
  throw new Problem('npm was not found. Start this with `npm run native:install`.');
}

/** The way its makers meant: what their host gives is not checked. */
function installFromStorage() {
  const PATH = `${join(modules, '.bin')}${delimiter}${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
  run(process.execPath, ['scripts/install.js', 'cpu', 'download'], { cwd: tfjsNode, env: { PATH } });
}

function findPython() {
  const python = ['python3', 'python'].find((name) =>
    runs(name, ['-c', 'import sys; assert sys.version_info >= (3, 8)']),
  );
  const compiler = process.env.CXX ?? 'c++';
  const missing = [
    [python, 'Python 3.8 or later (python3)'],
    [python && runs(python, ['-m', 'pip', '--version']), 'pip for that Python (python3-pip)'],
    [runs(compiler, ['--version']), `a C++17 compiler (${compiler}; package g++)`],
    [runs('make', ['--version']), 'make'],
  ].flatMap(([there, name]) => (there ? [] : [name]));
  if (missing.length > 0) {
    throw new Problem(
      `Missing: ${missing.join('; ')}.\nOn Debian and Ubuntu: apt-get install python3 python3-pip g++ make. Then run this again.`,
    );
  }
  return python;
}

/**
 * libtensorflow and its headers out of the Python wheel, into the folders where tfjs-node looks for them. pip refuses a file with another hash.
 * Only the library in it matters, so that the wheel of one Python serves all.
 */
function unpackWheel(python, version, sha256, folder) {
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, `tensorflow-cpu==${version} --hash=sha256:${sha256}\n`);
  const pip = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:'];
  const build = ['--python-version', '3.11', '--platform', 'manylinux_2_27_x86_64'];
  run(python, [...pip, ...build, '--require-hashes', '--dest', folder, '-r', requirements]);
  const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (!wheel) throw new Problem(`pip did not give tensorflow-cpu ${version}.`);
  const unpack = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    libraries = ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2']
    headers = [name for name in wheel.namelist() if name.startswith('tensorflow/include/')]
    wheel.extractall(sys.argv[2], libraries + headers)
`;
  run(python, ['-c', unpack, join(folder, wheel), folder]);
  const deps = join(tfjsNode, 'deps');
  rmSync(deps, { recursive: true, force: true });
  mkdirSync(join(deps, 'lib'), { recursive: true });
  for (const [file, link] of [
    ['libtensorflow_cc.so.2', 'libtensorflow.so'],
    ['libtensorflow_framework.so.2', 'libtensorflow_framework.so'],
  ]) {
    renameSync(join(folder, 'tensorflow', file), join(deps, 'lib', file));
    symlinkSync(file, join(deps, 'lib', link));
  }
  renameSync(join(folder, 'tensorflow/include'), join(deps, 'include'));
}

function compile() {
  const headers = join(dirname(process.execPath), '..');
  const beside = existsSync(join(headers, 'include/node/node_api.h'));
  const env = {
    npm_config_node_gyp: join(dirname(npmCli()), '../node_modules/node-gyp/bin/node-gyp.js'),
    ...(beside && !process.env.npm_config_nodedir ? { npm_config_nodedir: headers } : {}),
  };
  const nodePreGyp = join(modules, '@mapbox/node-pre-gyp/bin/node-pre-gyp');
  try {
    run(process.execPath, [nodePreGyp, 'install', '--build-from-source'], { cwd: tfjsNode, env });
  } catch (error) {
    const hint = /headers|ENOTFOUND|getaddrinfo|nodejs\.org/.test(error.message)
      ? "\nNode's headers could not be had. Where they are installed: npm_config_nodedir=/usr npm run native:install."
      : '';
    throw new Problem(`${error.message}${hint}`);
  }
}

function installFromWheel(version, sha256) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Problem(
      `The way whose downloads are checked (the Python package tensorflow-cpu) is for Linux on x64 only; this is ${process.platform} on ${process.arch}. --unverified takes what ${STORAGE_HOST} gives, unchecked.`,
    );
  }
  const python = findPython();
  const { bavail, bsize } = statfsSync(native);
  if (bavail * bsize < NEEDED_BYTES) {
    throw new Problem(`2.5 GB of disk are needed meanwhile (1.2 GB stay); ${(bavail * bsize) / 1e9} GB are free.`);
  }
  const folder = mkdtempSync(join(modules, '.wheel-'));
  try {
    say(`Fetching tensorflow-cpu ${version} with pip (250 MB) …`);
    unpackWheel(python, version, sha256, folder);
    say('Compiling the binding …');
    compile();
  } catch (error) {
    rmSync(join(tfjsNode, 'deps'), { recursive: true, force: true });
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    const built = readdirSync(tfjsNode).filter((name) => name.startsWith('build-tmp'));
    for (const left of ['deps/include', 'build', ...built])
      rmSync(join(tfjsNode, left), { recursive: true, force: true });
  }
}

async function install({ force, unverified, tensorflow, sha256 }) {
  const before = works();
  if (before.ok && !force) return say(`Already installed: ${before.said}`);
  const startedMs = performance.now();
  say(`Installing @tensorflow/tfjs-node into ${native} …`);
  // Its install script is run below, so no approval of scripts is asked of npm.
  run(process.execPath, [npmCli(), 'ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  if (unverified) {
    say(`Fetching libtensorflow from ${STORAGE_HOST}; it is not checked …`);
    installFromStorage();
  } else installFromWheel(tensorflow, sha256);
  const after = works();
  if (!after.ok) throw new Problem(`It is installed but does not load:\n${after.said}`);
  say(`Installed in ${Math.round((performance.now() - startedMs) / 1000)} s: ${after.said}`);
  say('Use it with ML_BACKEND=tfjs-node; compare with `npm run bench`. To remove it, delete native/node_modules.');
}

function options() {
  const flag = { type: 'boolean', default: false };
  try {
    const options = {
      check: flag,
      force: flag,
      unverified: flag,
      tensorflow: { type: 'string' },
      sha256: { type: 'string' },
    };
    const { tensorflow, sha256, ...flags } = parseArgs({ options }).values;
    if ((tensorflow === undefined) !== (sha256 === undefined) || !/^([0-9a-f]{64})?$/.test(sha256 ?? '')) {
      throw new Error(
        '--tensorflow and --sha256 go together: another release has another hash (64 hexadecimal digits).',
      );
    }
    return { ...flags, tensorflow: tensorflow ?? TENSORFLOW, sha256: sha256 ?? TENSORFLOW_SHA256 };
  } catch (error) {
    process.stderr.write(
      `${error.message}\nUsage: npm run native:install [-- --check | --force | --unverified | --tensorflow VERSION --sha256 HEX]\n`,
    );
    process.exit(2);
  }
}

const chosen = options();
try {
  if (chosen.check) check();
  else await install(chosen);
} catch (error) {
  process.stderr.write(`${error instanceof Problem ? error.message : (error.stack ?? error)}\n`);
  process.exitCode = 1;
}
