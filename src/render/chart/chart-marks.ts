import { type ChartPalette, FONT } from './chart-theme.ts';

/** How a text on a chart is set; `size` in chart units. */
export interface TextStyle {
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
