import { describe, expect, it } from 'vitest';
import { type Candle, INTERVAL_MS } from '../../src/core/candle.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { START_MS, scaled } from '../support/candles.ts';
import { AT, COINS, calmMarket, type Feed, from, gateMarket, source } from '../support/gate-market.ts';

/** Everything after `AT` moved by a factor that trading led to within that candle. */
const crashed = (candles: readonly Candle[], factor: number) =>
  from(candles, (candle, i) => {
    if (i > AT) return scaled(candle, factor);
    const close = candle.close * factor;
    const [high, low] = [Math.max(candle.high, close), Math.min(candle.low, close * 0.9)];
    return { ...candle, high, low, close, volume: candle.volume * 12 };
  });

const gate = gateMarket();
const { marketOf, follow, newestClose } = gate;

describe.each(['1h', '1d'] as const)('%s candles of a source that has gone wrong', (interval) => {
  const right = calmMarket(interval);
  const feed: Feed = (symbol) => right.get(symbol)!;
  const last = (symbol: string) => right.get(symbol)![AT - 1]!;
  const wrong: Feed = (symbol) => {
    const candles = right.get(symbol)!;
    if (symbol === 'ETH') return from(candles, (candle) => scaled(candle, 10));
    if (symbol === 'SOL') {
      return from(candles, ({ openTimeMs }) => ({ ...last(symbol), openTimeMs, volume: 0 }));
    }
    if (symbol === 'XRP') return from(candles, (candle) => scaled(candle, 0.001));
    if (symbol === 'BNB') return from(candles, (_, i) => right.get('SOL')![i]!);
    if (symbol === 'ADA') return from(candles, (candle) => scaled(candle, 150));
    return candles;
  };

  it('are believed where an owner says that they are right, and what follows them too', async () => {
    const market = marketOf(source('binance', wrong));
    await follow(market, interval, 3);
    const step = INTERVAL_MS[interval];
    for (const symbol of ['ETH', 'SOL']) {
      const series = await market.series({ symbol, interval, candles: 30, believe: true });
      expect(series.unconfirmed).toBeNull();
      expect(await newestClose(symbol, interval)).toMatchObject({ at: AT + 2, close: wrong(symbol)[AT + 2]!.close });
    }
    expect((await gate.storage.unconfirmed.all()).map(({ symbol }) => symbol)).toEqual(['ADA', 'BNB', 'XRP']);
    gate.nowMs += step;
    const next = await market.series({ symbol: 'ETH', interval, candles: 30 });
    expect(next.unconfirmed).toBeNull();
    expect(next.candles.at(-1)).toMatchObject({ openTimeMs: START_MS + (AT + 3) * step });
  });

  it('are not believed in place of another price than the one that was noted', async () => {
    let factor = 10;
    const feed: Feed = (symbol) =>
      symbol === 'ETH' ? from(right.get(symbol)!, (candle) => scaled(candle, factor)) : right.get(symbol)!;
    const market = marketOf(source('binance', feed));
    await follow(market, interval, 2);
    factor = 1_000;
    const series = await market.series({ symbol: 'ETH', interval, candles: 30, believe: true });
    expect(series.unconfirmed).toMatchObject({ price: feed('ETH')[AT]!.close });
    expect((await newestClose('ETH', interval)).at).toBe(AT - 1);
  });

  it('are unconfirmed also for a bot that starts then, with nothing stored', async () => {
    gate.nowMs = START_MS + (AT + 2) * INTERVAL_MS[interval] + MINUTE_MS;
    const market = marketOf(source('binance', wrong));
    for (const symbol of ['ETH', 'XRP', 'BNB', 'ADA']) {
      const series = await market.series({ symbol, interval, candles: 150 });
      expect(series.unconfirmed?.symbol).toBe(symbol);
      expect(series.candles.at(-1)!.close).toBe(last(symbol).close);
    }
  });

  it('are unconfirmed while the second source is down, and replaced when it is back', async () => {
    let isDown = true;
    const second = source('kraken', (symbol) => {
      if (isDown && gate.nowMs > START_MS + AT * INTERVAL_MS[interval]) throw new Error('down');
      return feed(symbol);
    });
    const market = marketOf(source('binance', wrong), second);
    expect((await follow(market, interval, 2, ['BTC', 'ETH'])).at(-1)!.unconfirmed).toEqual(['ETH']);
    isDown = false;
    gate.nowMs += 30 * MINUTE_MS;
    const series = await market.series({ symbol: 'ETH', interval, candles: 150, recheck: true });
    expect(series.unconfirmed).toBeNull();
    expect(series.candles.at(-1)).toMatchObject({ source: 'kraken', close: feed('ETH')[AT + 1]!.close });
    expect(await gate.storage.unconfirmed.all()).toEqual([]);
  });

  it('are unconfirmed when two sources contradict each other and neither is usual', async () => {
    const other: Feed = (symbol) => from(right.get(symbol)!, (candle) => scaled(candle, 0.2));
    const market = marketOf(source('binance', wrong), source('kraken', other));
    const seen = await follow(market, interval, 3, ['BTC', 'ETH']);
    expect(seen.at(-1)!.unconfirmed).toContain('ETH');
    expect(await gate.storage.unconfirmed.get('ETH', interval)).toMatchObject({
      kind: 'disagreement',
      source: 'binance',
      other: { source: 'kraken' },
    });
  });

  it('are refused when they are in another currency and a second source tells', async () => {
    const euros: Feed = (symbol) => from(right.get(symbol)!, (candle) => scaled(candle, 0.9));
    const market = marketOf(source('binance', euros), source('kraken', feed));
    await follow(market, interval, 3, ['BTC', 'ETH']);
    expect(await newestClose('ETH', interval)).toMatchObject({ source: 'kraken', close: feed('ETH')[AT + 2]!.close });
  });

  it('do not replace what was confirmed before, when the wrong source has rewritten it', async () => {
    let isWrong = false;
    const market = marketOf(
      source('binance', (symbol) => (isWrong ? feed(symbol).map((candle) => scaled(candle, 10)) : feed(symbol))),
    );
    await follow(market, interval, 3, ['BTC', 'ETH']);
    isWrong = true;
    gate.nowMs += MINUTE_MS;
    const series = await market.series({ symbol: 'ETH', interval, candles: 150, refresh: true });
    expect(series.unconfirmed).toBeNull();
    expect(series.candles.at(-1)!.close).toBe(feed('ETH')[AT + 2]!.close);
    gate.nowMs = START_MS + (AT + 4) * INTERVAL_MS[interval] + MINUTE_MS;
    expect((await market.series({ symbol: 'ETH', interval, candles: 150 })).unconfirmed?.kind).toBe('gap');
  });

  it('of older history are refused where they are several times off what is stored', async () => {
    gate.nowMs = START_MS + AT * INTERVAL_MS[interval] + MINUTE_MS;
    await marketOf(source('binance', feed)).series({ symbol: 'ETH', interval, candles: 40 });
    const thousands = source('binance', (symbol) => feed(symbol).map((candle) => scaled(candle, 1_000)));
    const market = marketOf(thousands, source('kraken', feed));
    const { candles } = await market.series({ symbol: 'ETH', interval, candles: 120 });
    expect(candles.map(({ close }) => close)).toEqual(
      feed('ETH')
        .slice(AT - 120, AT)
        .map(({ close }) => close),
    );
    expect(candles[0]!.source).toBe('kraken');
  });
});

describe('a real move', () => {
  const hours = calmMarket('1h');
  const days = calmMarket('1d');

  it('of the whole market is confirmed in the same minute, from one source', async () => {
    const factors: Readonly<Record<string, number>> = {
      BTC: 0.8,
      ETH: 0.74,
      SOL: 0.7,
      XRP: 0.69,
      BNB: 0.75,
      ADA: 0.71,
    };
    const market = marketOf(source('binance', (symbol) => crashed(hours.get(symbol)!, factors[symbol]!)));
    for (const { unconfirmed } of await follow(market, '1h', 4)) expect(unconfirmed).toEqual([]);
    expect((await newestClose('ETH', '1h')).at).toBe(AT + 3);
  });

  it('of one coin is confirmed at once by a second source', async () => {
    const fall: Feed = (symbol) => (symbol === 'SOL' ? crashed(hours.get(symbol)!, 0.5) : hours.get(symbol)!);
    const basis: Feed = (symbol) => fall(symbol).map((candle) => scaled(candle, 1.002));
    const market = marketOf(source('binance', fall), source('kraken', basis));
    for (const { unconfirmed } of await follow(market, '1h', 3)) expect(unconfirmed).toEqual([]);
    expect(await newestClose('SOL', '1h')).toMatchObject({ at: AT + 2, source: 'binance' });
  });

  it('of one coin of one source is unconfirmed for one candle', async () => {
    const fall: Feed = (symbol) => (symbol === 'SOL' ? crashed(hours.get(symbol)!, 0.6) : hours.get(symbol)!);
    const seen = await follow(marketOf(source('binance', fall)), '1h', 3);
    expect(seen.map(({ unconfirmed }) => unconfirmed)).toEqual([[], ['SOL'], [], []]);
    expect((await newestClose('SOL', '1h')).at).toBe(AT + 2);
  });

  it('of a day is confirmed by the hours that led to it', async () => {
    const day = crashed(days.get('ADA')!, 0.05);
    const before = day[AT - 1]!.close;
    const { openTimeMs, close } = day[AT]!;
    const path = Array.from({ length: 24 }, (_, i): Candle => {
      const at = (k: number) => before * (close / before) ** (k / 24);
      return {
        openTimeMs: openTimeMs + i * HOUR_MS,
        open: at(i),
        high: at(i),
        low: at(i + 1),
        close: at(i + 1),
        volume: 9,
      };
    });
    await gate.storage.candles.upsert(
      'ADA',
      '1h',
      path.map((one) => ({ ...one, source: 'binance', fetchedAtMs: 1, flag: null })),
    );
    const market = marketOf(source('binance', () => day));
    gate.nowMs = START_MS + AT * DAY_MS + MINUTE_MS;
    await market.series({ symbol: 'ADA', interval: '1d', candles: 150 });
    gate.nowMs = START_MS + (AT + 1) * DAY_MS + MINUTE_MS;
    const series = await market.series({ symbol: 'ADA', interval: '1d', candles: 150 });
    expect(series.unconfirmed).toBeNull();
    expect(series.candles.at(-1)!.close).toBe(close);
  });

  it('that the next candle takes back is left out', async () => {
    const spike: Feed = (symbol) =>
      hours.get(symbol)!.map((candle, i) => (i === AT && symbol === 'SOL' ? scaled(candle, 1.8) : candle));
    const seen = await follow(marketOf(source('binance', spike)), '1h', 3);
    expect(seen.map(({ unconfirmed }) => unconfirmed)).toEqual([[], ['SOL'], [], []]);
    const kept = await gate.storage.candles.range('SOL', '1h', START_MS + (AT - 1) * HOUR_MS, gate.nowMs);
    expect(kept.map(({ openTimeMs }) => (openTimeMs - START_MS) / HOUR_MS)).toEqual([AT - 1, AT + 1, AT + 2]);
  });

  it('of every coin by the same factor is no market when no market ever moved so far', async () => {
    const yen: Feed = (symbol) => from(hours.get(symbol)!, (candle) => scaled(candle, 150));
    const seen = await follow(marketOf(source('binance', yen)), '1h', 3);
    expect(seen.at(-1)!.unconfirmed).toEqual([...COINS]);
  });

  it('costs no second request while nothing is unusual', async () => {
    const [first, second] = [source('binance', (symbol) => hours.get(symbol)!), source('kraken', () => [])];
    await follow(marketOf(first, second), '1h', 20, ['BTC', 'ETH']);
    expect(second.calls).toEqual([]);
  });
});
