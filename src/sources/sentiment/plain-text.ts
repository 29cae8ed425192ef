import { decodeHTMLStrict } from 'entities/decode';

/** Longest title kept. */
export const MAX_TITLE_LENGTH = 300;
/** What is looked at of a text: a title is short, and the patterns below see only this much of a hostile one. */
const MAX_INPUT_LENGTH = 4000;

/** Marks up who is meant or what is shown on Discord: `<@1>`, `<@&1>`, `<#1>`, `<:name:1>`, `<t:1>`, `</command:1>`. */
const DISCORD_MARKS = /<(?:@[!&]?|#|a?:\w{1,40}:|t:|\/[\w -]{1,40}:)\d{1,20}(?::\w)?>/g;
/** Letters and symbols that show nothing; the rest of the invisible ones are format characters. */
const BLANKS = /[\u115f\u1160\u2800\u3164\uffa0\u{e0000}-\u{e007f}]/gu;

/**
 * Makes one plain line of a title that may be HTML: tags and scripts taken out, entities decoded once, NFC, no control, format,
 * bidirectional or private characters, stacked accents cut, no mentions of Discord; at most 300 characters.
 */
export function plainText(html: string): string {
  return plainLine(decodeHTMLStrict(withoutTags(html.slice(0, MAX_INPUT_LENGTH))));
}

/** The same for text that is no HTML: `<b>` and `&amp;` stay what they are. */
export function plainLine(text: string): string {
  const line = text
    .slice(0, MAX_INPUT_LENGTH)
    .replace(/\p{Cs}/gu, '')
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(/[\p{Cf}\p{Co}\p{Cn}\ufffd]/gu, '')
    .replace(BLANKS, ' ')
    .replace(/(\p{M}{3})\p{M}+/gu, '$1')
    // Last: an invisible character inside would have hidden a mention.
    .replace(DISCORD_MARKS, ' ')
    .replace(/@(?=everyone\b|here\b)/gi, '')
    .replace(/\s+/g, ' ')
    .trim();
  if (line.length <= MAX_TITLE_LENGTH) return line;
  const cut = line.slice(0, MAX_TITLE_LENGTH - 1).replace(/\p{Cs}$/u, '');
  return `${cut.trimEnd()}…`;
}

function withoutTags(html: string): string {
  return html
    .replace(/<!--.*?(?:-->|$)/gs, ' ')
    .replace(/<(script|style|iframe|svg|template)\b.*?(?:<\/\1\s*>|$)/gis, ' ')
    .replace(/<\/?[a-z][^<>]*(?:>|$)/gi, (tag) =>
      /^<\/?(?:b|i|em|strong|span|u|a|sup|sub|small|mark|font|code)\b/i.test(tag) ? '' : ' ',
    );
}

/** An http(s) address without user and password, 2,000 characters at most, or null. */
export function webAddress(text: string | null | undefined): string | null {
  const trimmed = text?.trim() ?? '';
  if (trimmed.length > 2000 || !URL.canParse(trimmed)) return null;
  const url = new URL(trimmed);
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' ? url.href : null;
}
