import { CHARTS, type ChartTask } from './charts.ts';
import { svgToPng } from './rasterize.ts';

/** Pixels for each chart unit: sharp on a phone, and small enough to draw in time. */
const PIXEL_RATIO = 1.5;

/** Draws a chart as PNG, its width times {@link PIXEL_RATIO} pixels; the entry point of the chart worker. */
export default function drawChart({ name, input, theme }: ChartTask): Uint8Array {
  const chart = CHARTS[name];
  // Name and input belong together by ChartTask's type, which a union of functions cannot show.
  const svg = chart.svg as (input: ChartTask['input'], theme: ChartTask['theme']) => string;
  return svgToPng(svg(input, theme), chart.width * PIXEL_RATIO);
}
