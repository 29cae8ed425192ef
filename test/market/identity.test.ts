import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Candle } from '../../src/core/candle.ts';
import { CandlecastError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import type { ListedCoin } from '../../src/market/assets.ts';
import { createMarketGateway } from '../../src/market/failover.ts';
import { createCoinIdentity } from '../../src/market/identity.ts';
import { createMarketService } from '../../src/market/series.ts';
import type { CandleSource } from '../../src/sources/source.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { START_MS, sourced, walk } from '../support/candles.ts';
import { fakeSource } from '../support/market-candles.ts';

const LUNA = { symbol: 'LUNA', interval: '1d' as const };
/** 100 days of the coin that is meant. */
const terra = walk(100);
const times = (candles: readonly Candle[], factor: number): Candle[] =>
  candles.map(({ openTimeMs, open, high, low, close, volume }) => ({
    openTimeMs,
    open: open * factor,
    high: high * factor,
    low: low * factor,
    close: close * factor,
    volume,
  }));
/** The same days of a coin that costs a ten-thousandth. */
const classic = times(terra, 1e-4);

let nowMs: number;
let storage: Storage;
let coin: ListedCoin | null;
let refreshed: ListedCoin | null;
const down = () => {
  throw new CandlecastError('CC_SOURCE_HTTP', 'It is down.');
};
const day = (index: number) => START_MS + index * DAY_MS;
const priceAt = (index: number) => terra[index]!.close;

beforeEach(async () => {
  nowMs = day(60) + HOUR_MS;
  storage = await openStorage('sqlite::memory:', { now: () => nowMs });
  coin = { id: 'terra-luna-2', priceUsd: priceAt(59), atMs: nowMs };
  refreshed = null;
});
afterEach(() => storage.close());

function marketOf(...sources: CandleSource[]) {
  const now = () => nowMs;
  const identity = createCoinIdentity({
    candles: storage.candles,
    confirmed: storage.coinSources,
    listed: () => coin,
    refreshList: async () => {
      coin = refreshed ?? coin;
    },
    order: sources.map(({ name }) => name),
    now,
    logger: silentLogger,
  });
  const gateway = createMarketGateway({ sources, now, logger: silentLogger });
  return createMarketService({
    gateway,
    candles: storage.candles,
    unconfirmed: storage.unconfirmed,
    symbols: [],
    identity,
    now,
    logger: silentLogger,
  });
}
const kept = () => storage.candles.range('LUNA', '1d', 0, day(200));
const sourcesKept = async () => [...new Set((await kept()).map(({ source }) => source))];

describe('a source whose price is several times off the coin list', () => {
  it('is refused, nothing of it is stored, and the next source answers', async () => {
    const market = marketOf(
      fakeSource('kraken', () => classic),
      fakeSource('coinbase', () => terra),
    );
    const series = await market.series({ ...LUNA, candles: 10 });
    expect(series.source).toBe('coinbase');
    expect(series.failures).toMatchObject([{ source: 'kraken', code: 'CC_SOURCE_OTHER_COIN' }]);
    expect(await sourcesKept()).toEqual(['coinbase']);
  });

  it('is no answer, where no other source has the coin', async () => {
    const market = marketOf(
      fakeSource('binance', down),
      fakeSource('kraken', () => classic),
    );
    const asking = market.series({ ...LUNA, candles: 10 });
    await expect(asking).rejects.toMatchObject({ code: 'CC_SOURCE_UNAVAILABLE' });
    await expect(asking).rejects.toThrow(/kraken gives \$0\.0\d+ for LUNA, several times off the coin list \(\$\d+\)/);
    expect(await kept()).toEqual([]);
  });

  it.each([10, 0.1, 1_000, 0.001, 150, 4])('is refused at %s times the price', async (factor) => {
    const market = marketOf(fakeSource('binance', () => times(terra, factor)));
    await expect(market.series({ ...LUNA, candles: 10 })).rejects.toMatchObject({ code: 'CC_SOURCE_UNAVAILABLE' });
  });

  it('is believed where a second exchange gives the same price, and both are from then on', async () => {
    const market = marketOf(
      fakeSource('binance', () => times(terra, 1_000)),
      fakeSource('kraken', () => times(terra, 1_020)),
    );
    // The list has one price, of another coin or unit, and the exchanges another.
    const first = await market.series({ ...LUNA, candles: 10 });
    expect(first.source).toBe('kraken');
    expect(first.failures).toMatchObject([{ source: 'binance', code: 'CC_SOURCE_OTHER_COIN' }]);
    expect((await storage.coinSources.all()).map(({ source }) => source).sort()).toEqual(['binance', 'kraken']);
    nowMs += DAY_MS;
    expect(await market.series({ ...LUNA, candles: 10 })).toMatchObject({ source: 'binance', failures: [] });
  });

  it.each([
    ['another price', 1_400],
    ['the price of the list', 1],
  ])('is refused where a second exchange gives %s', async (_what, factor) => {
    const market = marketOf(
      fakeSource('binance', () => times(terra, 1_000)),
      fakeSource('kraken', () => times(terra, factor)),
    );
    const asking = market.series({ ...LUNA, candles: 10 });
    if (factor === 1) expect((await asking).source).toBe('kraken');
    else await expect(asking).rejects.toMatchObject({ code: 'CC_SOURCE_UNAVAILABLE' });
    expect((await sourcesKept()).includes('binance')).toBe(false);
  });

  it.each([1, 1.5, 0.6])('is believed at %s times the price', async (factor) => {
    const market = marketOf(fakeSource('binance', () => times(terra, factor)));
    expect((await market.series({ ...LUNA, candles: 10 })).candles).toHaveLength(10);
  });

  it('is judged by a list that is asked again, where the one held is old', async () => {
    nowMs = day(60) + HOUR_MS;
    coin = { id: 'terra-luna-2', priceUsd: priceAt(59) * 20, atMs: nowMs - 20 * HOUR_MS };
    refreshed = { id: 'terra-luna-2', priceUsd: priceAt(59), atMs: nowMs };
    const market = marketOf(fakeSource('binance', () => terra));
    expect((await market.series({ ...LUNA, candles: 10 })).candles).toHaveLength(10);
  });

  it('is told from one whose newest candle alone is wrong', async () => {
    const wrong = [...terra.slice(0, 59), ...times(terra.slice(59, 60), 10)];
    const market = marketOf(fakeSource('binance', () => wrong));
    // The source is not refused; its newest candle alone is not believed.
    const series = await market.series({ ...LUNA, candles: 10 });
    expect(series.failures).toEqual([]);
    expect(series.candles).toHaveLength(9);
    expect(series.unconfirmed).toMatchObject({ kind: 'gap', source: 'binance', openTimeMs: day(59) });
  });
});

describe('a real crash', () => {
  /** It opens at the close before and closes at a thousandth, with the trading of a crash. */
  const crashing = () => {
    const crash = times(terra.slice(60), 1e-3);
    crash[0] = { ...crash[0]!, open: priceAt(59), high: priceAt(59), volume: 1e6 };
    return crash;
  };

  it('of a source whose coin was confirmed is believed with the next candle, whatever the coin list says', async () => {
    const crash = crashing();
    const market = marketOf(fakeSource('binance', () => [...terra.slice(0, 60), ...crash]));
    await market.series({ ...LUNA, candles: 10 });
    nowMs = day(61) + MINUTE_MS;
    const series = await market.series({ ...LUNA, candles: 10 });
    expect(series.failures).toEqual([]);
    expect(series.unconfirmed?.price).toBeCloseTo(terra[60]!.close / 1_000, 9);
    // Another start reads the confirmation from the database.
    nowMs = day(62) + MINUTE_MS;
    const again = marketOf(fakeSource('binance', () => [...terra.slice(0, 60), ...crash]));
    expect((await again.series({ ...LUNA, candles: 10 })).candles).toHaveLength(10);
    expect(await kept()).toHaveLength(12);
  });

  it('is believed from another source too, which goes on from the stored prices', async () => {
    const crash = crashing();
    let isDown = false;
    const market = marketOf(
      fakeSource('binance', () => (isDown ? down() : terra.slice(0, 60))),
      fakeSource('kraken', () => [...terra.slice(0, 60), ...crash]),
    );
    await market.series({ ...LUNA, candles: 10 });
    isDown = true;
    nowMs = day(62) + MINUTE_MS;
    expect((await market.series({ ...LUNA, candles: 10 })).candles.at(-1)?.source).toBe('kraken');
  });
});

describe('candles that were stored of another coin', () => {
  const wrong = sourced(classic.slice(40, 60), 'kraken');

  it('are removed by the price of the coin list, also while no source answers', async () => {
    await storage.candles.upsert('LUNA', '1d', wrong);
    await storage.candles.upsert('LUNA', '1h', sourced(times(walk(5, '1h'), 1e-4), 'kraken'));
    const market = marketOf(fakeSource('binance', down));
    await expect(market.series({ ...LUNA, candles: 20 })).rejects.toMatchObject({ code: 'CC_SOURCE_UNAVAILABLE' });
    expect(await kept()).toEqual([]);
    expect(await storage.candles.span('LUNA', '1h')).toBeNull();
  });

  it('are replaced by a source that gives the coin', async () => {
    await storage.candles.upsert('LUNA', '1d', wrong);
    const market = marketOf(fakeSource('binance', () => terra));
    const series = await market.series({ ...LUNA, candles: 20 });
    expect(series.candles.map(({ close }) => close)).toEqual(terra.slice(40, 60).map(({ close }) => close));
    expect(await sourcesKept()).toEqual(['binance']);
  });

  it('are removed from the middle of the right ones', async () => {
    const right = sourced([...terra.slice(30, 45), ...terra.slice(50, 60)], 'binance');
    await storage.candles.upsert('LUNA', '1d', [...right, ...wrong.slice(5, 10)]);
    const market = marketOf(
      fakeSource('binance', () => terra),
      fakeSource('kraken', () => classic),
    );
    const series = await market.series({ ...LUNA, candles: 30 });
    expect(series.candles).toHaveLength(30);
    expect(await sourcesKept()).toEqual(['binance']);
  });

  it('are removed without a coin list, in favour of the source that is configured first', async () => {
    coin = null;
    await storage.candles.upsert('LUNA', '1d', wrong.slice(0, 19));
    const market = marketOf(
      fakeSource('binance', () => terra),
      fakeSource('kraken', () => classic),
    );
    await market.series({ ...LUNA, candles: 20 });
    nowMs += MINUTE_MS;
    const series = await market.series({ ...LUNA, candles: 20, refresh: true });
    expect(await sourcesKept()).toEqual(['binance']);
    expect(series.candles).toHaveLength(20);
  });

  it('stay where they are right', async () => {
    await storage.candles.upsert('LUNA', '1d', sourced(terra.slice(40, 50), 'kraken'));
    await storage.candles.upsert('LUNA', '1d', sourced(terra.slice(50, 60), 'coinbase'));
    const source = fakeSource('binance', () => terra);
    const series = await marketOf(source).series({ ...LUNA, candles: 20 });
    expect(series.candles).toHaveLength(20);
    expect(source.calls).toEqual([]);
  });
});

describe('a coin that nothing is known about', () => {
  beforeEach(() => {
    coin = null;
  });

  it('is asked of two sources at first, which must agree', async () => {
    const [first, second] = [fakeSource('binance', () => terra), fakeSource('coinbase', () => times(terra, 1.01))];
    const market = marketOf(first, second);
    await market.series({ ...LUNA, candles: 10 });
    expect(second.calls).toEqual([{ fromMs: day(59), toMs: day(59) }]);
    nowMs = day(61) + MINUTE_MS;
    await market.series({ ...LUNA, candles: 10 });
    expect(second.calls).toHaveLength(1);
    expect(await sourcesKept()).toEqual(['binance']);
  });

  it('is answered by the two of three that agree', async () => {
    const market = marketOf(
      fakeSource('kraken', () => classic),
      fakeSource('binance', () => terra),
      fakeSource('coinbase', () => terra),
    );
    const series = await market.series({ ...LUNA, candles: 10 });
    expect(series.source).toBe('binance');
    expect(await sourcesKept()).toEqual(['binance']);
  });

  it('is not answered where two sources contradict each other', async () => {
    const market = marketOf(
      fakeSource('kraken', () => classic),
      fakeSource('binance', () => terra),
    );
    await expect(market.series({ ...LUNA, candles: 10 })).rejects.toMatchObject({ code: 'CC_SOURCE_UNAVAILABLE' });
    expect(await kept()).toEqual([]);
  });

  it('is answered by one source where there is no other', async () => {
    const market = marketOf(
      fakeSource('kraken', () => terra),
      fakeSource('binance', down),
    );
    expect((await market.series({ ...LUNA, candles: 10 })).candles).toHaveLength(10);
  });
});

it('never fills a gap from a source that means another coin', async () => {
  coin = null;
  const holed = terra.filter((_, index) => index !== 55);
  await storage.candles.upsert('LUNA', '1d', sourced(holed.slice(40, 50), 'binance'));
  const market = marketOf(
    fakeSource('binance', () => holed),
    fakeSource('kraken', () => classic),
  );
  const series = await market.series({ ...LUNA, candles: 20 });
  expect(series.candles.map(({ source }) => source)).toEqual(Array(19).fill('binance'));
});

it('takes a ticker that means another coin now for unconfirmed', async () => {
  const market = marketOf(fakeSource('binance', () => terra));
  await market.series({ ...LUNA, candles: 10 });
  coin = { id: 'another-luna', priceUsd: priceAt(59) / 100, atMs: nowMs };
  nowMs += MINUTE_MS;
  await expect(market.series({ ...LUNA, candles: 10 })).rejects.toMatchObject({ code: 'CC_SOURCE_UNAVAILABLE' });
  expect(await kept()).toEqual([]);
});
