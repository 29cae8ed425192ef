import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CandlecastError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { Observation, ObservationMetric } from '../../src/core/market.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import { createObservationService } from '../../src/market/observations.ts';
import type { ObservationSource } from '../../src/sources/source.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { START_MS } from '../support/candles.ts';

const day = (index: number) => START_MS + index * DAY_MS;
let nowMs: number;
let storage: Storage;
beforeEach(async () => {
  nowMs = day(100) + HOUR_MS;
  storage = await openStorage('sqlite::memory:', { now: () => nowMs });
});
afterEach(() => storage.close());

interface Fake extends ObservationSource {
  readonly asked: [from: number, to: number][];
  error: Error | null;
  damage: Partial<Observation>;
}

/** A source that has a number for every complete day: its index plus a thousand. */
function source(name: string, ...metrics: ObservationMetric[]): Fake {
  return {
    name,
    metrics,
    asked: [],
    error: null,
    damage: {},
    async fetchObservations({ symbol, fromMs, toMs }) {
      this.asked.push([(fromMs - START_MS) / DAY_MS, (toMs - START_MS) / DAY_MS]);
      if (this.error) throw this.error;
      const found: Observation[] = [];
      for (let timeMs = fromMs; timeMs <= toMs && timeMs + DAY_MS <= nowMs; timeMs += DAY_MS) {
        for (const metric of metrics) {
          const value = 1_000 + (timeMs - START_MS) / DAY_MS;
          found.push({ symbol, metric, timeMs, availableAtMs: timeMs + DAY_MS, value, source: name, ...this.damage });
        }
      }
      return found;
    },
  };
}

const open = (...sources: ObservationSource[]) =>
  createObservationService({ sources, repository: storage.observations, now: () => nowMs, logger: silentLogger });
const window = () => ({ symbol: 'BTC', fromMs: day(50), toMs: Math.floor(nowMs / DAY_MS) * DAY_MS });

describe('observations', () => {
  it('are fetched, stored and given ascending', async () => {
    const chain = source('blockchain', 'activeAddresses');
    const { observations, failures } = await open(chain).observations(window());
    expect(observations.map(({ timeMs }) => (timeMs - START_MS) / DAY_MS)).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 50),
    );
    expect(failures).toEqual([]);
    expect(await storage.observations.range('BTC', 'activeAddresses', 0, nowMs)).toHaveLength(50);
  });

  it('are asked for once a day, then only for the newest days', async () => {
    const chain = source('blockchain', 'activeAddresses');
    const service = open(chain);
    await Promise.all([service.observations(window()), service.observations(window())]);
    nowMs += 23 * HOUR_MS;
    await service.observations(window());
    expect(chain.asked).toEqual([[50, 100]]);
    nowMs += HOUR_MS;
    const { observations } = await service.observations(window());
    expect(chain.asked.slice(1)).toEqual([[92, 101]]);
    expect(observations.at(-1)?.timeMs).toBe(day(100));
  });

  it('are asked for at once when older ones are wanted', async () => {
    const chain = source('blockchain', 'activeAddresses');
    const service = open(chain);
    await service.observations(window());
    const { observations } = await service.observations({ ...window(), fromMs: day(10) });
    expect(chain.asked.map(([from]) => from)).toEqual([50, 10]);
    expect(observations).toHaveLength(90);
  });

  it('come from storage with the failure when a source fails, which is asked again after an hour', async () => {
    const chain = source('blockchain', 'activeAddresses');
    const caps = source('coingecko', 'marketCapUsd');
    const service = open(chain, caps);
    await service.observations(window());
    nowMs += DAY_MS;
    chain.error = new CandlecastError('CC_SOURCE_TIMEOUT', 'blockchain did not answer in time.');
    const { observations, failures } = await service.observations(window());
    expect(failures).toEqual([{ source: 'blockchain', code: 'CC_SOURCE_TIMEOUT', reason: chain.error.message }]);
    expect(observations.filter(({ metric }) => metric === 'activeAddresses')).toHaveLength(50);
    expect(observations.filter(({ metric }) => metric === 'marketCapUsd')).toHaveLength(51);
    expect((await service.observations(window())).failures).toHaveLength(1);
    expect(chain.asked).toHaveLength(2);
    nowMs += HOUR_MS;
    chain.error = null;
    expect((await service.observations(window())).failures).toEqual([]);
    expect(chain.asked).toHaveLength(3);
  });

  it('come only from sources of the metrics that are wanted', async () => {
    const chain = source('blockchain', 'activeAddresses', 'transactions');
    const caps = source('coingecko', 'marketCapUsd');
    const { observations } = await open(chain, caps).observations({ ...window(), metrics: ['transactions'] });
    expect(new Set(observations.map(({ metric }) => metric))).toEqual(new Set(['transactions']));
    expect(caps.asked).toEqual([]);
  });

  it.each<Partial<Observation>>([
    { value: Number.NaN },
    { value: -1 },
    { symbol: 'ETH' },
    { metric: 'transactions' },
    { availableAtMs: START_MS },
    { timeMs: Number.POSITIVE_INFINITY, availableAtMs: Number.POSITIVE_INFINITY },
  ])('are not stored when a source sends %j', async (damage) => {
    const chain = source('blockchain', 'activeAddresses');
    chain.damage = damage;
    expect((await open(chain).observations(window())).observations).toEqual([]);
    expect(await storage.observations.range('BTC', 'transactions', 0, nowMs)).toEqual([]);
  });
});
