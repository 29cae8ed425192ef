import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import type { FanChartInput } from './chart-input.ts';
import type { ChartTheme } from './chart-renderer.ts';
import { CHART_SIZE, fanChartSvg } from './fan-chart.ts';
import { FONT } from './fan-chart-labels.ts';

const require = createRequire(import.meta.url);
const fontFiles = ['400Regular/Inter_400Regular.ttf', '600SemiBold/Inter_600SemiBold.ttf'].map((file) =>
  require.resolve(`@expo-google-fonts/inter/${file}`),
);

/** Pixels for each chart unit: sharp on a phone, and small enough to draw in time. */
const PIXEL_RATIO = 1.5;

/** Draws a fan chart as PNG, {@link CHART_SIZE} times {@link PIXEL_RATIO} pixels; the entry point of the chart worker. */
export default function drawFanChart(task: { readonly input: FanChartInput; readonly theme: ChartTheme }): Uint8Array {
  const resvg = new Resvg(fanChartSvg(task.input, task.theme), {
    fitTo: { mode: 'width', value: CHART_SIZE.width * PIXEL_RATIO },
    font: { loadSystemFonts: false, fontFiles, defaultFontFamily: FONT, sansSerifFamily: FONT },
    logLevel: 'off',
  });
  return resvg.render().asPng();
}
