import { CandlestickChart, CustomChart, type CustomSeriesOption, LineChart } from 'echarts/charts';
import { GraphicComponent, GridComponent, MarkLineComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { BANDS, MEDIAN_INDEX } from '../../core/quantiles.ts';
import { DAY_MS, HOUR_MS } from '../../core/time.ts';
import { type Translator, translatorFor } from '../../language/translator.ts';
import { priceDomain, priceTicks, type Slot } from '../chart/chart-layout.ts';
import { type Box, priceWidth } from '../chart/chart-style.ts';
import { type ChartPalette, type ChartTheme, FONT, PALETTES } from '../chart/chart-theme.ts';
import { timeTicks } from '../chart/time-axis.ts';
import type { FanChartInput } from './fan-chart-input.ts';
import { fanGraphics, TEXT_SIZE } from './fan-chart-labels.ts';

echarts.use([
  CandlestickChart,
  CustomChart,
  LineChart,
  GraphicComponent,
  GridComponent,
  MarkLineComponent,
  SVGRenderer,
]);

/** Size of the chart in its own units; the PNG may hold more pixels, and a phone shows it 375 wide. */
export const CHART_SIZE = { width: 900, height: 570 } as const;

/** Share of the width of past and fan together that the fan has. */
const FAN_WIDTH = 0.52;
/** Least distance between the labels of the past, in chart units. */
const LABEL_GAP = 104;

/** Draws one band as a polygon through its edges at every moment of the fan. */
function bandSeries(input: FanChartInput, band: (typeof BANDS)[number], fill: string): CustomSeriesOption {
  const upper = input.fan.map((point) => [point.timeMs, point.quantiles[band.upper]!]);
  const lower = input.fan.map((point) => [point.timeMs, point.quantiles[band.lower]!]);
  const outline = [...upper, ...lower.reverse()];
  return {
    type: 'custom',
    name: `${band.coverage * 100} % band`,
    xAxisIndex: 1,
    yAxisIndex: 1,
    silent: true,
    clip: true,
    z: 2,
    // One item draws the whole polygon; its data only has to exist.
    data: [[input.originMs, input.lastPrice]],
    renderItem: (_params, api) => ({
      type: 'polygon',
      shape: { points: outline.map((point) => api.coord(point)) },
      style: { fill },
    }),
  };
}

/** Builds the ECharts option of a fan chart: candles of the past on the left, the forecast on its own time scale on the right. */
export function fanChartOption(input: FanChartInput, theme: ChartTheme): echarts.EChartsCoreOption {
  const palette = PALETTES[theme];
  const slots = input.history;
  const outer = BANDS[BANDS.length - 1]!;
  const edges = input.fan.flatMap((point) => [point.quantiles[outer.lower]!, point.quantiles[outer.upper]!]);
  const domain = priceDomain(slots, [...edges, input.lastPrice]);
  const { t, formats } = translatorFor(input.locale);
  const format = formats.prices(input.lastPrice, input.currency);
  const ticks = priceTicks(domain, 5, input.lastPrice, formats, input.currency);

  const labelWidth = Math.max(...input.quantiles.map((price) => priceWidth(format(price), TEXT_SIZE.price)));
  const left =
    Math.ceil(
      Math.max(
        priceWidth(format(input.lastPrice), TEXT_SIZE.axis) + 12,
        ...ticks.map(({ label }) => priceWidth(label, TEXT_SIZE.axis)),
      ),
    ) + 22;
  const right = Math.ceil(labelWidth) + 48;
  const plot: Box = { left, right: CHART_SIZE.width - right, top: 156, bottom: 508 };
  const divider = Math.round(plot.right - (plot.right - plot.left) * FAN_WIDTH);
  const pastFromMs = slots[0]?.openTimeMs ?? input.originMs;
  const pastX = (timeMs: number): number =>
    plot.left + ((timeMs - pastFromMs) / Math.max(input.originMs - pastFromMs, 1)) * (divider - plot.left);
  const pastMs = (x: number): number =>
    pastFromMs + ((x - plot.left) / (divider - plot.left)) * (input.originMs - pastFromMs);
  // The newest close lies up to an hour before the origin.
  const closeX = pastX(pastFromMs + slots.length * input.slotMs);

  const yAxis = { type: 'value', min: domain.min, max: domain.max, show: false } as const;
  return {
    animation: false,
    backgroundColor: palette.background,
    textStyle: { fontFamily: FONT },
    grid: [
      { left: plot.left, top: plot.top, width: closeX - plot.left, height: plot.bottom - plot.top },
      {
        left: divider,
        top: plot.top,
        width: plot.right - divider,
        height: plot.bottom - plot.top,
        show: true,
        borderWidth: 0,
        backgroundColor: palette.panel,
      },
    ],
    xAxis: [
      { type: 'category', gridIndex: 0, show: false, data: slots.map((slot) => String(slot.openTimeMs)) },
      { type: 'value', gridIndex: 1, show: false, min: input.originMs, max: input.targetMs },
    ],
    yAxis: [
      { ...yAxis, gridIndex: 0 },
      { ...yAxis, gridIndex: 1 },
    ],
    series: [
      candleSeries(slots, palette, 2),
      ...[...BANDS].reverse().map((band, i) => bandSeries(input, band, palette.bands[i]!)),
      {
        type: 'line',
        name: 'median',
        xAxisIndex: 1,
        yAxisIndex: 1,
        z: 4,
        silent: true,
        symbol: 'none',
        lineStyle: { color: palette.median, width: 3.5 },
        data: input.fan.map((point) => [point.timeMs, point.quantiles[MEDIAN_INDEX]!]),
      },
    ],
    graphic: fanGraphics({
      input,
      palette,
      plot,
      divider,
      domain,
      size: CHART_SIZE,
      format,
      priceTicks: ticks,
      timeTicks: timeTicks(
        pastMs(plot.left + 36),
        pastMs(divider - 142),
        input.timeZone,
        pastMs(plot.left + LABEL_GAP) - pastFromMs,
        input.locale,
      ).map(({ timeMs, label }) => ({ x: pastX(timeMs), label })),
      pastLabel: pastLabel(slots.length * input.slotMs, t),
      gaps: slots.flatMap((slot) => (slot.candle ? [] : [pastX(slot.openTimeMs)])),
      slotWidth: pastX(pastFromMs + input.slotMs) - plot.left,
      closeX,
      newestClose: slots.at(-1)?.candle?.close ?? null,
    }),
  };
}

/** What the caption of the past says: days, up to two of them in hours. */
function pastLabel(durationMs: number, t: Translator['t']): string {
  if (durationMs === 0) return t('fan.noCandles');
  if (durationMs <= 2 * DAY_MS) return t('fan.lastHours', { count: Math.round(durationMs / HOUR_MS) });
  return t('fan.lastDays', { count: Math.round(durationMs / DAY_MS) });
}

/** The candles of the past, with outlines of a width in chart units; a rising one is hollow, a falling one solid, so that colour is never the only sign. */
export function candleSeries(slots: readonly Slot[], palette: ChartPalette, borderWidth: number) {
  return {
    type: 'candlestick',
    name: 'price',
    z: 3,
    silent: true,
    clip: true,
    barWidth: '64%',
    itemStyle: {
      color: palette.background,
      color0: palette.down,
      borderColor: palette.up,
      borderColor0: palette.down,
      borderColorDoji: palette.muted,
      borderWidth,
    },
    data: slots.map(({ candle }) => (candle ? [candle.open, candle.close, candle.low, candle.high] : '-')),
  };
}

/** Draws the fan chart as an SVG document of {@link CHART_SIZE}; pure, about 10 ms. */
export function fanChartSvg(input: FanChartInput, theme: ChartTheme): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...CHART_SIZE });
  try {
    chart.setOption(fanChartOption(input, theme));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
