import { describe, expect, it } from 'vitest';
import { type Candle, INTERVAL_MS } from '../../src/core/candle.ts';
import { MINUTE_MS } from '../../src/core/time.ts';
import { START_MS, scaled } from '../support/candles.ts';
import { AT, calmMarket, type Feed, from, gateMarket, source } from '../support/gate-market.ts';

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
  const WRONG = ['ETH', 'SOL', 'XRP', 'BNB', 'ADA'];

  it('are unconfirmed for as long as it is the only source, and none is stored', async () => {
    const seen = await follow(marketOf(source('binance', wrong)), interval, 12);
    expect(seen[0]!.unconfirmed).toEqual([]);
    for (const { unconfirmed } of seen.slice(1)) expect(unconfirmed).toEqual(WRONG);
    for (const symbol of WRONG) {
      expect(await newestClose(symbol, interval)).toMatchObject({ at: AT - 1, close: last(symbol).close });
    }
    expect((await newestClose('BTC', interval)).at).toBe(AT + 11);
    const noted = await gate.storage.unconfirmed.all();
    expect(noted.map(({ symbol, kind, openTimeMs }) => [symbol, kind, openTimeMs])).toEqual(
      ['ADA', 'BNB', 'ETH', 'SOL', 'XRP'].map((symbol) => [
        symbol,
        symbol === 'SOL' ? 'stuck' : 'gap',
        START_MS + AT * INTERVAL_MS[interval],
      ]),
    );
    // Found once, asked again since.
    expect(noted[0]!.foundAtMs).toBe(START_MS + (AT + 1) * INTERVAL_MS[interval] + MINUTE_MS);
    expect(noted[0]!.askedAtMs).toBe(gate.nowMs);
  });

  it.each([
    [
      'the last prices',
      (candle: Candle, last: Candle) => ({ ...last, openTimeMs: candle.openTimeMs, volume: candle.volume }),
    ],
    [
      'the last close',
      (candle: Candle, { close }: Candle) => ({ ...candle, open: close, high: close, low: close, close }),
    ],
  ])('are not believed while it repeats %s with volumes, alone or beside another', async (_what, still) => {
    const stuck: Feed = (symbol) =>
      symbol === 'SOL' ? from(right.get(symbol)!, (candle) => still(candle, last(symbol))) : right.get(symbol)!;
    const alone = await follow(marketOf(source('binance', stuck)), interval, 6);
    for (const { unconfirmed } of alone.slice(1)) expect(unconfirmed).toEqual(['SOL']);
    expect(await newestClose('SOL', interval)).toMatchObject({ at: AT - 1 });
    await follow(marketOf(source('binance', stuck), source('kraken', feed)), interval, 12);
    const close = right.get('SOL')![AT + 11]!.close;
    expect(await newestClose('SOL', interval)).toEqual({ at: AT + 11, close, source: 'kraken' });
  });

  it('are refused for those of a second source, however long they last', async () => {
    const market = marketOf(source('binance', wrong), source('kraken', feed));
    for (const { unconfirmed } of await follow(market, interval, 12)) expect(unconfirmed).toEqual([]);
    for (const symbol of WRONG) {
      const close = right.get(symbol)![AT + 11]!.close;
      expect(await newestClose(symbol, interval)).toEqual({ at: AT + 11, close, source: 'kraken' });
    }
    const series = await market.series({ symbol: 'ETH', interval, candles: 150, refresh: true });
    expect(series.failures).toContainEqual(
      expect.objectContaining({ source: 'binance', code: 'CC_SOURCE_IMPLAUSIBLE' }),
    );
  });
});
