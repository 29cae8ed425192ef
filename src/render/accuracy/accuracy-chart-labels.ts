import type { CalibrationStep } from '../../core/accuracy.ts';
import { type Box, rectMark, simulatedBadge, textMark } from '../chart/chart-marks.ts';
import { type ChartPalette, FONT } from '../chart/chart-theme.ts';
import type { AccuracyChartInput } from './accuracy-chart-input.ts';

/** The edges of the bands on the scale that all coins share: standard normal quantiles, with their labels. */
export const POSITION_EDGES: readonly { readonly value: number; readonly label: string }[] = [
  { value: -1.959964, label: '2.5 %' },
  { value: -1.281552, label: '10 %' },
  { value: -0.67449, label: '25 %' },
  { value: 0, label: 'median' },
  { value: 0.67449, label: '75 %' },
  { value: 1.281552, label: '90 %' },
  { value: 1.959964, label: '97.5 %' },
];

const BADGE = { width: 164, height: 38, size: 24 } as const;

/** Title, subtitle, the badge of a simulated market, and the legend. */
export function accuracyHeading(input: AccuracyChartInput, palette: ChartPalette, box: Box, width: number): object[] {
  const room = width - 48 - (input.simulated ? BADGE.width + 20 : 0);
  const size = Math.min(26, room / (input.title.length * 0.56));
  const y = box.top - 24;
  const style = { size: 17, fill: palette.muted } as const;
  const legend: object[] = [];
  let x = 24;
  const bands = ['95 %', '80 %', '50 %'];
  bands.forEach((name, i) => {
    legend.push(
      rectMark(x, y - 9, 18, 18, palette.bands[i]!, 10, 4),
      textMark(x + 24, y, i === 2 ? `${name} band` : name, style),
    );
    x += i === 2 ? 124 : 76;
  });
  legend.push(
    { type: 'circle', z: 10, silent: true, shape: { cx: x + 6, cy: y, r: 5 }, style: { fill: palette.up } },
    textMark(x + 18, y, 'inside 80 %', style),
    {
      type: 'polygon',
      z: 10,
      silent: true,
      shape: {
        points: [
          [x + 128, y - 8],
          [x + 136, y],
          [x + 128, y + 8],
          [x + 120, y],
        ],
      },
      style: { fill: palette.down },
    },
    textMark(x + 144, y, 'outside', style),
  );
  return [
    textMark(24, 36, input.title, { size, weight: 600, fill: palette.text }),
    textMark(24, 70, input.subtitle, { size: 18, fill: palette.muted }),
    ...legend,
    ...(input.simulated ? simulatedBadge(width, palette, BADGE) : []),
  ];
}

/** The calibration of P(up): the share of rises at each step with its 95 % interval, and the diagonal. */
export function calibrationPanel(steps: readonly CalibrationStep[], box: Box, palette: ChartPalette) {
  const bars = steps.flatMap(({ pUp, rises: { value, low, high } }) => [
    { said: pUp, value, low: low ?? value, high: high ?? value },
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
    labels: [
      textMark(box.left - 44, box.top - 24, 'rises that happened', { size: 17, fill: palette.muted }),
      textMark(box.right, box.bottom + 38, 'by what P(up) said', { size: 16, fill: palette.muted, align: 'right' }),
    ],
  };
}
