import { type ChartPalette, FONT } from './chart-theme.ts';

/** How a text on a chart is set; `size` in chart units. */
interface TextStyle {
  readonly size: number;
  readonly fill: string;
  readonly align?: 'left' | 'center' | 'right';
  readonly weight?: 400 | 600;
}

/** A text as an ECharts graphic element, vertically centred on `y`, above the series. */
export function textMark(
  x: number,
  y: number,
  text: string,
  { size, fill, align = 'left', weight = 400 }: TextStyle,
): object {
  const style = { text, fontFamily: FONT, fontSize: size, fontWeight: weight, fill, align, verticalAlign: 'middle' };
  return { type: 'text', x, y, z: 10, silent: true, style };
}

/** A filled rectangle as an ECharts graphic element; `z` orders it among the series, `r` rounds its corners. */
export function rectMark(x: number, y: number, width: number, height: number, fill: string, z: number, r = 0): object {
  return { type: 'rect', z, silent: true, shape: { x, y, width, height, r }, style: { fill } };
}

/** Width of a price in Inter, whose digits are about 0.64 em and whose punctuation is about 0.3 em wide. */
export function priceWidth(text: string, fontSize: number): number {
  return [...text].reduce((sum, character) => sum + (/[.,]/.test(character) ? 0.31 : 0.645), 0) * fontSize;
}

/** A rectangle in chart units. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Width of words in Inter, whose letters are up to 0.6 em wide on average. */
export function wordsWidth(text: string, fontSize: number): number {
  return text.length * 0.6 * fontSize;
}

/** The badge of a simulated market in the upper right corner of a chart `chartWidth` wide; `words` are the reader's for "SIMULATED". */
export function simulatedBadge(
  chartWidth: number,
  palette: ChartPalette,
  { width = 150, height = 36, size = 22 } = {},
  words = 'SIMULATED',
): object[] {
  const left = chartWidth - 24 - width;
  const style = { size, weight: 600, fill: palette.badgeText, align: 'center' } as const;
  return [
    rectMark(left, 16, width, height, palette.badge, 10, 8),
    textMark(left + width / 2, 16 + height / 2 + 1, words, style),
  ];
}

/** A length in chart units to a tenth, which keeps documents short. */
export const rounded = (value: number) => Math.round(value * 10) / 10;

/** A filled rectangle of an SVG document. */
export function svgRect(x: number, y: number, width: number, height: number, fill: string): string {
  return `<rect x="${rounded(x)}" y="${y}" width="${rounded(width)}" height="${rounded(height)}" fill="${fill}"/>`;
}

/** A line of an SVG document. */
export function svgLine(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  stroke: string,
  width: number,
  dash = '',
): string {
  const dashed = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  return `<line x1="${rounded(x1)}" y1="${rounded(y1)}" x2="${rounded(x2)}" y2="${rounded(y2)}" stroke="${stroke}" stroke-width="${width}"${dashed}/>`;
}

/** A text of an SVG document, centred on `y`, set smaller where it would be wider than its room; a character takes 0.58 em on average. */
export function svgText(
  x: number,
  y: number,
  words: string,
  size: number,
  fill: string,
  { anchor = 'start', weight = 400, room = Number.POSITIVE_INFINITY } = {},
): string {
  const fitting = Math.min(size, room / (words.length * 0.58));
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text x="${rounded(x)}" y="${rounded(y + fitting * 0.36)}" font-size="${rounded(fitting)}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}">${escaped}</text>`;
}
