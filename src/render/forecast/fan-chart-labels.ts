import { cutText } from '../../core/cut-text.ts';
import { BANDS, MEDIAN_INDEX } from '../../core/quantiles.ts';
import { spreadLabels } from '../chart/chart-layout.ts';
import { type Box, priceWidth, rectMark, simulatedBadge, textMark } from '../chart/chart-marks.ts';
import { type ChartPalette, FONT } from '../chart/chart-theme.ts';
import type { FanChartInput } from './fan-chart-input.ts';

const BADGE = { width: 172, height: 40, size: 25 } as const;

/** What the texts, lines and marks of a fan chart are drawn from; its data series are in fan-chart.ts. */
export interface FanLabels {
  readonly input: FanChartInput;
  readonly palette: ChartPalette;
  readonly plot: Box;
  /** x of the origin, where the past ends. */
  readonly divider: number;
  readonly domain: { readonly min: number; readonly max: number };
  readonly size: { readonly width: number; readonly height: number };
  readonly format: (price: number) => string;
  readonly priceTicks: readonly { readonly value: number; readonly label: string }[];
  readonly timeTicks: readonly { readonly x: number; readonly label: string }[];
  readonly originLabel: string;
  readonly targetLabel: string;
  readonly pastLabel: string;
  /** x of the left edge of each gap: a slot without a candle. */
  readonly gaps: readonly number[];
  readonly slotWidth: number;
}

function line(x1: number, y1: number, x2: number, y2: number, style: object, z = 1): object {
  return { type: 'line', z, silent: true, shape: { x1, y1, x2, y2 }, style };
}

/** Width of a heading in Inter, estimated a little wide so that it never touches what stands beside it. */
function headingWidth(title: string, fontSize: number): number {
  const em = (character: string): number =>
    /[MWmw…]/.test(character) ? 0.94 : /[\p{Lu}\p{N}]/u.test(character) ? 0.66 : 0.5;
  return [...title].reduce((sum, character) => sum + em(character), 0) * fontSize;
}

/** Heading: what this is, from when to when, in UTC. Names in scripts that the bundled font lacks are left out. */
function heading({ input, palette, size, originLabel, targetLabel }: FanLabels): object[] {
  const name = /^[\u0020-\u024f]+$/.test(input.name) && input.name !== input.symbol ? input.name : '';
  const shown = name.length > 24 ? `${cutText(name, 23).trim()}…` : name;
  const title = `${shown ? `${shown} (${input.symbol})` : input.symbol}, next ${input.horizon.label}`;
  const room = size.width - 48 - (input.simulated ? BADGE.width + 24 : 0);
  const titleSize = Math.min(30, (30 * room) / headingWidth(title, 30));
  const years = [input.originMs, input.targetMs].map((timeMs) => new Date(timeMs).getUTCFullYear());
  const from = years[0] === years[1] ? originLabel : `${originLabel}, ${years[0]}`;
  const parts = [
    textMark(24, 36, title, { size: titleSize, weight: 600, fill: palette.text }),
    textMark(24, 72, `From ${from} to ${targetLabel}, ${years[1]} (UTC)`, { size: 20, fill: palette.muted }),
  ];
  if (input.simulated) parts.push(...simulatedBadge(size.width, palette, BADGE));
  return parts;
}

/** Which colour is which band, above the fan. */
function legend({ palette, plot, divider }: FanLabels): object[] {
  const y = plot.top - 18;
  const style = { size: 19, fill: palette.muted } as const;
  const start = divider + 14;
  return [
    line(start, y, start + 24, y, { stroke: palette.median, lineWidth: 3.5 }, 10),
    textMark(start + 31, y, 'median', style),
    ...[...BANDS].flatMap((band, i) => {
      const x = start + 116 + i * 80;
      return [
        rectMark(x, y - 9, 18, 18, palette.bands[BANDS.length - 1 - i]!, 10, 4),
        textMark(x + 24, y, `${Math.round(band.coverage * 100)} %`, style),
      ];
    }),
  ];
}

/** Prices at the target beside the fan: median and every band's edges, moved apart where they would touch. */
function targetLabels(labels: FanLabels, y: (price: number) => number): object[] {
  const { input, palette, plot, format } = labels;
  const indices = [...BANDS.flatMap((band) => [band.lower, band.upper]), MEDIAN_INDEX];
  const wanted = indices.map((index) => y(input.quantiles[index]!));
  const centres = spreadLabels(wanted, 27, plot.top + 12, plot.bottom - 6);
  return indices.flatMap((index, i) => {
    const median = index === MEDIAN_INDEX;
    const leader = {
      type: 'polyline',
      z: 9,
      silent: true,
      shape: {
        points: [
          [plot.right, wanted[i]],
          [plot.right + 6, wanted[i]],
          [plot.right + 20, centres[i]],
          [plot.right + 26, centres[i]],
        ],
      },
      style: { stroke: median ? palette.median : palette.divider, lineWidth: median ? 3 : 1.8, fill: 'none' },
    };
    const style = { size: 21, weight: median ? 600 : 400, fill: median ? palette.text : palette.muted } as const;
    return [leader, textMark(plot.right + 31, centres[i]!, format(input.quantiles[index]!), style)];
  });
}

/** The price scale on the left, with the last price as a filled tag that hides the ticks it would cover. */
function priceScale(labels: FanLabels, y: (price: number) => number): object[] {
  const { input, palette, plot, format } = labels;
  const lastY = y(input.lastPrice);
  const tagWidth = priceWidth(format(input.lastPrice), 19) + 14;
  const ticks = labels.priceTicks.flatMap(({ value, label }) => [
    line(plot.left, y(value), plot.right, y(value), { stroke: palette.grid, lineWidth: 1.5 }),
    ...(Math.abs(y(value) - lastY) < 26
      ? []
      : [textMark(plot.left - 12, y(value), label, { size: 18, fill: palette.muted, align: 'right' })]),
  ]);
  return [
    ...ticks,
    line(plot.left, lastY, plot.right, lastY, { stroke: palette.lastPrice, lineWidth: 1.8, lineDash: [3, 5] }, 3),
    rectMark(plot.left - 6 - tagWidth, lastY - 15, tagWidth, 30, palette.lastPrice, 9, 5),
    textMark(plot.left - 6 - tagWidth / 2, lastY, format(input.lastPrice), {
      size: 19,
      weight: 600,
      fill: palette.background,
      align: 'center',
    }),
  ];
}

/** The time scale below, the divider at the origin and the caption of the past. */
function timeScale(labels: FanLabels): object[] {
  const { palette, plot, divider } = labels;
  const y = plot.bottom + 24;
  const caption = { size: 19, fill: palette.muted } as const;
  return [
    textMark(plot.left, plot.top - 18, labels.pastLabel, caption),
    ...(labels.gaps.length === 0
      ? []
      : [
          rectMark(divider - 108, plot.top - 27, 18, 18, palette.grid, 10, 4),
          textMark(divider - 84, plot.top - 18, 'no data', caption),
        ]),
    line(divider, plot.top - 30, divider, plot.bottom + 8, { stroke: palette.divider, lineWidth: 2 }, 6),
    line(plot.left, plot.bottom, plot.right, plot.bottom, { stroke: palette.grid, lineWidth: 1.5 }),
    ...labels.timeTicks.map((tick) =>
      textMark(tick.x, y, tick.label, { size: 18, fill: palette.muted, align: 'center' }),
    ),
    textMark(divider, y, labels.originLabel, { size: 18, weight: 600, fill: palette.text, align: 'center' }),
    textMark(plot.right + 26, y, labels.targetLabel, { size: 18, weight: 600, fill: palette.text, align: 'right' }),
  ];
}

/** Everything but the data series, as ECharts graphic elements. */
export function fanGraphics(labels: FanLabels): object[] {
  const { input, palette, plot, domain } = labels;
  const y = (price: number): number =>
    plot.bottom - ((price - domain.min) / (domain.max - domain.min)) * (plot.bottom - plot.top);
  const gaps = labels.gaps.map((x) =>
    rectMark(x, plot.top, labels.slotWidth + 0.5, plot.bottom - plot.top, palette.grid, 0),
  );
  const watermark = input.simulated
    ? [
        {
          type: 'text',
          z: 8,
          silent: true,
          x: (plot.left + plot.right) / 2,
          y: (plot.top + plot.bottom) / 2,
          rotation: 0.3,
          style: {
            text: 'SIMULATED',
            fontFamily: FONT,
            fontSize: 104,
            fontWeight: 600,
            fill: palette.watermark,
            align: 'center',
            verticalAlign: 'middle',
          },
        },
      ]
    : [];
  return [
    ...gaps,
    ...priceScale(labels, y),
    ...timeScale(labels),
    ...targetLabels(labels, y),
    ...heading(labels),
    ...legend(labels),
    ...watermark,
  ];
}
