// node .ci/check-bench.mjs BENCH.json: everything is measured and is a number that can be. How fast a shared machine is, is no test.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const bench = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const positive = (value, name) => assert.ok(Number.isFinite(value) && value > 0, `${name} is ${value}`);
assert.ok(bench.train.some(({ threads }) => threads === 1));
for (const { model, backend, threads, samplesPerSecond } of bench.train) {
  assert.equal(model, 'reference');
  assert.ok(backend.length > 0);
  positive(samplesPerSecond, `samples/s on ${threads} threads`);
}
for (const [group, names] of Object.entries({
  predict: ['singleMs', 'batch64Ms'],
  command: ['coldMs', 'warmMs', 'cachedMs', 'perSecond'],
  memory: ['rssMb'],
})) {
  for (const name of names) positive(bench[group][name], `${group}.${name}`);
}
assert.ok(Number.isFinite(bench.eventLoop.p99Ms) && bench.eventLoop.p99Ms >= 0);
positive(bench.eventLoop.forecastsAnswered, 'forecasts answered while training');
process.stdout.write(`${JSON.stringify(bench, null, 1)}\n`);
