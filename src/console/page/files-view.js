import { h } from './dom.js';

/** @typedef {import('../wire.ts').WireFile} WireFile */

/** @typedef {{ url: string, width: number | null, height: number | null }} OpenFile */

/** Files made available to the page, so that one shown twice is decoded once. @type {WeakMap<WireFile, OpenFile>} */
const opened = new WeakMap();

/**
 * Returns an address within the page for the file's bytes, and its size where it is a PNG; null where no bytes came along.
 * @param {WireFile} file
 * @returns {OpenFile | null}
 */
export function openFile(file) {
  const known = opened.get(file);
  if (known) return known;
  if (file.base64 === undefined) return null;
  const bytes = Uint8Array.from(atob(file.base64), (char) => char.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: file.contentType }));
  const open = { url, ...pngSize(bytes) };
  opened.set(file, open);
  return open;
}

/**
 * Frees the memory behind a file's address, once no message shows it.
 * @param {WireFile} file
 */
export function releaseFile(file) {
  const open = opened.get(file);
  if (open) URL.revokeObjectURL(open.url);
  opened.delete(file);
}

/**
 * Reads width and height from a PNG's first chunk, so that the page keeps its room before the picture is decoded.
 * @param {Uint8Array} bytes
 */
function pngSize(bytes) {
  if (bytes.length < 24 || bytes[0] !== 0x89 || bytes[1] !== 0x50) return { width: null, height: null };
  const view = new DataView(bytes.buffer);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/**
 * A picture of the reply; a press shows it large.
 * @param {WireFile} file
 * @param {string} className
 */
export function attachmentImage(file, className) {
  const { url, width, height } = openFile(file) ?? { url: '', width: null, height: null };
  const image = h('img', { src: url, width, height, alt: file.description || file.name, title: file.description });
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
  return h('a', { href: openFile(file)?.url ?? '#', download: file.name }, label);
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
