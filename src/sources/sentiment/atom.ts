import type { FeedItem } from './feed-item.ts';
import { attribute, childNode, children, childText, isNode, type XmlNode } from './feed-xml.ts';

/** The entries of an Atom feed (RFC 4287), or null where the document is none. */
export function atomItems(document: XmlNode): readonly FeedItem[] | null {
  const feed = childNode(document, 'feed');
  if (!feed) return null;
  return children(feed, 'entry')
    .filter(isNode)
    .map((entry) => ({
      guid: childText(entry, 'id'),
      title: childText(entry, 'title'),
      titleIsHtml: /^x?html$/i.test(attribute(children(entry, 'title')[0], 'type')),
      link: linkOf(entry),
      published: childText(entry, 'published') || childText(entry, 'updated'),
    }));
}

function linkOf(entry: XmlNode): string {
  const links = children(entry, 'link');
  const main = links.find((link) => ['', 'alternate'].includes(attribute(link, 'rel'))) ?? links[0];
  return attribute(main, 'href');
}
