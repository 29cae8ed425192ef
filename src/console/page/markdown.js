/**
 * One piece of parsed text. Containers have children; the rest is text.
 * @typedef {{ type: 'text' | 'code' | 'mention', text: string }
 *   | { type: 'pre', text: string }
 *   | { type: 'break' }
 *   | { type: 'time', timeMs: number, style: string }
 *   | { type: 'link', href: string, children: MarkdownNode[] }
 *   | { type: 'heading', level: number, children: MarkdownNode[] }
 *   | { type: 'list', ordered: boolean, items: MarkdownNode[][] }
 *   | { type: 'strong' | 'em' | 'underline' | 'strike' | 'spoiler' | 'quote' | 'subtext', children: MarkdownNode[] }
 * } MarkdownNode
 */

/** Deeper nesting than this stays plain text. */
const MAX_DEPTH = 8;

/**
 * Parses the markdown Discord shows in messages and embeds.
 * @param {string} text
 * @returns {MarkdownNode[]}
 */
export function parseMarkdown(text) {
  /** @type {MarkdownNode[]} */
  const nodes = [];
  const parts = text.split(/```(?:[a-z0-9+-]{0,20}\n)?([\s\S]+?)```/i);
  parts.forEach((part, index) => {
    if (index % 2 === 1) nodes.push({ type: 'pre', text: part.replace(/\n$/, '') });
    else nodes.push(...parseBlocks(index > 0 ? part.replace(/^\n/, '') : part));
  });
  return nodes;
}

/**
 * Parses what may stand in a title or a field's name: no headings, lists or quotes.
 * @param {string} text
 * @param {number} [depth]
 * @returns {MarkdownNode[]}
 */
export function parseInline(text, depth = 0) {
  /** @type {MarkdownNode[]} */
  const nodes = [];
  let plain = '';
  const flush = () => {
    if (plain) nodes.push({ type: 'text', text: plain });
    plain = '';
  };
  for (let at = 0; at < text.length; ) {
    const found = depth < MAX_DEPTH ? matchRule(text, at, depth) : null;
    if (found?.node) {
      flush();
      nodes.push(found.node);
    } else {
      plain += found ? found.text : text[at];
    }
    at += found ? found.length : 1;
  }
  flush();
  return nodes;
}

/**
 * @param {string} text
 * @returns {MarkdownNode[]}
 */
function parseBlocks(text) {
  /** @type {MarkdownNode[]} */
  const nodes = [];
  /** @type {string[]} */
  let paragraph = [];
  const flush = () => {
    if (paragraph.length > 0) nodes.push(...parseInline(paragraph.join('\n')));
    paragraph = [];
  };
  for (const line of text === '' ? [] : text.split('\n')) {
    const block = /^(#{1,3}|-#|>|[-*]|\d{1,3}\.) (.+)$/.exec(line.trimStart());
    if (!block?.[1] || !block[2]) {
      paragraph.push(line);
      continue;
    }
    flush();
    pushBlock(nodes, block[1], parseInline(block[2]));
  }
  flush();
  return nodes;
}

/**
 * @param {MarkdownNode[]} nodes
 * @param {string} mark
 * @param {MarkdownNode[]} children
 */
function pushBlock(nodes, mark, children) {
  const last = nodes.at(-1);
  if (mark.startsWith('#')) nodes.push({ type: 'heading', level: mark.length, children });
  else if (mark === '-#') nodes.push({ type: 'subtext', children });
  else if (mark === '>') {
    if (last?.type === 'quote') last.children.push({ type: 'break' }, ...children);
    else nodes.push({ type: 'quote', children });
  } else {
    const ordered = /\d/.test(mark);
    if (last?.type === 'list' && last.ordered === ordered) last.items.push(children);
    else nodes.push({ type: 'list', ordered, items: [children] });
  }
}

/** Characters at which a rule may begin; all others are skipped quickly. */
const SPECIAL = new Set(['\\', '`', '<', '[', 'h', '*', '_', '~', '|', '\n']);

/** @typedef {{ length: number, node?: MarkdownNode, text?: string }} Match */

/**
 * The rules in the order they are tried. Contents skip escaped characters, so `**a\*\*b**` is one bold piece.
 * @type {readonly (readonly [RegExp, (groups: string[], depth: number) => { node?: MarkdownNode, text?: string }])[]}
 */
const RULES = [
  [/\\([^A-Za-z0-9\s])/y, ([, char]) => ({ text: char ?? '' })],
  [/(?<!`)(`+)(?!`)([\s\S]*?[^`])\1(?!`)/y, ([, , code]) => ({ node: { type: 'code', text: code ?? '' } })],
  [/<t:(-?\d{1,13})(?::([tTdDfFR]))?>/y, ([, unix, style]) => time(unix, style)],
  [/<#([a-z][\w-]{0,31})>/y, ([, channel]) => ({ node: { type: 'mention', text: `#${channel}` } })],
  [/<(https?:\/\/[^\s<>]+)>/y, ([, href]) => link(href, href, MAX_DEPTH)],
  [/\[((?:\\.|[^[\]\\])+)\]\(<?(https?:\/\/[^\s()<>]+)>?\)/y, ([, label, href], depth) => link(href, label, depth)],
  [/https?:\/\/[^\s<>]*[^\s<>.,:;"')\]*_~|]/y, ([href]) => link(href, href, MAX_DEPTH)],
  [/<\/([-\w ]{1,100}):\d+>/y, ([, command]) => ({ node: { type: 'mention', text: `/${command}` } })],
  [/<(@|#)[!&]?\d{1,20}>/y, ([, kind]) => ({ node: { type: 'mention', text: kind === '#' ? '#channel' : '@user' } })],
  [/<a?:(\w{2,32}):\d{1,20}>/y, ([, emoji]) => ({ text: `:${emoji}:` })],
  [/\*\*((?:\\.|[^\\])+?)\*\*(?!\*)/y, nested('strong')],
  [/__((?:\\.|[^\\])+?)__(?!_)/y, nested('underline')],
  [/~~((?:\\.|[^\\])+?)~~/y, nested('strike')],
  [/\|\|((?:\\.|[^\\])+?)\|\|/y, nested('spoiler')],
  [/\*(?=\S)((?:\*\*|\\.|[^*\\])+?)(?<=\S)\*(?!\*)/y, nested('em')],
  [/_((?:__|\\.|[^_\\])+?)_(?![A-Za-z0-9_])/y, nested('em')],
  [/\n/y, () => ({ node: { type: 'break' } })],
];

/**
 * @param {string} text
 * @param {number} at
 * @param {number} depth
 * @returns {Match | null}
 */
function matchRule(text, at, depth) {
  if (!SPECIAL.has(text[at] ?? '')) return null;
  for (const [pattern, make] of RULES) {
    pattern.lastIndex = at;
    const groups = pattern.exec(text);
    if (groups) return { length: groups[0].length, ...make(groups, depth) };
  }
  return null;
}

/**
 * @param {'strong' | 'em' | 'underline' | 'strike' | 'spoiler'} type
 * @returns {(groups: string[], depth: number) => { node: MarkdownNode }}
 */
function nested(type) {
  return ([, inner], depth) => ({ node: { type, children: parseInline(inner ?? '', depth + 1) } });
}

/**
 * @param {string | undefined} unix
 * @param {string | undefined} style
 * @returns {{ node: MarkdownNode }}
 */
function time(unix, style) {
  return { node: { type: 'time', timeMs: Number(unix) * 1000, style: style ?? 'f' } };
}

/**
 * @param {string | undefined} href
 * @param {string | undefined} label
 * @param {number} depth
 * @returns {{ node: MarkdownNode }}
 */
function link(href, label, depth) {
  return { node: { type: 'link', href: href ?? '', children: parseInline(label ?? '', depth + 1) } };
}
