import type { CalibrationStep } from '../../core/accuracy.ts';
import { type Translator, translatorFor } from '../../language/translator.ts';
import { type Box, rectMark, simulatedBadge, textMark, wordsWidth } from '../chart/chart-style.ts';
import { type ChartPalette, FONT } from '../chart/chart-theme.ts';
import type { AccuracyChartInput } from './accuracy-chart-input.ts';

/** The edges of the bands on the scale that all coins share: standard normal quantiles, with the percentages that lie below; null at the median. */
export const POSITION_EDGES: readonly { readonly value: number; readonly below: number | null }[] = [
  { value: -1.959964, below: 2.5 },
  { value: -1.281552, below: 10 },
  { value: -0.67449, below: 25 },
  { value: 0, below: null },
  { value: 0.67449, below: 75 },
  { value: 1.281552, below: 90 },
  { value: 1.959964, below: 97.5 },
];

const BADGE = { width: 150, height: 36, size: 21 } as const;
/** Size of everything but the title: on a phone, which shows the picture 340 pixels wide, close to 10. */
export const LABEL_SIZE = 19;
const LINE = 28;

/** Title, lines below it, the badge of a simulated market, and the legend in two rows, which end above `box`. */
export function accuracyHeading(input: AccuracyChartInput, palette: ChartPalette, box: Box, width: number): object[] {
  const { t } = translatorFor(input.locale);
  const room = width - 48 - (input.simulated ? BADGE.width + 16 : 0);
  const muted = { size: LABEL_SIZE, fill: palette.muted } as const;
  const legend: object[] = [];
  let x = 24;
  let y = box.top - 24 - LINE;
  const name = (text: string, left: number) => {
    legend.push(textMark(x + left, y, text, muted));
    x += left + wordsWidth(text, LABEL_SIZE) + 16;
  };
  const bands = ['95 %', '80 %', t('accuracy.chartBand')];
  bands.forEach((text, i) => {
    legend.push(rectMark(x, y - 9, 18, 18, palette.bands[i]!, 10, 4));
    name(text, 24);
  });
  [x, y] = [24, y + LINE];
  legend.push({
    type: 'circle',
    z: 10,
    silent: true,
    shape: { cx: x + 6, cy: y, r: 5 },
    style: { fill: palette.up },
  });
  name(t('accuracy.chartInside'), 18);
  const points = [
    [x + 8, y - 8],
    [x + 16, y],
    [x + 8, y + 8],
    [x, y],
  ];
  legend.push({ type: 'polygon', z: 10, silent: true, shape: { points }, style: { fill: palette.down } });
  name(t('accuracy.chartOutside'), 24);
  return [
    textMark(24, 36, input.title, {
      size: Math.min(26, room / (input.title.length * 0.58)),
      weight: 600,
      fill: palette.text,
    }),
    ...input.lines.map((line, i) => textMark(24, 72 + i * LINE, line, muted)),
    ...legend,
    ...(input.simulated ? simulatedBadge(width, palette, BADGE, t('reply.simulatedBadge')) : []),
  ];
}

/** The calibration of P(up): the share of rises at each step with its 95 % interval, and the diagonal. */
export function calibrationPanel(
  steps: readonly CalibrationStep[],
  box: Box,
  palette: ChartPalette,
  { t }: Translator,
) {
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
    axisLabel: { fontFamily: FONT, fontSize: LABEL_SIZE, color: palette.muted, formatter: percent, hideOverlap: true },
  };
  const place = { xAxisIndex: 1, yAxisIndex: 1, silent: true };
  return {
    grid: { left: box.left, top: box.top, width: box.right - box.left, height: box.bottom - box.top },
    // Clear of the lowest label beside it.
    xAxis: { ...axis, axisLabel: { ...axis.axisLabel, margin: 16 } },
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
      textMark(24, box.top - 26, t('accuracy.chartRises'), { size: LABEL_SIZE, fill: palette.text }),
      textMark(box.right, box.bottom + 52, t('accuracy.chartSaid'), {
        size: LABEL_SIZE,
        fill: palette.text,
        align: 'right',
      }),
    ],
  };
}
