// Re-scores forecasts from their file and compares with what the evaluation says: node .ci/check-evaluation.mjs EVALUATION.json FORECASTS.csv
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const [header, ...lines] = readFileSync(process.argv[3], 'utf8').trim().split('\n');
const columns = header.split(',');
const levels = columns.filter((name) => /^q0\.\d+$/.test(name)).map((name) => Number(name.slice(1)));
assert.equal(levels.length, 21);
const rows = lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [columns[i], cell])));
for (const { steps, pooled: all } of report.horizons) {
  const mine = rows.filter((row) => Number(row.horizon) === steps);
  let loss = 0;
  let held = 0;
  for (const row of mine) {
    const outcome = Math.log(row.actual_close / row.origin_close);
    const quantiles = levels.map((level) => Math.log(row[`q${level}`] / row.origin_close));
    assert.ok(
      quantiles.every((q, i) => i === 0 || q >= quantiles[i - 1]),
      'quantiles ascend',
    );
    levels.forEach((level, i) => {
      if (level < 0.05 || level > 0.95) return;
      const difference = outcome - quantiles[i];
      loss += Math.max(level * difference, (level - 1) * difference) / 19;
    });
    if (outcome >= quantiles[levels.indexOf(0.1)] && outcome <= quantiles[levels.indexOf(0.9)]) held++;
  }
  assert.equal(all.n, mine.length);
  assert.ok(
    Math.abs(all.pinball - loss / mine.length) < 1e-9,
    `pinball loss at ${steps}: ${all.pinball} against ${loss / mine.length}`,
  );
  assert.ok(Math.abs(all.coverage.find((band) => band.nominal === 0.8).share - held / mine.length) < 1e-9);
  process.stdout.write(
    `horizon ${steps}: ${mine.length} forecasts, pinball loss ${(loss / mine.length).toFixed(6)}, ${((100 * held) / mine.length).toFixed(1)} % inside 80 %\n`,
  );
}
