/** Colours of a chart; a picture has its own background, so both themes are readable on a dark and on a light page. */
export type ChartTheme = 'dark' | 'light';

/** Family name of the bundled font. */
export const FONT = 'Inter';

/** Colours of one theme. Up and down differ in hue (teal, orange), lightness and filling, for readers who confuse red and green. */
export interface ChartPalette {
  readonly background: string;
  readonly panel: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly divider: string;
  readonly up: string;
  readonly down: string;
  readonly median: string;
  readonly lastPrice: string;
  /** Fill of the 95, 80 and 50 % bands, outermost first; opaque, so that edges stay clean. */
  readonly bands: readonly [string, string, string];
  /** Lines of the short and the long moving average. */
  readonly averages: readonly [string, string];
  readonly badge: string;
  readonly badgeText: string;
  readonly watermark: string;
}

export const PALETTES: Readonly<Record<ChartTheme, ChartPalette>> = {
  dark: {
    background: '#14171f',
    panel: '#191d28',
    text: '#f1f3f9',
    muted: '#a9b1c6',
    grid: '#2a3040',
    divider: '#6d7690',
    up: '#3fc7ae',
    down: '#f08a3c',
    median: '#ffffff',
    lastPrice: '#c9d0e2',
    bands: ['#303974', '#414c9e', '#5b69d2'],
    averages: ['#7cc4ff', '#e58fd0'],
    badge: '#ffc53d',
    badgeText: '#1b1400',
    watermark: 'rgba(255, 197, 61, 0.20)',
  },
  light: {
    background: '#ffffff',
    panel: '#f5f6fb',
    text: '#171a23',
    muted: '#555d72',
    grid: '#e3e6ef',
    divider: '#868ea5',
    up: '#0b8a75',
    down: '#c9590c',
    median: '#1b2470',
    lastPrice: '#3c4356',
    bands: ['#d9defa', '#b9c2f5', '#929eec'],
    averages: ['#1c6fb8', '#a8388f'],
    badge: '#b45309',
    badgeText: '#ffffff',
    watermark: 'rgba(180, 83, 9, 0.17)',
  },
};

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
