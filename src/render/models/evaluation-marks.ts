import type { CustomSeriesOption } from 'echarts/charts';
import type { Interval95 } from '../../core/evaluation.ts';
import { PALETTES } from '../chart/chart-theme.ts';

const palette = PALETTES.light;

/** Colour and shape of a horizon, so that colour is never the only sign. */
const HORIZON_MARKS = [
  { color: '#26318f', symbol: 'circle' },
  { color: palette.up, symbol: 'triangle' },
  { color: palette.down, symbol: 'rect' },
  { color: '#8a3ffc', symbol: 'diamond' },
] as const;

/** Mark of the horizon at an index. */
export const markOf = (index: number) => HORIZON_MARKS[index % HORIZON_MARKS.length]!;

/** Where a panel lies, in units of the picture. */
export interface PanelBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A panel: its grid, axes and series, still without the indices that join them. */
export interface Panel {
  readonly title: string;
  readonly box: PanelBox;
  readonly xAxis: object;
  readonly yAxis: object;
  readonly series: readonly object[];
}

/** A reference line across the panel. */
export const referenceLine = (axis: 'xAxis' | 'yAxis', values: readonly number[], color: string = palette.divider) => ({
  type: 'line',
  silent: true,
  data: [],
  markLine: {
    silent: true,
    symbol: 'none',
    label: { show: false },
    lineStyle: { color, type: 'dashed', width: 1 },
    data: values.map((value) => ({ [axis]: value })),
  },
});

/** One value with its interval on a category axis, drawn as a bar with a dot. */
export interface IntervalPoint {
  readonly category: number;
  readonly interval: Interval95;
  readonly filled: boolean;
}

/**
 * Draws intervals along the value axis; `offset` moves them beside the middle of their category, in units of the picture. `horizontal` is
 * true where the value axis is the horizontal one.
 */
export function intervalSeries(
  items: readonly IntervalPoint[],
  color: string,
  options: { readonly horizontal: boolean; readonly offset?: number; readonly radius?: number },
): CustomSeriesOption {
  const { horizontal, offset = 0, radius = 4 } = options;
  const row = (category: number, value: number) => (horizontal ? [value, category] : [category, value]);
  return {
    type: 'custom',
    silent: true,
    clip: true,
    data: items.map(({ category, interval }) => row(category, interval.value)),
    renderItem: (params, api) => {
      const { category, interval, filled } = items[params.dataIndex]!;
      const at = (value: number) => {
        const [x = 0, y = 0] = api.coord(row(category, value));
        return horizontal ? { x, y: y + offset } : { x: x + offset, y };
      };
      const [low, middle, high] = [at(interval.low), at(interval.value), at(interval.high)];
      return {
        type: 'group',
        children: [
          {
            type: 'line',
            shape: { x1: low.x, y1: low.y, x2: high.x, y2: high.y },
            style: { stroke: color, lineWidth: 2 },
          },
          {
            type: 'circle',
            shape: { cx: middle.x, cy: middle.y, r: radius },
            style: { fill: filled ? color : palette.background, stroke: color, lineWidth: 2 },
          },
        ],
      };
    },
  };
}

/** Least and greatest end of all intervals with a little room, and zero always inside. */
export function rangeOf(intervals: readonly (Interval95 | null)[], least = 1): { min: number; max: number } {
  const ends = intervals.flatMap((interval) => (interval ? [interval.low, interval.high] : []));
  const min = Math.min(-least * 0.25, ...ends);
  const max = Math.max(least, ...ends);
  const room = (max - min) * 0.05;
  return { min: Math.floor((min - room) * 2) / 2, max: Math.ceil((max + room) * 2) / 2 };
}
