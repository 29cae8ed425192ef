// Writes into the card of a daily model how days that end at every hour did, and one day of both models, from reports of
// `npm run evaluate -- --interval 1d --origins 1h … --json`, the second with `--with-hours`; the weights stay as they are:
// node scripts/card-rolling-days.mjs models/1d.json DAYS.json [BOTH.json]
import { readFileSync, writeFileSync } from 'node:fs';
import { rollingDaysRecord } from '../dist/ml/evaluate/card-records.js';
import { modelCardSchema } from '../dist/ml/model/card.js';
import { day } from './page-format.mjs';

const [target, ...paths] = process.argv.slice(2);
if (!target || paths.length === 0 || paths.length > 2) {
  process.stderr.write('Usage: node scripts/card-rolling-days.mjs MODEL.json DAYS.json [BOTH.json]\n');
  process.exit(2);
}
const [daily, both = null] = paths.map((path) => JSON.parse(readFileSync(path, 'utf8')));

/** How a model of a report was fitted. */
function fitted({ stopFromMs, fitUntilMs, stopUntilMs }) {
  const again = stopFromMs === null ? '' : ', refitted with those too';
  return `fitted on origins before ${day(stopFromMs ?? fitUntilMs)}, stopped on those before ${day(stopUntilMs)}${again}`;
}

const { symbols, unseen } = both ?? daily;
const learnt = daily.model.trainedOn.replace(' from files', '');
const hours = both
  ? `; the hourly one from ${both.withHours.model.trainedOn.replace(' from files', '')}, ${fitted(both.withHours.model)}`
  : '';
const description = `Models of the shipped recipes without sentiment, the daily one from ${learnt}, ${fitted(daily.model)}${hours}. They forecast ${symbols.length} coins from ${day(daily.fromMs)} to ${day(daily.toMs)} at every full hour; ${unseen.length} of these coins they had never seen.`;
const file = JSON.parse(readFileSync(target, 'utf8'));
const { metadata } = file.userDefinedMetadata;
metadata.card.evaluation.rollingDays = rollingDaysRecord(description, daily, both);
modelCardSchema.parse(metadata.card);
writeFileSync(target, JSON.stringify(file));
process.stdout.write(`${description}\n`);
