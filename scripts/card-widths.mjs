// Writes into a model's card what width factors learn from forecasts of a model of the same recipe that was stopped earlier, up to the end of
// the candles or `--to DAY`, announcements and weekdays included; the weights stay as they are:
// node scripts/card-widths.mjs models/1d.json --from EARLIER.json --candles DIR [--to DAY]
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { configuredSchedule } from '../dist/app/event-calendar.js';
import { readCandlesFrom } from '../dist/cli/candle-folder.js';
import { INTERVAL_MS } from '../dist/core/candle.js';
import { utcDay } from '../dist/core/time.js';
import { coinRatios } from '../dist/ml/calibration/coin-ratios.js';
import { createWidthFactors } from '../dist/ml/calibration/width-factors.js';
import { learnFromMs, learnInOrder, patternsFromMs } from '../dist/ml/calibration/width-stream.js';
import { toHistory } from '../dist/ml/data/coin-history.js';
import { createQuantileForecaster } from '../dist/ml/forecast/quantile-forecaster.js';
import { modelCardSchema } from '../dist/ml/model/card.js';
import { decodeModel } from '../dist/ml/model/model-file.js';
import { readModelFile } from '../dist/storage/model-store.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { from: { type: 'string' }, candles: { type: 'string' }, to: { type: 'string' } },
});
const [target] = positionals;
if (!target || !values.from || !values.candles) {
  process.stderr.write('Usage: node scripts/card-widths.mjs MODEL.json --from EARLIER.json --candles DIR [--to DAY]\n');
  process.exit(2);
}
const file = JSON.parse(readFileSync(target, 'utf8'));
const { card: own } = file.userDefinedMetadata.metadata;
const earlier = decodeModel(await readModelFile(values.from));
const { interval, steps, data } = earlier.card;
const { series } = await readCandlesFrom(
  { candles: join(values.candles, interval), interval, fromMs: data.stopUntilMs },
  Date.now,
);
const newestMs = Math.max(...series.map(({ candles }) => candles.at(-1).openTimeMs)) + INTERVAL_MS[interval];
// Not further than the model itself has seen.
const toMs = Math.min(newestMs, own.data.stopUntilMs, values.to ? Date.parse(values.to) : newestMs);
const fromMs = learnFromMs(interval, { data }, data.stopUntilMs);
const patternsMs = patternsFromMs(interval, fromMs);
const span = { fromMs: patternsMs - Math.max(...steps) * INTERVAL_MS[interval], toMs };
const bitcoin = series.find(({ symbol }) => symbol === 'BTC');
const btc = bitcoin ? toHistory('BTC', bitcoin.candles, interval) : null;
const forecaster = createQuantileForecaster(earlier);
const coins = series.map(({ symbol, candles }) => {
  process.stderr.write(`${symbol} `);
  return coinRatios(toHistory(symbol, candles, interval), btc, forecaster, span);
});
const widths = createWidthFactors(interval, steps, null, await configuredSchedule({}));
const learntUntilMs = data.stopUntilMs;
learnInOrder(widths, { interval, steps, coins, fromMs, toMs, patternsFromMs: patternsMs, learntUntilMs });
own.widths = widths.state();
const { untilMs, market } = own.widths;
modelCardSchema.parse(own);
writeFileSync(target, JSON.stringify(file));
const bands = [5, 2, 0].map((pair) => market.map((factors) => factors[pair].toFixed(3)).join(' / '));
process.stdout.write(
  `\n${coins.length} coins up to ${utcDay(untilMs)}; factors of 50, 80 and 95 % by horizon: ${bands.join(', ')}\n`,
);
