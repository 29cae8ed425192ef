import { LineChart, ScatterChart } from 'echarts/charts';
import { GraphicComponent, GridComponent, MarkLineComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { BacktestReport, BacktestTrade } from '../../core/backtest.ts';
import { DAY_MS } from '../../core/time.ts';
import { MINUS } from '../../language/formats.ts';
import { type Translator, translatorFor } from '../../language/translator.ts';
import { priceWidth, simulatedBadge, textMark, wordsWidth } from '../chart/chart-style.ts';
import { type ChartPalette, type ChartTheme, FONT, PALETTES } from '../chart/chart-theme.ts';
import { axisDate, fullDate } from '../chart/time-axis.ts';
import { coinsText, horizonText, ruleLabelOf } from './rule-text.ts';

echarts.use([LineChart, ScatterChart, GraphicComponent, GridComponent, MarkLineComponent, SVGRenderer]);

/** Size of the chart in its own units; a phone shows it about 340 wide. */
export const BACKTEST_CHART_SIZE = { width: 900, height: 830 } as const;
/** Sizes of the texts; 26 are close to 10 pixels on a phone. */
const TEXT = { title: 30, small: 26 } as const;
/** Points of a line at most; more are not visible at this size. */
const MAX_POINTS = 600;

/** What the chart shows. */
export interface BacktestChartInput {
  /** BCP 47 locale of the chart's words and numbers. */
  readonly locale: string;
  readonly title: string;
  readonly subtitle: string;
  readonly fromMs: number;
  readonly stepMs: number;
  /** Shares gained or lost since the start, one a close. */
  readonly rule: readonly number[];
  readonly hold: readonly number[];
  /** Null without coin flips. */
  readonly coinFlip: readonly number[] | null;
  /** What the first line is called. */
  readonly subject: string;
  /** Share below the account's own peak, zero or negative. */
  readonly drawdown: readonly number[];
  readonly price: readonly (number | null)[] | null;
  readonly trades: readonly Pick<BacktestTrade, 'side' | 'openedMs' | 'closedMs' | 'entryPrice' | 'exitPrice'>[];
  readonly simulated: boolean;
}

const gains = (equity: readonly number[]): number[] => equity.map((value) => value / equity[0]! - 1);

/** How far an account stood below its highest value so far, at each close. */
export function drawdowns(equity: readonly number[]): number[] {
  let peak = Number.NEGATIVE_INFINITY;
  return equity.map((value) => {
    peak = Math.max(peak, value);
    return value / peak - 1;
  });
}

/** The part of a report that its chart shows, with its words in the reader's language. */
export function backtestChartInput(report: BacktestReport, translator: Translator): BacktestChartInput {
  const { t, locale } = translator;
  const { symbols, rule, equity, horizon, fromMs, toMs } = report;
  return {
    title: t('backtest.title', { coins: coinsText(symbols, translator), rule: ruleLabelOf(rule, translator) }),
    subtitle: t('backtest.chartSubtitle', {
      horizon: horizonText(horizon, translator),
      from: fullDate(fromMs, locale),
      to: fullDate(toMs, locale),
    }),
    locale,
    fromMs,
    stepMs: equity.stepMs,
    rule: gains(equity.rule),
    hold: gains(equity.hold),
    coinFlip: gains(equity.coinFlip),
    subject: t('backtest.chartRule'),
    drawdown: drawdowns(equity.rule),
    price: equity.price,
    trades: report.trades.map(({ side, openedMs, closedMs, entryPrice, exitPrice }) => ({
      side,
      openedMs,
      closedMs,
      entryPrice,
      exitPrice,
    })),
    simulated: report.simulated,
  };
}

const RIGHT = BACKTEST_CHART_SIZE.width - 24;

/** Where the panels begin on the left: the widest price fits beside them. */
function leftOf({ price }: BacktestChartInput, { formats }: Translator): number {
  const known = price?.filter((value) => value !== null) ?? [];
  const widths =
    known.length === 0 ? [] : [Math.min(...known), Math.max(...known)].map((value) => formats.price(value));
  return Math.ceil(Math.max(108, ...widths.map((text) => priceWidth(text, TEXT.small) + 40)));
}

/** The lines of the head and where they stand, and the middle of the legend below them. */
function headOf(input: BacktestChartInput) {
  const { width } = BACKTEST_CHART_SIZE;
  const title = inLines(input.title, TEXT.title, width - 48 - (input.simulated ? 214 : 0));
  const subtitle = inLines(input.subtitle, TEXT.small, width - 48);
  const subtitleY = 40 + title.length * 36;
  return { title, subtitle, subtitleY, legendY: subtitleY + 8 + subtitle.length * 32 };
}

/** Heights of the panels: equity, which takes what the head leaves, drawdown, and the price where there is one. */
function panels(input: BacktestChartInput): readonly { readonly top: number; readonly height: number }[] {
  const top = headOf(input).legendY + 30;
  return input.price !== null
    ? [
        { top, height: 410 - top },
        { top: 464, height: 100 },
        { top: 618, height: 150 },
      ]
    : [
        { top, height: 524 - top },
        { top: 580, height: 188 },
      ];
}

/** Parts a text into two lines at a space where it is wider than its room. */
function inLines(text: string, size: number, room: number): readonly string[] {
  if (wordsWidth(text, size) <= room) return [text];
  const words = text.split(' ');
  let first = words.shift()!;
  while (words.length > 0 && wordsWidth(`${first} ${words[0]}`, size) <= room) first += ` ${words.shift()}`;
  return words.length === 0 ? [first] : [first, words.join(' ')];
}

/** Whole percents, or tenths between them where a gain is that small. */
function percentText(share: number, { formats }: Translator): string {
  const size = Number(Math.abs(share * 100).toFixed(1));
  return `${size === 0 ? '' : share > 0 ? '+' : MINUS}${formats.number(size, size % 1 === 0 ? 0 : 1)} %`;
}

function graphics(input: BacktestChartInput, palette: ChartPalette): object[] {
  const { width } = BACKTEST_CHART_SIZE;
  const { t } = translatorFor(input.locale);
  const head = headOf(input);
  const boxes = panels(input);
  const left = leftOf(input, translatorFor(input.locale));
  const legend: readonly (readonly [name: string, colour: string, lineWidth: number, dashed: boolean])[] = [
    [input.subject, palette.median, 3.5, false],
    [t('backtest.chartHolding'), palette.up, 2.5, false],
    ...(input.coinFlip === null ? [] : [[t('backtest.chartFlips'), palette.down, 2, true] as const]),
  ];
  const small = { size: TEXT.small, fill: palette.muted } as const;
  const parts: object[] = [
    ...head.title.map((words, i) =>
      textMark(24, 36 + i * 36, words, { size: TEXT.title, fill: palette.text, weight: 600 }),
    ),
    ...head.subtitle.map((words, i) => textMark(24, head.subtitleY + i * 32, words, small)),
    textMark(left, boxes[1]!.top - 24, t('backtest.chartFall'), small),
  ];
  let x = 24;
  for (const [name, colour, lineWidth, dashed] of legend) {
    const style = { stroke: colour, lineWidth, ...(dashed ? { lineDash: [6, 4] } : {}) };
    parts.push({
      type: 'line',
      z: 10,
      silent: true,
      shape: { x1: x, y1: head.legendY, x2: x + 26, y2: head.legendY },
      style,
    });
    parts.push(textMark(x + 34, head.legendY, name, small));
    x += 34 + wordsWidth(name, TEXT.small) + 20;
  }
  if (input.price !== null) {
    const words = t(input.trades.length === 0 ? 'backtest.chartNeverTraded' : 'backtest.chartTraded');
    parts.push(textMark(left, boxes[2]!.top - 24, words, small));
  }
  if (input.simulated)
    parts.push(...simulatedBadge(width, palette, { width: 190, height: 42, size: 27 }, t('reply.simulatedBadge')));
  return parts;
}

/** Every point, or evenly spaced ones with the first and the last among them. */
function thinned(values: readonly (number | null)[], input: BacktestChartInput): (readonly [number, number | null])[] {
  const every = Math.max(1, Math.ceil(values.length / MAX_POINTS));
  return values.flatMap((value, i) =>
    i % every === 0 || i === values.length - 1 ? [[input.fromMs + i * input.stepMs, value] as const] : [],
  );
}

/** Where something was bought and sold, as one triangle each. */
function marks(input: BacktestChartInput, palette: ChartPalette) {
  const buys: number[][] = [];
  const sells: number[][] = [];
  for (const { side, openedMs, closedMs, entryPrice, exitPrice } of input.trades) {
    (side === 'long' ? buys : sells).push([openedMs, entryPrice]);
    if (closedMs !== null) (side === 'long' ? sells : buys).push([closedMs, exitPrice]);
  }
  const series = (name: string, data: number[][], color: string, symbolRotate: number) => ({
    type: 'scatter',
    name,
    xAxisIndex: 2,
    yAxisIndex: 2,
    silent: true,
    z: 6,
    symbol: 'triangle',
    symbolSize: input.trades.length > 60 ? 6 : 10,
    symbolRotate,
    itemStyle: { color, borderColor: palette.background, borderWidth: 1 },
    data,
  });
  return [series('bought', buys, palette.up, 0), series('sold', sells, palette.down, 180)];
}

/** Builds the ECharts option of a backtest: gains, drawdown, and for one coin its price with the trades. */
function backtestChartOption(input: BacktestChartInput, theme: ChartTheme): echarts.EChartsCoreOption {
  const palette = PALETTES[theme];
  const translator = translatorFor(input.locale);
  const percent = (share: number) => percentText(share, translator);
  const boxes = panels(input);
  const label = { color: palette.muted, fontFamily: FONT, fontSize: TEXT.small };
  const left = leftOf(input, translator);
  const lastMs = input.fromMs + (input.rule.length - 1) * input.stepMs;
  const yAxis = (gridIndex: number, formatter: (value: number) => string, more: object = {}) => ({
    type: 'value',
    gridIndex,
    scale: true,
    splitNumber: gridIndex === 0 ? 4 : 2,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: palette.grid } },
    axisLabel: { ...label, formatter },
    ...more,
  });
  const line = (
    panel: number,
    values: readonly (number | null)[],
    color: string,
    width: number,
    more: object = {},
  ) => ({
    type: 'line',
    xAxisIndex: panel,
    yAxisIndex: panel,
    silent: true,
    symbol: 'none',
    lineStyle: { color, width, ...(more as { lineStyle?: object }).lineStyle },
    data: thinned(values, input),
    ...Object.fromEntries(Object.entries(more).filter(([name]) => name !== 'lineStyle')),
  });
  return {
    animation: false,
    backgroundColor: palette.background,
    textStyle: { fontFamily: FONT },
    grid: boxes.map(({ top, height }) => ({
      left,
      top,
      width: RIGHT - left,
      height,
      show: true,
      borderWidth: 0,
      backgroundColor: palette.panel,
    })),
    xAxis: boxes.map((_, gridIndex) => ({
      type: 'value',
      gridIndex,
      min: input.fromMs,
      max: lastMs,
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { show: false },
      axisLabel: {
        ...label,
        show: gridIndex === boxes.length - 1,
        alignMinLabel: 'left',
        alignMaxLabel: 'right',
        customValues: labelMoments(input.fromMs, lastMs),
        formatter: (timeMs: number) => axisDate(timeMs, timeMs % DAY_MS !== 0, 'UTC', input.locale),
      },
    })),
    yAxis: [
      yAxis(0, percent),
      // Without any drawdown the axis would be upside down.
      yAxis(1, percent, { max: 0, ...(input.drawdown.every((fall) => fall === 0) ? { min: -0.01 } : {}) }),
      ...(input.price === null ? [] : [yAxis(2, (value) => translator.formats.price(value))]),
    ],
    series: [
      ...(input.coinFlip === null ? [] : [line(0, input.coinFlip, palette.down, 2, { lineStyle: { type: [6, 4] } })]),
      line(0, input.hold, palette.up, 2.5),
      line(0, input.rule, palette.median, 3.5, {
        markLine: {
          silent: true,
          symbol: 'none',
          label: { show: false },
          lineStyle: { color: palette.divider, type: 'solid' },
          data: [{ yAxis: 0 }],
        },
      }),
      line(1, input.drawdown, palette.down, 2, { areaStyle: { color: palette.down, opacity: 0.35 } }),
      ...(input.price === null
        ? []
        : [line(2, input.price, palette.lastPrice, 1.8, { connectNulls: false }), ...marks(input, palette)]),
    ],
    graphic: graphics(input, palette),
  };
}

/** Draws a backtest as an SVG document; pure. */
export function backtestChartSvg(input: BacktestChartInput, theme: ChartTheme): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...BACKTEST_CHART_SIZE });
  try {
    chart.setOption(backtestChartOption(input, theme));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** Where a time axis has labels: at both ends and at midnights between, four at most; within two days at equal steps. */
function labelMoments(fromMs: number, toMs: number): number[] {
  const days = (toMs - fromMs) / DAY_MS;
  if (days < 2) return Array.from({ length: 3 }, (_, i) => fromMs + (i * (toMs - fromMs)) / 2);
  const stepMs = Math.ceil(days / 3) * DAY_MS;
  const firstMs = Math.ceil(fromMs / DAY_MS) * DAY_MS;
  const midnights = Array.from({ length: 6 }, (_, i) => firstMs + i * stepMs);
  return [fromMs, ...midnights.filter((ms) => ms - fromMs >= stepMs / 2 && toMs - ms >= stepMs / 2), toMs];
}
