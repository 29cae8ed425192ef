import { describe, expect, it } from 'vitest';
import { coinText, readCoins, readPair } from '../../src/core/pair.ts';

const COINS = [
  'btc',
  'eth',
  'doge',
  'doge coin',
  'dogecoin',
  'shiba inu',
  'bitcoin',
  'bitcoin cash',
  'usd coin',
  'usdc',
  'all',
];
const isCoin = (text: string) => COINS.includes(text.toLowerCase());
const eur = { currency: 'EUR' };

describe('a coin and what its price is asked in', () => {
  it.each([
    ['BTC', { coin: 'BTC', quote: null }],
    ['BTC/EUR', { coin: 'BTC', quote: eur }],
    ['btc-eur', { coin: 'btc', quote: eur }],
    ['BTC : €', { coin: 'BTC', quote: eur }],
    ['BTC EUR', { coin: 'BTC', quote: eur }],
    ['BTC in EUR', { coin: 'BTC', quote: eur }],
    ['BTCEUR', { coin: 'BTC', quote: eur }],
    ['BTC/USDT', { coin: 'BTC', quote: { currency: 'USD' } }],
    ['ETH/BTC', { coin: 'ETH', quote: { coin: 'BTC' } }],
    ['usd coin', { coin: 'usd coin', quote: null }],
    ['XEUR', { coin: 'XEUR', quote: null }],
    ['EUR', { coin: 'EUR', quote: null }],
  ])('%s', (text, ask) => {
    expect(readPair(text, isCoin)).toEqual(ask);
  });
});

describe('several coins', () => {
  it.each([
    ['BTC, ETH', ['BTC', 'ETH']],
    ['BTC ETH', ['BTC', 'ETH']],
    ['doge coin', ['doge coin']],
    ['BTC doge coin bitcoin cash', ['BTC', 'doge coin', 'bitcoin cash']],
    ['shiba inu, btc;ETH', ['shiba inu', 'btc', 'ETH']],
    ['bitcoin cahs', ['bitcoin', 'cahs']],
    ['nothing here', ['nothing here']],
    ['BTC and ETH', ['BTC', 'ETH']],
    ['BTC & doge coin', ['BTC', 'doge coin']],
    ['price of bitcoin', ['bitcoin']],
    ['bitcoin price please', ['bitcoin']],
    ['', []],
  ])('%j are %j', (text, coins) => {
    expect(readCoins(text, isCoin).map(({ coin }) => coin)).toEqual(coins);
  });

  it('take a currency among the words as that of all, and one of their own where it is written with them', () => {
    expect(readCoins('ETH in doubloons', isCoin)).toEqual([{ coin: 'ETH', quote: { coin: 'doubloons' } }]);
    expect(readCoins('ETH in BTC', isCoin)).toEqual([{ coin: 'ETH', quote: { coin: 'BTC' } }]);
    expect(readCoins('BTC ETH in EUR', isCoin)).toEqual([
      { coin: 'BTC', quote: eur },
      { coin: 'ETH', quote: eur },
    ]);
    expect(readCoins('BTC/GBP, ETH', isCoin)).toEqual([
      { coin: 'BTC', quote: { currency: 'GBP' } },
      { coin: 'ETH', quote: null },
    ]);
  });
});

describe('the words of a coin', () => {
  it.each([
    ['btc?', 'btc'],
    ['(BTC).', 'BTC'],
    ['🚀btc🚀', 'btc'],
    ['B\u200dTC', 'BTC'],
    ['ＢＴＣ', 'BTC'],
    ['₿', 'BTC'],
    ['#eth', 'eth'],
    ['BTC/€', 'BTC/€'],
    ['BTC-PERP', 'BTC'],
    ['BINANCE:BTCUSDT.P', 'BTCUSDT'],
    ['eth coin', 'eth'],
    ['coin', 'coin'],
    ['🚀', ''],
  ])('%s', (text, words) => {
    expect(coinText(text)).toBe(words);
  });
});
