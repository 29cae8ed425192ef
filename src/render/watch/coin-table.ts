import { type CoinGlance, RESTLESSNESS, type Restlessness, restlessnessOf } from '../../core/outlook.ts';
import type { Translator } from '../../language/translator.ts';
import { type ChartPalette, type ChartTheme, FONT, PALETTES } from '../chart/chart-theme.ts';

/** Width of the table in its own units: narrow, so that it is readable at the width of a phone. */
export const COIN_TABLE_WIDTH = 640;

/** One line of the table, in finished words; `problem` stands in place of the figures. */
export interface CoinTableRow {
  readonly symbol: string;
  readonly price: string;
  readonly change: string;
  /** Which way the price went in 24 hours: 1, −1, or 0 where it did not or that is not known. */
  readonly direction: 1 | 0 | -1;
  readonly range: string;
  /** Null where it is not known. */
  readonly restlessness: Restlessness | null;
  readonly problem: string | null;
}

/** What the table shows. */
export interface CoinTableInput {
  readonly title: string;
  /** Badge of a simulated market; null where prices are real. */
  readonly badge: string | null;
  readonly columns: {
    readonly coin: string;
    readonly price: string;
    readonly change: string;
    readonly range: string;
    readonly restlessness: string;
  };
  readonly rows: readonly CoinTableRow[];
}

/** Prices below this have so many zeros that fewer digits have to do. */
const SMALL_PRICE = 0.01;

/** What is drawn of coins, in the words of a reader. */
export function coinTableInput(
  glances: readonly CoinGlance[],
  title: string,
  { t, formats }: Pick<Translator, 't' | 'formats'>,
): CoinTableInput {
  const simulated = glances.some(({ line }) => line?.simulated === true);
  return {
    title,
    badge: simulated ? t('reply.simulatedBadge') : null,
    columns: {
      coin: t('watch.columnCoin'),
      price: t('watch.columnPrice'),
      change: t('watch.columnChange'),
      range: t('watch.columnRange'),
      restlessness: t('watch.columnRestlessness'),
    },
    rows: glances.map(({ symbol, line }): CoinTableRow => {
      if (line === null) {
        const none = { price: '', change: '', direction: 0, range: '', restlessness: null } as const;
        return { ...none, symbol, problem: t('watch.noForecast') };
      }
      // Three digits of a tiny price: with all of them it would be too small to read.
      const price = formats.prices(line.price < SMALL_PRICE ? 100 * line.price : line.price);
      return {
        symbol: line.symbol,
        price: `${price(line.price)}${line.isUnconfirmed ? ' ?' : ''}`,
        change: line.dayAgo === null ? '–' : formats.change(line.dayAgo, line.price),
        direction: line.dayAgo === null ? 0 : line.price > line.dayAgo ? 1 : line.price < line.dayAgo ? -1 : 0,
        range: t('watch.range', { low: price(line.low), high: price(line.high) }),
        restlessness: line.ratio === null ? null : restlessnessOf(line.ratio),
        problem: null,
      };
    }),
  };
}

/** Places of the columns; prices, changes and ranges end there. */
const COIN = 22;
const PRICE_END = 236;
const CHANGE_END = 334;
const RANGE_END = 554;
const BARS = 576;
const HEAD = 98;
const ROW = 42;
const FOOT = 14;

/** How tall a table of so many rows is, in its own units. */
const heightOf = (rows: number) => HEAD + Math.max(rows, 1) * ROW + FOOT;

/** Draws the table as an SVG document; pure. */
export function coinTableSvg({ title, badge, columns, rows }: CoinTableInput, theme: ChartTheme): string {
  const palette = PALETTES[theme];
  const height = heightOf(rows.length);
  const head = { size: 16, fill: palette.muted };
  const parts = [
    `<rect width="${COIN_TABLE_WIDTH}" height="${height}" fill="${palette.background}"/>`,
    textAt(COIN, 40, title, { size: 25, fill: palette.text, weight: 600, room: badge === null ? 596 : 440 }),
    ...(badge === null ? [] : badgeMarks(badge, palette)),
    textAt(COIN, 78, columns.coin, { ...head, room: 90 }),
    textAt(PRICE_END, 78, columns.price, { ...head, anchor: 'end', room: 110 }),
    textAt(CHANGE_END, 78, columns.change, { ...head, anchor: 'end', room: 90 }),
    textAt(RANGE_END, 78, columns.range, { ...head, anchor: 'end', room: 210 }),
    textAt(COIN_TABLE_WIDTH - 16, 78, columns.restlessness, { ...head, anchor: 'end', room: 76 }),
    ...rows.flatMap((row, i) => rowMarks(row, i, palette)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${COIN_TABLE_WIDTH} ${height}" width="${COIN_TABLE_WIDTH}" height="${height}">${parts.join('')}</svg>`;
}

function rowMarks(row: CoinTableRow, index: number, palette: ChartPalette): string[] {
  const top = HEAD + index * ROW;
  const y = top + ROW / 2;
  const { symbol, price, change, direction, range, restlessness, problem } = row;
  const stripe =
    index % 2 === 0
      ? [`<rect x="8" y="${top}" width="${COIN_TABLE_WIDTH - 16}" height="${ROW}" rx="6" fill="${palette.panel}"/>`]
      : [];
  const name = textAt(COIN, y, symbol, { size: 22, fill: palette.text, weight: 600, room: 96 });
  if (problem !== null) {
    return [...stripe, name, textAt(COIN + 106, y, problem, { size: 18, fill: palette.muted, room: 490 })];
  }
  const tone = direction > 0 ? palette.up : direction < 0 ? palette.down : palette.muted;
  return [
    ...stripe,
    name,
    textAt(PRICE_END, y, price, { size: 21, fill: palette.text, anchor: 'end', room: 116 }),
    textAt(CHANGE_END, y, change, { size: 20, fill: tone, anchor: 'end', weight: 600, room: 92 }),
    textAt(RANGE_END, y, range, { size: 20, fill: palette.text, anchor: 'end', room: 212 }),
    ...(restlessness === null
      ? [textAt(BARS + 24, y, '–', { size: 20, fill: palette.muted, anchor: 'middle', room: 40 })]
      : barMarks(restlessness, y, palette)),
  ];
}

/** Five bars that grow; as many are filled as the coin is restless, so that the number counts and no colour alone. */
function barMarks(restlessness: Restlessness, y: number, palette: ChartPalette): string[] {
  const fill = restlessness > 3 ? palette.down : restlessness < 3 ? palette.up : palette.lastPrice;
  return RESTLESSNESS.map((step) => {
    const height = 6 + step * 4;
    const colour = step <= restlessness ? fill : palette.grid;
    return `<rect x="${BARS + (step - 1) * 10}" y="${y + 13 - height}" width="7" height="${height}" rx="2" fill="${colour}"/>`;
  });
}

function badgeMarks(badge: string, palette: ChartPalette): string[] {
  return [
    `<rect x="${COIN_TABLE_WIDTH - 172}" y="20" width="156" height="34" rx="8" fill="${palette.badge}"/>`,
    textAt(COIN_TABLE_WIDTH - 94, 38, badge, {
      size: 20,
      fill: palette.badgeText,
      anchor: 'middle',
      weight: 600,
      room: 144,
    }),
  ];
}

interface TextLook {
  readonly size: number;
  readonly fill: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly weight?: 400 | 600;
  /** Width that the text may take; a longer one is set smaller. */
  readonly room: number;
}

/** Mean width of a character of Inter in em; digits and capitals are wider than that, points and spaces narrower. */
const widthOf = (text: string, size: number) =>
  [...text].reduce((sum, character) => sum + (/[.,:\s|il]/.test(character) ? 0.3 : 0.63), 0) * size;

/** A text, vertically centred on `y`. */
function textAt(x: number, y: number, text: string, look: TextLook): string {
  const { size, fill, anchor = 'start', weight = 400, room } = look;
  const set = Math.min(size, (size * room) / Math.max(widthOf(text, size), 1));
  const style = `font-family="${FONT}" font-size="${set.toFixed(2)}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}"`;
  return `<text x="${x}" y="${(y + set * 0.36).toFixed(1)}" ${style}>${escapeXml(text)}</text>`;
}

/** Text as XML takes it, without control characters, which no document may hold. */
const escapeXml = (text: string) =>
  text
    .replace(/\p{Cc}/gu, ' ')
    .replace(/[&<>"]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '&quot;');
