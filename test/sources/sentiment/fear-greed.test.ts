import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/time.ts';
import { createFearGreedSource } from '../../../src/sources/sentiment/fear-greed.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { type Handler, json, startServer, text } from '../../support/http-server.ts';
import { NOW_MS, patient, provider } from './feeds.ts';

const TODAY = Math.floor(NOW_MS / DAY_MS) * DAY_MS;

/** As https://alternative.me/crypto/fear-and-greed-index/#api documents it: newest first, everything in strings. */
function index(days: readonly (readonly [back: number, value: string])[]) {
  return {
    name: 'Fear and Greed Index',
    data: days.map(([back, value], i) => ({
      value,
      value_classification: 'Fear',
      timestamp: String((TODAY - back * DAY_MS) / 1000),
      ...(i === 0 ? { time_until_update: '36000' } : {}),
    })),
    metadata: { error: null },
  };
}

async function mood(handler: Handler) {
  const server = await startServer(handler);
  const source = createFearGreedSource({ ...provider(fakeClock(NOW_MS)), baseUrl: server.url });
  return { server, source };
}

describe('the Fear & Greed index', () => {
  it('comes ascending, with numbers, missing days left out', async () => {
    const { server, source } = await mood(
      json(
        index([
          [0, '39'],
          [1, '41'],
          [3, '0'],
          [4, '100'],
        ]),
      ),
    );
    expect(await source.fetchDays(0, patient)).toEqual([
      { timeMs: TODAY - 4 * DAY_MS, value: 100 },
      { timeMs: TODAY - 3 * DAY_MS, value: 0 },
      { timeMs: TODAY - DAY_MS, value: 41 },
      { timeMs: TODAY, value: 39 },
    ]);
    expect(`${server.requests[0]!.url.pathname}${server.requests[0]!.url.search}`).toBe('/fng/?limit=0');
    expect(source.health()).toMatchObject({ name: 'fear-greed', kind: 'index', state: 'ok' });
  });

  it('is asked only for the days that are wanted', async () => {
    const { server, source } = await mood(
      json(
        index([
          [0, '39'],
          [1, '41'],
          [2, '42'],
        ]),
      ),
    );
    expect(await source.fetchDays(TODAY - DAY_MS, patient)).toHaveLength(2);
    expect(Number(server.requests[0]!.url.searchParams.get('limit'))).toBeLessThan(5);
  });

  it.each([
    ['above 100', index([[0, '101']])],
    ['below zero', index([[0, '-1']])],
    ['that is no number', index([[0, 'greedy']])],
    ['of tomorrow', index([[-1, '50']])],
    [
      'twice for a day',
      index([
        [0, '50'],
        [0, '51'],
      ]),
    ],
    ['for an unreadable time', { data: [{ value: '50', timestamp: 'NaN' }] }],
    ['without a list', { data: null }],
  ])('with a value %s is refused, and its health says so', async (_what, answer) => {
    const { source } = await mood(json(answer));
    await expect(source.fetchDays(0, patient)).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
    expect(source.health().state).toBe('degraded');
  });

  it('takes a time within a day for that day, as the documented example has it', async () => {
    const { source } = await mood(json({ data: [{ value: '40', timestamp: String(TODAY / 1000 - 68_499) }] }));
    expect(await source.fetchDays(0, patient)).toEqual([{ timeMs: TODAY - DAY_MS, value: 40 }]);
  });

  it('drops an odd day and counts it', async () => {
    const { source } = await mood(
      json(
        index([
          [0, '39'],
          [1, '101'],
          [2, '41'],
        ]),
      ),
    );
    expect(await source.fetchDays(0, patient)).toHaveLength(2);
    expect(source.health()).toMatchObject({ state: 'ok', oddRows: [{ rows: 1 }] });
  });

  it('that shows a web page is refused', async () => {
    const { source } = await mood(text('<html></html>'));
    await expect(source.fetchDays(0, patient)).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });
});
