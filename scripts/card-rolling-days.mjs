// Writes into the card of a daily model how days that end at every hour did, and one day of both models, from a report of
// `npm run evaluate -- --interval 1d --origins 1h --with-hours … --json`; the weights stay as they are:
// node scripts/card-rolling-days.mjs models/1d.json REPORT.json
import { readFileSync, writeFileSync } from 'node:fs';
import { rollingDaysRecord } from '../dist/ml/evaluate/combined-days.js';
import { modelCardSchema } from '../dist/ml/model/card.js';
import { day } from './page-format.mjs';

const [target, path] = process.argv.slice(2);
if (!target || !path) {
  process.stderr.write('Usage: node scripts/card-rolling-days.mjs MODEL.json REPORT.json\n');
  process.exit(2);
}
const report = JSON.parse(readFileSync(path, 'utf8'));
const { model, withHours, symbols, unseen } = report;

/** How a model of a report was fitted. */
function fitted({ stopFromMs, fitUntilMs, stopUntilMs }) {
  const again = stopFromMs === null ? '' : ', refitted with those too';
  return `fitted on origins before ${day(stopFromMs ?? fitUntilMs)}, stopped on those before ${day(stopUntilMs)}${again}`;
}

const learnt = ({ trainedOn }) => trainedOn.replace(' from files', '');
const hours = withHours ? `, the hourly one from ${learnt(withHours.model)}, ${fitted(withHours.model)}` : '';
const description = `Models of the same recipes without sentiment, the daily one from ${learnt(model)}, ${fitted(model)}${hours}. They forecast ${symbols.length} coins from ${day(report.fromMs)} to ${day(report.toMs)}, which they had not seen, at every full hour; ${unseen.length} of the coins they had never seen.`;
const file = JSON.parse(readFileSync(target, 'utf8'));
const { metadata } = file.userDefinedMetadata;
metadata.card.evaluation.rollingDays = rollingDaysRecord(description, report);
modelCardSchema.parse(metadata.card);
writeFileSync(target, JSON.stringify(file));
process.stdout.write(`${description}\n`);
