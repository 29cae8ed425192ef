import type { FeedItem } from './feed-item.ts';
import { childNode, children, childText, isNode, type XmlNode } from './feed-xml.ts';

/** The items of RSS 0.91 to 2.0 (in the channel) or 1.0 (beside it), or null where the document is none. */
export function rssItems(document: XmlNode): readonly FeedItem[] | null {
  const rss = childNode(document, 'rss');
  const rdf = childNode(document, 'rdf:RDF');
  const holder = rss ? childNode(rss, 'channel') : rdf;
  if (!holder) return rss ? [] : null;
  return children(holder, 'item')
    .filter(isNode)
    .map((item) => ({
      guid: childText(item, 'guid'),
      title: childText(item, 'title'),
      // RSS does not say; nearly every publisher writes HTML's entities.
      titleIsHtml: true,
      link: childText(item, 'link'),
      published: childText(item, 'pubDate') || childText(item, 'dc:date'),
    }));
}
