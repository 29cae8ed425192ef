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
  /** What became of it, in a sentence or two. */
  readonly text: string;
}

type Coin = readonly [symbol: string, name: string];

const renamed = ([symbol, name]: Coin, [to, toName]: Coin, when: string): CoinChange => ({
  symbol,
  name,
  kind: 'renamed',
  to: { symbol: to, name: toName },
  text: `${name === symbol ? name : `${name} (${symbol})`} became ${toName} (${to}) in ${when}, one for one: it is the same coin under a new ticker.`,
});

const converted = ([symbol, name]: Coin, [to, toName]: Coin, when: string, ratio: string): CoinChange => ({
  symbol,
  name,
  kind: 'converted',
  to: { symbol: to, name: toName },
  text: `${name} (${symbol}) became ${toName} (${to}) in ${when}: ${ratio}, so its old prices are in another unit.`,
});

const merged = ([symbol, name]: Coin, [to, toName]: Coin, when: string, ratio: string): CoinChange => ({
  symbol,
  name,
  kind: 'converted',
  to: { symbol: to, name: toName },
  text: `${name} (${symbol}) was merged into ${toName} (${to}) in ${when}: ${ratio}. That is another coin, with a price history of its own.`,
});

const alias = (symbol: string, [to, name]: Coin, where: string): CoinChange => ({
  symbol,
  name,
  kind: 'alias',
  to: { symbol: to, name },
  text: `${symbol} is ${where} ticker of ${name} (${to}).`,
});

const ended = ([symbol, name]: Coin, text: string): CoinChange => ({ symbol, name, kind: 'ended', to: null, text });

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
  converted(['MKR', 'Maker'], ['SKY', 'Sky'], 'September 2025', 'one MKR for 24,000 SKY'),
  converted(['GAL', 'Galxe'], ['G', 'Gravity'], 'July 2024', 'one GAL for 60 G'),
  converted(['OM', 'MANTRA'], ['MANTRA', 'MANTRA'], 'March 2026', 'one OM for 4 MANTRA'),
  converted(['BTTOLD', 'BitTorrent (old)'], ['BTT', 'BitTorrent'], 'January 2022', 'one old BTT for 1,000 new ones'),
  converted(['LEND', 'ETHLend'], ['AAVE', 'Aave'], 'October 2020', '100 LEND for one AAVE'),
  converted(['ERD', 'Elrond'], ['EGLD', 'MultiversX'], 'September 2020', '1,000 ERD for one EGLD'),
  merged(['AGIX', 'SingularityNET'], FET, 'July 2024', 'one AGIX for 0.43335 FET'),
  merged(['OCEAN', 'Ocean Protocol'], FET, 'July 2024', 'one OCEAN for 0.433226 FET'),
  {
    symbol: 'LUNA',
    name: 'Terra',
    kind: 'reused',
    to: null,
    text: 'LUNA means the new Terra since 28 May 2022; the coin that was called LUNA before is Terra Classic (LUNC).',
  },
  ended(
    ['UST', 'TerraUSD'],
    'TerraUSD (UST) lost its peg to the dollar in May 2022. What is left of it is called TerraClassicUSD (USTC).',
  ),
  ended(['ANT', 'Aragon'], 'Aragon (ANT) was delisted by Binance in February 2024.'),
  ended(['MULTI', 'Multichain'], 'Multichain (MULTI) was delisted by Binance in February 2024.'),
  ended(['XEM', 'NEM'], 'NEM (XEM) was delisted by Binance in June 2024.'),
  ended(['WAVES', 'Waves'], 'Waves (WAVES) was delisted by Binance in June 2024.'),
  ended(['OMG', 'OMG Network'], 'OMG Network (OMG) was delisted by Binance in June 2024.'),
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
