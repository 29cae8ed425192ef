import { storyWords } from './story-words.ts';

/** Words every other crypto headline has, whatever was seen so far. */
export const COMMON_WORDS: ReadonlySet<string> = new Set(
  storyWords('bitcoin ethereum crypto price market fall rise blockchain token coin'),
);

/** Words of the trade: they tell stories apart, but less than names do. */
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

/** How many things two headlines both name: rare words, of which all numbers together count as one. */
export function namesIn(words: readonly string[]): number {
  const rare = words.filter((word) => !COMMON_WORDS.has(word) && !TRADE_WORDS.has(word));
  const names = rare.filter((word) => !word.startsWith('#')).length;
  return names + (names < rare.length ? 1 : 0);
}
