import { h } from './dom.js';

/** @typedef {import('../wire.ts').WireFile} WireFile */

/** Object URLs by file, so that a picture shown twice is decoded once. @type {WeakMap<WireFile, string>} */
const urls = new WeakMap();

/**
 * Returns an address within the page for the file's bytes, or null where none came along.
 * @param {WireFile} file
 */
export function fileUrl(file) {
  const known = urls.get(file);
  if (known) return known;
  if (file.base64 === undefined) return null;
  const bytes = Uint8Array.from(atob(file.base64), (char) => char.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: file.contentType }));
  urls.set(file, url);
  return url;
}

/**
 * Frees the memory behind a file's address, once no message shows it.
 * @param {WireFile} file
 */
export function releaseFile(file) {
  const url = urls.get(file);
  if (url) URL.revokeObjectURL(url);
  urls.delete(file);
}

/**
 * A picture of the reply; a press shows it large.
 * @param {WireFile} file
 * @param {string} className
 */
export function attachmentImage(file, className) {
  const url = fileUrl(file) ?? '';
  const image = h('img', { src: url, alt: file.description || file.name, title: file.description, decoding: 'async' });
  const button = h(
    'button',
    { type: 'button', class: `picture ${className}`, 'aria-label': `Enlarge: ${image.alt}` },
    image,
  );
  button.addEventListener('click', () => enlarge(file, url));
  return button;
}

/**
 * Files that no embed shows: pictures as they are, others as something to download.
 * @param {readonly WireFile[]} files
 */
export function attachments(files) {
  return files.map((file) => {
    if (/^image\/(png|jpeg|webp|gif)$/.test(file.contentType)) return attachmentImage(file, 'attached-image');
    return h('p', { class: 'attached-file' }, downloadLink(file, file.name), ` ${size(file.bytes)}`);
  });
}

/**
 * @param {WireFile} file
 * @param {string} label
 */
function downloadLink(file, label) {
  return h('a', { href: fileUrl(file) ?? '#', download: file.name }, label);
}

/** @param {number} bytes */
function size(bytes) {
  return bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KB`;
}

/**
 * @param {WireFile} file
 * @param {string} url
 */
function enlarge(file, url) {
  const close = h('button', { type: 'button', class: 'plain' }, 'Close');
  const dialog = h(
    'dialog',
    { class: 'lightbox', 'aria-label': file.description || file.name },
    h('img', { src: url, alt: file.description }),
    h('p', { class: 'lightbox-bar' }, downloadLink(file, `Save ${file.name}`), close),
  );
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
