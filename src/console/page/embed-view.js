import { timeElement } from './clock.js';
import { h } from './dom.js';
import { attachmentImage, openFile } from './files-view.js';
import { externalLink, inlineMarkdown, markdown } from './markdown-view.js';

/**
 * @typedef {import('../wire.ts').WireFile} WireFile
 * @typedef {import('../wire.ts').WireReply['embeds'][number]} Embed
 * @typedef {NonNullable<Embed['fields']>[number]} Field
 */

/**
 * Renders one embed: colour bar, author, title, description, fields, image, footer.
 * @param {Embed} embed
 * @param {readonly WireFile[]} files of the same reply
 */
export function embedView(embed, files) {
  const view = h('section', { class: 'embed', 'aria-label': embed.title ?? 'Embed' });
  if (embed.color !== undefined) view.style.setProperty('--bar', `#${embed.color.toString(16).padStart(6, '0')}`);
  const body = h('div', { class: 'embed-body' });
  if (embed.author) body.append(h('p', { class: 'embed-author' }, linked(embed.author.name, embed.author.url)));
  if (embed.title) body.append(h('h2', { class: 'embed-title' }, linked(embed.title, embed.url)));
  if (embed.description) body.append(h('div', { class: 'embed-description' }, markdown(embed.description)));
  body.append(...fieldRows(embed.fields ?? []));
  view.append(body);
  const thumbnail = embed.thumbnail && picture(embed.thumbnail.url, files, 'embed-thumbnail');
  if (thumbnail) body.before(thumbnail);
  const image = embed.image && picture(embed.image.url, files, 'embed-image');
  if (image) view.append(image);
  const footer = footerView(embed);
  if (footer) view.append(footer);
  return view;
}

/**
 * @param {string} text
 * @param {string | undefined} url
 */
function linked(text, url) {
  return url ? externalLink(url, inlineMarkdown(text)) : inlineMarkdown(text);
}

/**
 * Lays fields out as Discord does: neighbours that are inline share a row, three at most.
 * @param {readonly Field[]} fields
 */
function fieldRows(fields) {
  /** @type {Field[][]} */
  const rows = [];
  for (const field of fields) {
    const last = rows.at(-1);
    if (field.inline && last?.[0]?.inline && last.length < 3) last.push(field);
    else rows.push([field]);
  }
  return rows.map((row) =>
    h(
      'dl',
      { class: `fields fields-${row.length}` },
      ...row.map((field) => h('div', {}, h('dt', {}, inlineMarkdown(field.name)), h('dd', {}, markdown(field.value)))),
    ),
  );
}

/**
 * A picture that came with the reply; one from elsewhere is only linked, because the page loads nothing from outside.
 * @param {string} url
 * @param {readonly WireFile[]} files
 * @param {string} className
 */
function picture(url, files, className) {
  const name = /^attachment:\/\/(.+)$/.exec(url)?.[1];
  const file = files.find((candidate) => candidate.name === name);
  if (file && openFile(file)) return attachmentImage(file, className);
  return name === undefined ? h('p', { class: 'embed-link' }, externalLink(url, 'Open picture')) : null;
}

/** @param {Embed} embed */
function footerView(embed) {
  const timeMs = embed.timestamp ? Date.parse(embed.timestamp) : Number.NaN;
  if (!embed.footer?.text && Number.isNaN(timeMs)) return null;
  const footer = h('p', { class: 'embed-footer' }, embed.footer?.text);
  if (!Number.isNaN(timeMs)) footer.append(embed.footer?.text ? ' • ' : '', timeElement(timeMs, 'f'));
  return footer;
}
