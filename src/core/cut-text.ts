const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The first `most` UTF-16 code units of a text, or a few fewer where a character as people see it, such as an emoji of several code points, would
 * be cut. Half characters that the text holds already become U+FFFD: Discord, JSON readers and PNG text refuse or misread them.
 */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text.toWellFormed();
  const across = GRAPHEMES.segment(text).containing(most);
  // A single character longer than everything that fits is cut between its code points.
  const end = across && across.index > 0 ? across.index : most;
  const cut = text.slice(0, end);
  const splitsPair = end === most && (text.codePointAt(end - 1) ?? 0) > 0xffff;
  return (splitsPair ? cut.slice(0, -1) : cut).toWellFormed();
}
