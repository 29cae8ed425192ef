import { BarChart, CandlestickChart, LineChart } from 'echarts/charts';
import { GraphicComponent, GridComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { BANDS, MEDIAN_INDEX } from '../../core/quantiles.ts';
import { DAY_MS } from '../../core/time.ts';
import { translatorFor } from '../../language/translator.ts';
import { priceDomain, priceTicks, spreadLabels } from '../chart/chart-layout.ts';
import { type Box, priceWidth, rectMark, simulatedBadge, textMark, wordsWidth } from '../chart/chart-style.ts';
import { type ChartPalette, type ChartTheme, FONT, PALETTES } from '../chart/chart-theme.ts';
import { axisDate, monthTicks, timeTicks } from '../chart/time-axis.ts';
import { candleSeries } from '../forecast/fan-chart.ts';
import type { CandleChartInput, CandleFan } from './candle-chart-input.ts';

echarts.use([BarChart, CandlestickChart, LineChart, GraphicComponent, GridComponent, SVGRenderer]);

/** Size of the chart in its own units; a phone shows it about 340 wide. */
export const CANDLE_CHART_SIZE = { width: 900, height: 660 } as const;

/** Sizes of the texts; 26 are close to 10 pixels where a phone shows the chart 340 wide. */
const TEXT = { title: 36, small: 26, price: 27 } as const;
const TOP = 162;
const BOTTOM = 476;
const VOLUME = { top: 506, bottom: 600 } as const;
/** Share of the width of past and fan together that the fan has. */
const FAN_WIDTH = 0.34;
/** Share of the candles' height that averages far away may add; beyond it they are cut. */
const AVERAGE_REACH = 0.15;
/** Least distance between the labels of the time axis that are months. */
const MONTH_GAP = 112;

/** Where things stand: the past on the left, the fan on its own time scale on the right. */
interface Layout {
  readonly input: CandleChartInput;
  readonly palette: ChartPalette;
  readonly plot: Box;
  /** x of the newest price, where the past ends. */
  readonly nowX: number;
  readonly x: (timeMs: number) => number;
  readonly y: (price: number) => number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

/** Draws candles, volumes and averages, and a forecast where there is one, as an SVG document of {@link CANDLE_CHART_SIZE}. */
export function candleChartSvg(input: CandleChartInput, theme: ChartTheme): string {
  const palette = PALETTES[theme];
  const { slots, stepMs, fan } = input;
  const domain = domainOf(input);
  const ticks = priceTicks(domain, 5, input.price, translatorFor(input.locale).formats, input.currency);
  const left = Math.ceil(Math.max(...ticks.map(({ label }) => priceWidth(label, TEXT.small)))) + 34;
  const beside = [input.priceText, ...(fan?.labels ?? []).map(({ text }) => text)];
  const right =
    CANDLE_CHART_SIZE.width - Math.ceil(Math.max(...beside.map((text) => priceWidth(text, TEXT.price)))) - 46;
  const plot: Box = { left, right, top: TOP, bottom: BOTTOM };
  const nowX = fan ? Math.round(right - (right - left) * FAN_WIDTH) : right;
  const firstMs = slots[0]!.openTimeMs;
  const endMs = Math.max(input.atMs, firstMs + slots.length * stepMs);
  const x = (timeMs: number): number => left + ((timeMs - firstMs) / (endMs - firstMs)) * (nowX - left);
  const y = (price: number): number =>
    plot.bottom - ((price - domain.min) / (domain.max - domain.min)) * (plot.bottom - plot.top);
  const layout: Layout = { input, palette, plot, nowX, x, y, ticks };
  const width = x(firstMs + slots.length * stepMs) - left;
  const category = { type: 'category', show: false, data: slots.map(({ openTimeMs }) => String(openTimeMs)) } as const;
  const most = Math.max(...slots.map(({ candle }) => candle?.volume ?? 0));

  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...CANDLE_CHART_SIZE });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: palette.background,
      textStyle: { fontFamily: FONT },
      grid: [
        { left, top: plot.top, width, height: plot.bottom - plot.top },
        { left, top: VOLUME.top, width, height: VOLUME.bottom - VOLUME.top },
      ],
      xAxis: [
        { ...category, gridIndex: 0 },
        { ...category, gridIndex: 1 },
      ],
      yAxis: [
        { type: 'value', gridIndex: 0, show: false, ...domain },
        { type: 'value', gridIndex: 1, show: false, min: 0, max: most || 1 },
      ],
      series: [
        candleSeries(slots, palette, slots.length > 60 ? 1.4 : 2),
        ...input.averages.map((name, i) => ({
          type: 'line',
          name,
          z: 4,
          silent: true,
          symbol: 'none',
          clip: true,
          lineStyle: { color: palette.averages[i], width: 2.6, type: i === 0 ? 'solid' : 'dashed' },
          data: slots.map(({ averages }) => averages[i] ?? '-'),
        })),
        {
          type: 'bar',
          name: input.volume,
          xAxisIndex: 1,
          yAxisIndex: 1,
          z: 3,
          silent: true,
          barWidth: '64%',
          data: slots.map(({ candle }) =>
            candle
              ? {
                  value: candle.volume,
                  itemStyle: { color: candle.close >= candle.open ? palette.up : palette.down, opacity: 0.75 },
                }
              : '-',
          ),
        },
      ],
      graphic: [
        ...heading(layout),
        ...axes(layout),
        ...gaps(layout),
        ...volumeLabels(layout, most),
        ...(fan ? fanMarks(layout, fan) : []),
        ...priceLabels(layout),
      ],
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** The price range: candles as on every chart, all of the fan, and the averages as far as {@link AVERAGE_REACH} lets them. */
function domainOf({ slots, fan, price }: CandleChartInput): { min: number; max: number } {
  const past = priceDomain(slots, [price]);
  const reach = (past.max - past.min) * AVERAGE_REACH;
  const averages = slots.flatMap(({ averages: values }) => values.filter((value) => value !== null));
  const outer = BANDS[BANDS.length - 1]!;
  const edges = (fan?.points ?? []).flatMap(({ quantiles }) => [quantiles[outer.lower]!, quantiles[outer.upper]!]);
  const others = [
    ...averages.map((value) => Math.min(Math.max(value, past.min - reach), past.max + reach)),
    ...edges,
  ].filter(Number.isFinite);
  return { min: Math.min(past.min, ...others), max: Math.max(past.max, ...others) };
}

function line(x1: number, y1: number, x2: number, y2: number, style: object, z = 1): object {
  return { type: 'line', z, silent: true, shape: { x1, y1, x2, y2 }, style };
}

/** Coin and length of the candles, the price now, and which line is which. */
function heading({ input, palette, plot }: Layout): object[] {
  const room = CANDLE_CHART_SIZE.width - 48 - (input.simulated === null ? 0 : 214);
  const size = Math.min(TEXT.title, (TEXT.title * room) / wordsWidth(input.title, TEXT.title));
  const y = plot.top - 26;
  const averages = input.averages.flatMap((name, i) => {
    if (input.slots.every((slot) => slot.averages[i] === null)) return [];
    const x = 24 + i * (wordsWidth(input.averages[0]!, TEXT.small) + 62);
    const style = { stroke: palette.averages[i], lineWidth: 4, ...(i === 0 ? {} : { lineDash: [8, 5] }) };
    return [line(x, y, x + 34, y, style, 10), textMark(x + 42, y, name, { size: TEXT.small, fill: palette.muted })];
  });
  return [
    textMark(24, 40, input.title, { size, weight: 600, fill: palette.text }),
    textMark(24, 86, input.subtitle, { size: TEXT.small, fill: palette.muted }),
    ...averages,
    ...(input.simulated === null
      ? []
      : simulatedBadge(CANDLE_CHART_SIZE.width, palette, { width: 190, height: 42, size: 27 }, input.simulated)),
  ];
}

/** Lines and labels of prices and times. */
function axes({ input, palette, plot, nowX, x, y, ticks }: Layout): object[] {
  const { slots, stepMs, timeZone, locale } = input;
  const firstMs = slots[0]!.openTimeMs;
  const msPerUnit = slots.length > 0 ? stepMs / (x(firstMs + stepMs) - x(firstMs)) : stepMs;
  const timeAt = (place: number) => firstMs + (place - plot.left) * msPerUnit;
  const [fromMs, toMs] = [timeAt(plot.left + 36), timeAt(nowX - 40)];
  const dayWidth = 0.9 * wordsWidth(axisDate(firstMs, false, timeZone, locale), TEXT.small) + 24;
  const gapMs = dayWidth * msPerUnit;
  const times =
    stepMs < DAY_MS || gapMs <= 14 * DAY_MS
      ? timeTicks(fromMs, toMs, stepMs < DAY_MS ? timeZone : 'UTC', gapMs, locale)
      : monthTicks(fromMs, toMs, MONTH_GAP * msPerUnit, locale);
  return [
    ...ticks.flatMap(({ value, label }) => [
      line(plot.left, y(value), plot.right, y(value), { stroke: palette.grid, lineWidth: 1 }, 1),
      textMark(plot.left - 12, y(value), label, { size: TEXT.small, fill: palette.muted, align: 'right' }),
    ]),
    ...times.flatMap(({ timeMs, label }) => [
      line(x(timeMs), plot.top, x(timeMs), VOLUME.bottom, { stroke: palette.grid, lineWidth: 1 }, 1),
      textMark(x(timeMs), VOLUME.bottom + 28, label, { size: TEXT.small, fill: palette.muted, align: 'center' }),
    ]),
    line(plot.left, VOLUME.bottom, nowX, VOLUME.bottom, { stroke: palette.divider, lineWidth: 1.5 }),
  ];
}

/** Marks stretches of time without candles. */
function gaps({ input, palette, plot, x }: Layout): object[] {
  const { slots, stepMs } = input;
  const runs: { fromMs: number; toMs: number }[] = [];
  for (const { openTimeMs, candle } of slots) {
    const last = runs.at(-1);
    if (candle) continue;
    if (last?.toMs === openTimeMs) last.toMs += stepMs;
    else runs.push({ fromMs: openTimeMs, toMs: openTimeMs + stepMs });
  }
  return runs.flatMap(({ fromMs, toMs }) => {
    const width = x(toMs) - x(fromMs);
    const middle = x(fromMs) + width / 2;
    const fits = width > wordsWidth(input.noData, TEXT.small);
    return [
      rectMark(x(fromMs), plot.top, width, plot.bottom - plot.top, palette.panel, 0),
      ...(fits
        ? [textMark(middle, plot.bottom - 22, input.noData, { size: TEXT.small, fill: palette.muted, align: 'center' })]
        : []),
    ];
  });
}

/** What the bars are, and how much the highest one stands for. */
function volumeLabels({ input, palette, plot }: Layout, most: number): object[] {
  const compact = new Intl.NumberFormat(input.locale, { notation: 'compact', maximumSignificantDigits: 3 });
  const style = { size: TEXT.small, fill: palette.muted } as const;
  return [
    textMark(plot.left, VOLUME.top - 15, input.volume, style),
    textMark(plot.left - 12, VOLUME.top + 4, compact.format(most), { ...style, align: 'right' }),
  ];
}

/** The bands and the median to the right of the past, what they are, and the prices that the likely range ends at. */
function fanMarks({ palette, plot, nowX, y }: Layout, fan: CandleFan): object[] {
  const x = (timeMs: number): number =>
    nowX + ((timeMs - fan.originMs) / (fan.targetMs - fan.originMs)) * (plot.right - nowX);
  const edge = (index: number) => fan.points.map(({ timeMs, quantiles }) => [x(timeMs), y(quantiles[index]!)]);
  const bands = [...BANDS].reverse().map((band, i) => ({
    type: 'polygon',
    z: 2,
    silent: true,
    shape: { points: [...edge(band.upper), ...edge(band.lower).reverse()] },
    style: { fill: palette.bands[i] },
  }));
  const median = {
    type: 'polyline',
    z: 4,
    silent: true,
    shape: { points: edge(MEDIAN_INDEX) },
    style: { stroke: palette.median, lineWidth: 3.5, fill: 'none' },
  };
  const legend = BANDS.flatMap((band, i) => {
    const middle = VOLUME.top + 22 + i * 34;
    return [
      rectMark(nowX + 20, middle - 11, 24, 22, palette.bands[BANDS.length - 1 - i]!, 10, 4),
      textMark(nowX + 54, middle, `${Math.round(band.coverage * 100)} %`, { size: TEXT.small, fill: palette.muted }),
    ];
  });
  return [
    rectMark(nowX, plot.top, plot.right - nowX, plot.bottom - plot.top, palette.panel, 0),
    textMark(nowX + 20, VOLUME.top - 15, fan.caption, { size: TEXT.small, fill: palette.text }),
    line(nowX, plot.top, nowX, plot.bottom, { stroke: palette.divider, lineWidth: 1.5 }, 3),
    ...bands,
    median,
    ...legend,
  ];
}

/** The price now as a dotted line, and on the right the price, or those that the forecast ends at. */
function priceLabels({ input, palette, plot, nowX, y }: Layout): object[] {
  const dotted = line(
    plot.left,
    y(input.price),
    nowX,
    y(input.price),
    { stroke: palette.lastPrice, lineWidth: 1.8, lineDash: [3, 6] },
    5,
  );
  const labels = input.fan?.labels ?? [{ price: input.price, text: input.priceText }];
  const wanted = labels.map(({ price }) => y(price));
  const centres = spreadLabels(wanted, 32, plot.top + 14, plot.bottom - 10);
  return [
    dotted,
    ...labels.flatMap(({ text }, i) => [
      line(plot.right, wanted[i]!, plot.right + 22, centres[i]!, { stroke: palette.divider, lineWidth: 1.8 }, 9),
      textMark(plot.right + 28, centres[i]!, text, {
        size: TEXT.price,
        weight: i === 0 ? 600 : 400,
        fill: i === 0 ? palette.text : palette.muted,
      }),
    ]),
  ];
}
