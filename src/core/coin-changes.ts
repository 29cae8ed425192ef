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
  renamed(['XZC', 'Zcoin'], ['FIRO', 'Firo'], 'November 2020'),
  renamed(['GNT', 'Golem'], ['GLM', 'Golem'], 'November 2020'),
  renamed(['STRAT', 'Stratis'], ['STRAX', 'Stratis'], 'November 2020'),
  renamed(['POLY', 'Polymath'], ['POLYX', 'Polymesh'], 'March 2023'),
  renamed(['COCOS', 'Cocos-BCX'], ['COMBO', 'COMBO'], 'June 2023'),
  renamed(['TOMO', 'TomoChain'], ['VIC', 'Viction'], 'November 2023'),
  renamed(['TVK', 'Virtua'], ['VANRY', 'Vanar Chain'], 'December 2023'),
  renamed(['ORN', 'Orion'], ['LUMIA', 'Lumia'], 'October 2024'),
  renamed(['DAR', 'Mines of Dalarnia'], ['D', 'DAR Open Network'], 'January 2025'),
  renamed(['BNX', 'BinaryX'], ['FORM', 'Four'], 'March 2025'),
  renamed(['STPT', 'STP'], ['AWE', 'AWE Network'], 'May 2025'),
  renamed(['BCHABC', 'Bitcoin Cash ABC'], ['BCH', 'Bitcoin Cash'], 'November 2018'),
  converted(['MKR', 'Maker'], ['SKY', 'Sky'], 'September 2025', [1, 24_000]),
  converted(['GAL', 'Galxe'], ['G', 'Gravity'], 'July 2024', [1, 60]),
  converted(['OM', 'MANTRA'], ['MANTRA', 'MANTRA'], 'March 2026', [1, 4]),
  converted(['BTTOLD', 'BitTorrent (old)'], ['BTT', 'BitTorrent'], 'January 2022', [1, 1_000]),
  converted(['LEND', 'ETHLend'], ['AAVE', 'Aave'], 'October 2020', [100, 1]),
  converted(['ERD', 'Elrond'], ['EGLD', 'MultiversX'], 'September 2020', [1_000, 1]),
  converted(['NPXS', 'Pundi X'], ['PUNDIX', 'Pundi X'], 'March 2021', [1_000, 1]),
  converted(['BCHA', 'BCHA'], ['XEC', 'eCash'], 'July 2021', [1, 1_000_000]),
  converted(['BZRX', 'bZx Protocol'], ['OOKI', 'Ooki'], 'December 2021', [1, 10]),
  converted(['MFT', 'Mainframe'], ['HIFI', 'Hifi Finance'], 'January 2023', [100, 1]),
  converted(['MC', 'Merit Circle'], ['BEAM', 'Beam'], 'October 2023', [1, 100]),
  converted(['OMNI', 'Omni Network'], ['NOM', 'Nomina'], 'September 2025', [1, 75]),
  merged(['MCO', 'MCO'], ['CRO', 'Cronos'], 'August 2020', [1, 27.6439]),
  merged(['NU', 'NuCypher'], ['T', 'Threshold'], 'February 2022', [1, 3.26]),
  merged(['KEEP', 'Keep Network'], ['T', 'Threshold'], 'February 2022', [1, 4.78]),
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
  delisted(['LOOM', 'Loom Network'], 'August 2024'),
  delisted(['REEF', 'Reef'], 'August 2024'),
  delisted(['VGX', 'Voyager'], 'August 2024'),
  delisted(['ALPACA', 'Alpaca Finance'], 'May 2025'),
  delisted(['BAKE', 'BakeryToken'], 'September 2025'),
  alias('XBT', ['BTC', 'Bitcoin'], "Kraken's"),
  alias('XDG', ['DOGE', 'Dogecoin'], "Kraken's"),
  alias('LUNA2', ['LUNA', 'Terra'], "Kraken's"),
  alias('BTTC', ['BTT', 'BitTorrent'], "Binance's"),
  alias('BEAMX', ['BEAM', 'Beam'], "Binance's"),
  alias('RONIN', ['RON', 'Ronin'], "Binance's"),
  alias('CGLD', ['CELO', 'Celo'], "Coinbase's"),
  alias('XRB', ['XNO', 'Nano'], 'an older'),
  alias('MIOTA', ['IOTA', 'IOTA'], 'an older'),
];

const bySymbol: ReadonlyMap<string, CoinChange> = new Map(COIN_CHANGES.map((change) => [change.symbol, change]));

/** What became of the coin with that ticker (in capitals); null where nothing is known to have changed. */
export function changeOf(symbol: string): CoinChange | null {
  return bySymbol.get(symbol) ?? null;
}

/** Words that say nothing about which coin it is. */
const COMMON_WORDS = new Set(['the', 'and', 'old', 'token', 'coin', 'network', 'protocol', 'finance', 'chain', 'dao']);
const wordsOf = (text: string) =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '' && !COMMON_WORDS.has(word));

/**
 * Whether the coin that a list has under the old ticker is another one, which took the ticker since: neither its name nor its id has a word in common
 * with the old coin or what that became.
 */
export function isTakenOver(
  { symbol, name, to, kind }: CoinChange,
  listed: { readonly name: string; readonly id?: string },
): boolean {
  if (kind === 'alias' || kind === 'reused' || listed.id === undefined) return false;
  const old = new Set(wordsOf(`${symbol} ${name} ${to?.name ?? ''} ${to?.symbol ?? ''}`));
  return !wordsOf(`${listed.name} ${listed.id}`).some((word) => old.has(word));
}

/** The ticker under which a coin goes on, its successor's where it was converted; the ticker itself where nothing changed or nothing followed. */
export function currentSymbol(symbol: string): string {
  return changeOf(symbol)?.to?.symbol ?? symbol;
}
