/**
 * When a word counts as the name of its coin. `always`; `capitalized`: with a capital letter, in a headline about crypto; `in-context`: only
 * next to a word that shows that the coin is meant (its ticker, "token", "network", a price move), because it is also an ordinary word;
 * `before-token`: only right before "token", "coin", "price" or "protocol", because its other meanings have not been checked.
 */
export type NameRule = 'always' | 'capitalized' | 'in-context' | 'before-token';

/** Names of coins besides the one in the list of assets, and listed names that need a stricter rule; lower case. */
export const COIN_NAMES: Readonly<Record<string, readonly (readonly [name: string, rule: NameRule])[]>> = {
  BTC: [
    ['bitcoin', 'always'],
    ['bitcoins', 'always'],
    ['bitcoiner', 'always'],
    ['bitcoiners', 'always'],
    ['xbt', 'always'],
  ],
  ETH: [
    ['ethereum', 'always'],
    ['ether', 'always'],
  ],
  XRP: [
    ['xrp', 'always'],
    ['ripple', 'capitalized'],
  ],
  BNB: [
    ['bnb', 'always'],
    ['binance coin', 'always'],
  ],
  SOL: [['solana', 'always']],
  DOGE: [
    ['dogecoin', 'always'],
    ['doge', 'capitalized'],
  ],
  TRX: [['tron', 'capitalized']],
  ADA: [['cardano', 'always']],
  LINK: [['chainlink', 'always']],
  XLM: [
    ['stellar lumens', 'always'],
    ['lumens', 'capitalized'],
    ['stellar', 'in-context'],
  ],
  BCH: [
    ['bitcoin cash', 'always'],
    ['bcash', 'always'],
  ],
  BSV: [
    ['bitcoin sv', 'always'],
    ['bitcoin satoshi vision', 'always'],
  ],
  BTG: [['bitcoin gold', 'always']],
  WBTC: [['wrapped bitcoin', 'always']],
  SUI: [['sui', 'capitalized']],
  AVAX: [['avalanche', 'capitalized']],
  LTC: [['litecoin', 'always']],
  HBAR: [
    ['hedera', 'always'],
    ['hedera hashgraph', 'always'],
  ],
  TON: [
    ['toncoin', 'always'],
    ['the open network', 'capitalized'],
  ],
  SHIB: [
    ['shiba inu', 'always'],
    ['shib', 'always'],
  ],
  DOT: [['polkadot', 'always']],
  UNI: [['uniswap', 'always']],
  AAVE: [['aave', 'always']],
  XMR: [['monero', 'always']],
  PEPE: [
    ['pepe', 'capitalized'],
    ['pepecoin', 'always'],
  ],
  NEAR: [
    ['near protocol', 'always'],
    ['near foundation', 'always'],
  ],
  ETC: [['ethereum classic', 'always']],
  APT: [['aptos', 'always']],
  ICP: [
    ['internet computer', 'capitalized'],
    ['dfinity', 'always'],
  ],
  ATOM: [
    ['cosmos', 'capitalized'],
    ['cosmos hub', 'always'],
  ],
  FIL: [['filecoin', 'always']],
  ARB: [['arbitrum', 'always']],
  ALGO: [['algorand', 'always']],
  OP: [['optimism', 'in-context']],
  VET: [['vechain', 'always']],
  INJ: [
    ['injective', 'capitalized'],
    ['injective protocol', 'always'],
  ],
  SEI: [['sei', 'capitalized']],
  GRT: [
    ['the graph', 'in-context'],
    ['the graph protocol', 'always'],
  ],
  FET: [
    ['artificial superintelligence alliance', 'always'],
    ['fetch.ai', 'always'],
  ],
  SAND: [
    ['the sandbox', 'capitalized'],
    ['sandbox', 'in-context'],
  ],
  MANA: [['decentraland', 'always']],
  AXS: [['axie infinity', 'always']],
  XTZ: [['tezos', 'always']],
  THETA: [
    ['theta network', 'always'],
    ['theta labs', 'always'],
    ['theta', 'capitalized'],
  ],
  NEO: [['neo', 'capitalized']],
  CRV: [
    ['curve dao', 'always'],
    ['curve finance', 'always'],
    ['curve', 'in-context'],
  ],
  MKR: [
    ['makerdao', 'always'],
    ['maker', 'in-context'],
  ],
  LDO: [
    ['lido dao', 'always'],
    ['lido finance', 'always'],
    ['lido', 'capitalized'],
  ],
  RUNE: [['thorchain', 'always']],
  CHZ: [['chiliz', 'always']],
  EGLD: [
    ['multiversx', 'always'],
    ['elrond', 'always'],
  ],
  KSM: [['kusama', 'always']],
  ZIL: [['zilliqa', 'always']],
  ENJ: [
    ['enjin coin', 'always'],
    ['enjin', 'always'],
  ],
  COMP: [
    ['compound finance', 'always'],
    ['compound labs', 'always'],
    ['compound', 'in-context'],
  ],
  SUSHI: [
    ['sushiswap', 'always'],
    ['sushi', 'in-context'],
  ],
  '1INCH': [['1inch', 'always']],
  BAT: [['basic attention token', 'always']],
  ZEC: [['zcash', 'always']],
  DASH: [['dash', 'in-context']],
  IOTA: [['iota', 'capitalized']],
  APE: [['apecoin', 'always']],
  POL: [['polygon', 'capitalized']],
  MATIC: [
    ['matic', 'always'],
    ['polygon', 'capitalized'],
  ],
  LUNA: [
    ['terra', 'capitalized'],
    ['luna', 'capitalized'],
  ],
  FTM: [['fantom', 'capitalized']],
  KAS: [['kaspa', 'always']],
  HYPE: [
    ['hyperliquid', 'always'],
    ['hype', 'in-context'],
  ],
  CRO: [['cronos', 'capitalized']],
  STX: [['stacks', 'in-context']],
  TAO: [['bittensor', 'always']],
  RENDER: [
    ['render network', 'always'],
    ['render', 'in-context'],
  ],
  IMX: [
    ['immutable x', 'always'],
    ['immutablex', 'always'],
  ],
  FLOKI: [
    ['floki', 'capitalized'],
    ['floki inu', 'always'],
  ],
  BONK: [['bonk', 'capitalized']],
  WIF: [['dogwifhat', 'always']],
  TRUMP: [['official trump', 'in-context']],
  CEL: [['celsius', 'in-context']],
  ONE: [['harmony', 'in-context']],
};

/** Names of listed coins that are not recognised even before "token", "coin" or "price", where they are ordinary words; lower case. */
export const GENERIC_NAMES: ReadonlySet<string> = new Set(
  (
    'meme memecoin gas floor stable gold silver oil major core base privacy utility governance native new alt bit game gaming ai defi reserve ' +
    'network exchange security world global story index dollar target share stock fan real crypto token coin community social official'
  ).split(' '),
);

/** Tickers that are also words, abbreviations or names: in capitals they count like a `capitalized` name. */
export const AMBIGUOUS_TICKERS: ReadonlySet<string> = new Set(
  (
    'LINK NEAR UNI DOT ATOM SAND APE DASH COMP OP TON BAT ETC FIL VET NEO MANA RUNE SUSHI APT ARB ICP ADA SEI SUI SOL FET PEPE ENJ THETA ' +
    'LUNA POL CRO WIF BONK FLOKI RENDER'
  ).split(' '),
);

/** Tickers without another meaning: they count in lower case too. */
export const UNAMBIGUOUS_TICKERS: ReadonlySet<string> = new Set(
  'BTC ETH XRP BNB DOGE LTC BCH XMR XLM AVAX SHIB HBAR AAVE XTZ TRX MATIC BSV ZEC KSM EGLD AXS CHZ INJ ALGO GRT MKR CRV LDO EOS ZIL FTM KAS 1INCH WBTC'.split(
    ' ',
  ),
);

/** Phrases in which a coin's name or ticker means something else; they are removed from a title before coins are looked for. */
export const OTHER_MEANINGS: readonly RegExp[] = [
  /\beth z(?:u|ü|ue)rich\b/gi,
  /\bavalanche of\b/gi,
  /\bripple effects?\b|\brippl(?:es|ing)\b(?! (?:labs|lawsuit|case|ceo))/gi,
  /\bdepartment of government efficiency\b/gi,
  // bounded: titles of at most 300 characters
  /\bdoge\b(?=.*\b(?:federal|government|layoffs?|spending|agency|agencies|staffers?|social security|irs|usaid|office|savings|employees)\b)/gi,
  /\bterra (?:incognita|nova|firma)\b/gi,
  /\bregulatory sandbox(?:es)?\b|\b(?:fca|rbi|sec|dlt|fintech|cbdc)(?:[’']s)? (?:digital )?sandbox(?:es)?\b|\bsandbox (?:program|regime|environment|test)/gi,
  /\bdo kwon and\b(?= his)/gi,
  /\bdot[- ]?com\b|\bnear[- ](?:term|future|zero|record|perfect|certain|total)\b/gi,
  /\bnon[- ]?farm\b/gi,
];
