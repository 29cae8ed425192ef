import { describe, expect, it } from 'vitest';
import { type Asset, KNOWN_ASSETS } from '../../src/core/asset.ts';
import { createCoinRecognizer } from '../../src/sentiment/coin-recognition.ts';

const listed = (symbol: string, name: string, stablecoin = false): Asset => ({
  symbol,
  name,
  rank: 90,
  marketCapUsd: 1,
  stablecoin,
});
const recognizer = createCoinRecognizer([
  ...KNOWN_ASSETS,
  listed('USDT', 'Tether', true),
  listed('AI', 'Sleepless AI'),
  listed('IP', 'Story'),
  listed('QNT', 'Quant'),
  listed('CORE', 'Core'),
  listed('WLFI', 'World Liberty Financial'),
  listed('BTC', 'Bitcoin on another chain'),
]);

describe('coins in a headline', () => {
  it.each([
    // Names, in any case, with endings, hyphens and hashes.
    ['bitcoin’s price and ether’s fees', 'BTC ETH'],
    ['#Bitcoin-based lending grows', 'BTC'],
    ['Cardano and Polkadot slide', 'ADA DOT'],
    ['Fund buys Shiba Inu', 'SHIB'],
    // The longest name counts: Bitcoin Cash is not Bitcoin.
    ['Bitcoin Cash halves while Bitcoin waits', 'BCH BTC'],
    ['Ethereum Classic hash rate doubles', 'ETC'],
    // Tickers with a dollar, in any case; amounts are none.
    ['$sol or $LINK, which one?', 'SOL LINK'],
    ['$100 for $1,000 of nothing', ''],
    ['$1INCH lists', '1INCH'],
    // Plain tickers.
    ['btc and eth lead the way', 'BTC ETH'],
    ['BTC/USDT chart looks weak', 'BTC'],
    ['Top 3 to watch: BTC, NEAR, ATOM', 'BTC NEAR ATOM'],
    // A stablecoin is the market's own business.
    ['Tether (USDT) launches on Tezos', 'XTZ'],
    // The whole market.
    ['Crypto market loses $100 billion in a day', ''],
  ])('%s → %s', (title, expected) => {
    expect(recognizer.symbolsIn(title).join(' ')).toBe(expected);
  });

  it.each([
    ['Click the link in bio to learn about crypto', ''],
    ['Missing link found in FTX case', ''],
    ['LINK rallies 10% as Chainlink adds a bank', 'LINK'],
    ['Bitcoin near $60K as traders wait', 'BTC'],
    ['Bitcoin Nears Near-Term Resistance', 'BTC'],
    ['We are NEAR the top of this crypto market', ''],
    ['NEAR soars 20% in a day', 'NEAR'],
    ['NEAR Protocol jumps', 'NEAR'],
    ['sol invictus', ''],
    ['SOL up 5% today', 'SOL'],
    ['ETH Zurich opens blockchain lab', ''],
    ['Avalanche of selling hits Bitcoin', 'BTC'],
    ['Avalanche kills five in the Alps', ''],
    ['Traders flee as Avalanche slides 9%', 'AVAX'],
    ['Avalanche Foundation launches grant', 'AVAX'],
    ['Optimism grows as Bitcoin holds', 'BTC'],
    ['Optimism (OP) token surges', 'OP'],
    ['Arbitrum and Optimism set records', 'ARB OP'],
    ['Coinbase posts stellar quarter', ''],
    ['Stellar rallies 4.3% on strong demand', 'XLM'],
    ['Ripple effect of the FTX collapse', ''],
    ['Ripple wins partial victory against SEC', 'XRP'],
    ['Compound interest explained for crypto savers', ''],
    ['Compound and Aave raise rates', 'COMP AAVE'],
    ['DOGE cuts federal workforce', ''],
    ['DOGE rallies after Musk tweets', 'DOGE'],
    ['UK regulatory sandbox admits crypto firms', ''],
    ['Dash to cash: investors flee crypto', ''],
    ['Dash price jumps', 'DASH'],
    ['Dot-com bubble and crypto bubble compared', ''],
  ])('an ambiguous word: %s → %s', (title, expected) => {
    expect(recognizer.symbolsIn(title).join(' ')).toBe(expected);
  });

  it.each([
    ['US CPI and AI stocks lift crypto', ''],
    ['Court rules on IP theft in crypto case', ''],
    ['Core developers meet in Zug, token holders watch', ''],
    ['A story about a crypto coin', ''],
    ['Quant (QNT) doubles', 'QNT'],
    ['Quant token doubles', 'QNT'],
    ['$AI doubles', 'AI'],
    ['World Liberty Financial token unlocks', 'WLFI'],
    ['BUY BTC NOW OR LINK YOUR WALLET AND WIN', 'BTC'],
  ])('any of the thousand listed tickers may be a word: %s → %s', (title, expected) => {
    expect(recognizer.symbolsIn(title).join(' ')).toBe(expected);
  });

  it('are each named once, in the order they are met', () => {
    expect(recognizer.symbolsIn('Ethereum, Bitcoin, ETH, BTC and $ETH')).toEqual(['ETH', 'BTC']);
  });

  it('are looked for in a title of any length and kind without failing', () => {
    for (const title of ['', '$', '((((((((', '$$$BTC', '🚀'.repeat(150), `${'BTC '.repeat(75)}`, '\ud800']) {
      expect(() => recognizer.symbolsIn(title)).not.toThrow();
    }
  });
});
