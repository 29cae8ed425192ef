/** A feed of a hundred items has a few thousand tags. */
const MOST_TAGS = 30_000;
/** Titles and addresses are shorter; whole articles, which some feeds carry, are not looked at. */
const LONGEST_TEXT = 1200;
/** Longer tags, such as pictures written into an attribute, lose their attributes. */
const LONGEST_TAG = 2000;
const MOST_CHARACTERS = 1_000_000;

/**
 * Shortens XML before the parser sees it, whose time grows with every character: comments are dropped, long texts and CDATA sections
 * cut, long tags stripped of their attributes. Where still too much is left, or a DOCTYPE or entity is declared, it says so instead. Takes
 * time in proportion to the text.
 */
export function trimFeed(text: string): { readonly text: string } | { readonly refused: string } {
  const parts: string[] = [];
  let characters = 0;
  let tags = 0;
  const keep = (part: string) => {
    characters += part.length;
    parts.push(part);
  };
  for (let at = 0; at < text.length; ) {
    const start = text.indexOf('<', at);
    keep(text.slice(at, Math.min(start < 0 ? text.length : start, at + LONGEST_TEXT)));
    if (start < 0) break;
    if (text.startsWith('<!--', start)) {
      at = afterEnd(text, '-->', start);
    } else if (text.startsWith('<![CDATA[', start)) {
      at = afterEnd(text, ']]>', start);
      const inside = text.slice(start + 9, Math.min(at - 3, start + 9 + LONGEST_TEXT));
      keep(`<![CDATA[${inside.replace(/\]+$/, '')}]]>`);
    } else if (/^<!(?:doctype|entity)/i.test(text.slice(start, start + 9))) {
      return { refused: 'with a DOCTYPE, which is refused' };
    } else {
      at = afterEnd(text, '>', start);
      keep(at - start <= LONGEST_TAG ? text.slice(start, at) : withoutAttributes(text.slice(start, at)));
    }
    if (++tags > MOST_TAGS || characters > MOST_CHARACTERS) return { refused: 'with more tags than any feed has' };
  }
  return { text: parts.join('') };
}

function afterEnd(text: string, end: string, from: number): number {
  const found = text.indexOf(end, from);
  return found < 0 ? text.length : found + end.length;
}

function withoutAttributes(tag: string): string {
  const name = /^<\/?[^\s/>]{1,100}/.exec(tag)?.[0] ?? '<x';
  return tag.endsWith('/>') ? `${name}/>` : `${name}>`;
}
