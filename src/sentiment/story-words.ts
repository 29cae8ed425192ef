/** Function words and the like, which are left out of the comparison. */
const STOP_WORDS = new Set(
  (
    'a an the and or but nor of to in on at by for with from into onto over under as is are was were be been being am it its this that ' +
    'these those there here he she they we you i his her their our your my me him them us who whom which what when where why how not no ' +
    'than then so if while after before amid says say said will would could can may might should must has have had do does did just now ' +
    'new more most about up out off via per vs s t re report reports reportedly according exclusive breaking update'
  ).split(' '),
);

/** Synonyms, each with the word it is replaced by, so that headlines of one story match in spite of different wording. */
const SYNONYMS: Readonly<Record<string, string>> = {
  btc: 'bitcoin',
  xbt: 'bitcoin',
  bitcoins: 'bitcoin',
  eth: 'ethereum',
  ether: 'ethereum',
  sol: 'solana',
  doge: 'dogecoin',
  ada: 'cardano',
  dot: 'polkadot',
  ltc: 'litecoin',
  avax: 'avalanche',
  cryptocurrency: 'crypto',
  cryptocurrencies: 'crypto',
  cryptos: 'crypto',
  million: 'm',
  billion: 'b',
  trillion: 't',
  mln: 'm',
  bln: 'b',
  percent: '%',
  drop: 'fall',
  slide: 'fall',
  tumble: 'fall',
  slump: 'fall',
  plunge: 'fall',
  sink: 'fall',
  dip: 'fall',
  slip: 'fall',
  decline: 'fall',
  crash: 'fall',
  fell: 'fall',
  lose: 'fall',
  surge: 'rise',
  jump: 'rise',
  soar: 'rise',
  rally: 'rise',
  climb: 'rise',
  gain: 'rise',
  rose: 'rise',
  leap: 'rise',
  spike: 'rise',
  approve: 'approval',
  greenlight: 'approval',
  okays: 'approval',
  hacker: 'hack',
  exploit: 'hack',
  exploiter: 'hack',
  stole: 'steal',
  stolen: 'steal',
  drain: 'steal',
  bought: 'buy',
  purchase: 'buy',
  acquire: 'buy',
  sold: 'sell',
  top: 'above',
  cross: 'above',
  hit: 'reach',
};

const SUFFIXES = [
  [/ies$/, 'y'],
  [/(ss|sh|ch|x)es$/, '$1'],
  [/([^su])s$/, '$1'],
  [/([a-z]{2})([b-df-hj-np-tv-z])\2(ing|ed)$/, '$1$2'],
  [/([a-z]{3})(ing|ed)$/, '$1'],
  [/([a-z]{3})e$/, '$1'],
] as const satisfies readonly (readonly [RegExp, string])[];

const SYNONYM_BY_STEM = new Map(Object.entries(SYNONYMS).map(([word, same]) => [stem(word), stem(same)]));

/**
 * The distinct words of a headline by which stories are compared: lower case, without accents, endings and stop words, synonyms
 * replaced by one word, numbers as plain numbers (`$60K`, `60,000` and `60 thousand dollars` alike).
 */
export function storyWords(title: string): readonly string[] {
  const plain = title
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[’']s\b/g, '')
    .replace(/[’']/g, '');
  const words = new Set<string>();
  for (const [token] of plain.matchAll(
    // bounded: titles of at most 300 characters
    /\d[\d,]*(?:\.\d+)?\s?(?:thousand|million|billion|trillion|mln|bln|[kmbt])?(?![a-z\d])|[\p{L}\d]+/gu,
  )) {
    const number = numberWord(token);
    if (number !== null) words.add(number);
    else if (!STOP_WORDS.has(token)) {
      const stemmed = stem(token);
      words.add(SYNONYM_BY_STEM.get(stemmed) ?? stemmed);
    }
  }
  return [...words];
}

const SCALES: Readonly<Record<string, number>> = { t: 1e12, b: 1e9, m: 1e6, k: 1e3 };

/** A number as one word such as `#60000`; null for a token that is no number. */
function numberWord(token: string): string | null {
  const match = /^(\d[\d,]*(?:\.\d+)?)\s?([a-z]*)$/.exec(token);
  if (!match) return null;
  const unit = match[2] ?? '';
  const scale = unit === '' ? 1 : SCALES[unit === 'thousand' ? 'k' : unit[0]!];
  if (scale === undefined) return null;
  return `#${Number((Number(match[1]!.replaceAll(',', '')) * scale).toPrecision(6))}`;
}

function stem(word: string): string {
  for (const [pattern, replacement] of SUFFIXES) {
    if (word.length > 3 && pattern.test(word)) return stemOnce(word.replace(pattern, replacement));
  }
  return word;
}

/** Removes a final `e`, so that `acquires` and `acquired` have the same stem. */
function stemOnce(word: string): string {
  return word.length > 3 ? word.replace(/e$/, '') : word;
}

/** Words that are in a large share of all crypto headlines. */
export const COMMON_WORDS: ReadonlySet<string> = new Set(
  storyWords('bitcoin ethereum crypto price market fall rise blockchain token coin'),
);

/** Words that are usual in crypto news: they distinguish stories, but less than names do. */
export const TRADE_WORDS: ReadonlySet<string> = new Set(
  storyWords(
    'launch plan announce unveil reveal introduce offer enable allow accept add adopt adoption support use make get set go come take see ' +
      'look want need help start open close end raise reach hold keep stay remain move buy sell steal hack trade trading mine mining miner ' +
      'stake pay payment invest investor investment fund firm company startup project platform exchange bank central government regulator ' +
      'regulation law bill tax legal tender ban court lawsuit ceo founder exec executive chief president minister analyst expert data ' +
      'network protocol wallet app service product digital asset currency cryptocurrency stablecoin nft defi dao etf etp metaverse web3 ' +
      'game gaming altcoin dollar usd eur million billion percent first last next big large high low record all time day week month year ' +
      'today resistance level key near back still again despite global world us eu uk china russia partner partnership deal user holder ' +
      'trader whale bull bear opinion study survey warn call claim think believe predict',
  ),
);

/** How many names are among words that two headlines share: rare words, of which all numbers together count as one. */
export function countNames(words: readonly string[]): number {
  const rare = words.filter((word) => !COMMON_WORDS.has(word) && !TRADE_WORDS.has(word));
  const names = rare.filter((word) => !word.startsWith('#')).length;
  return names + (names < rare.length ? 1 : 0);
}

const [RISE = 'rise'] = storyWords('rise');
const [FALL = 'fall'] = storyWords('fall');
/** Relative difference up to which two numbers count as the same, because headlines round. */
const NUMBER_TOLERANCE = 0.02;

/**
 * Whether two headlines' words cannot be one story: opposite price moves, numbers of which none agree, or the same words with other
 * numbers, as in a daily series of posts.
 */
export function areContradictory(a: readonly string[], b: readonly string[]): boolean {
  if ((onlyRises(a) && onlyFalls(b)) || (onlyFalls(a) && onlyRises(b))) return true;
  const mine = numbersIn(a);
  const theirs = numbersIn(b);
  if (mine.length === 0 || theirs.length === 0) return false;
  const about = (x: number) => (y: number) => Math.abs(x - y) <= NUMBER_TOLERANCE * Math.max(x, y);
  if (!mine.some((x) => theirs.some(about(x)))) return true;
  const serial = !mine.every((x) => theirs.includes(x)) && !theirs.every((x) => mine.includes(x));
  return serial && a.length === b.length && a.every((word) => word.startsWith('#') || b.includes(word));
}

const onlyRises = (words: readonly string[]) => words.includes(RISE) && !words.includes(FALL);
const onlyFalls = (words: readonly string[]) => words.includes(FALL) && !words.includes(RISE);

function numbersIn(words: readonly string[]): number[] {
  return words.filter((word) => word.startsWith('#')).map((word) => Number(word.slice(1)));
}
