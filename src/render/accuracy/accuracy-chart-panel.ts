import type { CalibrationStep } from '../../core/accuracy.ts';
import type { ChartPalette } from '../chart/chart-theme.ts';
import { FONT } from '../forecast/fan-chart-labels.ts';
import { type ChartBox, chartText } from './accuracy-chart-words.ts';

/** Whether rises happened as often as P(up) said: a point a step with its 95 % interval, and the line on which all should lie. */
export function calibrationPanel(steps: readonly CalibrationStep[], box: ChartBox, palette: ChartPalette) {
  const bars = steps.flatMap(({ said, happened: { value, low, high } }) => [
    { said, value, low: low ?? value, high: high ?? value },
  ]);
  const values = bars.flatMap(({ said, low, high }) => [said, low, high]);
  const min = Math.max(0, Math.floor(Math.min(...values) * 10 - 0.2) / 10);
  const max = Math.min(1, Math.ceil(Math.max(...values) * 10 + 0.2) / 10);
  const percent = (value: number) => `${Math.round(value * 100)} %`;
  const axis = {
    type: 'value',
    gridIndex: 1,
    min,
    max,
    interval: max - min > 0.5 ? 0.2 : 0.1,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: palette.grid, width: 1 } },
    axisLabel: { fontFamily: FONT, fontSize: 15, color: palette.muted, formatter: percent, hideOverlap: true },
  };
  const place = { xAxisIndex: 1, yAxisIndex: 1, silent: true };
  return {
    grid: { left: box.left, top: box.top, width: box.right - box.left, height: box.bottom - box.top },
    xAxis: axis,
    yAxis: axis,
    series: [
      {
        ...place,
        type: 'line',
        symbol: 'none',
        lineStyle: { color: palette.divider, width: 1.5, type: 'dashed' },
        data: [
          [min, min],
          [max, max],
        ],
      },
      ...bars.map(({ said, low, high }) => ({
        ...place,
        type: 'line',
        symbol: 'none',
        z: 4,
        lineStyle: { color: palette.bands[2], width: 3 },
        data: [
          [said, low],
          [said, high],
        ],
      })),
      {
        ...place,
        type: 'scatter',
        z: 5,
        symbolSize: 10,
        itemStyle: { color: palette.median },
        data: bars.map(({ said, value }) => [said, value]),
      },
    ],
    words: [
      chartText(box.left - 44, box.top - 24, 'rises that happened', 17, palette.muted),
      chartText(box.right, box.bottom + 38, 'by what P(up) said', 16, palette.muted, 'right'),
    ],
  };
}
