import { BASE_CURRENCY, findCurrency } from './currency.ts';

/** What a coin's price is asked in: a currency, or another coin as it was typed. */
export type QuoteAsk = { readonly currency: string } | { readonly coin: string };

/** A coin as it was typed, and what its price was asked in with it; null where nothing was said. */
export interface CoinAsk {
  readonly coin: string;
  readonly quote: QuoteAsk | null;
}

/** Whether a text names a coin exactly, by ticker or name. */
export type IsCoin = (text: string) => boolean;

/** Dollar stablecoins that markets are quoted in: a price in one is a price in dollars. */
const DOLLARS: ReadonlySet<string> = new Set(['USDT', 'USDC', 'BUSD', 'FDUSD']);
/** Words of a coin's name at most: "artificial superintelligence alliance" has three. */
const MAX_WORDS = 4;

/** Signs that stand for a coin. */
const SIGNS: Readonly<Record<string, string>> = { '₿': 'BTC', Ξ: 'ETH', Ð: 'DOGE' };
/** Words beside a coin that name none, in lower case: "bitcoin price please", "what will bitcoin do". */
const BESIDE: ReadonlySet<string> = new Set(
  [
    'price prices coin token crypto of please now today what where how will would is are does do be go going high low the to',
    'kurs preis bitte was wo wie wird macht ist steht geht hoch tief der die das',
    'precio qué que hará hara dónde donde cómo como estará estara va el la',
    'prix cours fera où sera preço fará onde estará',
  ]
    .join(' ')
    .split(' '),
);
/** Words and signs between coins. */
const BETWEEN: ReadonlySet<string> = new Set(['and', 'und', 'y', 'et', 'e', '&', '+', 'vs', '|', '·']);
/** How chart sites write a market: BINANCE:BTCUSDT, and BTCUSDT.P for a perpetual one. */
const EXCHANGE = /^(?:binance|coinbase|kraken|bybit|okx|bitstamp|bitfinex|kucoin):/i;
/** How people begin who think that the option has to be named. */
const NAMED = /^(?:coin|ticker|symbol|token):/i;

/**
 * The words of a coin in what was typed: without emoji and characters that are not seen, punctuation around it, and words such as "price" beside
 * it. A currency's sign at the end stays.
 */
export function coinText(text: string): string {
  const seen = text
    .normalize('NFKC')
    .replace(/\p{Cf}|\p{Extended_Pictographic}|\ufe0f/gu, '')
    .replace(/[₿ΞÐ]/g, (sign) => SIGNS[sign] ?? sign);
  const letters = [...seen];
  const from = letters.findIndex((letter) => /[\p{L}\p{N}]/u.test(letter));
  const to = letters.findLastIndex((letter) => /[\p{L}\p{N}\p{Sc}]/u.test(letter));
  if (from < 0) return '';
  const bare = letters
    .slice(from, to + 1)
    .join('')
    .replace(NAMED, '')
    .replace(EXCHANGE, '')
    .replace(/\.p$|[-_ ]?perp$/i, '');
  const words = wordsOf(bare);
  const named = words.filter((word) => !BESIDE.has(word.toLowerCase()));
  return (named.length > 0 ? named : words).join(' ');
}

const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== '');
const isDollar = (text: string) => DOLLARS.has(text.trim().toUpperCase());
const quoteOf = (text: string): QuoteAsk => {
  const currency = isDollar(text) ? BASE_CURRENCY : findCurrency(text);
  return currency === null ? { coin: text.trim() } : { currency };
};

/**
 * Reads `BTC`, `BTC/EUR`, `BTC-EUR`, `BTC EUR`, `BTCEUR` or `ETH/BTC`: the coin and what its price is asked in. A text that names a coin as it is,
 * such as `usd coin`, is that coin.
 */
export function readPair(text: string, isCoin: IsCoin): CoinAsk {
  const whole = wordsOf(text).join(' ');
  const typed = isCoin(whole) ? whole : coinText(whole) || whole;
  const pair = splitPair(typed);
  if (pair && 'currency' in pair.quote) return pair;
  if (isCoin(typed)) return { coin: typed, quote: null };
  if (pair) return pair;
  const words = typed.split(' ');
  const last = words.pop()!;
  if (words.length > 0 && (findCurrency(last) !== null || isDollar(last))) {
    if (words.length > 1 && words.at(-1)!.toLowerCase() === 'in') words.pop();
    return { coin: words.join(' '), quote: quoteOf(last) };
  }
  for (const length of [3, 4, 5]) {
    const [front, end] = [typed.slice(0, -length), typed.slice(-length)];
    const isQuote = length === 3 ? findCurrency(end) === end.toUpperCase() : isDollar(end);
    if (front !== '' && isQuote && isCoin(front)) return { coin: front, quote: quoteOf(end) };
  }
  return { coin: typed, quote: null };
}

/**
 * Reads several coins, separated by commas, or by spaces where there is none: `BTC, ETH/EUR`, `BTC ETH`, `doge coin shiba inu`, `BTC ETH EUR`. Of words
 * without commas the longest run that names a coin is taken; a currency among them is what all are asked in.
 */
export function readCoins(text: string, isCoin: IsCoin): readonly CoinAsk[] {
  if (/[,;]/.test(text)) {
    const parts = text.split(/[,;]/).map((part) => part.trim());
    return parts.filter((part) => part !== '').map((part) => readPair(part, isCoin));
  }
  const words = wordsOf(text);
  const asks: CoinAsk[] = [];
  let common: QuoteAsk | null = null;
  for (let at = 0; at < words.length; ) {
    const run = longestCoin(words.slice(at, at + MAX_WORDS), isCoin);
    const word = words[at]!;
    const isBeside = BESIDE.has(word.toLowerCase()) && words.length > 1;
    if (run > 0) asks.push({ coin: words.slice(at, at + run).join(' '), quote: null });
    else if (isBeside || (asks.length > 0 && BETWEEN.has(word.toLowerCase()))) {
      // "bitcoin price", "BTC and ETH".
    } else if (asks.length > 0 && word.toLowerCase() === 'in' && at === words.length - 2) {
      // "BTC in EUR", "ETH in BTC"; what is neither a currency nor a coin is refused by its name.
      common = quoteOf(words[at + 1]!);
      break;
    } else if (asks.length > 0 && (findCurrency(word) !== null || isDollar(word))) common = quoteOf(word);
    else asks.push(readPair(word, isCoin));
    at += Math.max(run, 1);
  }
  // Words that name nothing alone are one misspelt name: "bitcoin cahs".
  if (common === null && asks.length > 1 && asks.every(({ coin, quote }) => quote === null && !isCoin(coin)))
    return [{ coin: words.join(' '), quote: null }];
  return asks.map((ask) => ({ ...ask, quote: ask.quote ?? common }));
}

/** What stands before and after the last `/`, `_`, `:` or `-`; null where there is none, or nothing on one side of it. */
function splitPair(typed: string): { readonly coin: string; readonly quote: QuoteAsk } | null {
  const at = Math.max(...['/', '_', ':', '-'].map((mark) => typed.lastIndexOf(mark)));
  const [coin, quote] = [typed.slice(0, Math.max(at, 0)).trim(), typed.slice(at + 1).trim()];
  return coin === '' || quote === '' ? null : { coin, quote: quoteOf(quote) };
}

function longestCoin(words: readonly string[], isCoin: IsCoin): number {
  for (let count = words.length; count > 0; count--) if (isCoin(words.slice(0, count).join(' '))) return count;
  return 0;
}
