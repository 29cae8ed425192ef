import { decodeXML, replaceCodePoint } from 'entities/decode';
import { type MatcherView, XMLParser } from 'fast-xml-parser';
import { SourceError } from '../source-error.ts';

/** More characters than this in a thousand that could not be decoded mean another encoding than the feed says. */
const MAX_UNREADABLE_PER_MILLE = 10;
/** The declaration stands within this many bytes. */
const DECLARATION_BYTES = 200;

/**
 * The text of a feed. The encoding is what the byte order mark says, else the `charset` of the Content-Type, else the XML declaration,
 * else UTF-8 (RFC 7303 §3); an unknown one counts as UTF-8. Throws `CC_SOURCE_BAD_DATA` when much of it cannot be decoded.
 */
export function decodeFeed(source: string, bytes: Uint8Array, contentType: string): string {
  const label = markedEncoding(bytes) ?? charsetOf(contentType) ?? declaredEncoding(bytes) ?? 'utf-8';
  const decoder = decoderFor(label);
  const decoded = decoder.decode(bytes);
  const text = /^(windows-1252|iso-8859-1)$/.test(decoder.encoding) ? fromWindows(decoded) : decoded;
  if (isUnreadable(text)) {
    throw new SourceError(source, 'CC_SOURCE_BAD_DATA', 'sent text in another encoding than it says.');
  }
  return text;
}

/**
 * Replaces the controls of Latin-1 by what Windows has in their place. Node's own decoder takes the one encoding for the other in several
 * versions (nodejs/node#56542), and publishers do so in numeric entities.
 */
function fromWindows(text: string): string {
  return text.replace(/[\u0080-\u009f]/g, (control) => String.fromCodePoint(replaceCodePoint(control.charCodeAt(0))));
}

/** Decodes the five entities of XML and numeric ones; the others are decoded where the text is read as HTML. */
function decodeEntities(text: string): string {
  return fromWindows(decodeXML(text));
}

/** Stops at the first character too many: eight million of them need not be counted. */
function isUnreadable(text: string): boolean {
  let allowed = (MAX_UNREADABLE_PER_MILLE * text.length) / 1000;
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) if (--allowed < 0) return true;
  return false;
}

function markedEncoding(bytes: Uint8Array): string | null {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  // "<?" without a mark, in two bytes each.
  if (a === 0x3c && b === 0 && c === 0x3f && d === 0) return 'utf-16le';
  if (a === 0 && b === 0x3c && c === 0 && d === 0x3f) return 'utf-16be';
  return null;
}

function charsetOf(contentType: string): string | null {
  return /;\s*charset\s*=\s*"?([\w:.-]{1,40})/i.exec(contentType)?.[1] ?? null;
}

function declaredEncoding(bytes: Uint8Array): string | null {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, DECLARATION_BYTES));
  const label = /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w:.-]{1,40})["']/.exec(start)?.[1] ?? null;
  // It was read as single bytes, so it cannot be in two.
  return label && /^(utf-?16|ucs-?2|utf-?32)/i.test(label) ? 'utf-8' : label;
}

function decoderFor(label: string) {
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder('utf-8');
  }
}

/** A feed of a hundred items has a few thousand tags. */
const MAX_TAGS = 30_000;
/** Titles and addresses are shorter; whole articles, which some feeds carry, are not looked at. */
const MAX_TEXT_LENGTH = 1200;
/** Longer tags, such as pictures written into an attribute, lose their attributes. */
const MAX_TAG_LENGTH = 2000;
const MAX_LENGTH = 1_000_000;

/**
 * Shortens XML before the parser sees it, whose time grows with every character: comments are dropped, long texts and CDATA sections
 * cut, long tags stripped of their attributes. Where still too much is left, or a DOCTYPE or entity is declared, it says so instead. Takes
 * time in proportion to the text.
 */
function trimFeed(text: string): { readonly text: string } | { readonly refused: string } {
  const parts: string[] = [];
  let characters = 0;
  let tags = 0;
  const keep = (part: string) => {
    characters += part.length;
    parts.push(part);
  };
  for (let at = 0; at < text.length; ) {
    const start = text.indexOf('<', at);
    keep(text.slice(at, Math.min(start < 0 ? text.length : start, at + MAX_TEXT_LENGTH)));
    if (start < 0) break;
    if (text.startsWith('<!--', start)) {
      at = afterEnd(text, '-->', start);
    } else if (text.startsWith('<![CDATA[', start)) {
      at = afterEnd(text, ']]>', start);
      const inside = text.slice(start + 9, Math.min(at - 3, start + 9 + MAX_TEXT_LENGTH));
      keep(`<![CDATA[${inside.replace(/\]+$/, '')}]]>`);
    } else if (/^<!(?:doctype|entity)/i.test(text.slice(start, start + 9))) {
      return { refused: 'with a DOCTYPE, which is refused' };
    } else {
      at = afterEnd(text, '>', start);
      keep(at - start <= MAX_TAG_LENGTH ? text.slice(start, at) : withoutAttributes(text.slice(start, at)));
    }
    if (++tags > MAX_TAGS || characters > MAX_LENGTH) return { refused: 'with more tags than any feed has' };
  }
  return { text: parts.join('') };
}

function afterEnd(text: string, end: string, from: number): number {
  const found = text.indexOf(end, from);
  return found < 0 ? text.length : found + end.length;
}

function withoutAttributes(tag: string): string {
  const name = /^<\/?[^\s/>]{1,100}/.exec(tag)?.[0] ?? '<x';
  return tag.endsWith('/>') ? `${name}/>` : `${name}>`;
}

const MAX_DEPTH = 40;

/** An element: attributes under `@name`, children under their names, text under `#text`. */
export type XmlNode = Readonly<Record<string, unknown>>;

/** Contents that are kept as they stand, markup included: nothing in them is an element of the feed. */
const RAW = ['title', 'description', 'summary', 'content', 'content:encoded', 'media:description', 'media:title'];

/** Thrown through the parser, whose own error for its limit has no code. */
class TooDeepError extends Error {}

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
  jPath: false,
  updateTag(name, path) {
    if ((path as MatcherView).getDepth() > MAX_DEPTH) throw new TooDeepError();
    return name;
  },
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
    throw bad(cause instanceof TooDeepError ? `sent XML nested more than ${MAX_DEPTH} deep.` : 'sent broken XML.');
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
function textOf(value: unknown): string {
  const raw = isNode(value) ? value['#text'] : value;
  if (typeof raw !== 'string') return '';
  return raw
    .split(/(<!\[CDATA\[[\s\S]*?(?:\]\]>|$))/)
    .map((part) => (part.startsWith('<![CDATA[') ? part.replace(/^<!\[CDATA\[|\]\]>$/g, '') : decodeEntities(part)))
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
  return typeof found === 'string' ? decodeEntities(found).trim() : '';
}

/** Whether a parsed value is an element with attributes or children. */
export function isNode(value: unknown): value is XmlNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
