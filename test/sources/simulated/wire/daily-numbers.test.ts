import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DAY_MS } from '../../../../src/core/time.ts';
import { EPOCH_MS, hourOf } from '../../../../src/sources/simulated/grid.ts';
import { fearGreedReadings } from '../../../../src/sources/simulated/wire/fear-greed.ts';
import { getJson, START_MS, startedSimulation } from '../running.ts';
import { correlation } from '../statistics.ts';

const simulation = await startedSimulation();
const today = Math.floor(START_MS / DAY_MS) * DAY_MS;

const mood = z.object({
  data: z.array(
    z.object({
      value: z.string().regex(/^\d{1,3}$/),
      value_classification: z.enum(['Extreme Fear', 'Fear', 'Neutral', 'Greed', 'Extreme Greed']),
      timestamp: z.string().regex(/^\d{10}$/),
    }),
  ),
  metadata: z.object({ error: z.null() }),
});
const charts = z.object({
  status: z.literal('ok'),
  period: z.literal('day'),
  values: z.array(z.object({ x: z.int(), y: z.number().positive() })),
});

async function readings(query: string) {
  return mood.parse(await getJson(`${simulation.url}/fng/${query}`)).data;
}

async function values(path: string) {
  return charts.parse(await getJson(`${simulation.url}/charts/${path}`)).values;
}

describe('the simulated fear and greed index', () => {
  it('gives one reading a day, newest first, with a few days missing', async () => {
    const all = await readings('?limit=0');
    const times = all.map((reading) => Number(reading.timestamp) * 1_000);
    expect(times[0]).toBe(today);
    for (let i = 1; i < times.length; i++) expect((times[i - 1]! - times[i]!) % DAY_MS).toBe(0);
    const days = (today - EPOCH_MS) / DAY_MS;
    expect(times.length).toBeLessThan(days);
    expect(times.length).toBeGreaterThan(0.98 * days);
    expect(await readings('?limit=3')).toEqual(all.slice(0, 3));
    expect(await readings('')).toHaveLength(1);
  });

  it('follows the last month of the common factor and ranges from fear to greed', async () => {
    const { factor } = simulation.market.model;
    const all = await readings('?limit=0');
    const past = all.map((reading) => {
      const hour = hourOf(Number(reading.timestamp) * 1_000) - 1;
      return factor.level(hour) - factor.level(hour - 720);
    });
    expect(
      correlation(
        past,
        all.map((reading) => Number(reading.value)),
      ),
    ).toBeGreaterThan(0.7);
    expect(new Set(all.map((reading) => reading.value_classification)).size).toBe(5);
  });
});

describe('fearGreedReadings', () => {
  it('reads only hours that were over at the time of the reading', () => {
    const { factor, seed } = simulation.market.model;
    let latestHour = Number.NEGATIVE_INFINITY;
    const seen = (hour: number) => {
      latestHour = Math.max(latestHour, hour);
      return hour;
    };
    const watched = {
      level: (hour: number) => factor.level(seen(hour)),
      volatility: (hour: number) => factor.volatility(seen(hour)),
    };
    expect(fearGreedReadings({ seed, factor: watched }, START_MS)[0]!.timeMs).toBe(today);
    expect(latestHour).toBe(hourOf(today) - 1);
  });
});

describe('the simulated blockchain.info', () => {
  it.each(['n-unique-addresses', 'n-transactions'])('charts %s for days that are over', async (chart) => {
    const year = await values(`${chart}?timespan=1year&format=json&sampled=false`);
    expect(year).toHaveLength(364);
    expect(year.at(-1)!.x * 1_000).toBe(today - DAY_MS);
    for (let i = 1; i < year.length; i++) expect(year[i]!.x - year[i - 1]!.x).toBe(86_400);
    const all = await values(`${chart}?timespan=all`);
    expect(all).toHaveLength((today - EPOCH_MS) / DAY_MS);
    expect(all.slice(-364)).toEqual(year);
    expect(await values(`${chart}?timespan=2weeks`)).toEqual(year.slice(-13));
  });

  it('refuses a timespan it does not know', async () => {
    expect(await getJson(`${simulation.url}/charts/n-transactions?timespan=ever`, 400)).toMatchObject({ status: 400 });
  });
});
