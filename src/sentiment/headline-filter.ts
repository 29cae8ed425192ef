import { eld } from 'eld/extrasmall';
import type { SetAside } from '../core/headline.ts';

/** Phrases of advertisements and fraud. None of them matches news *about* advertisements and fraud. */
const SPAM: readonly RegExp[] = [
  /\b(?:use|with|my|our|enter)\s+(?:the\s+)?(?:referral|promo|invite|bonus|coupon)\s+(?:code|link)\b/i,
  /\b(?:referral|promo|invite|coupon)\s+code\s*[:=]/i,
  /\b(?:join|check out|visit)\s+(?:us|our|my|the)\s+(?:\w+\s+)?(?:telegram|discord|whatsapp|signal group|channel|vip group)\b/i,
  /\b(?:dm|pm|message|contact|text|whatsapp)\s+(?:me|us)\b(?!\s+(?:says|said))/i,
  /\b(?:t\.me|bit\.ly|wa\.me|tinyurl\.com|linktr\.ee|discord\.gg)\//i,
  /\bguaranteed\s+(?:profits?|returns?|income)\b.*(?:!|\b(?:now|today|daily)\b)/i,
  /\b(?:recover|retrieve|get back)\s+your\s+(?:lost|stolen|scammed)\s+(?:crypto|bitcoin|btc|funds|coins|wallet|money)\b/i,
  /\b(?:double|triple|10x|100x)\s+your\s+(?:crypto|bitcoin|btc|eth|money|coins|investment)\b.*(?:!|\bnow\b|\bhere\b)/i,
  /\b(?:next|hidden|new)\s+(?:\d{2,5}x|100x|1000x)\s+(?:gem|coin|token|altcoin|memecoin)\b/i,
  /\b\d{2,5}x\s+(?:gem|moonshot)\b/i,
  /\b(?:claim|get|grab)\s+(?:your\s+)?free\s+(?:\$?\d+\s*)?(?:\$?[a-z]{2,6}\s+)?(?:airdrop|tokens?|crypto|bitcoin|btc|eth|coins|nfts?|usdt)\b.*(?:!|\bnow\b|\bhere\b|\btoday\b)/i,
  /\bsign\s?up\s+(?:bonus|now|here|and (?:get|earn|receive))\b/i,
  /\bpresale\s+(?:is\s+)?(?:now\s+)?live\b|\bbuy\s+(?:the\s+)?presale\b|\bjoin\s+(?:the\s+)?presale\b/i,
  /\bearn\s+\$?\d[\d,.]*%?\s*(?:\/|per|a|every)\s*(?:day|daily|week|hour)\b/i,
  /\bsend\s+(?:me\s+)?\d[\d.]*\s*(?:btc|eth|bitcoin|xrp)\b.*\b(?:get|receive)\b/i,
  /^\s*[[(]\s*(?:sponsored|advertorial|advertisement|paid (?:post|content)|partner content|promoted|ad)\s*[\])]|^\s*(?:sponsored|advertorial|paid (?:post|content))\s*:/i,
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
/**
 * Transfers that bots post, such as "1,000 #BTC (60,000,000 USD) transferred from unknown wallet to #Binance". A match may only
 * start at the first digit of a number and numbers are bounded, so that a title of hundreds of digits does not take exponential time.
 */
const TRANSFER =
  /(?<![\d,.])\d[\d,.]{0,20}\s?#?\$?\d{0,2}[a-z][a-z\d]{1,9}\s?\(?\s?[$€]?(?<![\d,.])[\d,.]{1,20}\s?(?:usd|million usd|m usd)?\s?\)?\s?(?:transferred|moved|minted|burned|sent|withdrawn|deposited)\s+(?:from|at|to|on)\b/i;
const MAX_EMOJI = 6;
const MAX_HASHTAGS = 5;

/** Why a headline does not count because of its text, or null. `names` are lower-case names and tickers of coins. */
export function reasonToSetAside(title: string, names: ReadonlySet<string>): Exclude<SetAside, 'old'> | null {
  if (isPriceBot(title, names)) return 'price-bot';
  if (isSpam(title)) return 'spam';
  return isEnglish(title) ? null : 'language';
}

function isSpam(title: string): boolean {
  if (SPAM.some((pattern) => pattern.test(title))) return true;
  if ((title.match(/\p{Extended_Pictographic}/gu)?.length ?? 0) >= MAX_EMOJI) return true;
  if ((title.match(/#[\p{L}\d_]+/gu)?.length ?? 0) > MAX_HASHTAGS) return true;
  // A title without a word cannot be scored.
  return !/\p{L}{2}/u.test(title);
}

function isPriceBot(title: string, names: ReadonlySet<string>): boolean {
  if (TRANSFER.test(title)) return true;
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

/** Whether a title is in English; one that is too short for detection counts as English. */
export function isEnglish(title: string): boolean {
  const letters = title.match(/\p{L}/gu) ?? [];
  if (letters.length === 0) return true;
  const latin = title.match(/\p{Script=Latin}/gu) ?? [];
  if (latin.length < letters.length / 2) return false;
  const words = title.match(/\p{Script=Latin}{2,}/gu) ?? [];
  if (words.length < MIN_WORDS) return latin.length === letters.length;
  // Capitals alone would be read as other words than the same in lower case; the detector does that itself.
  const result = eld.detect(words.join(' '));
  if (result.language === '' || result.language === 'en') return true;
  const scores = result.getScores();
  return (scores[result.language] ?? 0) - (scores['en'] ?? 0) < MARGIN;
}
