import { CustomChart, type CustomSeriesOption, LineChart, ScatterChart } from 'echarts/charts';
import { GraphicComponent, GridComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { translatorFor } from '../../language/translator.ts';
import { niceTicks } from '../chart/chart-layout.ts';
import { type Box, priceWidth, textMark } from '../chart/chart-style.ts';
import { type ChartPalette, type ChartTheme, FONT, PALETTES } from '../chart/chart-theme.ts';
import { axisDate } from '../chart/time-axis.ts';
import type { AccuracyChartInput, AccuracyPoint } from './accuracy-chart-input.ts';
import { accuracyHeading, calibrationPanel, LABEL_SIZE, POSITION_EDGES } from './accuracy-chart-labels.ts';

echarts.use([CustomChart, LineChart, ScatterChart, GraphicComponent, GridComponent, SVGRenderer]);

/** Width of the chart in its own units; it is as high as what it shows. */
export const ACCURACY_CHART_WIDTH = 640;

const TOP = 224;
const BOTTOM = 548;
/** The calibration panel, below the bands. */
const PANEL = { top: 640, bottom: 880 } as const;
/** Room below a panel: the labels of its axis, and of the calibration also what it shows. */
const AXIS_ROOM = 48;
const PANEL_ROOM = 76;
const MAX_BAR_WIDTH = 13;
/** Standard normal quantiles beyond this are drawn at the edge. */
const MAX_POSITION = 3.4;

/** Builds the ECharts option: bands of the past with what happened, and below them the calibration of P(up) where there is enough of it. */
function accuracyChartOption(input: AccuracyChartInput, theme: ChartTheme): echarts.EChartsCoreOption {
  const palette = PALETTES[theme];
  const range = rangeOf(input);
  const ticks = niceTicks(range.min, range.max, 5);
  const translator = translatorFor(input.locale);
  const { t, formats } = translator;
  const format = formats.prices(input.points.at(-1)?.actual ?? 1);
  const tickLabel = (value: number) =>
    Math.abs(value) < 1e-6 || Math.abs(value) >= 1e15 ? format(value) : formats.amount(value, ticks.decimals);
  const edgeLabel = (value: number) => {
    const edge = POSITION_EDGES.find((one) => one.value === value);
    return edge === undefined
      ? ''
      : edge.below === null
        ? t('accuracy.chartMedian')
        : `${formats.number(edge.below, edge.below % 1 === 0 ? 0 : 1)} %`;
  };
  const left =
    input.scale === 'prices'
      ? Math.ceil(Math.max(...ticks.values.map((value) => priceWidth(tickLabel(value), LABEL_SIZE)))) + 34
      : 104;
  const right = ACCURACY_CHART_WIDTH - 36;
  const box: Box = { left, right, top: TOP, bottom: BOTTOM };
  const panelBox: Box = { left: 104, right, ...PANEL };
  const panel = hasPanel(input) ? calibrationPanel(input.calibration, panelBox, palette, translator) : null;
  const times = timeRange(input.points);
  const label = { fontFamily: FONT, fontSize: LABEL_SIZE, color: palette.muted };
  const yTicks = input.scale === 'prices' ? ticks.values : POSITION_EDGES.map(({ value }) => value);
  return {
    animation: false,
    backgroundColor: palette.background,
    textStyle: { fontFamily: FONT },
    grid: [gridOf(box), ...(panel ? [panel.grid] : [])],
    xAxis: [
      {
        type: 'value',
        ...times,
        axisLine: { lineStyle: { color: palette.grid, width: 1.5 } },
        axisTick: { show: false },
        splitLine: { show: false },
        axisLabel: {
          ...label,
          customValues: timeTicks(times.min, times.max),
          formatter: (value: number) => axisDate(value, times.max - times.min < 3 * 86_400_000, 'UTC', input.locale),
        },
      },
      ...(panel ? [panel.xAxis] : []),
    ],
    yAxis: [
      {
        type: 'value',
        ...range,
        axisLine: { show: false },
        axisTick: { show: false, customValues: yTicks },
        splitLine: { show: input.scale === 'prices', lineStyle: { color: palette.grid, width: 1.5 } },
        interval: input.scale === 'prices' ? ticks.values[1]! - ticks.values[0]! : 10,
        axisLabel: {
          ...label,
          customValues: yTicks,
          formatter: (value: number) => (input.scale === 'prices' ? tickLabel(value) : edgeLabel(value)),
        },
      },
      ...(panel ? [panel.yAxis] : []),
    ],
    series: [
      input.scale === 'prices'
        ? barSeries(input.points, barWidth(input.points, box), palette)
        : stripeSeries(times, palette),
      dotSeries(input, true, palette, range),
      dotSeries(input, false, palette, range),
      ...(panel?.series ?? []),
    ],
    graphic: [
      ...accuracyHeading(input, palette, box, ACCURACY_CHART_WIDTH),
      ...(panel ? panel.labels : []),
      ...(input.points.length === 0
        ? [
            textMark((box.left + box.right) / 2, (TOP + BOTTOM) / 2, t('accuracy.chartEmpty'), {
              size: 22,
              fill: palette.muted,
              align: 'center',
            }),
          ]
        : []),
    ],
  };
}

const hasPanel = ({ calibration }: AccuracyChartInput) => calibration.length > 0;

const gridOf = ({ left, right, top, bottom }: Box) => ({ left, top, width: right - left, height: bottom - top });

function rangeOf({ scale, points }: AccuracyChartInput): { min: number; max: number } {
  if (scale === 'positions') return { min: -MAX_POSITION - 0.15, max: MAX_POSITION + 0.15 };
  if (points.length === 0) return { min: 0, max: 1 };
  const values = points.flatMap(({ bands, actual }) => [actual, ...(bands?.[0] ?? [])]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = high > low ? (high - low) * 0.04 : Math.abs(high) * 0.01 || 1;
  return { min: low - margin, max: high + margin };
}

function timeRange(points: readonly AccuracyPoint[]): { min: number; max: number } {
  const [first, last] = [points[0]?.timeMs ?? 0, points.at(-1)?.timeMs ?? 1];
  const margin = Math.max((last - first) * 0.025, 3_600_000);
  return { min: first - margin, max: last + margin };
}

/** Moments to name below the chart: whole days in UTC, or six hours where there are few. */
function timeTicks(min: number, max: number): number[] {
  const hour = 3_600_000;
  const steps = [1, 6, 12, 24, 48, 120, 168, 240, 336, 720, 1_440].map((hours) => hours * hour);
  // Labels of hours are longer than those of days.
  const most = max - min < 3 * 24 * hour ? 2.5 : 4.5;
  const step = steps.find((candidate) => (max - min) / candidate <= most) ?? steps.at(-1)! * 2;
  const ticks: number[] = [];
  // A label needs room on both sides.
  const margin = (max - min) * (max - min < 3 * 24 * hour ? 0.05 : 0.02);
  for (let at = Math.ceil((min + margin) / step) * step; at <= max - margin; at += step) ticks.push(at);
  return ticks;
}

function barWidth(points: readonly AccuracyPoint[], { left, right }: Box): number {
  const first = points[0];
  if (!first || points.length < 2) return MAX_BAR_WIDTH;
  const apart = points.slice(1).map((point, i) => point.timeMs - points[i]!.timeMs);
  const slots = (points.at(-1)!.timeMs - first.timeMs) / Math.max(Math.min(...apart), 1) + 1;
  return Math.min(MAX_BAR_WIDTH, Math.max(2, ((right - left) / slots) * 0.72));
}

/** Each forecast as three bars, one in the other, with its median. A forecast that was never made leaves a gap. */
function barSeries(points: readonly AccuracyPoint[], width: number, palette: ChartPalette): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    z: 2,
    data: points.map(({ timeMs, median }) => [timeMs, median]),
    renderItem: (params, api) => {
      const { timeMs, bands, median } = points[params.dataIndex]!;
      const at = (value: number) => api.coord([timeMs, value]) as [number, number];
      const x = at(median!)[0] - width / 2;
      return {
        type: 'group',
        children: [
          ...(bands ?? []).map(([low, high], i) => {
            const [top, bottom] = [at(high)[1], at(low)[1]];
            return {
              type: 'rect' as const,
              shape: { x, y: top, width, height: Math.max(bottom - top, 1) },
              style: { fill: palette.bands[i]! },
            };
          }),
          {
            type: 'line' as const,
            shape: { x1: x, y1: at(median!)[1], x2: x + width, y2: at(median!)[1] },
            style: { stroke: palette.median, lineWidth: 1.6 },
          },
        ],
      };
    },
  };
}

/** The bands that all coins share when every outcome is placed in its own. */
function stripeSeries({ min, max }: { min: number; max: number }, palette: ChartPalette): CustomSeriesOption {
  const edges = [1.959964, 1.281552, 0.67449];
  return {
    type: 'custom',
    silent: true,
    z: 1,
    data: edges.map((edge) => [min, edge]),
    renderItem: (params, api) => {
      const edge = edges[params.dataIndex]!;
      const [left, top] = api.coord([min, edge]) as [number, number];
      const [right, bottom] = api.coord([max, -edge]) as [number, number];
      return {
        type: 'rect',
        shape: { x: left, y: top, width: right - left, height: bottom - top },
        style: { fill: palette.bands[params.dataIndex]! },
      };
    },
  };
}

/** What happened: a disc inside the 80 % band, a diamond outside, so that colour is not the only sign. */
function dotSeries(
  input: AccuracyChartInput,
  inside: boolean,
  palette: ChartPalette,
  range: { min: number; max: number },
) {
  const dense = input.points.length > 300;
  return {
    type: 'scatter',
    silent: true,
    z: 5,
    // Thousands of dots as one path: each its own would take a second to draw.
    large: dense,
    largeThreshold: 0,
    symbol: inside ? 'circle' : 'diamond',
    symbolSize: (inside ? 7 : 11) * (dense ? 0.72 : 1),
    itemStyle: {
      color: inside ? palette.up : palette.down,
      opacity: 1,
      ...(dense ? {} : { borderColor: palette.background, borderWidth: 1 }),
    },
    data: input.points
      .filter((point) => point.inside80 === inside)
      .map(({ timeMs, actual }) => [timeMs, Math.min(Math.max(actual, range.min), range.max)]),
  };
}

/** Draws the chart as an SVG document {@link ACCURACY_CHART_WIDTH} wide; pure. */
export function accuracyChartSvg(input: AccuracyChartInput, theme: ChartTheme): string {
  const height = hasPanel(input) ? PANEL.bottom + PANEL_ROOM : BOTTOM + AXIS_ROOM;
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: ACCURACY_CHART_WIDTH, height });
  try {
    chart.setOption(accuracyChartOption(input, theme));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
