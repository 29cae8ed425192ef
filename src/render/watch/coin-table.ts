import { cutText } from '../../core/cut-text.ts';
import { type CoinGlance, RESTLESSNESS, type Restlessness, restlessnessOf } from '../../core/outlook.ts';
import type { Translator } from '../../language/translator.ts';
import { type ChartPalette, type ChartTheme, FONT, PALETTES } from '../chart/chart-theme.ts';

/** Width of the table in its own units: narrow, so that it is readable on a phone, where pictures are 275 pixels wide. */
export const COIN_TABLE_WIDTH = 500;
/** Size of the smallest texts: 11 pixels on a phone. A text that finds no room even so is cut. */
const MIN_SIZE = 20;

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

/** Places of the columns; prices and changes end at theirs. */
const COIN = 20;
const PRICE_END = 362;
const CHANGE_END = COIN_TABLE_WIDTH - 18;
/** Five bars that end where changes do. */
const BAR = { step: 11, width: 8 } as const;
const BARS = CHANGE_END - 4 * BAR.step - BAR.width;
const HEAD = 124;
/** Each coin has two lines. */
const ROW = 72;
const LINES = [22, 52] as const;
const FOOT = 12;
const SIZE = { title: 26, coin: 24, figure: 22, small: MIN_SIZE } as const;

/** How tall a table of so many rows is, in its own units. */
const heightOf = (rows: number) => HEAD + Math.max(rows, 1) * ROW + FOOT;

/** Draws the table as an SVG document, of each coin price and change above its likely range; pure. */
export function coinTableSvg({ title, badge, columns, rows }: CoinTableInput, theme: ChartTheme): string {
  const palette = PALETTES[theme];
  const height = heightOf(rows.length);
  const head = { size: SIZE.small, fill: palette.muted };
  const [upper, lower] = [72, 102] as const;
  const parts = [
    `<rect width="${COIN_TABLE_WIDTH}" height="${height}" fill="${palette.background}"/>`,
    textAt(COIN, 32, title, { size: SIZE.title, fill: palette.text, weight: 600, room: badge === null ? 460 : 308 }),
    ...(badge === null ? [] : badgeMarks(badge, palette)),
    textAt(COIN, upper, columns.coin, { ...head, room: 150 }),
    textAt(PRICE_END, upper, columns.price, { ...head, anchor: 'end', room: 180 }),
    textAt(CHANGE_END, upper, columns.change, { ...head, anchor: 'end', room: 104 }),
    textAt(COIN, lower, columns.range, { ...head, room: 330 }),
    textAt(CHANGE_END, lower, columns.restlessness, { ...head, anchor: 'end', room: 130 }),
    ...rows.flatMap((row, i) => rowMarks(row, i, palette)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${COIN_TABLE_WIDTH} ${height}" width="${COIN_TABLE_WIDTH}" height="${height}">${parts.join('')}</svg>`;
}

function rowMarks(row: CoinTableRow, index: number, palette: ChartPalette): string[] {
  const top = HEAD + index * ROW;
  const [upper, lower] = [top + LINES[0], top + LINES[1]];
  const { symbol, price, change, direction, range, restlessness, problem } = row;
  const stripe =
    index % 2 === 0
      ? [`<rect x="6" y="${top}" width="${COIN_TABLE_WIDTH - 12}" height="${ROW}" rx="6" fill="${palette.panel}"/>`]
      : [];
  const name = textAt(COIN, upper, symbol, { size: SIZE.coin, fill: palette.text, weight: 600, room: 150 });
  if (problem !== null) {
    return [...stripe, name, textAt(COIN, lower, problem, { size: SIZE.small, fill: palette.muted, room: 460 })];
  }
  const tone = direction > 0 ? palette.up : direction < 0 ? palette.down : palette.muted;
  const figure = { size: SIZE.figure, anchor: 'end' } as const;
  return [
    ...stripe,
    name,
    textAt(PRICE_END, upper, price, { ...figure, fill: palette.text, room: 186 }),
    textAt(CHANGE_END, upper, change, { ...figure, fill: tone, weight: 600, room: 112 }),
    textAt(COIN, lower, range, { size: SIZE.figure, fill: palette.text, room: BARS - COIN - 16 }),
    ...(restlessness === null
      ? [textAt(CHANGE_END, lower, '–', { ...figure, fill: palette.muted, room: 40 })]
      : barMarks(restlessness, lower, palette)),
  ];
}

/** Five bars that grow; as many are filled as the coin is restless, so that the number counts and no colour alone. */
function barMarks(restlessness: Restlessness, y: number, palette: ChartPalette): string[] {
  const fill = restlessness > 3 ? palette.down : restlessness < 3 ? palette.up : palette.lastPrice;
  return RESTLESSNESS.map((step) => {
    const height = 6 + step * 4;
    const colour = step <= restlessness ? fill : palette.grid;
    return `<rect x="${BARS + (step - 1) * BAR.step}" y="${y + 13 - height}" width="${BAR.width}" height="${height}" rx="2" fill="${colour}"/>`;
  });
}

function badgeMarks(badge: string, palette: ChartPalette): string[] {
  const width = 146;
  const left = CHANGE_END - width;
  const look = { size: 22, fill: palette.badgeText, anchor: 'middle', weight: 600, room: width - 14 } as const;
  return [
    `<rect x="${left}" y="14" width="${width}" height="36" rx="8" fill="${palette.badge}"/>`,
    textAt(left + width / 2, 32, badge, look),
  ];
}

interface TextLook {
  readonly size: number;
  readonly fill: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly weight?: 400 | 600;
  /** Width that the text may take; a longer one is set smaller, down to {@link MIN_SIZE}. */
  readonly room: number;
}

/** Mean width of a character of Inter in em; digits and capitals are wider than that, points and spaces narrower. */
const widthOf = (text: string, size: number) =>
  [...text].reduce((sum, character) => sum + (/[.,:\s|il]/.test(character) ? 0.3 : 0.63), 0) * size;

/** A text, vertically centred on `y`. */
function textAt(x: number, y: number, text: string, look: TextLook): string {
  const { size, fill, anchor = 'start', weight = 400, room } = look;
  const set = Math.max(MIN_SIZE, Math.min(size, (size * room) / Math.max(widthOf(text, size), 1)));
  const style = `font-family="${FONT}" font-size="${set.toFixed(2)}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}"`;
  return `<text x="${x}" y="${(y + set * 0.36).toFixed(1)}" ${style}>${escapeXml(fitting(text, set, room))}</text>`;
}

/** The text, cut where it is wider than its room. */
function fitting(text: string, size: number, room: number): string {
  let kept = text;
  for (let count = text.length - 1; widthOf(kept, size) > room && count > 0; count--) kept = `${cutText(text, count)}…`;
  return kept;
}

/** Text as XML takes it, without control characters, which no document may hold. */
const escapeXml = (text: string) =>
  text
    .replace(/\p{Cc}/gu, ' ')
    .replace(/[&<>"]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '&quot;');
