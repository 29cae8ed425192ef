import { describe, expect, it } from 'vitest';
import { KNOWN_ASSETS } from '../../../src/core/asset.ts';
import { followerKind } from '../../../src/services/universe/choose-coins.ts';

const PRICES: ReadonlyMap<string, number | null> = new Map([
  ['BTC', 60_000],
  ['ETH', 3_000],
  ['SOL', 150],
  ['PEPE', 0.00001],
  ['AVA', 0.5],
]);
const kind = (symbol: string, priceUsd: number | null = null, name: string | null = null) =>
  followerKind({ symbol, name, priceUsd }, PRICES);

describe('a token that follows another price', () => {
  it.each([
    ['USDC', 1, 'pegged'],
    ['XUSD', 0.9998, 'pegged'],
    ['BFUSD', null, 'pegged'],
    ['EUR', 1.08, 'currency'],
    ['EURCV', 1.16, 'currency'],
    ['EUROP', 1.16, 'currency'],
    ['TGBP', 1.3, 'currency'],
    ['PAXG', 2_400, 'metal'],
    ['WBTC', 59_900, 'wrapped'],
    ['CDCETH', 3_150, 'wrapped'],
    ['VSOL', 165, 'wrapped'],
    ['BTCUP', 12, 'leveraged'],
    ['ETHDOWN', 3, 'leveraged'],
    ['1INCHUP', 3, 'leveraged'],
    ['PEPEBULL', 1, 'leveraged'],
    ['BTC3L', 1, 'leveraged'],
    ['SOL5S', 1, 'leveraged'],
    ['EOSBEAR', 1, 'leveraged'],
  ] as const)('%s at %j is %s', (symbol, priceUsd, expected) => {
    expect(kind(symbol, priceUsd)).toBe(expected);
  });

  it.each(['Wrapped Pulse', 'Lido Staked Ether', 'Bridged TIA', 'Kelp DAO Restaked ETH'])(
    'is told by its name: %s',
    (name) => {
      expect(kind('ANY', 5, name)).toBe('wrapped');
    },
  );
});

describe('a coin with a price of its own', () => {
  it.each([
    'JUP',
    'SUPER',
    'SYRUP',
    'PUMP',
    'WLD',
    'WIF',
    'STX',
    'STORJ',
    'METIS',
    'C98',
    'BEAM',
    'RON',
    'BULL',
    'UPX',
    'DOWN',
    'S',
    'H2O3L',
  ])('%s stays, though its ticker looks like that of a token', (symbol) => {
    expect(kind(symbol, 0.4)).toBeNull();
  });

  it.each([
    ['USDUC', 0.02],
    ['KAVA', 0.5],
    ['OLDETH', 12],
  ])('%s at %d is no token of what its ticker names', (symbol, priceUsd) => {
    expect(kind(symbol, priceUsd)).toBeNull();
  });

  it('are all coins of the built-in list', () => {
    expect(KNOWN_ASSETS.filter(({ symbol, name }) => kind(symbol, 0.4, name) !== null)).toEqual([]);
  });
});
