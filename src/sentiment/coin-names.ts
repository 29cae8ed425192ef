/**
 * How far a word may be trusted to mean the coin. `sure`: always. `capital`: when written with a capital and the headline speaks of
 * crypto. `beside`: only beside a word that makes it a coin (its ticker, "token", "network", a move of the price), because it is
 * an ordinary word in headlines. `token`: only right before "token", "coin", "price" or "protocol", because nobody has looked at it.
 */
export type Trust = 'sure' | 'capital' | 'beside' | 'token';

/** Names that coins go by besides the one in the list, or that are to be trusted less; lower case. */
export const COIN_NAMES: Readonly<Record<string, readonly (readonly [name: string, trust: Trust])[]>> = {
  BTC: [
    ['bitcoin', 'sure'],
    ['bitcoins', 'sure'],
    ['bitcoiner', 'sure'],
    ['bitcoiners', 'sure'],
    ['xbt', 'sure'],
  ],
  ETH: [
    ['ethereum', 'sure'],
    ['ether', 'sure'],
  ],
  XRP: [
    ['xrp', 'sure'],
    ['ripple', 'capital'],
  ],
  BNB: [
    ['bnb', 'sure'],
    ['binance coin', 'sure'],
  ],
  SOL: [['solana', 'sure']],
  DOGE: [
    ['dogecoin', 'sure'],
    ['doge', 'capital'],
  ],
  TRX: [['tron', 'capital']],
  ADA: [['cardano', 'sure']],
  LINK: [['chainlink', 'sure']],
  XLM: [
    ['stellar lumens', 'sure'],
    ['lumens', 'capital'],
    ['stellar', 'beside'],
  ],
  BCH: [
    ['bitcoin cash', 'sure'],
    ['bcash', 'sure'],
  ],
  BSV: [
    ['bitcoin sv', 'sure'],
    ['bitcoin satoshi vision', 'sure'],
  ],
  BTG: [['bitcoin gold', 'sure']],
  WBTC: [['wrapped bitcoin', 'sure']],
  SUI: [['sui', 'capital']],
  AVAX: [['avalanche', 'capital']],
  LTC: [['litecoin', 'sure']],
  HBAR: [
    ['hedera', 'sure'],
    ['hedera hashgraph', 'sure'],
  ],
  TON: [
    ['toncoin', 'sure'],
    ['the open network', 'capital'],
  ],
  SHIB: [
    ['shiba inu', 'sure'],
    ['shib', 'sure'],
  ],
  DOT: [['polkadot', 'sure']],
  UNI: [['uniswap', 'sure']],
  AAVE: [['aave', 'sure']],
  XMR: [['monero', 'sure']],
  PEPE: [
    ['pepe', 'capital'],
    ['pepecoin', 'sure'],
  ],
  NEAR: [
    ['near protocol', 'sure'],
    ['near foundation', 'sure'],
  ],
  ETC: [['ethereum classic', 'sure']],
  APT: [['aptos', 'sure']],
  ICP: [
    ['internet computer', 'capital'],
    ['dfinity', 'sure'],
  ],
  ATOM: [
    ['cosmos', 'capital'],
    ['cosmos hub', 'sure'],
  ],
  FIL: [['filecoin', 'sure']],
  ARB: [['arbitrum', 'sure']],
  ALGO: [['algorand', 'sure']],
  OP: [['optimism', 'beside']],
  VET: [['vechain', 'sure']],
  INJ: [
    ['injective', 'capital'],
    ['injective protocol', 'sure'],
  ],
  SEI: [['sei', 'capital']],
  GRT: [
    ['the graph', 'beside'],
    ['the graph protocol', 'sure'],
  ],
  FET: [
    ['artificial superintelligence alliance', 'sure'],
    ['fetch.ai', 'sure'],
  ],
  SAND: [
    ['the sandbox', 'capital'],
    ['sandbox', 'beside'],
  ],
  MANA: [['decentraland', 'sure']],
  AXS: [['axie infinity', 'sure']],
  XTZ: [['tezos', 'sure']],
  THETA: [
    ['theta network', 'sure'],
    ['theta labs', 'sure'],
    ['theta', 'capital'],
  ],
  NEO: [['neo', 'capital']],
  CRV: [
    ['curve dao', 'sure'],
    ['curve finance', 'sure'],
    ['curve', 'beside'],
  ],
  MKR: [
    ['makerdao', 'sure'],
    ['maker', 'beside'],
  ],
  LDO: [
    ['lido dao', 'sure'],
    ['lido finance', 'sure'],
    ['lido', 'capital'],
  ],
  RUNE: [['thorchain', 'sure']],
  CHZ: [['chiliz', 'sure']],
  EGLD: [
    ['multiversx', 'sure'],
    ['elrond', 'sure'],
  ],
  KSM: [['kusama', 'sure']],
  ZIL: [['zilliqa', 'sure']],
  ENJ: [
    ['enjin coin', 'sure'],
    ['enjin', 'sure'],
  ],
  COMP: [
    ['compound finance', 'sure'],
    ['compound labs', 'sure'],
    ['compound', 'beside'],
  ],
  SUSHI: [
    ['sushiswap', 'sure'],
    ['sushi', 'beside'],
  ],
  '1INCH': [['1inch', 'sure']],
  BAT: [['basic attention token', 'sure']],
  ZEC: [['zcash', 'sure']],
  DASH: [['dash', 'beside']],
  IOTA: [['iota', 'capital']],
  APE: [['apecoin', 'sure']],
  POL: [['polygon', 'capital']],
  MATIC: [
    ['matic', 'sure'],
    ['polygon', 'capital'],
  ],
  LUNA: [
    ['terra', 'capital'],
    ['luna', 'capital'],
  ],
  FTM: [['fantom', 'capital']],
  KAS: [['kaspa', 'sure']],
  HYPE: [
    ['hyperliquid', 'sure'],
    ['hype', 'beside'],
  ],
  CRO: [['cronos', 'capital']],
  STX: [['stacks', 'beside']],
  TAO: [['bittensor', 'sure']],
  RENDER: [
    ['render network', 'sure'],
    ['render', 'beside'],
  ],
  IMX: [
    ['immutable x', 'sure'],
    ['immutablex', 'sure'],
  ],
  FLOKI: [
    ['floki', 'capital'],
    ['floki inu', 'sure'],
  ],
  BONK: [['bonk', 'capital']],
  WIF: [['dogwifhat', 'sure']],
  TRUMP: [['official trump', 'beside']],
  CEL: [['celsius', 'beside']],
  ONE: [['harmony', 'beside']],
};

/** Names of listed coins that stand before "token", "coin" or "price" without meaning one; lower case. */
export const GENERIC_NAMES: ReadonlySet<string> = new Set(
  (
    'meme memecoin gas floor stable gold silver oil major core base privacy utility governance native new alt bit game gaming ai defi reserve ' +
    'network exchange security world global story index dollar target share stock fan real crypto token coin community social official'
  ).split(' '),
);

/** Tickers that are words, abbreviations or names too: alone and in capitals they mean the coin only where nothing speaks against it. */
export const WORDY_TICKERS: ReadonlySet<string> = new Set(
  (
    'LINK NEAR UNI DOT ATOM SAND APE DASH COMP OP TON BAT ETC FIL VET NEO MANA RUNE SUSHI APT ARB ICP ADA SEI SUI SOL FET PEPE ENJ THETA ' +
    'LUNA POL CRO WIF BONK FLOKI RENDER'
  ).split(' '),
);

/** Tickers that mean nothing else, so that lower case will do. */
export const PLAIN_TICKERS: ReadonlySet<string> = new Set(
  'BTC ETH XRP BNB DOGE LTC BCH XMR XLM AVAX SHIB HBAR AAVE XTZ TRX MATIC BSV ZEC KSM EGLD AXS CHZ INJ ALGO GRT MKR CRV LDO EOS ZIL FTM KAS 1INCH WBTC'.split(
    ' ',
  ),
);

/** Phrases in which a coin's name or ticker means something else; lower case, found anywhere in a title. */
export const OTHER_MEANINGS: readonly RegExp[] = [
  /\beth z(?:u|ü|ue)rich\b/gi,
  /\bavalanche of\b/gi,
  /\bripple effects?\b|\brippl(?:es|ing)\b(?! (?:labs|lawsuit|case|ceo))/gi,
  /\bdepartment of government efficiency\b/gi,
  /\bdoge\b(?=.*\b(?:federal|government|layoffs?|spending|agency|agencies|staffers?|social security|irs|usaid|office|savings|employees)\b)/gi,
  /\bterra (?:incognita|nova|firma)\b/gi,
  /\bregulatory sandbox(?:es)?\b|\b(?:fca|rbi|sec|dlt|fintech|cbdc)(?:[’']s)? (?:digital )?sandbox(?:es)?\b|\bsandbox (?:program|regime|environment|test)/gi,
  /\bdo kwon and\b(?= his)/gi,
  /\bdot[- ]?com\b|\bnear[- ](?:term|future|zero|record|perfect|certain|total)\b/gi,
  /\bnon[- ]?farm\b/gi,
];
