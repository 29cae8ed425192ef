import type { ChartPalette } from '../chart/chart-theme.ts';
import { FONT } from '../forecast/fan-chart-labels.ts';
import type { AccuracyChartInput } from './accuracy-chart-input.ts';

/** A rectangle in chart units. */
export interface ChartBox {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where the edges of the bands lie on the scale all coins share: standard normal quantiles, with what they are. */
export const POSITION_EDGES: readonly { readonly value: number; readonly label: string }[] = [
  { value: -1.959964, label: '2.5 %' },
  { value: -1.281552, label: '10 %' },
  { value: -0.67449, label: '25 %' },
  { value: 0, label: 'median' },
  { value: 0.67449, label: '75 %' },
  { value: 1.281552, label: '90 %' },
  { value: 1.959964, label: '97.5 %' },
];

/** Words on the chart. */
export function chartText(
  x: number,
  y: number,
  words: string,
  size: number,
  fill: string,
  align: 'left' | 'center' | 'right' = 'left',
  weight: 400 | 600 = 400,
): object {
  const style = {
    text: words,
    fontFamily: FONT,
    fontSize: size,
    fontWeight: weight,
    fill,
    align,
    verticalAlign: 'middle',
  };
  return { type: 'text', x, y, z: 10, silent: true, style };
}

const BADGE_WIDTH = 164;

/** Title, subtitle, the badge of a made-up market, and which colour and shape is what. */
export function accuracyHeading(
  input: AccuracyChartInput,
  palette: ChartPalette,
  box: ChartBox,
  width: number,
): object[] {
  const room = width - 48 - (input.simulated ? BADGE_WIDTH + 20 : 0);
  const size = Math.min(26, room / (input.title.length * 0.56));
  const y = box.top - 24;
  const legend: object[] = [];
  let x = 24;
  const bands = ['95 %', '80 %', '50 %'];
  bands.forEach((name, i) => {
    legend.push(
      {
        type: 'rect',
        z: 10,
        silent: true,
        shape: { x, y: y - 9, width: 18, height: 18, r: 4 },
        style: { fill: palette.bands[i]! },
      },
      chartText(x + 24, y, i === 2 ? `${name} band` : name, 17, palette.muted),
    );
    x += i === 2 ? 124 : 76;
  });
  legend.push(
    { type: 'circle', z: 10, silent: true, shape: { cx: x + 6, cy: y, r: 5 }, style: { fill: palette.up } },
    chartText(x + 18, y, 'inside 80 %', 17, palette.muted),
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
    chartText(x + 144, y, 'outside', 17, palette.muted),
  );
  const badge = input.simulated
    ? [
        {
          type: 'rect',
          z: 10,
          silent: true,
          shape: { x: width - 24 - BADGE_WIDTH, y: 16, width: BADGE_WIDTH, height: 38, r: 8 },
          style: { fill: palette.badge },
        },
        chartText(width - 24 - BADGE_WIDTH / 2, 36, 'SIMULATED', 24, palette.badgeText, 'center', 600),
      ]
    : [];
  return [
    chartText(24, 36, input.title, size, palette.text, 'left', 600),
    chartText(24, 70, input.subtitle, 18, palette.muted),
    ...legend,
    ...badge,
  ];
}
