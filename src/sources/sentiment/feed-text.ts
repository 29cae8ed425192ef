import { SourceError } from '../source-error.ts';
import { fromWindows } from './entities.ts';

/** More characters than this in a thousand that could not be decoded mean another encoding than the feed says. */
const MOST_UNREADABLE = 10;
/** The declaration stands within this many bytes. */
const DECLARATION_BYTES = 200;

/**
 * The text of a feed. The encoding is what the byte order mark says, else the `charset` of the Content-Type, else the XML declaration,
 * else UTF-8 (RFC 7303 §3); one nobody knows counts as UTF-8. Throws `CC_SOURCE_BAD_DATA` when much of it cannot be decoded.
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

/** Stops at the first character too many: eight million of them need not be counted. */
function isUnreadable(text: string): boolean {
  let allowed = (MOST_UNREADABLE * text.length) / 1000;
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
