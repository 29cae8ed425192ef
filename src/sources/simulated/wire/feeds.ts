import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { DAY_MS } from '../../../core/time.ts';
import { hourOf } from '../grid.ts';
import type { Headline } from '../headlines.ts';
import { type Endpoint, element, escapeXml, type Simulation, type WireAnswer, type WireRequest } from './endpoint.ts';

/** The invented papers; the share of the news that each prints lies between `from` and `to`, and some stories run twice. */
const PAPERS = [
  { file: 'market-wire.rss', path: /^\/feeds\/market-wire\.rss$/, title: 'Market Wire (SIMULATED)', from: 0, to: 0.4 },
  {
    file: 'coin-courier.rss',
    path: /^\/feeds\/coin-courier\.rss$/,
    title: 'Coin Courier (SIMULATED)',
    from: 0.35,
    to: 0.7,
  },
  {
    file: 'block-bulletin.rss',
    path: /^\/feeds\/block-bulletin\.rss$/,
    title: 'Block Bulletin (SIMULATED)',
    from: 0.65,
    to: 0.85,
  },
  {
    file: 'chain-gazette.atom',
    path: /^\/feeds\/chain-gazette\.atom$/,
    title: 'Chain Gazette (SIMULATED)',
    from: 0.85,
    to: 1,
  },
] as const;

type Paper = (typeof PAPERS)[number];

/** Paths of the feeds: three in RSS 2.0, one in Atom. */
export const FEED_PATHS: readonly string[] = PAPERS.map((paper) => `/feeds/${paper.file}`);

const ITEMS = 30;
const MAX_AGE_MS = 21 * DAY_MS;

/** The news feeds, with ETag and Last-Modified; 304 where the reader has it already. */
export function feedEndpoints({ model, news, now }: Simulation): readonly Endpoint[] {
  return PAPERS.map((paper) => ({
    provider: 'news',
    method: 'GET',
    path: paper.path,
    async answer({ headers }: WireRequest) {
      const nowMs = now();
      await model.warm(hourOf(nowMs));
      const items = news.latest(
        nowMs,
        nowMs - MAX_AGE_MS,
        ITEMS,
        ({ place }) => place >= paper.from && place < paper.to,
      );
      const atom = paper.file.endsWith('.atom');
      const type = atom ? 'application/atom+xml; charset=utf-8' : 'application/rss+xml; charset=utf-8';
      return conditional(
        headers,
        type,
        items[0]?.publishedMs ?? 0,
        atom ? atomFeed(paper, items) : rssFeed(paper, items),
      );
    },
  }));
}

function conditional(headers: IncomingHttpHeaders, type: string, modifiedMs: number, body: string): WireAnswer {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const validators = { ETag: etag, 'Last-Modified': new Date(modifiedMs).toUTCString() };
  const sinceMs = Date.parse(headers['if-modified-since'] ?? '');
  const match = headers['if-none-match'];
  // RFC 9110, 13.1.3: where both are sent, the date is not looked at.
  const known = match === undefined ? sinceMs >= modifiedMs : match.includes(etag);
  if (known) return { status: 304, headers: validators, body: '' };
  return { status: 200, headers: { 'Content-Type': type, ...validators }, body };
}

// Links lead to the reserved name `.invalid`: nothing here can be taken for a page that exists.
const linkOf = (paper: Paper, item: Headline) => `https://${paper.file.split('.')[0]}.invalid/${item.id}`;

function rssFeed(paper: Paper, items: readonly Headline[]): string {
  const entries = items.map((item) =>
    [
      '<item>',
      `<title><![CDATA[${item.title}]]></title>`,
      element('link', linkOf(paper, item)),
      `<guid isPermaLink="false">${paper.file.split('.')[0]}-${item.id}</guid>`,
      element('pubDate', new Date(item.publishedMs).toUTCString()),
      element('category', item.symbol),
      element('description', `${item.title}. This story is simulated.`),
      '</item>',
    ].join(''),
  );
  const built = items[0] ? element('lastBuildDate', new Date(items[0].publishedMs).toUTCString()) : '';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>${element('title', paper.title)}${element(
    'link',
    `https://${paper.file.split('.')[0]}.invalid/`,
  )}${element('description', 'Invented news of a simulated market')}${built}\n${entries.join('\n')}\n</channel></rss>\n`;
}

function atomFeed(paper: Paper, items: readonly Headline[]): string {
  const entries = items.map((item) => {
    const time = new Date(item.publishedMs).toISOString();
    return [
      '<entry>',
      `<title type="html">${escapeXml(escapeXml(item.title))}</title>`,
      `<link rel="alternate" href="${escapeXml(linkOf(paper, item))}"/>`,
      element('id', `tag:chain-gazette.invalid,2021:${item.id}`),
      element('published', time),
      element('updated', time),
      element('summary', 'This story is simulated.'),
      '</entry>',
    ].join('');
  });
  const updated = element('updated', new Date(items[0]?.publishedMs ?? 0).toISOString());
  return `<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">${element('title', paper.title)}${element(
    'id',
    'tag:chain-gazette.invalid,2021:feed',
  )}${updated}\n${entries.join('\n')}\n</feed>\n`;
}
