import { Parser } from 'htmlparser2';
import { SourceError } from '../source-error.ts';
import { fromWindows } from './feed-encoding.ts';

/** Items read of one answer; feeds hold 10 to 100, and archives that hold more have the newest first. */
export const MAX_ITEMS = 100;
/** A feed of a hundred items has a few thousand tags beside the markup of whole articles, which some carry unescaped. */
const MAX_TAGS = 30_000;
const MAX_TAGS_IN_FIELDS = 1_000_000;
/** Titles and addresses of up to 2,000 characters are shorter, so that none is kept cut; of whole articles, which some feeds carry, the start is enough. */
const MAX_TEXT_LENGTH = 2400;
const MAX_DEPTH = 40;
/** Inside a field, where some publishers write HTML that closes few of its tags. */
const MAX_DEPTH_IN_FIELD = 400;

/**
 * What the elements of a namespace are called here: RSS without a prefix. Publishers write `https` and leave out or add what ends a URI, so those
 * are not compared.
 */
const NAMESPACES: ReadonlyMap<string, string> = new Map([
  ['', ''],
  ['purl.org/rss/1.0', ''],
  ['my.netscape.com/rdf/simple/0.9', ''],
  ['channel.netscape.com/rdf/simple/0.9', ''],
  ['backend.userland.com/rss2', ''],
  ['www.w3.org/2005/atom', 'atom:'],
  ['purl.org/atom/ns', 'atom:'],
  ['www.w3.org/1999/02/22-rdf-syntax-ns', 'rdf:'],
  ['purl.org/dc/elements/1.1', 'dc:'],
  ['purl.org/dc/terms', 'dcterms:'],
  ['purl.org/rss/1.0/modules/content', 'content:'],
]);
/** Prefixes that mean what they usually do where a feed does not declare them. */
const USUAL_PREFIXES = ['atom:', 'rdf:', 'dc:', 'dcterms:', 'content:'];

const namespaceOf = (uri: string) =>
  NAMESPACES.get(
    uri
      .toLowerCase()
      .replace(/^https?:\/\//, '')
      .replace(/[/#]$/, ''),
  );

/** What a field of an item holds: the text, markup inside it included, and the attributes, by their names in lower case. */
export interface FeedField {
  readonly text: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The addresses (xml:base) against which it is relative, from the outermost element in. */
  readonly bases: readonly string[];
}

/**
 * The fields of an item by canonical name in lower case: RSS and, in an Atom feed, Atom without a prefix; `dc:` and `content:` with theirs. What the
 * item says about itself (`rdf:about`) is a field too.
 */
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
  readonly bases: readonly string[];
}

/**
 * Parses the XML of a feed in time proportional to its length and stops after the hundredth item. Names are compared by namespace and
 * without regard to case. A DOCTYPE that declares no entity is skipped. An element left open ends with the one around it. Tags and depth are
 * bounded: the items before an item beyond the bounds are read. Throws `CC_SOURCE_BAD_DATA`, without a word of the text.
 */
export function parseFeedXml(source: string, text: string): FeedDocument {
  const bad = (what: string) => new SourceError(source, 'CC_SOURCE_BAD_DATA', what);
  const stack: Element[] = [];
  const items: Map<string, FeedField[]>[] = [];
  let format: FeedDocument['format'] | null = null;
  let item: { readonly fields: Map<string, FeedField[]>; readonly depth: number } | null = null;
  let field: (Omit<FeedField, 'text'> & { readonly name: string; text: string }) | null = null;
  let tags = 0;
  let tagsInFields = 0;
  let broken = false;
  let ended = false;

  function canonical(name: string, declared: ReadonlyMap<string, string>): string {
    const colon = name.indexOf(':');
    const prefix = colon < 0 ? '' : name.slice(0, colon);
    const local = name.slice(colon + 1);
    let uri = declared.get(prefix);
    for (let at = stack.length - 1; at >= 0 && uri === undefined; at--) uri = stack[at]!.declared.get(prefix);
    const usual = USUAL_PREFIXES.includes(`${prefix}:`) ? `${prefix}:` : 'other:';
    // A namespace that nobody knows is a mistake of the publisher's.
    const family = namespaceOf(uri ?? prefix) ?? (prefix === '' ? '' : usual);
    return family === 'atom:' && (format === 'atom' || stack.length === 0) ? local : family + local;
  }

  function openRoot(name: string): void {
    if (name === 'html') throw bad('sent a web page instead of a feed.');
    if (name === 'rss' || name === 'rdf:rdf') format = 'rss';
    else if (name === 'feed') format = 'atom';
  }

  /** One item without measure does not cost those before it. */
  function refuse(what: string): Error {
    return items.length > 0 ? new EnoughError() : bad(what);
  }

  function open(written: string, attributes: Record<string, string>): void {
    if (field ? ++tagsInFields > MAX_TAGS_IN_FIELDS : ++tags > MAX_TAGS) {
      throw refuse('sent XML with more tags than any feed has.');
    }
    if (stack.length >= (field ? MAX_DEPTH_IN_FIELD : MAX_DEPTH)) {
      throw refuse(`sent XML nested more than ${MAX_DEPTH} deep.`);
    }
    const around = stack.at(-1)?.bases ?? [];
    const base = attributes['xml:base']?.trim() ?? '';
    const bases = base === '' ? around : [...around, base];
    const declared = new Map<string, string>();
    for (const [name, value] of Object.entries(attributes)) {
      if (name === 'xmlns') declared.set('', value.trim());
      else if (name.startsWith('xmlns:')) declared.set(name.slice(6), value.trim());
    }
    const name = canonical(written, declared);
    if (stack.length === 0) openRoot(name);
    if (field) append(`<${written.slice(0, 100)}>`);
    else if (item && stack.length === item.depth + 1) field = { name, attributes, bases, text: '' };
    else if (!item && stack.length > 0 && name === (format === 'atom' ? 'entry' : 'item')) {
      item = { fields: new Map(), depth: stack.length };
      const about = attributes['rdf:about']?.trim();
      if (about) item.fields.set('rdf:about', [{ text: about, attributes: {}, bases }]);
    }
    stack.push({ name, declared, itemsBefore: items.length, bases });
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
      const { name, attributes, bases, text: inside } = field;
      const kept = { text: fromWindows(inside).trim(), attributes, bases };
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
    { xmlMode: true, decodeEntities: true, lowerCaseTags: true, lowerCaseAttributeNames: true },
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
