import { replaceCodePoint } from 'entities/decode';
import { Parser } from 'htmlparser2';
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

/** Items read of one answer; feeds hold 10 to 100, and archives that hold more have the newest first. */
export const MAX_ITEMS = 100;
/** A feed of a hundred items has a few thousand tags. */
const MAX_TAGS = 30_000;
/** Titles and addresses of up to 2,000 characters are shorter, so that none is kept cut; of whole articles, which some feeds carry, the start is enough. */
const MAX_TEXT_LENGTH = 2400;
const MAX_DEPTH = 40;
/** Inside a field, where some publishers write HTML that closes few of its tags. */
const MAX_DEPTH_IN_FIELD = 400;

/** What the elements of a namespace are called here: RSS without a prefix. */
const NAMESPACES: ReadonlyMap<string, string> = new Map([
  ['', ''],
  ['http://purl.org/rss/1.0/', ''],
  ['http://my.netscape.com/rdf/simple/0.9/', ''],
  ['http://backend.userland.com/rss2', ''],
  ['http://www.w3.org/2005/Atom', 'atom:'],
  ['http://purl.org/atom/ns#', 'atom:'],
  ['http://www.w3.org/1999/02/22-rdf-syntax-ns#', 'rdf:'],
  ['http://purl.org/dc/elements/1.1/', 'dc:'],
  ['http://purl.org/rss/1.0/modules/content/', 'content:'],
]);
/** Prefixes that mean what they usually do where a feed does not declare them. */
const USUAL_PREFIXES = ['atom:', 'rdf:', 'dc:', 'content:'];

/** What a field of an item holds: the text, markup inside it included, and the attributes. */
export interface FeedField {
  readonly text: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The fields of an item by canonical name: RSS and, in an Atom feed, Atom without a prefix; `dc:` and `content:` with theirs. */
export type FeedFields = ReadonlyMap<string, readonly FeedField[]>;

/** The items of a feed as they stand in the XML. */
export interface FeedDocument {
  readonly format: 'rss' | 'atom';
  readonly items: readonly FeedFields[];
}

/** Thrown through the parser once enough has been read. */
class EnoughError extends Error {}

interface Element {
  readonly name: string;
  /** Namespaces declared here, by prefix. */
  readonly declared: ReadonlyMap<string, string>;
  /** Number of items read before it. */
  readonly itemsBefore: number;
}

/**
 * Parses the XML of a feed in time proportional to its length and stops after the hundredth item. Names are compared by namespace. A
 * DOCTYPE that declares no entity is skipped. An element left open ends with the one around it. Tags and depth are bounded. Throws
 * `CC_SOURCE_BAD_DATA`, without a word of the text.
 */
export function parseFeedXml(source: string, text: string): FeedDocument {
  const bad = (what: string) => new SourceError(source, 'CC_SOURCE_BAD_DATA', what);
  const stack: Element[] = [];
  const items: Map<string, FeedField[]>[] = [];
  let format: FeedDocument['format'] | null = null;
  let item: { readonly fields: Map<string, FeedField[]>; readonly depth: number } | null = null;
  let field: { readonly name: string; readonly attributes: Record<string, string>; text: string } | null = null;
  let tags = 0;
  let broken = false;
  let ended = false;

  function canonical(name: string, declared: ReadonlyMap<string, string>): string {
    const colon = name.indexOf(':');
    const prefix = colon < 0 ? '' : name.slice(0, colon);
    const local = name.slice(colon + 1);
    let uri = declared.get(prefix);
    for (let at = stack.length - 1; at >= 0 && uri === undefined; at--) uri = stack[at]!.declared.get(prefix);
    const usual = uri === undefined && USUAL_PREFIXES.includes(`${prefix}:`) ? `${prefix}:` : 'other:';
    // A default namespace that nobody knows is a mistake of the publisher's.
    const family = NAMESPACES.get(uri ?? prefix) ?? (prefix === '' ? '' : usual);
    return family === 'atom:' && (format === 'atom' || stack.length === 0) ? local : family + local;
  }

  function openRoot(name: string): void {
    if (name.toLowerCase() === 'html') throw bad('sent a web page instead of a feed.');
    if (name === 'rss' || name === 'rdf:RDF') format = 'rss';
    else if (name === 'feed') format = 'atom';
  }

  function open(written: string, attributes: Record<string, string>): void {
    if (++tags > MAX_TAGS) throw bad('sent XML with more tags than any feed has.');
    if (stack.length >= (field ? MAX_DEPTH_IN_FIELD : MAX_DEPTH)) {
      throw bad(`sent XML nested more than ${MAX_DEPTH} deep.`);
    }
    const declared = new Map<string, string>();
    for (const [name, value] of Object.entries(attributes)) {
      if (name === 'xmlns') declared.set('', value.trim());
      else if (name.startsWith('xmlns:')) declared.set(name.slice(6), value.trim());
    }
    const name = canonical(written, declared);
    if (stack.length === 0) openRoot(name);
    if (field) append(`<${written.slice(0, 100)}>`);
    else if (item && stack.length === item.depth + 1) field = { name, attributes, text: '' };
    else if (!item && stack.length > 0 && name === (format === 'atom' ? 'entry' : 'item')) {
      item = { fields: new Map(), depth: stack.length };
    }
    stack.push({ name, declared, itemsBefore: items.length });
  }

  function append(part: string): void {
    if (field && field.text.length < MAX_TEXT_LENGTH) {
      field.text += part.slice(0, MAX_TEXT_LENGTH - field.text.length);
    }
  }

  function close(written: string, implied: boolean): void {
    const element = stack.pop();
    if (!element) return;
    const depth = stack.length;
    if (field && item && depth === item.depth + 1) {
      const { name, attributes, text: inside } = field;
      const kept = { text: fromWindows(inside).trim(), attributes };
      item.fields.set(name, [...(item.fields.get(name) ?? []).slice(0, 20), kept]);
      field = null;
    } else if (field) {
      append(`</${written.slice(0, 100)}>`);
    } else if (item && depth === item.depth) {
      if (!ended) items.push(item.fields);
      item = null;
      if (items.length >= MAX_ITEMS) throw new EnoughError();
    } else if (depth > 0 && element.name !== 'channel' && !implied) {
      // What stands inside something else than the channel is no item of the feed, unless that was only left open.
      items.length = Math.min(items.length, element.itemsBefore);
    }
    if (depth === 0 && ended && format) throw bad('sent a feed that breaks off in the middle.');
  }

  const parser = new Parser(
    {
      onopentag: open,
      onclosetag(name, implied) {
        // An empty element closes itself, which the parser calls implied too.
        if (implied && name !== lastOpened) broken = true;
        close(name, implied);
      },
      onopentagname(name) {
        lastOpened = name;
      },
      ontext(part) {
        if (field) append(part);
        else if (tags === 0 && part.replace('\ufeff', '').trim() !== '') {
          throw bad('sent something that is no XML instead of a feed.');
        }
      },
      onprocessinginstruction(name, data) {
        const kind = name.toLowerCase();
        if (!kind.startsWith('!') || field) return;
        const words = data.toLowerCase();
        if (kind === '!doctype' && tags === 0 && words.split(/\s/, 2)[1] === 'html') {
          throw bad('sent a web page instead of a feed.');
        }
        if (tags > 0 || kind.startsWith('!entity') || words.includes('<!entity')) {
          throw bad('sent XML with a DOCTYPE that declares entities or stands behind its start, which is refused.');
        }
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  let lastOpened = '';
  if (text.trim() === '') throw bad('sent an empty answer instead of a feed.');
  try {
    parser.write(text);
    ended = true;
    parser.end();
  } catch (error) {
    if (!(error instanceof EnoughError)) throw error;
  }
  if (tags === 0) throw bad('sent something that is no XML instead of a feed.');
  if (format === null) throw bad('sent XML that is neither RSS nor Atom.');
  if (broken && items.length === 0) throw bad('sent broken XML.');
  return { format, items };
}

/** The text of the first field of these names that has any, in the order of the names; empty where there is none. */
export function fieldText(fields: FeedFields, ...names: readonly string[]): string {
  for (const name of names) {
    for (const { text } of fields.get(name) ?? []) if (text !== '') return text;
  }
  return '';
}
