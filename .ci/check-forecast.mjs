// node .ci/check-forecast.mjs REPLY.json CANDLES.csv [MODEL.json]: ordered bands around the file's last close, a chart that is a
// PNG, and, where a model is named, that model's version.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const [replyPath, candlesPath, modelPath] = process.argv.slice(2);
const reply = JSON.parse(readFileSync(replyPath, 'utf8'));
const rows = readFileSync(candlesPath, 'utf8').trim().split('\n');
const lastClose = Number(rows.at(-1).split(',')[rows[0].split(',').indexOf('close')]);

const fields = Object.fromEntries(
  reply.embeds.flatMap((embed) => embed.fields ?? []).map(({ name, value }) => [name, value]),
);
const prices = (text) =>
  [...text.matchAll(/\$([\d,]+(?:\.\d+)?)/g)].map(([, digits]) => Number(digits.replaceAll(',', '')));
const [shown] = prices(fields['Last price']);
assert.ok(Math.abs(shown / lastClose - 1) < 1e-3, `last price ${shown}, last close of the file ${lastClose}`);
const [median] = prices(fields.Median);
const [low50, high50, low80, high80, low95, high95] = prices(fields['Ranges at the target']);
const bands = [low95, low80, low50, median, high50, high80, high95];
const ordered = bands.every((price, i) => Number.isFinite(price) && (i === 0 || price > bands[i - 1]));
assert.ok(ordered, `not ordered: ${bands}`);
assert.ok(low95 < lastClose && lastClose < high95, `the bands ${bands} are not around ${lastClose}`);
assert.ok(low95 > lastClose * 0.5 && high95 < lastClose * 2, `the bands ${bands} are no forecast for days`);

const [chart] = reply.files;
const bytes = Buffer.from(chart.base64, 'base64');
assert.equal(bytes.length, chart.bytes);
assert.ok(bytes.subarray(0, PNG.length).equals(PNG), 'the chart is no PNG');
if (modelPath) {
  const { version } = JSON.parse(readFileSync(modelPath, 'utf8')).userDefinedMetadata.metadata.card;
  assert.ok(fields.Model.includes(version), `the reply is by ${fields.Model}, not by ${version}`);
}
process.stdout.write(`last close ${lastClose}; bands ${bands.join(' < ')}; chart of ${bytes.length} bytes\n`);
