// Processor time until a net reaches the same validation loss here and in PyTorch: the shipped daily recipe (network, AdamW, one-cycle rates, batches,
// checks), the same windows in the same order from the same initial weights; only dropout's masks differ. The target of a seed is the worse of
// both best losses. Optional: needs a build (`npm run build`), Python and `pip install torch`.
//
//     node scripts/bench-validation-loss.mjs [--candles DIR] [--seeds 1,2,3] [--threads 1] [--python python3]
//
// Without `--candles` it trains on made-up candles, on which there is little to learn.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readCandleFolder } from '../dist/cli/candle-folder.js';
import { QUANTILE_LEVELS } from '../dist/core/quantiles.js';
import { seededRandom } from '../dist/core/random.js';
import { joinCoins, scaleInputs, trainingPeriods, windowsBetween } from '../dist/ml/data/dataset.js';
import { initialWeights } from '../dist/ml/engine/weights.js';
import { toColumns } from '../dist/ml/features/columns.js';
import { builtInEngine } from '../dist/ml/model/backend.js';
import { AUXILIARY_WEIGHTS, DEFAULT_SIZE, networkSpec } from '../dist/ml/model/recipes.js';
import { VALIDATION_WINDOWS } from '../dist/ml/train/fit-ensemble.js';
import { fitMember } from '../dist/ml/train/fit-member.js';
import { createValidationSet } from '../dist/ml/train/validation-set.js';
import { TRAINING_DEFAULTS, trainingCoins } from '../dist/services/models/training.js';

const INTERVAL = '1d';
const DAY_MS = 86_400_000;
const { values } = parseArgs({
  options: {
    candles: { type: 'string' },
    seeds: { type: 'string', default: '1,2,3' },
    threads: { type: 'string', default: '1' },
    python: { type: 'string', default: 'python3' },
  },
});
const seeds = values.seeds.split(',').map(Number);
const threads = Number(values.threads);
const recipe = TRAINING_DEFAULTS[INTERVAL];

/** Random walks whose volatility comes in spells. */
function madeUpCoins() {
  return Array.from({ length: 40 }, (_, coin) => {
    const random = seededRandom(coin + 1);
    let close = 100;
    let volatility = 0.04;
    const candles = Array.from({ length: 1_500 }, (_, day) => {
      const open = close;
      const normal = (random() + random() + random() + random() - 2) * Math.sqrt(3);
      volatility = Math.max(0.01, 0.002 + 0.85 * volatility + 0.12 * volatility * Math.abs(normal));
      close *= Math.exp(volatility * normal);
      const [high, low] = [Math.max(open, close), Math.min(open, close)];
      const wick = () => 1 + volatility * random() * 0.5;
      return { openTimeMs: day * DAY_MS, open, high: high * wick(), low: low / wick(), close, volume: 1 + random() };
    });
    return { symbol: `C${coin}`, columns: toColumns(candles, INTERVAL), observations: new Map() };
  });
}

/** The recipe's data: scaled inputs, the windows to fit on, and those to check on. */
async function readData() {
  const window = DEFAULT_SIZE.window;
  const { coins, btc } = values.candles
    ? await trainingCoins((await readCandleFolder(values.candles, INTERVAL, Date.now)).series, INTERVAL, window)
    : { coins: madeUpCoins(), btc: null };
  const joined = joinCoins(coins, btc, INTERVAL, window);
  const { fitUntilMs, stopUntilMs } = trainingPeriods(joined, {});
  const fit = windowsBetween(joined, 0, fitUntilMs, fitUntilMs);
  const stop = windowsBetween(joined, fitUntilMs, stopUntilMs, stopUntilMs);
  const validation = createValidationSet(joined, stop, VALIDATION_WINDOWS, recipe.medianShare);
  const { contextNames, steps } = joined;
  const spec = networkSpec(
    recipe.family,
    contextNames.length,
    steps.length,
    DEFAULT_SIZE,
    null,
    AUXILIARY_WEIGHTS[INTERVAL],
  );
  return { spec, dataset: scaleInputs(joined, fit).joined.data, fit, validation, coins: coins.length };
}

/** Mean pinball loss over the known targets of the windows and all levels: what the nets minimise, in the targets' units. */
function meanLoss(predicted, windows, targets, horizons) {
  const levels = QUANTILE_LEVELS.length;
  let [sum, known] = [0, 0];
  windows.forEach((row, i) => {
    for (let h = 0; h < horizons; h++) {
      const y = targets[row * horizons + h];
      if (Number.isNaN(y)) continue;
      known++;
      for (let k = 0; k < levels; k++) {
        const u = y - predicted[(i * horizons + h) * levels + k];
        sum += u >= 0 ? u * QUANTILE_LEVELS[k] : u * (QUANTILE_LEVELS[k] - 1);
      }
    }
  });
  return sum / (known * levels);
}

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Fits one net as `npm run train` does, but through all checks; returns what each check found and the plans that led there. */
async function fitHere({ spec, dataset, fit, validation }, seed) {
  const plans = [];
  const checks = [];
  // What is measured for the comparison alone does not count.
  let [startedS, asideS] = [0, 0];
  const engine = {
    ...builtInEngine,
    createTrainingSession(options) {
      startedS = cpuSeconds();
      const session = builtInEngine.createTrainingSession(options);
      return {
        setWeights: (weights) => session.setWeights(weights),
        weights: () => session.weights(),
        close: () => session.close(),
        epoch(plan, onBatch) {
          plans.push(plan);
          return session.epoch(plan, onBatch);
        },
        predict(windows) {
          const predicted = session.predict(windows);
          const seconds = cpuSeconds() - startedS - asideS;
          const loss = meanLoss(predicted, windows, dataset.targets, spec.head.horizons);
          checks.push({ seconds, loss });
          asideS = cpuSeconds() - startedS - seconds;
          return predicted;
        },
      };
    },
  };
  const options = { ...recipe, threads, patience: recipe.validationChecks };
  await fitMember(
    { spec, dataset, windows: fit, seed, options, clock: Date.now, onProgress: () => {}, engine },
    validation,
  );
  return { plans, checks };
}

/** Writes what PyTorch needs for one seed, runs it, and returns what each of its checks found. */
function fitInPyTorch(dir, { spec, validation }, seed, plans) {
  const weights = initialWeights(spec, seed);
  const file = (name, array) =>
    writeFileSync(join(dir, name), new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  const joinAll = (arrays, Kind) => Kind.from(arrays.flatMap((array) => [...array]));
  file(
    'weights.f32',
    joinAll(
      weights.map(({ data }) => data),
      Float32Array,
    ),
  );
  file(
    'windows.i32',
    joinAll(
      plans.map((plan) => plan.windows),
      Int32Array,
    ),
  );
  file(
    'rates.f32',
    joinAll(
      plans.map((plan) => plan.learningRates),
      Float32Array,
    ),
  );
  file('validation.i32', validation.windows);
  writeFileSync(
    join(dir, 'recipe.json'),
    JSON.stringify({
      spec,
      seed,
      threads,
      batch: recipe.batch,
      weightDecay: recipe.weightDecay,
      clipNorm: recipe.clipNorm,
      checks: plans.length,
      tensors: weights.map(({ name, shape }) => ({ name, shape })),
    }),
  );
  const script = fileURLToPath(new URL('./bench_validation_loss.py', import.meta.url));
  return JSON.parse(
    execFileSync(values.python, [script, dir], {
      encoding: 'utf8',
      maxBuffer: 2 ** 24,
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
}

/** Seconds at the first check whose loss is at most the target. */
const secondsUntil = (checks, target) => checks.find(({ loss }) => loss <= target).seconds;

const best = (checks) => Math.min(...checks.map(({ loss }) => loss));

/** The check that early stopping would keep, counted from one. */
const keptCheck = (checks) => checks.findIndex(({ loss }) => loss === best(checks)) + 1;

const data = await readData();
const dir = mkdtempSync(join(tmpdir(), 'candlecast-bench-'));
try {
  for (const name of ['steps', 'context', 'targets', 'auxiliary']) {
    const array = data.dataset[name];
    writeFileSync(join(dir, `${name}.f32`), new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  process.stdout.write(
    `${data.coins} coins, ${data.fit.length} windows to fit on, ${data.validation.windows.length} to check on, ${threads} thread(s)\n\n` +
      '| seed | best loss here (check) | in PyTorch | target | seconds here | in PyTorch | × | all checks here, s | in PyTorch |\n|---|---|---|---|---|---|---|---|---|\n',
  );
  for (const seed of seeds) {
    const { plans, checks: here } = await fitHere(data, seed);
    const there = fitInPyTorch(dir, data, seed, plans);
    const target = Math.max(best(here), best(there));
    const [ours, theirs] = [secondsUntil(here, target), secondsUntil(there, target)];
    const bestText = (checks) => `${best(checks).toFixed(5)} (${keptCheck(checks)})`;
    const cells = [seed, bestText(here), bestText(there), target.toFixed(5), ours.toFixed(1), theirs.toFixed(1)];
    const rest = [(theirs / ours).toFixed(2), here.at(-1).seconds.toFixed(1), there.at(-1).seconds.toFixed(1)];
    process.stdout.write(`| ${[...cells, ...rest].join(' | ')} |\n`);
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
