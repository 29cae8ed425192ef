import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Choosing, chooseCoins } from '../../../src/services/universe/choose-coins.ts';
import type { TrainingCoin } from '../../../src/storage/training-coin-repository.ts';

const NOW_MS = Date.UTC(2026, 2, 10);

const market = (symbol: string, dollars: number) => ({ symbol, coins: dollars / 2, priceUsd: 2 });
const choose = (given: Partial<Choosing>) =>
  chooseCoins({ tracked: [], wanted: 3, lists: [], members: [], known: new Map(), nowMs: NOW_MS, ...given });
const placed = (given: Partial<Choosing>) =>
  choose(given)
    .coins.filter(({ place }) => place !== null)
    .toSorted((a, b) => a.place! - b.place!)
    .map(({ symbol }) => symbol);

const binance = {
  source: 'binance',
  markets: [market('AAA', 100), market('BBB', 90), market('CCC', 80), market('DDD', 70)],
};
const kraken = { source: 'kraken', markets: [market('DDD', 40), market('EEE', 95)] };

describe('the choice of coins', () => {
  it('goes by what all sources traded together', () => {
    expect(placed({ lists: [binance] })).toEqual(['AAA', 'BBB', 'CCC']);
    expect(placed({ lists: [binance, kraken] })).toEqual(['DDD', 'AAA', 'EEE']);
  });

  it('takes the price of a list without prices from another, or from the coin list', () => {
    const coinbase = {
      source: 'coinbase',
      markets: [
        { symbol: 'CCC', coins: 30, priceUsd: null },
        { symbol: 'FFF', coins: 60, priceUsd: null },
      ],
    };
    const known = new Map([['FFF', { name: 'F', priceUsd: 2, stablecoin: false }]]);
    expect(placed({ lists: [binance, coinbase], known })).toEqual(['CCC', 'FFF', 'AAA']);
    expect(placed({ lists: [binance, coinbase] })).toEqual(['CCC', 'AAA', 'BBB']);
  });

  it('leaves out what the coin list calls a stablecoin or wrapped, and a ticker that has been renamed', () => {
    const markets = ['AAA', 'BBB', 'MATIC', 'POL'].map((symbol) => market(symbol, 10));
    const known = new Map([
      ['AAA', { name: 'A Dollar', priceUsd: 1, stablecoin: true }],
      ['BBB', { name: 'Wrapped B', priceUsd: 2, stablecoin: false }],
    ]);
    expect(placed({ lists: [{ source: 'binance', markets }], known })).toEqual(['POL']);
  });

  it('keeps a member until another is traded twice as much', () => {
    const members = choose({ lists: [binance] }).coins;
    const now = (dollars: number) => ({
      source: 'binance',
      markets: [...binance.markets.slice(0, 3), market('NEW', dollars)],
    });
    expect(placed({ lists: [now(150)], members })).toEqual(['AAA', 'BBB', 'CCC']);
    expect(placed({ lists: [now(165)], members })).toEqual(['AAA', 'BBB', 'NEW']);
  });

  it('lets a source that does not answer keep saying what it said', () => {
    const members = choose({ lists: [binance, kraken] }).coins;
    expect(placed({ lists: [kraken], members })).toEqual(['DDD', 'AAA', 'EEE']);
    expect(placed({ lists: [], members })).toEqual(['DDD', 'AAA', 'EEE']);
  });

  it('removes a member that turns out to follow another price, unless it is tracked', () => {
    const members = choose({ lists: [binance] }).coins;
    const known = new Map(['AAA', 'BBB'].map((symbol) => [symbol, { name: null, priceUsd: 1, stablecoin: true }]));
    const chosen = choose({ lists: [binance], members, known, tracked: ['BBB'] });
    expect(chosen.removed).toEqual(['AAA']);
    expect(placed({ lists: [binance], members, known, tracked: ['BBB'] })).toEqual(['BBB', 'CCC', 'DDD']);
  });
});

describe('whatever the sources say', () => {
  const symbol = fc.constantFrom(...'AAA BBB CCC DDD EEE USDC BTC WBTC BTCUP'.split(' '));
  const dollars = fc.oneof(fc.double({ min: 0, max: 1e13, noNaN: true }), fc.constantFrom(0, 1e30, Number.NaN, -5));
  const list = (source: string) =>
    fc
      .array(fc.record({ symbol, coins: dollars, priceUsd: fc.constantFrom(null, 1, 2) }), { maxLength: 20 })
      .map((markets) => ({ source, markets }));
  const lists = fc.subarray(['binance', 'kraken']).chain((names) => fc.tuple(...names.map(list)));

  it('tracked coins come first, in their order, the others fill up what is wanted, and no member is lost but tokens', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(symbol, { maxLength: 5 }),
        fc.integer({ min: 0, max: 8 }),
        fc.array(lists, { minLength: 1, maxLength: 4 }),
        (tracked, wanted, days) => {
          let members: readonly TrainingCoin[] = [];
          for (const given of days) {
            const { coins, removed } = choose({ tracked, wanted, lists: given, members });
            const places = coins.flatMap(({ place }) => (place === null ? [] : [place])).toSorted((a, b) => a - b);
            expect(places).toEqual(places.map((_, i) => i + 1));
            expect(places.length).toBeLessThanOrEqual(Math.max(wanted, tracked.length));
            for (const [i, one] of tracked.entries())
              expect(coins.find((coin) => coin.symbol === one)?.place).toBe(i + 1);
            const others = coins.filter(({ place, symbol: one }) => place !== null && !tracked.includes(one));
            for (const { symbol: one } of others) expect(['USDC', 'WBTC', 'BTCUP']).not.toContain(one);
            for (const { symbol: one } of members) {
              expect(coins.some((coin) => coin.symbol === one) !== removed.includes(one)).toBe(true);
            }
            for (const { volumes } of coins) {
              for (const volume of Object.values(volumes)) expect(volume > 0 && volume <= 1e12).toBe(true);
            }
            members = coins;
          }
        },
      ),
    );
  });
});
