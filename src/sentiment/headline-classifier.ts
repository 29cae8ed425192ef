import { createHash } from 'node:crypto';
import type { Asset } from '../core/asset.ts';
import { CandlecastError } from '../core/errors.ts';
import type { Headline, SetAside } from '../core/sentiment.ts';
import { DAY_MS } from '../core/time.ts';
import { createCoinRecognizer } from './coin-recognition.ts';
import { createStoryIndex, STORY_WINDOW_MS } from './story-index.ts';

/** The id a headline is stored under: the same for the same outlet and guid, 32 hexadecimal digits. */
export function headlineId(outlet: string, guid: string): string {
  return createHash('sha256').update(`${outlet}\n${guid}`).digest('hex').slice(0, 32);
}

/** What the classifier adds to a headline: its coins, its story, and why it does not count, or null. */
export type ClassifiedHeadline = Pick<Headline, 'symbols' | 'storyId' | 'setAside'>;

/**
 * A headline published longer than this before it was first seen does not count: feeds show weeks of old headlines when they are read for
 * the first time, or after a long pause. Dates without a time or a zone are a day or so off, so one day would be too little.
 */
export const OLD_MS = 2 * DAY_MS;

/** Classifies headlines in the order they were first seen. */
export interface HeadlineClassifier {
  /**
   * Coins, story and whether it counts; null where the same outlet published the same words within the last 48 hours, under whatever
   * guid, so that it need not be kept again. A headline that is set aside is a story of its own. `undatedIsOld`: nothing shows that a
   * headline without a date is new.
   */
  classify(
    headline: Pick<Headline, 'id' | 'outlet' | 'title' | 'publishedAtMs' | 'firstSeenMs'>,
    options?: { readonly undatedIsOld?: boolean },
  ): ClassifiedHeadline | null;
  /** Replaces the list of coins that later headlines are searched for. */
  setAssets(assets: readonly Asset[]): void;
  /** Adds a headline that was classified and stored before, as after a restart. */
  remember(headline: Headline): void;
}

/** Makes a classifier that searches for the coins of a list, with its language detector; it remembers the headlines of 48 hours. */
export async function createHeadlineClassifier(assets: readonly Asset[]): Promise<HeadlineClassifier> {
  await loadLanguageDetector();
  let recognizer = createCoinRecognizer(assets);
  const stories = createStoryIndex();
  /** Outlet and words of each headline → when it was first seen, the oldest first. */
  const seen = new Map<string, number>();

  function evictOld(nowMs: number): void {
    for (const [words, seenMs] of seen) {
      if (seenMs >= nowMs - STORY_WINDOW_MS) break;
      seen.delete(words);
    }
  }

  return {
    classify(headline, { undatedIsOld = false } = {}) {
      const { id, outlet, title, publishedAtMs, firstSeenMs } = headline;
      evictOld(firstSeenMs);
      const words = wordsKey(outlet, title);
      // Moved to the end: what a feed goes on showing under ever new guids does not become new after 48 hours.
      const repeated = seen.delete(words);
      seen.set(words, firstSeenMs);
      if (repeated) return null;
      const isOld = publishedAtMs === null ? undatedIsOld : publishedAtMs < firstSeenMs - OLD_MS;
      const setAside = reasonToSetAside(title, recognizer.words) ?? (isOld ? 'old' : null);
      const symbols = recognizer.symbolsIn(title);
      return { symbols, setAside, storyId: setAside === null ? stories.assign(headline) : id };
    },
    setAssets(others) {
      recognizer = createCoinRecognizer(others);
    },
    remember(headline) {
      evictOld(headline.firstSeenMs);
      seen.set(wordsKey(headline.outlet, headline.title), headline.firstSeenMs);
      if (headline.setAside === null) stories.remember(headline, headline.storyId);
    },
  };
}

/** Outlet and words, without case and punctuation but for what numbers hold. */
function wordsKey(outlet: string, title: string): string {
  const words = title.toLowerCase().match(/\d+(?:[.,]\d+)*%?|\p{L}+|[$€£]/gu) ?? [title];
  return `${outlet}\n${words.join(' ')}`;
}

/**
 * Phrases of advertisements and fraud, for titles in lower case with single spaces. None of them matches news *about* advertisements and
 * fraud.
 */
const SPAM: readonly RegExp[] = [
  /\b(?:use|with|my|our|enter) (?:the )?(?:referral|promo|invite|bonus|coupon) (?:code|link)\b/,
  /\b(?:referral|promo|invite|coupon) code ?[:=]/,
  /\b(?:join|check out|visit) (?:us|our|my|the) (?:\w{1,30} )?(?:telegram|discord|whatsapp|signal group|channel|vip group)\b/,
  /\b(?:dm|pm|message|contact|text|whatsapp) (?:me|us)\b(?! (?:says|said))/,
  /\b(?:t\.me|bit\.ly|wa\.me|tinyurl\.com|linktr\.ee|discord\.gg)\//,
  /\b(?:recover|retrieve|get back) your (?:lost|stolen|scammed) (?:crypto|bitcoin|btc|funds|coins|wallet|money)\b/,
  /\b(?:next|hidden|new) (?:\d{2,5}x|100x|1000x) (?:gem|coin|token|altcoin|memecoin)\b/,
  /\b\d{2,5}x (?:gem|moonshot)\b/,
  /\bsign ?up (?:bonus|now|here|and (?:get|earn|receive))\b/,
  /\bpresale (?:is )?(?:now )?live\b|\b(?:buy|join) (?:the )?presale\b/,
  /\bearn \$?\d[\d,.]{0,20}%? ?(?:\/|per|a|every) ?(?:day|daily|week|hour)\b/,
  /^ ?[[(] ?(?:sponsored|advertorial|advertisement|paid (?:post|content)|partner content|promoted|ad) ?[\])]/,
  /^ ?(?:sponsored|advertorial|paid (?:post|content)) ?:/,
];
/** Promises that are spam where anything behind them asks to act. */
const PROMISES: readonly { readonly promise: RegExp; readonly call: RegExp }[] = [
  { promise: /\bguaranteed (?:profits?|returns?|income)\b/, call: /!|\b(?:now|today|daily)\b/ },
  {
    promise: /\b(?:double|triple|10x|100x) your (?:crypto|bitcoin|btc|eth|money|coins|investment)\b/,
    call: /!|\b(?:now|here)\b/,
  },
  {
    promise:
      /\b(?:claim|get|grab) (?:your )?free (?:\$?\d{1,12} ?)?(?:\$?[a-z]{2,6} )?(?:airdrop|tokens?|crypto|bitcoin|btc|eth|coins|nfts?|usdt)\b/,
    call: /!|\b(?:now|here|today)\b/,
  },
  { promise: /\bsend (?:me )?\d[\d.]{0,12} ?(?:btc|eth|bitcoin|xrp)\b/, call: /\b(?:get|receive)\b/ },
];

/** Numbers as price bots write them: with a currency, a percent sign, a thousands separator or decimals. */
const NUMBER = /(?:[$€£]\s?)?[-+]?\d[\d,]*(?:\.\d+)?\s?(?:%|[kmbt]\b|usdt?\b|\$|€)?/gi;
/** The words a price bot's post may hold besides numbers and the coin's name. */
const PRICE_WORDS = new Set(
  (
    'a is the at of in on to and now current currently live last latest price prices rate value worth usd usdt usdc eur gbp dollar dollars us ' +
    'h hr hrs hour hours d day days m min mins minute minutes week daily hourly weekly chg change changed high low open close vol volume ' +
    'market cap mcap marketcap update updated alert ticker today utc gmt am pm up down since dominance supply rank bot tracker ath ' +
    'from by x eth btc gwei gas fee fees fear greed index'
  ).split(' '),
);
/** What is said of an amount of coins in the posts of bots that watch for transfers. */
const MOVED = / (?:transferred|moved|minted|burned|sent|withdrawn|deposited) (?:from|at|to|on)\b/;
const MAX_EMOJI = 6;
const MAX_HASHTAGS = 5;

/** Why a headline does not count because of its text, or null. `names` are lower-case names and tickers of coins. */
function reasonToSetAside(title: string, names: ReadonlySet<string>): Exclude<SetAside, 'old'> | null {
  if (isPriceBot(title, names)) return 'price-bot';
  if (isSpam(title)) return 'spam';
  return isEnglish(title) ? null : 'language';
}

function isSpam(title: string): boolean {
  const line = oneLine(title);
  if (SPAM.some((pattern) => pattern.test(line))) return true;
  if (PROMISES.some(({ promise, call }) => call.test(line.slice(endOf(promise, line))))) return true;
  if ((title.match(/\p{Extended_Pictographic}/gu)?.length ?? 0) >= MAX_EMOJI) return true;
  if ((title.match(/#[\p{L}\d_]+/gu)?.length ?? 0) > MAX_HASHTAGS) return true;
  // A title without a word cannot be scored.
  return !/\p{L}{2}/u.test(title);
}

/** Where the first match ends; the end of the line without one. */
function endOf(pattern: RegExp, line: string): number {
  const found = pattern.exec(line);
  return found ? found.index + found[0].length : line.length;
}

/** Whether a line tells of a transfer as bots do: "1,000 #BTC (60,000,000 USD) transferred from unknown wallet to #Binance". */
function isTransfer(line: string): boolean {
  const words = line
    .slice(0, Math.max(0, line.search(MOVED)))
    .replace(/[#$€()]/g, ' ')
    .replace(/(\d)(?=[a-z])/g, '$1 ')
    .split(' ')
    .filter((word) => word !== '');
  while (/^(?:usd|million|m)$/.test(words.at(-1) ?? '')) words.pop();
  const [amount = '', ticker = '', worth = ''] = words.slice(-3);
  return /^\d[\d,.]*$/.test(amount) && /^[a-z][a-z\d]{1,9}$/.test(ticker) && /^[\d,.]+$/.test(worth);
}

function oneLine(title: string): string {
  return title.toLowerCase().replace(/\s+/g, ' ');
}

function isPriceBot(title: string, names: ReadonlySet<string>): boolean {
  if (isTransfer(oneLine(title))) return true;
  const numbers = title.match(NUMBER) ?? [];
  if (!numbers.some((number) => /[$€£%.,]|usd|[kmbt]$/i.test(number.trim()))) return false;
  // Price bots do not post questions.
  if (title.includes('?')) return false;
  const rest = title
    .replace(NUMBER, ' ')
    .toLowerCase()
    .match(/\p{L}+/gu);
  return (rest ?? []).every((word) => PRICE_WORDS.has(word) || names.has(word));
}

/**
 * How far the detector's score of another language must exceed that of English. Of 12,235 English headlines the smallest data set,
 * with this margin, puts 11 aside (one of them is Spanish indeed); without it, 82.
 */
const MARGIN = 0.1;
/** With fewer words in Latin script the language cannot be detected. */
const MIN_WORDS = 3;

let detector: typeof import('eld/extrasmall').eld | null = null;

/** Loads the language detector, whose data takes 29 MB of memory: only who reads headlines needs it. */
async function loadLanguageDetector(): Promise<void> {
  detector ??= (await import('eld/extrasmall')).eld;
}

/** Whether a title is in English; the detector must have been loaded. One that is too short for detection counts as English. */
export function isEnglish(title: string): boolean {
  const letters = title.match(/\p{L}/gu) ?? [];
  if (letters.length === 0) return true;
  const latin = title.match(/\p{Script=Latin}/gu) ?? [];
  if (latin.length < letters.length / 2) return false;
  const words = title.match(/\p{Script=Latin}{2,}/gu) ?? [];
  if (words.length < MIN_WORDS) return latin.length === letters.length;
  // Capitals alone would be read as other words than the same in lower case; the detector does that itself.
  if (!detector) throw new CandlecastError('CC_INTERNAL', 'The language detector is not loaded.');
  const result = detector.detect(words.join(' '));
  if (result.language === '' || result.language === 'en') return true;
  const scores = result.getScores();
  return (scores[result.language] ?? 0) - (scores['en'] ?? 0) < MARGIN;
}
