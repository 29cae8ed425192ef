import { expect, it, onTestFinished, vi } from 'vitest';
import { openRedis } from '../../src/cluster/redis.ts';
import { createSharedPictures } from '../../src/cluster/shared-pictures.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { createChartRenderer } from '../../src/render/chart/chart-renderer.ts';
import { believableReport } from '../render/forecast/believable-report.ts';
import { describeWithRedis } from '../support/redis.ts';

describeWithRedis('pictures of two processes', (server) => {
  async function processOf(version = '1') {
    const redis = openRedis({ url: server().url, now: () => performance.now(), logger: silentLogger });
    onTestFinished(() => redis.close());
    await vi.waitFor(() => expect(redis.isUp()).toBe(true), { timeout: 60_000 });
    const pictures = createSharedPictures(redis, version);
    const taken: string[] = [];
    const shared = {
      ...pictures,
      async get(key: string) {
        const found = await pictures.get(key);
        taken.push(found ? 'taken' : 'drawn');
        return found;
      },
    };
    const charts = createChartRenderer({ shared });
    onTestFinished(() => charts.close());
    return { redis, pictures, charts, taken };
  }

  it('are drawn by one, also while Redis is away; another price or version is another picture', async () => {
    const [one, two, newer] = [await processOf(), await processOf(), await processOf('2')];
    const report = believableReport({});
    const drawn = await one.charts.fanChart(report, 'dark');
    await vi.waitFor(async () => expect(await one.redis.ask((client) => client.keys('*picture*'))).toHaveLength(1));
    expect(Buffer.from(await two.charts.fanChart(report, 'dark')).equals(Buffer.from(drawn))).toBe(true);
    await two.charts.fanChart({ ...report, lastPrice: report.lastPrice * 1.01 }, 'dark');
    await newer.charts.fanChart(report, 'dark');
    expect([one.taken, two.taken, newer.taken]).toEqual([['drawn'], ['taken', 'drawn'], ['drawn']]);
    await server().kill();
    expect((await two.charts.fanChart(report, 'light')).length).toBeGreaterThan(1_000);
  }, 180_000);

  it('are not taken from what is no picture', async () => {
    await server().start();
    const { redis, pictures } = await processOf();
    await redis.ask((client) => client.set('candlecast:picture:1:x', 'no picture'));
    expect(await pictures.get('x')).toBeUndefined();
  }, 180_000);
});
