// node .ci/check-soak.mjs SOAK.json: after the caches have filled, memory and handles stay where they are and rows come by the day. How long a day takes
// on a shared machine is no test.
import { readFileSync } from 'node:fs';

/**
 * Largest growth of all threads' heaps, each collected before it is measured, MB a day. Functions that run a few times a day are compiled one after the
 * other, and sentiment's stories come together over 150 days: 0.29 MB a day until day 20 of a run in which nothing else was found to stay.
 */
const HEAP_MB_A_DAY = 0.5;
/** Of that, largest growth of the main thread's heap. */
const MAIN_HEAP_MB_A_DAY = 0.3;
/** Buffers outside the main thread's heap: two hundred charts of about 100 kB, which a few coins fill over weeks, and as much again for everything else. */
const MAX_EXTERNAL_MB = 40;
/** Largest growth of what is resident outside the heaps: up to 200 charts of about 100 kB come together over weeks, and the allocator rounds up. MB a day. */
const OUTSIDE_MB_A_DAY = 3;
/** V8 lets heaps grow as it suits the machine, and shrinks them when it suits it: resident memory moves by 100 MB from day to day. */
const MAX_RSS_MB = 900;

const { days, coins, failedJobs, posts } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const second = days.slice(Math.floor(days.length / 2));
const quarter = Math.max(1, Math.floor(days.length / 4));
const heap = growth(({ heapMb }) => heapMb);
const mainHeap = growth(({ heapMbByThread }) => heapMbByThread.main);
const external = Math.max(...days.map(({ externalMb }) => externalMb));
const outside = growth(({ outsideMb }) => outsideMb);
const rss = Math.max(...days.map(({ rssMb }) => rssMb));
const handles = slope(second.map(({ handles }) => handles));
process.stdout.write(
  `${days.length} days of ${coins} coins: heaps ${heap.toFixed(2)} MB a day, outside them ${outside.toFixed(2)} MB a day, handles ${handles.toFixed(2)} a day, resident at most ${rss.toFixed(0)} MB\n`,
);
const problems = [];
const check = (holds, problem) => holds || problems.push(problem);
check(Object.keys(failedJobs).length === 0, `jobs failed: ${JSON.stringify(failedJobs)}`);
check(posts >= days.length, `${posts} posts in ${days.length} days`);
const byThread = Object.keys(days[0].heapMbByThread).map(
  (name) => `${name} ${growth(({ heapMbByThread }) => heapMbByThread[name] ?? 0).toFixed(2)}`,
);
check(heap < HEAP_MB_A_DAY, `the heaps grow by ${heap.toFixed(2)} MB a day: ${byThread.join(', ')}`);
check(mainHeap < MAIN_HEAP_MB_A_DAY, `the main thread's heap grows by ${mainHeap.toFixed(2)} MB a day`);
check(external < MAX_EXTERNAL_MB, `buffers of the main thread take ${external.toFixed(0)} MB`);
check(outside < OUTSIDE_MB_A_DAY, `memory outside the heaps grows by ${outside.toFixed(2)} MB a day`);
check(rss < MAX_RSS_MB, `resident memory reaches ${rss.toFixed(0)} MB`);
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

/** Growth a day from the second quarter of the days to the last, each by its median. */
function growth(of) {
  const values = days.map(of);
  return (median(values.slice(-quarter)) - median(values.slice(quarter, 2 * quarter))) / (2 * quarter);
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
