import type { Asset } from '../core/asset.ts';
import {
  AMBIGUOUS_TICKERS,
  COIN_NAMES,
  GENERIC_NAMES,
  type NameRule,
  OTHER_MEANINGS,
  UNAMBIGUOUS_TICKERS,
} from './coin-names.ts';

/** Finds the coins that a headline mentions. */
export interface CoinRecognizer {
  /** Tickers in the order of the headline, each once; empty where it names no coin, or only the market as a whole. */
  symbolsIn(title: string): readonly string[];
  /** The single words of all names and tickers, lower case; posts of price bots hold no other words than these and numbers. */
  readonly words: ReadonlySet<string>;
}

interface Name {
  readonly symbol: string;
  readonly words: readonly string[];
  readonly rule: NameRule;
}

interface Token {
  readonly text: string;
  readonly lower: string;
  /** The characters between the previous token and this one, without spaces. */
  readonly gap: string;
  readonly cashtag: boolean;
}

interface Mention {
  readonly symbol: string;
  readonly at: number;
  readonly length: number;
  readonly rule: NameRule;
}

const TOKEN = /([$#]?)([\p{L}\d]+(?:\.(?=ai\b)[\p{L}]+)?)/gu;
const CRYPTO =
  /\b(?:crypto|token|airdrop|hodl|(?:blockchain|coins?|altcoins?|stablecoins?|memecoins?|defi|nfts?|web3|metaverse|dex|dapps?|mainnet|testnet|staking|staked|validators?|on-?chain|parachains?|smart contracts?|wallets?|hard fork|layer[- ]?[12]|l[12]s?|tvl|etfs?|etps?|dao|ico|exchange|binance|coinbase|kraken|ftx|sec|whales?|bridge|protocol|ecosystem|subnets?|interchain|rollups?|price|bulls?|bears?|bullish|bearish|rall(?:y|ies)|all-time high)\b)/i;
/** Right after a word, these show that it is the name of a coin. */
const CONTEXT_AFTER =
  /^(?:token|tokens|coin|coins|network|blockchain|protocol|foundation|labs?|ecosystem|mainnet|testnet|price|prices|dao|defi|dex|finance|chain|holders?|bulls?|bears?|whales?|staking|stakers?|wallets?|airdrop|validators?|traders?|investors?|developers?|community|transactions?|nodes?|fees|rall(?:y|ies)|jumps?|surges?|soars?|spikes?|skyrockets?|tumbles?|plunges?|plummets?|slumps?|rebounds?|outperforms?|pumps?|dumps?|crashes|usd|usdt|bridge|superchain|collective)$/;
/** Verbs of projects, which do not follow the same word in its ordinary meaning. */
const PROJECT_VERBS =
  /^(?:launches|unveils|partners|integrates|acquires|upgrades|introduces|announces|votes|halts|resumes|activates|deploys|delays|migrates)$/;
/** Right before a word, these show that it is the name of a coin. */
const CONTEXT_BEFORE =
  /\b(?:(?:bullish|bearish|optimistic|pessimistic) (?:on|about)|(?:guide|introduction) to|buy|buying|bought|sell|selling|sold(?: my)?|hold|holds|holding|stake|staking|watch for|risks? in|worried about|losses? (?:on|in)|fees (?:on|of))$/;
/** Right after an ambiguous ticker in capitals, these show that it is an ordinary word which the author capitalised. */
const ORDINARY_AFTER = /^(?:the|a|an|my|your|his|her|our|their|its|this|that|in|to|of|below|here|all|me|you|it)$/;
/** A title is taken as written in capitals from this share of capital letters on, if it has at least that many letters. */
const MIN_CAPITAL_SHARE = 0.6;
const MIN_LETTERS = 12;

/**
 * Makes a recognizer for the coins of a list. Stablecoins are left out: headlines about them are about the market as a whole. Of a
 * ticker that is in the list twice, the first counts.
 */
export function createCoinRecognizer(assets: readonly Asset[]): CoinRecognizer {
  const known = new Map<string, Asset>();
  for (const asset of assets) if (!asset.stablecoin && !known.has(asset.symbol)) known.set(asset.symbol, asset);
  const names = byFirstWord([...known.values()].flatMap(namesOf));
  const words = new Set([...known.keys()].map((symbol) => symbol.toLowerCase()));
  for (const list of names.values())
    for (const name of list)
      if (name.rule === 'always' || name.rule === 'capitalized') for (const word of name.words) words.add(word);

  /** The longest name that begins at a place: "Bitcoin Cash" is not Bitcoin. */
  function nameAt(tokens: readonly Token[], at: number): readonly Mention[] {
    const fitting = (names.get(tokens[at]!.lower) ?? []).filter((name) =>
      name.words.every((word, i) => tokens[at + i]?.lower === word && (i === 0 || /^[-‐]?$/.test(tokens[at + i]!.gap))),
    );
    const longest = Math.max(0, ...fitting.map((name) => name.words.length));
    return fitting
      .filter((name) => name.words.length === longest)
      .map((name) => ({ symbol: name.symbol, at, length: longest, rule: name.rule }));
  }

  function tickerAt(tokens: readonly Token[], at: number, allCaps: boolean): Mention | null {
    const token = tokens[at]!;
    const symbol = token.text.toUpperCase();
    if (!known.has(symbol)) return null;
    const mention = (rule: NameRule) => ({ symbol, at, length: 1, rule });
    const hasLetter = /[A-Z]/.test(symbol);
    if (token.cashtag) return hasLetter ? mention('always') : null;
    const next = tokens[at + 1];
    const quoted = next !== undefined && next.gap === '/' && /^(?:USDT?|USDC|BTC|ETH|EUR)$/.test(next.text);
    const bracketed =
      token.gap.endsWith('(') && token.text === symbol && (next === undefined || next.gap.startsWith(')'));
    if (
      hasLetter &&
      (quoted ||
        (bracketed &&
          (UNAMBIGUOUS_TICKERS.has(symbol) || AMBIGUOUS_TICKERS.has(symbol) || namedBefore(tokens, at, symbol))))
    )
      return mention('always');
    if (UNAMBIGUOUS_TICKERS.has(symbol))
      return symbol === token.text || token.lower === token.text ? mention('always') : mention('capitalized');
    if (token.text !== symbol || symbol.length < 2 || allCaps) return null;
    if (AMBIGUOUS_TICKERS.has(symbol))
      return next && next.gap === '' && ORDINARY_AFTER.test(next.lower) ? null : mention('capitalized');
    // Any of the thousand other tickers may be an ordinary word, so it only counts before "token" and the like.
    return next &&
      next.gap === '' &&
      /^(?:token|coin|price|holders?|airdrop)s?$/.test(next.lower) &&
      !/^(?:AI|US|UK|EU|NFT|DEFI|ETF|DAO|ICO|IDO|GAS|ID|IP|GAME|MEME|UTILITY|CBDC)$/.test(symbol)
      ? mention('capitalized')
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
      const allCaps = isAllCaps(tokens, known);
      const mentions: Mention[] = [];
      for (let at = 0; at < tokens.length; ) {
        const named = nameAt(tokens, at);
        const ticker = tickerAt(tokens, at, allCaps);
        const found =
          named.length > 0 && (named[0]!.length > 1 || !ticker || ticker.symbol === named[0]!.symbol)
            ? named
            : ticker
              ? [ticker]
              : [];
        // Where name and ticker are one word, a ticker that always counts goes before a name that needs context: "SUI", "$LINK".
        mentions.push(
          ...found.map((one) => (ticker?.rule === 'always' && ticker.symbol === one.symbol ? ticker : one)),
        );
        at += found[0]?.length ?? 1;
      }
      const certain = mentions.filter((one) => one.rule === 'always');
      const aboutCrypto = certain.length > 0 || CRYPTO.test(text);
      const counted = mentions.filter((one) => {
        if (one.rule === 'always') return true;
        const written = tokens[one.at]!.text;
        if (written[0] === written[0]!.toLowerCase() && written[0] !== written[0]!.toUpperCase()) return false;
        if (one.rule === 'capitalized' && (aboutCrypto || mentions.length > 1)) return true;
        return one.rule === 'before-token' ? isBeforeToken(tokens, one) : hasContext(tokens, one, mentions);
      });
      return [...new Set(counted.map((one) => one.symbol))];
    },
  };
}

function namesOf(asset: Asset): Name[] {
  const special = COIN_NAMES[asset.symbol];
  const listed = split(asset.name);
  const names = (special ?? []).map(([name, rule]) => ({ symbol: asset.symbol, words: split(name), rule }));
  if (special || listed.length === 0) return names;
  // Without an entry in COIN_NAMES, a name of several words counts with capitals; a single word may be an ordinary one.
  const rule: NameRule = listed.length > 1 ? 'capitalized' : 'before-token';
  return asset.name.length < 3 || asset.name === asset.symbol || GENERIC_NAMES.has(asset.name.toLowerCase())
    ? []
    : [{ symbol: asset.symbol, words: listed, rule }];
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

/** Whether a title, tickers aside, is written in capitals, so that capitals do not show a name or ticker. */
function isAllCaps(tokens: readonly Token[], known: ReadonlyMap<string, Asset>): boolean {
  const words = tokens
    .filter((token) => !known.has(token.text) || ORDINARY_AFTER.test(token.lower))
    .map((token) => token.text);
  const letters = words.join('').match(/\p{L}/gu) ?? [];
  const capitals = letters.filter((letter) => letter !== letter.toLowerCase());
  return letters.length >= MIN_LETTERS && capitals.length > MIN_CAPITAL_SHARE * letters.length;
}

/** Whether the words around show that a word is the name of a coin, or it stands in a list of coins. */
function hasContext(tokens: readonly Token[], one: Mention, all: readonly Mention[]): boolean {
  const next = tokens[one.at + one.length];
  if (next && ['', "'s", '’s'].includes(next.gap)) {
    if (CONTEXT_AFTER.test(next.lower) || PROJECT_VERBS.test(next.lower)) return true;
    if (next.lower === 's' && CONTEXT_AFTER.test(tokens[one.at + one.length + 1]?.lower ?? '')) return true;
  }
  if (isFollowedByMove(tokens, one)) return true;
  const before = tokens.slice(Math.max(0, one.at - 3), one.at);
  if (CONTEXT_BEFORE.test(before.map((token) => token.lower).join(' '))) return true;
  // "Stellar (XLM)"
  if (all.some((other) => other !== one && other.symbol === one.symbol && other.rule === 'always')) return true;
  return all.some((other) => other !== one && other.symbol !== one.symbol && isListed(tokens, one, other));
}

/** Whether "token", "coin", "price" or "protocol" comes right after. */
function isBeforeToken(tokens: readonly Token[], one: Mention): boolean {
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
function isFollowedByMove(tokens: readonly Token[], one: Mention): boolean {
  const [verb, ...rest] = tokens.slice(one.at + one.length, one.at + one.length + 4);
  if (!verb) return false;
  const moves =
    /^(?:up|down|at|hits?|gains?|rises?|adds?|falls?|drops?|slides?|sinks?|slips?|loses|lost|climbs?|jumps?|jumped|surges?|surged|soars?|soared|rallies|rallied|tumbles?|plunges?|dumped|pumped|broke|breaks|just|trades?|sheds?|extends?|rebounds?|had)$/;
  if (/^extends?$/.test(verb.lower) && /^its$/.test(rest[0]?.lower ?? '')) return true;
  return moves.test(verb.lower) && [verb, ...rest].some((token) => /^\d/.test(token.text));
}
