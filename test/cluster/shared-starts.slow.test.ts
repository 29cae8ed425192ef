import { expect, it, onTestFinished, vi } from 'vitest';
import { openRedis } from '../../src/cluster/redis.ts';
import { createSharedStarts } from '../../src/cluster/shared-starts.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { describeWithRedis } from '../support/redis.ts';

const LIMIT = { startsPerWindow: 3, windowMs: 20_000 };
const PERSON = '1100000000000000001';

describeWithRedis('what a person starts in two processes', (server) => {
  /** The counter of a process. */
  async function processOf(bot = 'b') {
    const redis = openRedis({ url: server().url, now: () => performance.now(), logger: silentLogger });
    onTestFinished(() => redis.close());
    await vi.waitFor(() => expect(redis.isUp()).toBe(true), { timeout: 60_000 });
    return { redis, starts: createSharedStarts(redis, bot) };
  }
  /** An answer that comes after its 20 ms counts as a yes, as it should; here it is asked again until the machine is quick enough. */
  const refused = (ask: () => Promise<number>) =>
    vi.waitFor(
      async () => {
        const waitMs = await ask();
        expect(waitMs).toBeGreaterThan(0);
        return waitMs;
      },
      { timeout: 60_000, interval: 20 },
    );

  it('counts together, and says how long to wait; another person and another bot are not concerned', async () => {
    const [one, two, other] = [await processOf(), await processOf(), await processOf('other')];
    for (const { starts } of [one, two, one]) await starts.start(PERSON, LIMIT);
    const waitMs = await refused(() => two.starts.start(PERSON, LIMIT));
    expect(waitMs).toBeLessThanOrEqual(LIMIT.windowMs);
    expect(await two.starts.start('1100000000000000002', LIMIT)).toBe(0);
    expect(await other.starts.start(PERSON, LIMIT)).toBe(0);
    const keys = await one.redis.ask((client) => client.keys('candlecast:starts:*'));
    expect(keys?.join(' ')).not.toContain(PERSON);
  }, 180_000);

  it('is no reason to wait when Redis is silent or away', async () => {
    const { starts } = await processOf();
    for (let i = 0; i < 3; i++) await starts.start(PERSON, LIMIT);
    server().freeze();
    const askedMs = performance.now();
    expect(await starts.start(PERSON, LIMIT)).toBe(0);
    expect(performance.now() - askedMs).toBeLessThan(900);
    server().resume();
    await server().kill();
    expect(await starts.start(PERSON, LIMIT)).toBe(0);
  }, 180_000);
});
