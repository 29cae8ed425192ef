/**
 * A process that takes from the shared limit as fast as it can, for tests of several. Called with one argument: JSON of `{ databaseUrl, redisUrl,
 * leaseMs }`. Writes a line `KIND MS` for each grant, on the clock that all processes of a machine have in common, until it is killed.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { createPublishingTurn } from '../../dist/cluster/publishing-turn.js';
import { openRedis } from '../../dist/cluster/redis.js';
import { createRequestLimit } from '../../dist/cluster/request-limit.js';
import { openStorage } from '../../dist/storage/open-storage.js';

const { databaseUrl, redisUrl, leaseMs } = JSON.parse(process.argv[2]);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const monotonic = () => performance.now();
const sleep = (ms, signal) => wait(ms, undefined, { signal });
const storage = await openStorage(databaseUrl, { now: Date.now });
const redis = redisUrl ? openRedis({ url: redisUrl, now: monotonic, logger: silent }) : null;
const parts = { redis, leases: storage.leases, owner: `process ${process.pid}`, monotonic, sleep };
const turn = createPublishingTurn({ ...parts, leaseMs });
const limit = createRequestLimit({ ...parts, turn, bot: 'test' });

let lines = '';
async function takeAll(kind) {
  for (;;) {
    // As publishing does: a process that may not publish leaves it alone.
    if (kind === 'channel' && !(await turn.hold().catch(() => false))) {
      await wait(100);
      continue;
    }
    await limit.take(kind);
    lines += `${kind} ${Number(process.hrtime.bigint() / 1_000n) / 1_000}\n`;
  }
}
for (let i = 0; i < 12; i++) void takeAll('channel');
for (let i = 0; i < 3; i++) void takeAll('other');
// A process that dies loses what it has not written yet.
setInterval(() => {
  if (lines !== '') process.stdout.write(lines);
  lines = '';
}, 50);
