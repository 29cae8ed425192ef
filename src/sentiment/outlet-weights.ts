import type { HeadlineKind } from '../core/headline.ts';

/** Where nothing else is said: a feed edited by people counts more than a post. */
const USUAL: Readonly<Record<HeadlineKind, number>> = { news: 0.7, reddit: 0.35 };

/** A judgement, not a measurement: newsrooms with editors above aggregators, and large subreddits above small ones. */
const WEIGHTS: ReadonlyMap<string, number> = new Map([
  ['coindesk', 1],
  ['theblock', 1],
  ['decrypt', 0.9],
  ['cointelegraph', 0.9],
  ['bitcoinmagazine', 0.8],
  ['cryptonews', 0.7],
  ['cryptopotato', 0.6],
  ['r/cryptocurrency', 0.5],
  ['r/bitcoin', 0.5],
  ['r/ethereum', 0.5],
]);

/** How much a story of an outlet weighs, 0 … 1. `coindesk.com`, `www.coindesk.com` and `CoinDesk` are one outlet. */
export function outletWeight(kind: HeadlineKind, outlet: string): number {
  const name = outlet
    .toLowerCase()
    .replace(/^(www|feeds?|rss)\./, '')
    .replace(/\.(com|co|net|org|io|news)$/, '');
  return WEIGHTS.get(name) ?? USUAL[kind];
}
