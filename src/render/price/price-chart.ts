import { LineChart } from 'echarts/charts';
import { GraphicComponent, GridComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { rectMark, simulatedBadge, textMark } from '../chart/chart-style.ts';
import { type ChartTheme, FONT, PALETTES } from '../chart/chart-theme.ts';

echarts.use([LineChart, GraphicComponent, GridComponent, SVGRenderer]);

/** One coin's row: finished words, and what its line is drawn from. */
export interface PriceRow {
  readonly label: string;
  readonly price: string;
  /** Such as `+1.2 %`. */
  readonly change: string;
  readonly direction: 'up' | 'down' | 'none';
  /** Moments in ms and prices, ascending. */
  readonly points: readonly (readonly [number, number])[];
}

/** What the picture of /price shows; every word is finished. */
export interface PriceChartInput {
  /** Such as `24 hours`, above several rows. */
  readonly caption: string;
  readonly rows: readonly PriceRow[];
  /** The badge's word; null for a real market. */
  readonly simulated: string | null;
  /** Labels of the first and the last moment, under a single line, which say what its caption would. */
  readonly ends: readonly [string, string];
}

/** Width of the picture in its own units. */
export const PRICE_CHART_WIDTH = 900;

/** Size of the smallest texts: 11 pixels on a phone, where pictures are 275 pixels wide. */
const SMALL = 36;
const TOP = 84;
/** Height of a row among several, and of the only one. */
const ROW = { several: 124, only: 420 } as const;
/** Where prices end and lines begin among several rows. */
const PRICE_END = 626;
const LINE_LEFT = 656;
const BADGE = { width: 232, height: 54, size: SMALL } as const;

/** Draws the rows as an SVG document: name, change and price of each coin beside its line; of a single coin the line is large. */
export function priceChartSvg(input: PriceChartInput, theme: ChartTheme): string {
  const palette = PALETTES[theme];
  const only = input.rows.length === 1;
  const rowHeight = only ? ROW.only : ROW.several;
  const height = TOP + rowHeight * input.rows.length + (only ? 0 : 20);
  const colourOf = ({ direction }: PriceRow) =>
    direction === 'up' ? palette.up : direction === 'down' ? palette.down : palette.muted;
  const boxes = input.rows.map((_, i) =>
    only
      ? { left: 36, top: TOP + 84, width: PRICE_CHART_WIDTH - 72, height: ROW.only - 160 }
      : {
          left: LINE_LEFT,
          top: TOP + i * rowHeight + 20,
          width: PRICE_CHART_WIDTH - 36 - LINE_LEFT,
          height: rowHeight - 40,
        },
  );
  const right = PRICE_CHART_WIDTH - 36;
  const small = { size: SMALL, fill: palette.muted } as const;
  const several = input.rows.flatMap((row, i) => {
    const top = TOP + i * rowHeight;
    const bold = { size: SMALL, fill: palette.text, weight: 600 } as const;
    return [
      ...(i % 2 === 1 ? [] : [rectMark(20, top, PRICE_CHART_WIDTH - 40, rowHeight, palette.panel, 0, 10)]),
      textMark(36, top + 38, row.label, bold),
      textMark(36, top + 86, row.change, { ...bold, fill: colourOf(row) }),
      textMark(PRICE_END, top + 62, row.price, { size: 38, fill: palette.text, align: 'right' }),
    ];
  });
  const [one] = input.rows;
  const single = one
    ? [
        textMark(36, 42, one.label, { size: 42, fill: palette.text, weight: 600 }),
        textMark(36, TOP + 34, one.price, { size: 50, fill: palette.text }),
        textMark(right, TOP + 34, one.change, { size: 44, fill: colourOf(one), weight: 600, align: 'right' }),
        textMark(36, height - 34, input.ends[0], small),
        textMark(right, height - 34, input.ends[1], { ...small, align: 'right' }),
      ]
    : [];
  const graphic = [
    ...(only ? single : [textMark(36, 42, input.caption, small), ...several]),
    ...(input.simulated === null ? [] : simulatedBadge(PRICE_CHART_WIDTH, palette, BADGE, input.simulated)),
  ];
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: PRICE_CHART_WIDTH, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: palette.background,
      textStyle: { fontFamily: FONT },
      grid: boxes,
      xAxis: input.rows.map(({ points }, gridIndex) => ({
        type: 'value',
        gridIndex,
        show: false,
        min: points[0]?.[0] ?? 0,
        max: points.at(-1)?.[0] ?? 1,
      })),
      yAxis: input.rows.map(({ points }, gridIndex) => ({ type: 'value', gridIndex, show: false, ...around(points) })),
      series: input.rows.map((row, i) => ({
        type: 'line',
        xAxisIndex: i,
        yAxisIndex: i,
        z: 3,
        silent: true,
        symbol: 'none',
        lineStyle: { color: colourOf(row), width: only ? 4 : 3 },
        ...(only ? { areaStyle: { color: colourOf(row), opacity: 0.14, origin: 'start' } } : {}),
        data: row.points.map(([timeMs, price]) => [timeMs, price]),
      })),
      graphic,
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** The range of a line with a little room; a flat one is drawn in the middle. */
function around(points: PriceRow['points']): { readonly min: number; readonly max: number } {
  const prices = points.map(([, price]) => price);
  const [low, high] = [Math.min(...prices), Math.max(...prices)];
  if (!Number.isFinite(low)) return { min: 0, max: 1 };
  const margin = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.01 || 1;
  return { min: low - margin, max: high + margin };
}
