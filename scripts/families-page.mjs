// Writes docs/families.md from models/comparison-*.json; `--print` shows it instead. Run it after `npm run train -- --compare --out
// models/comparison-1d.json …`; a test holds the page and the files together.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { day, signed, table } from './page-format.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const CANDLES = { '1d': 'Daily', '1h': 'Hourly' };
const HORIZONS = { '1d': { 1: '1d', 3: '3d', 7: '7d' }, '1h': { 1: '1h', 4: '4h', 24: '24h' } };

const count = (n) => Math.round(n).toLocaleString('en');
const percent = (fraction, digits = 2) => (100 * fraction).toFixed(digits);
const skill = ({ value, low, high }) =>
  `${signed(value, 1)} (${signed(low, 1)} to ${signed(high, 1)})${low > 0 ? '' : ', no measurable edge'}`;
const lastDay = (ms) => day(ms - 60_000);

/** Whether the best skill at a horizon stands apart: its interval does not touch the others'. */
function verdict(families) {
  const horizons = families[0].horizons.map(({ steps }) => steps);
  const apart = horizons.filter((steps) => {
    const scores = families.map(({ horizons: own }) => own.find((each) => each.steps === steps).skillPct);
    const best = scores.reduce((a, b) => (b.value > a.value ? b : a));
    return scores.every((other) => other === best || other.high < best.low);
  });
  if (apart.length > 0) return `At ${apart.join(', ')} steps the best family's interval is apart from all others'.`;
  return 'The intervals of all families overlap at every horizon, so this comparison does not show one to be better. (A paired test on the same days would be sharper.)';
}

function section({
  interval,
  seeds,
  coins,
  windows,
  fitUntilMs,
  stopUntilMs,
  families,
  command,
  engine,
  threads,
  madeAtMs,
  gitCommit,
}) {
  const [first] = families;
  const fromMs = Math.min(...first.horizons.map((horizon) => horizon.fromMs));
  const toMs = Math.max(...first.horizons.map((horizon) => horizon.toMs));
  const head = [
    'horizon',
    'family',
    'pinball skill over climatology, %',
    'MSE × 10⁴ / no change',
    'RMSE / no change, %',
    'MAE / no change, %',
    'direction right, % (base rate)',
    'n',
  ];
  const rows = first.horizons.flatMap(({ steps }) =>
    families.map(({ family, horizons }) => {
      const { n, median, randomWalk, direction, skillPct } = horizons.find((each) => each.steps === steps);
      return [
        HORIZONS[interval][steps] ?? `${steps} steps`,
        family,
        skill(skillPct),
        `${(1e4 * median.mse).toFixed(2)} / ${(1e4 * randomWalk.mse).toFixed(2)}`,
        `${percent(median.rmse)} / ${percent(randomWalk.rmse)}`,
        `${percent(median.mae)} / ${percent(randomWalk.mae)}`,
        `${percent(direction.value, 1)}, ${percent(direction.low, 1)} to ${percent(direction.high, 1)} (${percent(direction.baseRate, 1)})`,
        count(n),
      ];
    }),
  );
  const costs = families.map(({ family, parameters, windowVisits, seconds, cpuSeconds }) => [
    family,
    count(parameters),
    count(windowVisits),
    cpuSeconds.toFixed(0),
    seconds.toFixed(0),
  ]);
  const costHead = [
    'family',
    'parameters of a net',
    'window visits up to the best weights',
    'processor time, s',
    'by the clock, s',
  ];
  return `## ${CANDLES[interval]} candles

${seeds.length} nets of each family (seeds ${seeds.join(', ')}) were trained on the same ${count(windows)} windows of ${coins} coins with origins up to ${lastDay(fitUntilMs)}, stopped on origins up to
${lastDay(stopUntilMs)}, and scored on every origin from ${day(fromMs)} to ${day(toMs)}, which none had seen. Intervals are 95 %, by block bootstrap over time with all coins of
a day together. ${verdict(families)}

${table(head, rows)}

Cost of training and scoring, engine \`${engine}\` on ${threads} ${threads === 1 ? 'thread' : 'threads'}, including validation checks after the best weights. The machine was shared, so compare processor times:

${table(costHead, costs)}

Made on ${day(madeAtMs)}${gitCommit ? ` at commit ${gitCommit}` : ''} with \`${command}\`.
`;
}

const comparisons = Object.keys(CANDLES)
  .map((interval) => `${root}models/comparison-${interval}.json`)
  .filter((path) => existsSync(path))
  .map((path) => JSON.parse(readFileSync(path, 'utf8')));
const text = `# Families of networks

Four families of networks on the same split. They read the same window and context, end in the same head and have about the same number of parameters; the recipes are in \`src/ml/model/\`.
\`npm run train -- --family NAME\` trains one, \`/model compare:true\` shows this comparison.

| family | layers before the dense layer (48 units) and the head |
|---|---|
| \`cnn\` | three convolutions (kernel 3, ReLU) of 24 filters with max-pooling by 2, 3 and 2, flattened |
| \`lstm\` | an LSTM of 40 units on the raw window |
| \`gru\` | a GRU of 44 units on the raw window |
| \`cnn-lstm\` | a convolution of 24 filters, max-pooling by 2, an LSTM of 32 units; the default |

${comparisons.map(section).join('\n') || 'No comparison is shipped.\n'}
Written by \`node scripts/families-page.mjs\` from \`models/comparison-*.json\`, which \`npm run train -- --compare --candles DIR\` makes; do not edit it by hand.
`;

if (process.argv.includes('--print')) process.stdout.write(text);
else writeFileSync(`${root}docs/families.md`, text);
