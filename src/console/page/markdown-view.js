import { timeElement } from './clock.js';
import { h } from './dom.js';
import { parseInline, parseMarkdown } from './markdown.js';

/** @typedef {import('./markdown.js').MarkdownNode} MarkdownNode */

/**
 * Renders a text with everything Discord's markdown allows.
 * @param {string} text
 */
export function markdown(text) {
  return render(parseMarkdown(text));
}

/**
 * Renders a one-line text such as a title.
 * @param {string} text
 */
export function inlineMarkdown(text) {
  return render(parseInline(text));
}

/**
 * Returns an anchor that opens elsewhere and tells the other side nothing, or plain text where the address is no web
 * address.
 * @param {string} href
 * @param {...(Node | string)} children
 */
export function externalLink(href, ...children) {
  if (!/^https?:\/\//i.test(href)) return h('span', {}, ...children);
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, ...children);
}

/** @param {readonly MarkdownNode[]} nodes */
function render(nodes) {
  const fragment = document.createDocumentFragment();
  for (const node of nodes) fragment.append(element(node));
  return fragment;
}

/** @type {Readonly<Record<string, keyof HTMLElementTagNameMap>>} */
const TAGS = { strong: 'strong', em: 'em', underline: 'u', strike: 's', quote: 'blockquote', subtext: 'small' };

/**
 * @param {MarkdownNode} node
 * @returns {Node}
 */
function element(node) {
  switch (node.type) {
    case 'text':
      return document.createTextNode(node.text);
    case 'code':
      return h('code', {}, node.text);
    case 'pre':
      return h('pre', { tabindex: 0 }, h('code', {}, node.text));
    case 'mention':
      return h('span', { class: 'mention' }, node.text);
    case 'break':
      return h('br');
    case 'time':
      return stamp(node.timeMs, node.style);
    case 'link':
      return externalLink(node.href, render(node.children));
    case 'heading':
      return h(
        'p',
        { class: `heading heading-${node.level}`, role: 'heading', 'aria-level': node.level + 2 },
        render(node.children),
      );
    case 'list':
      return h(node.ordered ? 'ol' : 'ul', {}, ...node.items.map((item) => h('li', {}, render(item))));
    case 'spoiler':
      return spoiler(node.children);
    default:
      return h(TAGS[node.type] ?? 'span', {}, render(node.children));
  }
}

/**
 * @param {number} timeMs
 * @param {string} style
 */
function stamp(timeMs, style) {
  const element = timeElement(timeMs, style);
  element.className = 'stamp';
  return element;
}

/** @param {readonly MarkdownNode[]} children */
function spoiler(children) {
  const button = h('button', { type: 'button', class: 'spoiler', 'aria-expanded': 'false' }, 'Show hidden text');
  button.addEventListener('click', () => button.replaceWith(h('span', { class: 'revealed' }, render(children))));
  return button;
}
