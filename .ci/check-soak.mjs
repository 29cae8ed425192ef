// node .ci/check-soak.mjs SOAK.json: after the caches have filled, memory and handles stay where they are and rows come by the day. How long a day takes
// on a shared machine is no test.
import { readFileSync } from 'node:fs';

/** Largest growth of the main thread's heap, collected before it is measured, that compiled code and noise explain; MB a day. */
const HEAP_MB_A_DAY = 0.3;
/** Buffers outside the heap: two hundred charts of about 100 kB, which a few coins fill over weeks, and as much again for everything else. */
const MAX_EXTERNAL_MB = 40;
/** Largest growth of resident memory; MB a day. */
const RSS_MB_A_DAY = 5;

const { days, coins, failedJobs, posts } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const second = days.slice(Math.floor(days.length / 2));
const quarter = Math.max(1, Math.floor(days.length / 4));
const external = Math.max(...days.map(({ externalMb }) => externalMb));
const heap = growth(({ heapMb }) => heapMb, median);
// The garbage of other threads, which is collected when it suits them, only ever adds: what is held all the time is the least of some days.
const rss = growth(
  ({ rssMb }) => rssMb,
  (values) => Math.min(...values),
);
const handles = slope(second.map(({ handles }) => handles));
process.stdout.write(
  `${days.length} days of ${coins} coins: heap ${heap.toFixed(2)} MB a day, resident ${rss.toFixed(2)} MB a day, handles ${handles.toFixed(2)} a day\n`,
);
const problems = [];
const check = (holds, problem) => holds || problems.push(problem);
check(Object.keys(failedJobs).length === 0, `jobs failed: ${JSON.stringify(failedJobs)}`);
check(posts >= days.length, `${posts} posts in ${days.length} days`);
check(heap < HEAP_MB_A_DAY, `the heap grows by ${heap.toFixed(2)} MB a day`);
check(external < MAX_EXTERNAL_MB, `buffers take ${external.toFixed(0)} MB`);
check(rss < RSS_MB_A_DAY, `resident memory grows by ${rss.toFixed(2)} MB a day`);
check(handles < 0.2, `handles grow by ${handles.toFixed(2)} a day`);
// A day has 24 hourly closes with three horizons and one daily with three, for every coin; each has its forecast and, once due, its outcome.
for (let i = 1; i < second.length; i++) {
  const added = (table) => second[i].rows[table] - second[i - 1].rows[table];
  for (const [table, expected, within] of [
    ['ledger', 75, 10],
    ['outcomes', 75, 10],
    ['candles', 25, 5],
  ]) {
    const rows = added(table);
    check(Math.abs(rows - expected * coins) <= within * coins, `day ${second[i].day}: ${rows} rows more in ${table}`);
  }
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Growth a day from the second quarter of the days to the last, each summarized by one value. */
function growth(of, summarize) {
  const values = days.map(of);
  return (summarize(values.slice(-quarter)) - summarize(values.slice(quarter, 2 * quarter))) / (2 * quarter);
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
