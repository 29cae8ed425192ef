// node .ci/check-soak.mjs SOAK.json: after the caches have filled, memory and handles stay where they are and rows come by the day. How long a day takes
// on a shared machine is no test.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

/**
 * Largest growth of the main thread's heap from the second quarter to the last, by their medians, that compiled code and noise explain,
 * and of resident memory over the second half; MB a day.
 */
const HEAP_MB_A_DAY = 0.3;
/** Buffers outside the heap: two hundred charts of about 100 kB, which a few coins fill over weeks, and as much again for everything else. */
const MAX_EXTERNAL_MB = 40;
const RSS_MB_A_DAY = 5;

const { days, coins, failedJobs, posts } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
assert.deepEqual(failedJobs, {}, 'a job failed');
assert.ok(posts >= days.length, `${posts} posts in ${days.length} days`);
const second = days.slice(Math.floor(days.length / 2));
const quarter = Math.max(1, Math.floor(days.length / 4));
const held = days.map(({ heapMb }) => heapMb);
const external = Math.max(...days.map(({ externalMb }) => externalMb));
const heap = (median(held.slice(-quarter)) - median(held.slice(quarter, 2 * quarter))) / (2 * quarter);
const rss = slope(second.map(({ rssMb }) => rssMb));
const handles = slope(second.map(({ handles }) => handles));
process.stdout.write(
  `${days.length} days of ${coins} coins: heap ${heap.toFixed(2)} MB a day, resident ${rss.toFixed(2)} MB a day, handles ${handles.toFixed(2)} a day\n`,
);
assert.ok(heap < HEAP_MB_A_DAY, `the heap grows by ${heap.toFixed(2)} MB a day`);
assert.ok(external < MAX_EXTERNAL_MB, `buffers take ${external.toFixed(0)} MB`);
assert.ok(rss < RSS_MB_A_DAY, `resident memory grows by ${rss.toFixed(2)} MB a day`);
assert.ok(handles < 0.2, `handles grow by ${handles.toFixed(2)} a day`);
// A day has 24 hourly closes with three horizons and one daily with three, for every coin; each has its forecast and, once due, its outcome.
for (let i = 1; i < second.length; i++) {
  const added = (table) => second[i].rows[table] - second[i - 1].rows[table];
  const [forecasts, outcomes] = [added('ledger'), added('outcomes')];
  assert.ok(Math.abs(forecasts - 75 * coins) <= 10 * coins, `${forecasts} forecasts in a day`);
  assert.ok(Math.abs(outcomes - 75 * coins) <= 10 * coins, `${outcomes} outcomes in a day`);
  assert.ok(Math.abs(added('candles') - 25 * coins) <= 5 * coins, `${added('candles')} candles in a day`);
}

/** Least-squares slope of values a day apart. */
function slope(values) {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const [up, down] = values.reduce(
    ([a, b], value, i) => [a + (i - middle) * (value - mean), b + (i - middle) ** 2],
    [0, 0],
  );
  return down === 0 ? 0 : up / down;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
