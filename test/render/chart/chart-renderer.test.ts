import { afterAll, expect, test } from 'vitest';
import { createChartRenderer } from '../../../src/render/chart/chart-renderer.ts';
import { believableReport } from '../forecast/believable-report.ts';

const charts = createChartRenderer();
afterAll(() => charts.close());

/** Width and height from a PNG's header. */
function pngSize(bytes: Uint8Array): [number, number] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [view.getUint32(16), view.getUint32(20)];
}

test('draws a PNG of 900 by 570 units at one and a half pixels each', async () => {
  const png = await charts.fanChart(believableReport(), 'dark');
  expect([...png.slice(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  expect(pngSize(png)).toEqual([1350, 855]);
  expect(png.length).toBeLessThan(400_000);
});

test('keeps a picture that is asked for again, and draws another for another theme or another forecast', async () => {
  const report = believableReport({ seed: 2 });
  const first = await charts.fanChart(report, 'dark');
  expect(await charts.fanChart({ ...report, issuedAtMs: report.issuedAtMs + 1 }, 'dark')).toBe(first);
  const light = await charts.fanChart(report, 'light');
  const other = await charts.fanChart({ ...report, simulated: true }, 'dark');
  const elsewhere = await charts.fanChart(report, 'dark', 'Asia/Tokyo');
  expect(await charts.fanChart(report, 'dark', 'Asia/Tokyo')).toBe(elsewhere);
  expect(Buffer.compare(elsewhere, first)).not.toBe(0);
  expect(Buffer.compare(light, first)).not.toBe(0);
  expect(Buffer.compare(other, first)).not.toBe(0);
});

test('a picture holds the words, so the bundled font is found', async () => {
  const report = believableReport({ seed: 3 });
  const named = await charts.fanChart(report, 'dark');
  const renamed = await charts.fanChart({ ...report, asset: { ...report.asset, name: 'Bitcorn' } }, 'dark');
  expect(Buffer.compare(named, renamed)).not.toBe(0);
});

test('draws nothing any more once closed', async () => {
  const closed = createChartRenderer();
  await closed.close();
  await expect(closed.fanChart(believableReport({ seed: 4 }), 'dark')).rejects.toMatchObject({
    code: 'CC_STOPPING',
    retryable: true,
  });
});

test('refuses more than may wait, instead of letting everybody wait', async () => {
  const small = createChartRenderer({ maxWaiting: 2 });
  const asked = Array.from({ length: 5 }, (_, i) => small.fanChart(believableReport({ seed: 50 + i }), 'dark'));
  const results = await Promise.allSettled(asked);
  const outcomes = results.map((result) => (result.status === 'rejected' ? result.reason.code : 'drawn'));
  // The warm-up holds the one thread's place.
  expect(outcomes).toEqual(['drawn', 'drawn', 'CC_BUSY', 'CC_BUSY', 'CC_BUSY']);
  await small.close();
});

test('gives up after the time limit', async () => {
  const hasty = createChartRenderer({ timeoutMs: 1 });
  await expect(hasty.fanChart(believableReport({ seed: 60 }), 'dark')).rejects.toMatchObject({
    code: 'CC_TIMEOUT',
    retryable: true,
  });
  await hasty.close();
});

test('tells a report that cannot be drawn from a worker that died, and draws the next one', async () => {
  const report = believableReport({ seed: 70 });
  await expect(charts.fanChart({ ...report, originMs: Number.NaN }, 'dark')).rejects.toMatchObject({
    code: 'CC_INTERNAL',
    retryable: false,
  });
  expect((await charts.fanChart(report, 'dark')).length).toBeGreaterThan(1000);
});
