import type { Message } from '../language/message.ts';

/** What became of a coin that was known by a ticker. */
export interface CoinChange {
  /** The old ticker, in capitals. */
  readonly symbol: string;
  /** Its name at that time. */
  readonly name: string;
  /**
   * `renamed`: the same coin, one for one, goes on under another ticker. `alias`: an exchange's own ticker of a coin. `converted`: it was
   * exchanged for another coin or another unit, so that its prices do not go on. `reused`: the ticker means another coin now. `ended`: it has no
   * successor; where a source still has it, it is answered.
   */
  readonly kind: 'renamed' | 'alias' | 'converted' | 'reused' | 'ended';
  /** Ticker and name of the coin it became; null where there is none, and where the ticker itself stays. */
  readonly to: { readonly symbol: string; readonly name: string } | null;
  /** What became of it, in a sentence or two, in English for the log and in every language for who asked. */
  readonly text: string;
  readonly said: Message;
}

type Coin = readonly [symbol: string, name: string];

/** Amounts that were exchanged: so many of the old coin for so many of the new one. */
type Ratio = readonly [give: number, get: number];

const named = ([symbol, name]: Coin) => (name === symbol ? name : `${name} (${symbol})`);
const inMonth = (month: string) => ({ monthMs: Date.parse(`1 ${month} UTC`) });
const ratioText = ([give, get]: Ratio, from: string, to: string) =>
  `${give === 1 ? 'one' : give.toLocaleString('en-US')} ${from} for ${get === 1 ? 'one' : get.toLocaleString('en-US', { maximumFractionDigits: 6 })} ${to}`;
const exchanged = (
  key: 'coin.converted' | 'coin.merged',
  from: Coin,
  to: Coin,
  when: string,
  [give, get]: Ratio,
): Message => ({
  key,
  values: { from: named(from), to: named(to), month: inMonth(when), give, old: from[0], get, new: to[0] },
});

const renamed = ([symbol, name]: Coin, [to, toName]: Coin, when: string): CoinChange => ({
  symbol,
  name,
  kind: 'renamed',
  to: { symbol: to, name: toName },
  text: `${named([symbol, name])} became ${toName} (${to}) in ${when}, one for one: it is the same coin under a new ticker.`,
  said: {
    key: 'coin.renamed',
    values: { from: named([symbol, name]), to: named([to, toName]), month: inMonth(when) },
  },
});

const converted = ([symbol, name]: Coin, [to, toName]: Coin, when: string, ratio: Ratio): CoinChange => ({
  symbol,
  name,
  kind: 'converted',
  to: { symbol: to, name: toName },
  text: `${name} (${symbol}) became ${toName} (${to}) in ${when}: ${ratioText(ratio, symbol, to)}, so its old prices are in another unit.`,
  said: exchanged('coin.converted', [symbol, name], [to, toName], when, ratio),
});

const merged = ([symbol, name]: Coin, [to, toName]: Coin, when: string, ratio: Ratio): CoinChange => ({
  symbol,
  name,
  kind: 'converted',
  to: { symbol: to, name: toName },
  text: `${name} (${symbol}) was merged into ${toName} (${to}) in ${when}: ${ratioText(ratio, symbol, to)}. That is another coin, with a price history of its own.`,
  said: exchanged('coin.merged', [symbol, name], [to, toName], when, ratio),
});

const alias = (symbol: string, [to, name]: Coin, where: string): CoinChange => ({
  symbol,
  name,
  kind: 'alias',
  to: { symbol: to, name },
  text: `${symbol} is ${where} ticker of ${name} (${to}).`,
  said: {
    key: 'coin.alias',
    values: { symbol, where: where.endsWith("'s") ? 'exchange' : 'old', to: named([to, name]) },
  },
});

const delisted = ([symbol, name]: Coin, when: string): CoinChange => ({
  symbol,
  name,
  kind: 'ended',
  to: null,
  text: `${name} (${symbol}) was delisted by Binance in ${when}.`,
  said: { key: 'coin.delisted', values: { from: named([symbol, name]), month: inMonth(when) } },
});

const FET: Coin = ['FET', 'Artificial Superintelligence Alliance'];

/** Coins that have changed their ticker, unit or existence, as exchanges announced it, with the dates on which Binance traded the new one where it did. */
export const COIN_CHANGES: readonly CoinChange[] = [
  renamed(['MATIC', 'Polygon'], ['POL', 'Polygon Ecosystem Token'], 'September 2024'),
  renamed(['FTM', 'Fantom'], ['S', 'Sonic'], 'January 2025'),
  renamed(['EOS', 'EOS'], ['A', 'Vaulta'], 'May 2025'),
  renamed(['RNDR', 'Render'], ['RENDER', 'Render'], 'July 2024'),
  renamed(['KLAY', 'Klaytn'], ['KAIA', 'Kaia'], 'October 2024'),
  renamed(['PLA', 'PlayDapp'], ['PDA', 'PlayDapp'], 'March 2024'),
  renamed(['FXS', 'Frax Share'], ['FRAX', 'Frax'], 'January 2026'),
  renamed(['NANO', 'Nano'], ['XNO', 'Nano'], 'January 2022'),
  renamed(['BCHABC', 'Bitcoin Cash ABC'], ['BCH', 'Bitcoin Cash'], 'November 2018'),
  converted(['MKR', 'Maker'], ['SKY', 'Sky'], 'September 2025', [1, 24_000]),
  converted(['GAL', 'Galxe'], ['G', 'Gravity'], 'July 2024', [1, 60]),
  converted(['OM', 'MANTRA'], ['MANTRA', 'MANTRA'], 'March 2026', [1, 4]),
  converted(['BTTOLD', 'BitTorrent (old)'], ['BTT', 'BitTorrent'], 'January 2022', [1, 1_000]),
  converted(['LEND', 'ETHLend'], ['AAVE', 'Aave'], 'October 2020', [100, 1]),
  converted(['ERD', 'Elrond'], ['EGLD', 'MultiversX'], 'September 2020', [1_000, 1]),
  merged(['AGIX', 'SingularityNET'], FET, 'July 2024', [1, 0.43335]),
  merged(['OCEAN', 'Ocean Protocol'], FET, 'July 2024', [1, 0.433226]),
  {
    symbol: 'LUNA',
    name: 'Terra',
    kind: 'reused',
    to: null,
    text: 'LUNA means the new Terra since 28 May 2022; the coin that was called LUNA before is Terra Classic (LUNC).',
    said: { key: 'coin.luna' },
  },
  {
    symbol: 'UST',
    name: 'TerraUSD',
    kind: 'ended',
    to: null,
    text: 'TerraUSD (UST) lost its peg to the dollar in May 2022. What is left of it is called TerraClassicUSD (USTC).',
    said: { key: 'coin.ust' },
  },
  delisted(['ANT', 'Aragon'], 'February 2024'),
  delisted(['MULTI', 'Multichain'], 'February 2024'),
  delisted(['XEM', 'NEM'], 'June 2024'),
  delisted(['WAVES', 'Waves'], 'June 2024'),
  delisted(['OMG', 'OMG Network'], 'June 2024'),
  alias('XBT', ['BTC', 'Bitcoin'], "Kraken's"),
  alias('XDG', ['DOGE', 'Dogecoin'], "Kraken's"),
  alias('LUNA2', ['LUNA', 'Terra'], "Kraken's"),
  alias('BTTC', ['BTT', 'BitTorrent'], "Binance's"),
  alias('MIOTA', ['IOTA', 'IOTA'], 'an older'),
];

const bySymbol: ReadonlyMap<string, CoinChange> = new Map(COIN_CHANGES.map((change) => [change.symbol, change]));

/** What became of the coin with that ticker (in capitals); null where nothing is known to have changed. */
export function changeOf(symbol: string): CoinChange | null {
  return bySymbol.get(symbol) ?? null;
}

/** The ticker under which a coin goes on, its successor's where it was converted; the ticker itself where nothing changed or nothing followed. */
export function currentSymbol(symbol: string): string {
  return changeOf(symbol)?.to?.symbol ?? symbol;
}
