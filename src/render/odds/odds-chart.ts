import { BANDS, MEDIAN_INDEX } from '../../core/quantiles.ts';
import { niceTicks, priceDomain, type Slot } from '../chart/chart-layout.ts';
import { svgLine as line, priceWidth, svgRect as rect, rounded, svgText as text } from '../chart/chart-style.ts';
import { type ChartPalette, type ChartTheme, FONT, PALETTES } from '../chart/chart-theme.ts';

/** What the picture of odds shows, with its words in the reader's language: small enough to post to a worker. */
export interface OddsChartInput {
  readonly originMs: number;
  readonly targetMs: number;
  readonly lastPrice: number;
  readonly level: number;
  /** From the origin to the target: prices at QUANTILE_LEVELS. */
  readonly fan: readonly { readonly timeMs: number; readonly quantiles: readonly number[] }[];
  readonly history: readonly Slot[];
  readonly slotMs: number;
  /** The reader's word for a simulated market; null on a real one. */
  readonly simulated: string | null;
  readonly words: {
    readonly title: string;
    /** The level, the last price and the two moments, as the reader writes them. */
    readonly level: string;
    readonly lastPrice: string;
    readonly origin: string;
    readonly target: string;
    /** The chances of the two sides, and which side is which. */
    readonly chances: { readonly above: string; readonly below: string };
    readonly sides: { readonly above: string; readonly below: string };
    readonly touch: string;
  };
  /** Labels of the price scale are written for this locale. */
  readonly locale: string;
  /** ISO 4217 code of all prices. */
  readonly currency: string;
}

/** Size in its own units; a phone shows it about 340 wide. */
export const ODDS_CHART_SIZE = { width: 900, height: 540 } as const;

const PLOT = { right: 662, top: 132, bottom: 470 } as const;
/** Share of the width that is the past. */
const PAST_WIDTH = 0.42;
/** Sizes of the texts; 26 are close to 10 pixels on a phone. */
const SIZE = { title: 36, text: 26, chance: 54 } as const;

/** Draws the fan up to the moment asked about, the level across it, and the chance of each side beside it; an SVG document. */
export function oddsChartSvg(input: OddsChartInput, theme: ChartTheme): string {
  const palette = PALETTES[theme];
  const { fan, history, words, lastPrice, level } = input;
  const outer = BANDS[BANDS.length - 1]!;
  const edges = fan.flatMap(({ quantiles }) => [quantiles[outer.lower]!, quantiles[outer.upper]!]);
  const wide = priceDomain(history, [...edges, lastPrice]);
  // A level far outside is drawn at the edge, so that it does not press everything flat.
  const reach = (wide.max - wide.min) * 0.6;
  const margin = (wide.max - wide.min) * 0.06;
  const min = Math.min(wide.min, Math.max(level - margin, wide.min - reach));
  const max = Math.max(wide.max, Math.min(level + margin, wide.max + reach));
  const scale = scaleOf(input, min, max);
  const { left } = scale;
  const divider = left + (PLOT.right - left) * PAST_WIDTH;
  const y = (price: number) =>
    PLOT.bottom - ((Math.min(Math.max(price, min), max) - min) / (max - min)) * (PLOT.bottom - PLOT.top);
  const fromMs = history[0]?.openTimeMs ?? input.originMs;
  const pastX = (ms: number) => left + ((ms - fromMs) / Math.max(input.originMs - fromMs, 1)) * (divider - left);
  const fanX = (ms: number) =>
    divider + ((ms - input.originMs) / (input.targetMs - input.originMs)) * (PLOT.right - divider);
  const levelY = y(level);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${ODDS_CHART_SIZE.width}" height="${ODDS_CHART_SIZE.height}" font-family="${FONT}">`,
    rect(0, 0, ODDS_CHART_SIZE.width, ODDS_CHART_SIZE.height, palette.background),
    rect(divider, PLOT.top, PLOT.right - divider, PLOT.bottom - PLOT.top, palette.panel),
    ...priceScale(input, scale, y, palette),
    ...[...BANDS].reverse().map((band, i) => {
      const points = [
        ...fan.map(({ timeMs, quantiles }) => [fanX(timeMs), y(quantiles[band.upper]!)]),
        ...fan.map(({ timeMs, quantiles }) => [fanX(timeMs), y(quantiles[band.lower]!)]).reverse(),
      ];
      return `<polygon points="${points.map((point) => point.map(rounded).join(',')).join(' ')}" fill="${palette.bands[i]}"/>`;
    }),
    `<polyline points="${fan.map(({ timeMs, quantiles }) => `${rounded(fanX(timeMs))},${rounded(y(quantiles[MEDIAN_INDEX]!))}`).join(' ')}" fill="none" stroke="${palette.median}" stroke-width="3.5"/>`,
    ...candles(input, pastX, y, palette),
    line(divider, PLOT.top - 8, divider, PLOT.bottom + 8, palette.divider, 2),
    line(left, levelY, PLOT.right + 12, levelY, palette.badge, 3.5, '12 7'),
    ...tag(left, levelY, words.level, palette.badge, palette.badgeText),
    text(24, 44, words.title, SIZE.title, palette.text, { weight: 600, room: ODDS_CHART_SIZE.width - 48 }),
    text(24, 92, words.touch, SIZE.text, palette.muted, {
      room: ODDS_CHART_SIZE.width - (input.simulated === null ? 48 : 240),
    }),
    ...sideLabels(input, levelY, palette),
    text(divider, PLOT.bottom + 36, words.origin, SIZE.text, palette.text, { anchor: 'middle' }),
    text(PLOT.right, PLOT.bottom + 36, words.target, SIZE.text, palette.text, { anchor: 'middle', weight: 600 }),
    ...(input.simulated === null ? [] : simulatedMark(left, input.simulated, palette)),
    '</svg>',
  ].join('');
}

/** The chance of each side, kept inside the picture where the level lies near an edge. */
function sideLabels({ words }: OddsChartInput, levelY: number, palette: ChartPalette): string[] {
  const x = PLOT.right + 26;
  const middle = Math.min(Math.max(levelY, PLOT.top + 90), PLOT.bottom - 90);
  const room = ODDS_CHART_SIZE.width - x - 12;
  return [
    text(x, middle - 64, words.chances.above, SIZE.chance, palette.text, { weight: 600, room }),
    text(x, middle - 22, words.sides.above, SIZE.text, palette.muted, { room }),
    text(x, middle + 34, words.chances.below, SIZE.chance, palette.text, { weight: 600, room }),
    text(x, middle + 76, words.sides.below, SIZE.text, palette.muted, { room }),
  ];
}

/** The prices beside the picture, and where it begins so that the widest of them fits. */
interface Scale {
  readonly left: number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

function scaleOf({ words, locale, currency }: OddsChartInput, min: number, max: number): Scale {
  const { values, decimals } = niceTicks(min, max, 5);
  const format = new Intl.NumberFormat(locale, {
    ...{ style: 'currency', currency, currencyDisplay: 'narrowSymbol' },
    ...{ minimumFractionDigits: decimals, maximumFractionDigits: decimals },
  });
  const ticks = values.map((value) => ({ value, label: format.format(value) }));
  const widths = [words.level, words.lastPrice, ...ticks.map(({ label }) => label)].map((label) =>
    Math.max(priceWidth(label, SIZE.text), 0.58 * label.length * SIZE.text),
  );
  return { left: Math.ceil(Math.max(...widths)) + 34, ticks };
}

/** Grid lines with prices, but none beneath the tag of the level, and a dotted line at the last price. */
function priceScale(
  { lastPrice, level, words }: OddsChartInput,
  { left, ticks }: Scale,
  y: (price: number) => number,
  palette: ChartPalette,
): string[] {
  const isFree = (at: number) => Math.abs(at - y(level)) > 38;
  const lastY = y(lastPrice);
  return [
    ...ticks.flatMap(({ value, label }) => [
      line(left, y(value), PLOT.right, y(value), palette.grid, 1.5),
      ...(isFree(y(value)) && Math.abs(y(value) - lastY) > 36
        ? [text(left - 12, y(value), label, SIZE.text, palette.muted, { anchor: 'end', room: left - 24 })]
        : []),
    ]),
    line(left, lastY, PLOT.right, lastY, palette.lastPrice, 1.8, '3 5'),
    ...(isFree(lastY) ? tag(left, lastY, words.lastPrice, palette.lastPrice, palette.background) : []),
  ];
}

function candles(
  { history, slotMs }: OddsChartInput,
  x: (ms: number) => number,
  y: (price: number) => number,
  palette: ChartPalette,
): string[] {
  return history.flatMap(({ openTimeMs, candle }) => {
    if (!candle) return [];
    const [left, right] = [x(openTimeMs), x(openTimeMs + slotMs)];
    const width = Math.max((right - left) * 0.64, 1.5);
    const middle = (left + right) / 2;
    const rises = candle.close >= candle.open;
    const colour = rises ? palette.up : palette.down;
    const [top, bottom] = [y(Math.max(candle.open, candle.close)), y(Math.min(candle.open, candle.close))];
    return [
      line(middle, y(candle.high), middle, y(candle.low), colour, 2),
      `<rect x="${rounded(middle - width / 2)}" y="${rounded(top)}" width="${rounded(width)}" height="${rounded(Math.max(bottom - top, 1.5))}" fill="${rises ? palette.background : colour}" stroke="${colour}" stroke-width="2"/>`,
    ];
  });
}

/** A price in a filled box on the scale. */
function tag(left: number, y: number, label: string, fill: string, colour: string): string[] {
  return [
    `<rect x="8" y="${rounded(y - 19)}" width="${left - 16}" height="38" rx="6" fill="${fill}"/>`,
    text(left / 2, y, label, SIZE.text, colour, { anchor: 'middle', weight: 600, room: left - 24 }),
  ];
}

function simulatedMark(left: number, words: string, palette: ChartPalette): string[] {
  const x = (left + PLOT.right) / 2;
  const y = (PLOT.top + PLOT.bottom) / 2;
  return [
    `<g transform="rotate(-17 ${x} ${y})">${text(x, y, words, 84, palette.watermark, { anchor: 'middle', weight: 600 })}</g>`,
    `<rect x="${ODDS_CHART_SIZE.width - 214}" y="70" width="190" height="44" rx="8" fill="${palette.badge}"/>`,
    text(ODDS_CHART_SIZE.width - 119, 92, words, 28, palette.badgeText, { anchor: 'middle', weight: 600, room: 178 }),
  ];
}
