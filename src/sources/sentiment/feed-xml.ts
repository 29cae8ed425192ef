import { XMLParser } from 'fast-xml-parser';
import { SourceError } from '../source-error.ts';
import { decodeXmlEntities } from './entities.ts';
import { trimFeed } from './feed-trim.ts';

const DEEPEST = 40;

/** An element: attributes under `@name`, children under their names, text under `#text`. */
export type XmlNode = Readonly<Record<string, unknown>>;

/** Contents that are kept as they stand, markup included: nothing in them is an element of the feed. */
const RAW = ['title', 'description', 'summary', 'content', 'content:encoded', 'media:description', 'media:title'];

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '#text',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  htmlEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: DEEPEST,
  stopNodes: RAW.map((name) => `*.${name}`),
});

/**
 * Parses the XML of a feed. Entities are not expanded, a DOCTYPE is refused, tags and depth are bounded. Throws
 * `CC_SOURCE_BAD_DATA`, without a word of the text.
 */
export function parseFeedXml(source: string, text: string): XmlNode {
  const bad = (what: string) => new SourceError(source, 'CC_SOURCE_BAD_DATA', what);
  const start = text.slice(0, 1000).trimStart();
  if (start === '') throw bad('sent an empty answer instead of a feed.');
  if (/^(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b/is.test(start)) throw bad('sent a web page instead of a feed.');
  if (!start.startsWith('<')) throw bad('sent something that is no XML instead of a feed.');
  // The parser closes by itself what was left open; the second half of such a feed is missing.
  if (/<(?:rss|feed|rdf:RDF)[\s>]/.test(start) && !/<\/(?:rss|feed|rdf:RDF)\s*>/.test(text.slice(-2000))) {
    throw bad('sent a feed that breaks off in the middle.');
  }
  const trimmed = trimFeed(text);
  if ('refused' in trimmed) throw bad(`sent XML ${trimmed.refused}.`);
  let parsed: unknown;
  try {
    parsed = parser.parse(trimmed.text);
  } catch (cause) {
    const deep = cause instanceof Error && /nested/i.test(cause.message);
    throw bad(deep ? `sent XML nested more than ${DEEPEST} deep.` : 'sent broken XML.');
  }
  if (!isNode(parsed)) throw bad('sent something that is no XML instead of a feed.');
  return parsed;
}

/** The children of a name, however many there are. */
export function children(node: XmlNode | null, name: string): readonly unknown[] {
  const value = node && Object.hasOwn(node, name) ? node[name] : undefined;
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** The first child of a name that is an element with attributes or children, or null. */
export function childNode(node: XmlNode | null, name: string): XmlNode | null {
  return children(node, name).find(isNode) ?? null;
}

/** The text of an element: CDATA as it stands, the rest with XML's entities decoded; empty where there is none. */
export function textOf(value: unknown): string {
  const raw = isNode(value) ? value['#text'] : value;
  if (typeof raw !== 'string') return '';
  return raw
    .split(/(<!\[CDATA\[[\s\S]*?(?:\]\]>|$))/)
    .map((part) => (part.startsWith('<![CDATA[') ? part.replace(/^<!\[CDATA\[|\]\]>$/g, '') : decodeXmlEntities(part)))
    .join('')
    .trim();
}

/** The text of the first child of a name that has any. */
export function childText(node: XmlNode, name: string): string {
  for (const child of children(node, name)) {
    const text = textOf(child);
    if (text !== '') return text;
  }
  return '';
}

/** An attribute, its entities decoded; empty where there is none. */
export function attribute(value: unknown, name: string): string {
  const found = isNode(value) ? value[`@${name}`] : undefined;
  return typeof found === 'string' ? decodeXmlEntities(found).trim() : '';
}

/** Whether a parsed value is an element with attributes or children. */
export function isNode(value: unknown): value is XmlNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
