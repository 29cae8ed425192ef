import { isUtf8 } from 'node:buffer';
import { replaceCodePoint } from 'entities/decode';
import { SourceError } from '../source-error.ts';

/** More characters than this in a thousand that could not be decoded mean another encoding than the feed says. */
const MAX_UNREADABLE_PER_MILLE = 10;
/** Up to this many are the letters with accents of a text in Windows' Western encoding; more are no text. */
const MAX_WESTERN_PER_MILLE = 100;
/** The declaration stands within this many bytes. */
const DECLARATION_BYTES = 200;

/**
 * The text of a feed. The encoding is what the byte order mark says, else the `charset` of the Content-Type, else the XML declaration,
 * else UTF-8 (RFC 7303 §3); an unknown one counts as UTF-8. Servers and templates are wrong about it: what is UTF-8 from end to end is read
 * as UTF-8 where an encoding of single bytes is named, and what is not, as Windows' Western one where no other is. Throws `CC_SOURCE_BAD_DATA` when much of it cannot be decoded.
 */
export function decodeFeed(source: string, bytes: Uint8Array, contentType: string): string {
  const label = markedEncoding(bytes) ?? charsetOf(contentType) ?? declaredEncoding(bytes) ?? 'utf-8';
  const named = decoderFor(label);
  const decoder = /^(windows-125\d|iso-8859-\d+)$/.test(named.encoding) && isUtf8(bytes) ? decoderFor('utf-8') : named;
  const decoded = decoder.decode(bytes);
  if (/^(windows-1252|iso-8859-1)$/.test(decoder.encoding)) return fromWindows(decoded);
  if (!hasUnreadable(decoded, MAX_UNREADABLE_PER_MILLE)) return decoded;
  if (decoder.encoding !== 'utf-8' || hasUnreadable(decoded, MAX_WESTERN_PER_MILLE)) {
    throw new SourceError(source, 'CC_SOURCE_BAD_DATA', 'sent text in another encoding than it says.');
  }
  return fromWindows(decoderFor('windows-1252').decode(bytes));
}

/**
 * Replaces the controls of Latin-1 by what Windows has in their place. Node's own decoder takes the one encoding for the other in several
 * versions (nodejs/node#56542), and publishers do so in numeric entities.
 */
export function fromWindows(text: string): string {
  return text.replace(/[\u0080-\u009f]/g, (control) => String.fromCodePoint(replaceCodePoint(control.charCodeAt(0))));
}

/** Stops at the first character too many: eight million of them need not be counted. */
function hasUnreadable(text: string, perMille: number): boolean {
  let allowed = (perMille * text.length) / 1000;
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) if (--allowed < 0) return true;
  return false;
}

function markedEncoding(bytes: Uint8Array): string | null {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  // "<" and another character without a mark, in two bytes each.
  if (a === 0x3c && b === 0 && c !== 0 && d === 0) return 'utf-16le';
  if (a === 0 && b === 0x3c && c === 0 && d !== 0) return 'utf-16be';
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
