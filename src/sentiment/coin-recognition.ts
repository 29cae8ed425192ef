import type { Asset } from '../core/asset.ts';
import { COIN_NAMES, GENERIC_NAMES, OTHER_MEANINGS, PLAIN_TICKERS, type Trust, WORDY_TICKERS } from './coin-names.ts';

/** Finds the coins that a headline mentions. */
export interface CoinRecognizer {
  /** Tickers in the order they are met, each once; empty where the headline speaks of no coin, or of the market as a whole. */
  symbolsIn(title: string): readonly string[];
  /** Names and tickers in lower case, word by word: what a price bot's post may consist of. */
  readonly words: ReadonlySet<string>;
}

interface Name {
  readonly symbol: string;
  readonly words: readonly string[];
  readonly trust: Trust;
}

interface Token {
  readonly text: string;
  readonly lower: string;
  /** What stands between this and the token before, without spaces. */
  readonly gap: string;
  readonly cashtag: boolean;
}

interface Mention {
  readonly symbol: string;
  readonly at: number;
  readonly length: number;
  readonly trust: Trust;
}

const TOKEN = /([$#]?)([\p{L}\d]+(?:\.(?=ai\b)[\p{L}]+)?)/gu;
const CRYPTO =
  /\b(?:crypto\w*|blockchain|token\w*|coins?|altcoins?|stablecoins?|memecoins?|defi|nfts?|web3|metaverse|dex|dapps?|mainnet|testnet|airdrop\w*|staking|staked|validators?|on-?chain|parachains?|smart contracts?|wallets?|hard fork|layer[- ]?[12]|l[12]s?|tvl|etfs?|etps?|dao|ico|hodl\w*|exchange|binance|coinbase|kraken|ftx|sec|whales?|bridge|protocol|ecosystem|subnets?|interchain|rollups?|price|bulls?|bears?|bullish|bearish|rall(?:y|ies)|all-time high)\b/i;
/** Beside a name these make it the name of a coin. */
const BESIDE_AFTER =
  /^(?:token|tokens|coin|coins|network|blockchain|protocol|foundation|labs?|ecosystem|mainnet|testnet|price|prices|dao|defi|dex|finance|chain|holders?|bulls?|bears?|whales?|staking|stakers?|wallets?|airdrop|validators?|traders?|investors?|developers?|community|transactions?|nodes?|fees|rall(?:y|ies)|jumps?|surges?|soars?|spikes?|skyrockets?|tumbles?|plunges?|plummets?|slumps?|rebounds?|outperforms?|pumps?|dumps?|crashes|usd|usdt|bridge|superchain|collective)$/;
/** What projects do and plain words do not. */
const ACTS =
  /^(?:launches|unveils|partners|integrates|acquires|upgrades|introduces|announces|votes|halts|resumes|activates|deploys|delays|migrates)$/;
/** Before a name these do. */
const BESIDE_BEFORE =
  /\b(?:(?:bullish|bearish|optimistic|pessimistic) (?:on|about)|(?:guide|introduction) to|buy|buying|bought|sell|selling|sold(?: my)?|hold|holds|holding|stake|staking|watch for|risks? in|worried about|losses? (?:on|in)|fees (?:on|of))$/;
/** Ordinary words after a wordy ticker in capitals: somebody shouts. */
const ORDINARY_AFTER = /^(?:the|a|an|my|your|his|her|our|their|its|this|that|in|to|of|below|here|all|me|you|it)$/;
const SHOUTED_SHARE = 0.6;
const MIN_SHOUTED_LETTERS = 12;

/**
 * Makes a recognizer for the coins of a list. Stablecoins are left out: what is said of them is said of the market. Of a ticker
 * that is in the list twice, the first counts.
 */
export function createCoinRecognizer(assets: readonly Asset[]): CoinRecognizer {
  const known = new Map<string, Asset>();
  for (const asset of assets) if (!asset.stablecoin && !known.has(asset.symbol)) known.set(asset.symbol, asset);
  const names = byFirstWord([...known.values()].flatMap(namesOf));
  const words = new Set([...known.keys()].map((symbol) => symbol.toLowerCase()));
  for (const list of names.values())
    for (const name of list)
      if (name.trust === 'sure' || name.trust === 'capital') for (const word of name.words) words.add(word);

  /** The longest name that begins at a place: "Bitcoin Cash" is not Bitcoin. */
  function nameAt(tokens: readonly Token[], at: number): readonly Mention[] {
    const fitting = (names.get(tokens[at]!.lower) ?? []).filter((name) =>
      name.words.every((word, i) => tokens[at + i]?.lower === word && (i === 0 || /^[-‐]?$/.test(tokens[at + i]!.gap))),
    );
    const longest = Math.max(0, ...fitting.map((name) => name.words.length));
    return fitting
      .filter((name) => name.words.length === longest)
      .map((name) => ({ symbol: name.symbol, at, length: longest, trust: name.trust }));
  }

  function tickerAt(tokens: readonly Token[], at: number, shouted: boolean): Mention | null {
    const token = tokens[at]!;
    const symbol = token.text.toUpperCase();
    if (!known.has(symbol)) return null;
    const mention = (trust: Trust) => ({ symbol, at, length: 1, trust });
    const hasLetter = /[A-Z]/.test(symbol);
    if (token.cashtag) return hasLetter ? mention('sure') : null;
    const next = tokens[at + 1];
    const quoted = next !== undefined && next.gap === '/' && /^(?:USDT?|USDC|BTC|ETH|EUR)$/.test(next.text);
    const bracketed =
      token.gap.endsWith('(') && token.text === symbol && (next === undefined || next.gap.startsWith(')'));
    if (
      hasLetter &&
      (quoted ||
        (bracketed && (PLAIN_TICKERS.has(symbol) || WORDY_TICKERS.has(symbol) || namedBefore(tokens, at, symbol))))
    )
      return mention('sure');
    if (PLAIN_TICKERS.has(symbol))
      return symbol === token.text || token.lower === token.text ? mention('sure') : mention('capital');
    if (token.text !== symbol || symbol.length < 2 || shouted) return null;
    if (WORDY_TICKERS.has(symbol))
      return next && next.gap === '' && ORDINARY_AFTER.test(next.lower) ? null : mention('capital');
    // Any of the thousand tickers of the list may be a word: alone it says too little.
    return next &&
      next.gap === '' &&
      /^(?:token|coin|price|holders?|airdrop)s?$/.test(next.lower) &&
      !/^(?:AI|US|UK|EU|NFT|DEFI|ETF|DAO|ICO|IDO|GAS|ID|IP|GAME|MEME|UTILITY|CBDC)$/.test(symbol)
      ? mention('capital')
      : null;
  }

  /** Whether the words before a bracketed ticker end like the coin's name. */
  function namedBefore(tokens: readonly Token[], at: number, symbol: string): boolean {
    const last = split(known.get(symbol)?.name ?? '');
    return tokens.slice(Math.max(0, at - 3), at).some((token) => last.includes(token.lower));
  }

  return {
    words,
    symbolsIn(title) {
      const text = OTHER_MEANINGS.reduce(
        (rest, pattern) => rest.replace(pattern, (found) => ' ¤ '.padEnd(found.length)),
        title,
      );
      const tokens = tokensOf(text);
      const shouted = isShouted(tokens, known);
      const mentions: Mention[] = [];
      for (let at = 0; at < tokens.length; ) {
        const named = nameAt(tokens, at);
        const ticker = tickerAt(tokens, at, shouted);
        const found =
          named.length > 0 && (named[0]!.length > 1 || !ticker || ticker.symbol === named[0]!.symbol)
            ? named
            : ticker
              ? [ticker]
              : [];
        // A sure ticker beats a doubtful name: "SUI", "$LINK".
        mentions.push(...found.map((one) => (ticker?.trust === 'sure' && ticker.symbol === one.symbol ? ticker : one)));
        at += found[0]?.length ?? 1;
      }
      const sure = mentions.filter((one) => one.trust === 'sure');
      const aboutCrypto = sure.length > 0 || CRYPTO.test(text);
      const counted = mentions.filter((one) => {
        if (one.trust === 'sure') return true;
        const written = tokens[one.at]!.text;
        if (written[0] === written[0]!.toLowerCase() && written[0] !== written[0]!.toUpperCase()) return false;
        if (one.trust === 'capital' && (aboutCrypto || mentions.length > 1)) return true;
        return one.trust === 'token' ? isToken(tokens, one) : isBeside(tokens, one, mentions);
      });
      return [...new Set(counted.map((one) => one.symbol))];
    },
  };
}

function namesOf(asset: Asset): Name[] {
  const special = COIN_NAMES[asset.symbol];
  const listed = split(asset.name);
  const names = (special ?? []).map(([name, trust]) => ({ symbol: asset.symbol, words: split(name), trust }));
  if (special || listed.length === 0) return names;
  // Of a coin nobody has looked at, a name of several words is trusted with capitals; a single word could be any.
  const trust: Trust = listed.length > 1 ? 'capital' : 'token';
  return asset.name.length < 3 || asset.name === asset.symbol || GENERIC_NAMES.has(asset.name.toLowerCase())
    ? []
    : [{ symbol: asset.symbol, words: listed, trust }];
}

function split(name: string): string[] {
  return name.toLowerCase().match(/[\p{L}\d]+(?:\.(?=ai\b)\p{L}+)?/gu) ?? [];
}

function byFirstWord(all: readonly Name[]): ReadonlyMap<string, readonly Name[]> {
  const map = new Map<string, Name[]>();
  for (const name of all) {
    const [first] = name.words;
    if (first) map.set(first, [...(map.get(first) ?? []), name]);
  }
  return map;
}

function tokensOf(text: string): Token[] {
  let end = 0;
  return [...text.matchAll(TOKEN)].map((match) => {
    const gap = text
      .slice(end, match.index)
      .replace(/\s+/g, '')
      .replace(/^[’']s$/, '');
    end = match.index + match[0].length;
    const word = match[2]!;
    return { text: word, lower: word.toLowerCase(), gap, cashtag: match[1] === '$' };
  });
}

/** Whether a title is written in capitals, tickers aside, so that they say nothing. */
function isShouted(tokens: readonly Token[], known: ReadonlyMap<string, Asset>): boolean {
  const words = tokens
    .filter((token) => !known.has(token.text) || ORDINARY_AFTER.test(token.lower))
    .map((token) => token.text);
  const letters = words.join('').match(/\p{L}/gu) ?? [];
  const capitals = letters.filter((letter) => letter !== letter.toLowerCase());
  return letters.length >= MIN_SHOUTED_LETTERS && capitals.length > SHOUTED_SHARE * letters.length;
}

/** Whether what follows makes a word the name of a coin, or it stands in a list of coins. */
function isBeside(tokens: readonly Token[], one: Mention, all: readonly Mention[]): boolean {
  const next = tokens[one.at + one.length];
  if (next && ['', "'s", '’s'].includes(next.gap)) {
    if (BESIDE_AFTER.test(next.lower) || ACTS.test(next.lower)) return true;
    if (next.lower === 's' && BESIDE_AFTER.test(tokens[one.at + one.length + 1]?.lower ?? '')) return true;
  }
  if (isMoved(tokens, one)) return true;
  const before = tokens.slice(Math.max(0, one.at - 3), one.at);
  if (BESIDE_BEFORE.test(before.map((token) => token.lower).join(' '))) return true;
  // "Stellar (XLM)"
  if (all.some((other) => other !== one && other.symbol === one.symbol && other.trust === 'sure')) return true;
  return all.some((other) => other !== one && other.symbol !== one.symbol && isListed(tokens, one, other));
}

/** Whether "token", "coin", "price" or "protocol" comes right after. */
function isToken(tokens: readonly Token[], one: Mention): boolean {
  const next = tokens[one.at + one.length];
  return next !== undefined && next.gap === '' && /^(?:tokens?|coin|price|protocol)$/.test(next.lower);
}

/** Whether two names stand side by side with nothing but a comma, "and" or "&" between them. */
function isListed(tokens: readonly Token[], one: Mention, other: Mention): boolean {
  const [first, second] = one.at < other.at ? [one, other] : [other, one];
  const between = tokens.slice(first.at + first.length, second.at);
  if (between.length === 0) return /^[,/&+]$/.test(tokens[second.at]!.gap);
  return between.length === 1 && between[0]!.lower === 'and' && /^,?$/.test(between[0]!.gap);
}

/** Whether a price moves right after the name: "Stellar gains 5%", "Compound rises to $60", "NEAR at $5". */
function isMoved(tokens: readonly Token[], one: Mention): boolean {
  const [verb, ...rest] = tokens.slice(one.at + one.length, one.at + one.length + 4);
  if (!verb) return false;
  const moves =
    /^(?:up|down|at|hits?|gains?|rises?|adds?|falls?|drops?|slides?|sinks?|slips?|loses|lost|climbs?|jumps?|jumped|surges?|surged|soars?|soared|rallies|rallied|tumbles?|plunges?|dumped|pumped|broke|breaks|just|trades?|sheds?|extends?|rebounds?|had)$/;
  if (/^extends?$/.test(verb.lower) && /^its$/.test(rest[0]?.lower ?? '')) return true;
  return moves.test(verb.lower) && [verb, ...rest].some((token) => /^\d/.test(token.text));
}
