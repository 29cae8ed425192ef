import { cutText } from '../../core/cut-text.ts';
import { BANDS, MEDIAN_INDEX } from '../../core/quantiles.ts';
import { translatorFor } from '../../language/translator.ts';
import { spreadLabels } from '../chart/chart-layout.ts';
import { type Box, priceWidth, rectMark, simulatedBadge, textMark } from '../chart/chart-style.ts';
import { type ChartPalette, FONT } from '../chart/chart-theme.ts';
import { axisDate, formatZoned } from '../chart/time-axis.ts';
import type { FanChartInput } from './fan-chart-input.ts';

/** Sizes of the texts in chart units; 24 are 10 pixels where a phone shows the chart 375 pixels wide. */
export const TEXT_SIZE = { title: 38, axis: 26, price: 26, legend: 26 } as const;

/** Width of the watermark's word in its own font size. */
const WATERMARK_EM = 6.2;

const BADGE = { width: 190, height: 44, size: 28 } as const;

/** What the texts, lines and marks of a fan chart are drawn from; its data series are in fan-chart.ts. */
export interface FanLabels {
  readonly input: FanChartInput;
  readonly palette: ChartPalette;
  readonly plot: Box;
  /** x of the origin, where the past ends. */
  readonly divider: number;
  readonly domain: { readonly min: number; readonly max: number };
  readonly size: { readonly width: number; readonly height: number };
  readonly format: (price: number) => string;
  readonly priceTicks: readonly { readonly value: number; readonly label: string }[];
  readonly timeTicks: readonly { readonly x: number; readonly label: string }[];
  readonly pastLabel: string;
  /** x of the left edge of each gap: a slot without a candle. */
  readonly gaps: readonly number[];
  readonly slotWidth: number;
  /** x and price of the newest close; the price is null where that candle is missing. */
  readonly closeX: number;
  readonly newestClose: number | null;
}

function line(x1: number, y1: number, x2: number, y2: number, style: object, z = 1): object {
  return { type: 'line', z, silent: true, shape: { x1, y1, x2, y2 }, style };
}

/** Width of a heading in Inter, estimated a little wide so that it never touches what stands beside it. */
function headingWidth(title: string, fontSize: number): number {
  const em = (character: string): number =>
    /[MWmw…]/.test(character) ? 0.94 : /[\p{Lu}\p{N}]/u.test(character) ? 0.66 : 0.5;
  return [...title].reduce((sum, character) => sum + em(character), 0) * fontSize;
}

/** Heading: the coin and the moment its forecast is for, then the moment it counts from. Names in scripts that the bundled font lacks are left out. */
function heading({ input, palette, size }: FanLabels): object[] {
  const { originMs, targetMs, timeZone, locale } = input;
  const name = /^[\u0020-\u024f]+$/.test(input.name) && input.name !== input.symbol ? input.name : '';
  const shown = name.length > 24 ? `${cutText(name, 23).trim()}…` : name;
  const { t } = translatorFor(locale);
  const coin = shown ? `${shown} (${input.symbol})` : input.symbol;
  const title = t('fan.by', { coin, time: axisDate(targetMs, true, timeZone, locale) });
  const { interval, steps } = input.horizon;
  const duration = t(interval === '1h' ? 'common.hours' : 'common.days', { count: steps });
  const room = size.width - 48 - (input.simulated ? BADGE.width + 24 : 0);
  const titleSize = Math.min(TEXT_SIZE.title, (TEXT_SIZE.title * room) / headingWidth(title, TEXT_SIZE.title));
  const parts = [
    textMark(24, 42, title, { size: titleSize, weight: 600, fill: palette.text }),
    textMark(24, 88, t('fan.from', { duration, time: formatZoned(originMs, timeZone, locale) }), {
      size: TEXT_SIZE.price,
      fill: palette.muted,
    }),
  ];
  if (input.simulated) parts.push(...simulatedBadge(size.width, palette, BADGE, t('reply.simulatedBadge')));
  return parts;
}

/** Which colour is which band, above the fan. */
function legend({ input, palette, plot, divider, size }: FanLabels): object[] {
  const { t } = translatorFor(input.locale);
  const y = plot.top - 24;
  const style = { size: TEXT_SIZE.legend, fill: palette.muted } as const;
  const start = Math.min(divider + 14, size.width - 448);
  return [
    line(start, y, start + 24, y, { stroke: palette.median, lineWidth: 4 }, 10),
    textMark(start + 31, y, t('fan.median'), style),
    ...[...BANDS].flatMap((band, i) => {
      const x = start + 136 + i * 103;
      return [
        rectMark(x, y - 11, 22, 22, palette.bands[BANDS.length - 1 - i]!, 10, 4),
        textMark(x + 28, y, `${Math.round(band.coverage * 100)} %`, style),
      ];
    }),
  ];
}

/** Prices at the target beside the fan: median and every band's edges, moved apart where they would touch. */
function targetLabels(labels: FanLabels, y: (price: number) => number): object[] {
  const { input, palette, plot, format } = labels;
  const indices = [...BANDS.flatMap((band) => [band.lower, band.upper]), MEDIAN_INDEX];
  const wanted = indices.map((index) => y(input.quantiles[index]!));
  const centres = spreadLabels(wanted, 32, plot.top + 14, plot.bottom - 10);
  return indices.flatMap((index, i) => {
    const median = index === MEDIAN_INDEX;
    const leader = {
      type: 'polyline',
      z: 9,
      silent: true,
      shape: {
        points: [
          [plot.right, wanted[i]],
          [plot.right + 6, wanted[i]],
          [plot.right + 20, centres[i]],
          [plot.right + 26, centres[i]],
        ],
      },
      style: { stroke: median ? palette.median : palette.divider, lineWidth: median ? 3 : 1.8, fill: 'none' },
    };
    const style = {
      size: TEXT_SIZE.price,
      weight: median ? 600 : 400,
      fill: median ? palette.text : palette.muted,
    } as const;
    return [leader, textMark(plot.right + 31, centres[i]!, format(input.quantiles[index]!), style)];
  });
}

/** The price scale on the left, with the last price as a filled tag that hides the ticks it would cover. */
function priceScale(labels: FanLabels, y: (price: number) => number): object[] {
  const { input, palette, plot, format } = labels;
  const lastY = y(input.lastPrice);
  const tagWidth = priceWidth(format(input.lastPrice), TEXT_SIZE.axis) + 14;
  const ticks = labels.priceTicks.flatMap(({ value, label }) => [
    line(plot.left, y(value), plot.right, y(value), { stroke: palette.grid, lineWidth: 1.5 }),
    ...(Math.abs(y(value) - lastY) < 34
      ? []
      : [textMark(plot.left - 12, y(value), label, { size: TEXT_SIZE.axis, fill: palette.muted, align: 'right' })]),
  ]);
  return [
    ...ticks,
    line(plot.left, lastY, plot.right, lastY, { stroke: palette.lastPrice, lineWidth: 1.8, lineDash: [3, 5] }, 3),
    rectMark(plot.left - 6 - tagWidth, lastY - 18, tagWidth, 36, palette.lastPrice, 9, 5),
    textMark(plot.left - 6 - tagWidth / 2, lastY, format(input.lastPrice), {
      size: TEXT_SIZE.axis,
      weight: 600,
      fill: palette.background,
      align: 'center',
    }),
  ];
}

/** The time scale below, the divider at the origin and the caption of the past. */
function timeScale(labels: FanLabels): object[] {
  const { input, palette, plot, divider } = labels;
  const y = plot.bottom + 30;
  const caption = { size: TEXT_SIZE.legend, fill: palette.muted } as const;
  const moment = { size: TEXT_SIZE.axis, weight: 600, fill: palette.text } as const;
  const origin = axisDate(input.originMs, true, input.timeZone, input.locale);
  const free = divider - headingWidth(origin, moment.size) / 2;
  const isFree = ({ x, label }: FanLabels['timeTicks'][number]) => x + headingWidth(label, moment.size) / 2 < free;
  // The mark of gaps is needed; how long the past is can also be read below.
  const room = divider - plot.left - (labels.gaps.length === 0 ? 8 : 132);
  const isCaptioned = headingWidth(labels.pastLabel, caption.size) <= room;
  return [
    ...(isCaptioned ? [textMark(plot.left, plot.top - 24, labels.pastLabel, caption)] : []),
    ...(labels.gaps.length === 0
      ? []
      : [
          rectMark(divider - 124, plot.top - 35, 22, 22, palette.grid, 10, 4),
          textMark(divider - 96, plot.top - 24, translatorFor(input.locale).t('fan.noData'), caption),
        ]),
    line(divider, plot.top - 40, divider, plot.bottom + 10, { stroke: palette.divider, lineWidth: 2 }, 6),
    line(plot.left, plot.bottom, plot.right, plot.bottom, { stroke: palette.grid, lineWidth: 1.5 }),
    ...labels.timeTicks
      .filter(isFree)
      .map((tick) => textMark(tick.x, y, tick.label, { size: TEXT_SIZE.axis, fill: palette.muted, align: 'center' })),
    textMark(divider, y, origin, { ...moment, align: 'center' }),
    textMark(labels.size.width - 20, y, axisDate(input.targetMs, true, input.timeZone, input.locale), {
      ...moment,
      align: 'right',
    }),
  ];
}

/** From the newest close to the price at the origin, which is up to an hour later, and a point there. */
function sinceClose(
  { input, palette, divider, closeX, newestClose }: FanLabels,
  y: (price: number) => number,
): object[] {
  const lastY = y(input.lastPrice);
  const style = { stroke: palette.lastPrice, lineWidth: 2.5 };
  return [
    ...(newestClose === null || divider - closeX < 1 ? [] : [line(closeX, y(newestClose), divider, lastY, style, 5)]),
    { type: 'circle', z: 7, silent: true, shape: { cx: divider, cy: lastY, r: 6 }, style: { fill: palette.text } },
  ];
}

/** Everything but the data series, as ECharts graphic elements. */
export function fanGraphics(labels: FanLabels): object[] {
  const { input, palette, plot, domain } = labels;
  const y = (price: number): number =>
    plot.bottom - ((price - domain.min) / (domain.max - domain.min)) * (plot.bottom - plot.top);
  const gaps = labels.gaps.map((x) =>
    rectMark(x, plot.top, labels.slotWidth + 0.5, plot.bottom - plot.top, palette.grid, 0),
  );
  const watermark = input.simulated
    ? [
        {
          type: 'text',
          z: 8,
          silent: true,
          x: (plot.left + plot.right) / 2,
          y: (plot.top + plot.bottom) / 2,
          rotation: 0.3,
          style: {
            text: translatorFor(input.locale).t('reply.simulatedBadge'),
            fontFamily: FONT,
            fontSize: Math.min(104, (plot.right - plot.left) / WATERMARK_EM),
            fontWeight: 600,
            fill: palette.watermark,
            align: 'center',
            verticalAlign: 'middle',
          },
        },
      ]
    : [];
  return [
    ...gaps,
    ...priceScale(labels, y),
    ...timeScale(labels),
    ...sinceClose(labels, y),
    ...targetLabels(labels, y),
    ...heading(labels),
    ...legend(labels),
    ...watermark,
  ];
}
