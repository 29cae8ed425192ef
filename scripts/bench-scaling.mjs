// How cost grows with the number of windows: trains one pass of the shipped recipe over 10,000, 40,000 and 160,000 windows, each in a process of
// its own, and prints processor time, peak memory and the engine's own memory. Needs a build (`npm run build`).
//
//     node scripts/bench-scaling.mjs [--threads 1]
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { threads: { type: 'string', default: '1' }, windows: { type: 'string' } } });
const SIZES = [10_000, 40_000, 160_000];
const BATCH = 256;
const CONTEXT = 52;

/** One pass over so many windows; says what it took as JSON. */
async function measure(count, threads) {
  const { createTrainingSession } = await import('../dist/ml/engine/session.js');
  const { networkSpec } = await import('../dist/ml/model/recipes.js');
  const { EngineCore } = await import('../dist/ml/engine/engine-core.js');
  const { seededRandom } = await import('../dist/core/random.js');
  const spec = networkSpec('cnn-lstm', CONTEXT, 3);
  const random = seededRandom(1);
  const rows = count + spec.window;
  const numbers = (n) => Float32Array.from({ length: n }, () => random() * 2 - 1);
  const dataset = {
    rows,
    steps: numbers(rows * spec.features),
    context: numbers(rows * spec.context),
    targets: numbers(rows * 3),
    auxiliary: numbers(rows * 3),
  };
  const dataBytes =
    4 * (dataset.steps.length + dataset.context.length + dataset.targets.length + dataset.auxiliary.length);
  const engineBytes = new EngineCore(spec, { rows, contextRows: rows, threads, training: true }, 'simd', 1).layout
    .bytes;
  const session = createTrainingSession({ spec, dataset, threads, seed: 1, build: 'auto' });
  const plan = (first, n) => ({
    windows: Int32Array.from({ length: n }, (_, i) => first + i),
    batch: BATCH,
    learningRates: new Float32Array(Math.ceil(n / BATCH)).fill(1e-3),
    weightDecay: 0.01,
    clipNorm: 1,
  });
  session.epoch(plan(spec.window, 4_096));
  const before = process.cpuUsage();
  session.epoch(plan(spec.window, count));
  const { user, system } = process.cpuUsage(before);
  await session.close();
  const seconds = (user + system) / 1e6;
  return { count, seconds, dataBytes, engineBytes, peakBytes: process.resourceUsage().maxRSS * 1024 };
}

if (values.windows) {
  process.stdout.write(JSON.stringify(await measure(Number(values.windows), Number(values.threads))));
} else {
  const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(1);
  process.stdout.write(
    '| windows | processor time, s | µs a window | data, MB | engine beyond it, MB | process at most, MB |\n|---|---|---|---|---|---|\n',
  );
  for (const size of SIZES) {
    const args = [fileURLToPath(import.meta.url), '--windows', String(size), '--threads', values.threads];
    const { count, seconds, dataBytes, engineBytes, peakBytes } = JSON.parse(
      execFileSync(process.execPath, args, { encoding: 'utf8' }),
    );
    const cells = [
      count.toLocaleString('en'),
      seconds.toFixed(2),
      ((1e6 * seconds) / count).toFixed(1),
      megabytes(dataBytes),
      megabytes(engineBytes - dataBytes),
      megabytes(peakBytes),
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}
