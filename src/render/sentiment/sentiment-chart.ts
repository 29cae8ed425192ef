import { LineChart } from 'echarts/charts';
import { GraphicComponent, GridComponent, MarkLineComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { SentimentReading, SentimentReport, SentimentViews } from '../../core/sentiment.ts';
import { type Translator, translatorFor } from '../../language/translator.ts';
import { rectMark, simulatedBadge, textMark, wordsWidth } from '../chart/chart-style.ts';
import { type ChartPalette, type ChartTheme, FONT, PALETTES } from '../chart/chart-theme.ts';
import { axisDate } from '../chart/time-axis.ts';
import { signedScore } from './sentiment-embed.ts';

echarts.use([LineChart, GraphicComponent, GridComponent, MarkLineComponent, SVGRenderer]);

/** Size of the chart in its own units; a phone shows it about 340 wide. */
export const SENTIMENT_CHART_SIZE = { width: 640, height: 690 } as const;
/** Size of everything but the title and the scores. */
const LABEL_SIZE = 19;

/** One gauge: where the score stands on −1 … 1, and where it stood a week ago. */
export interface Gauge {
  readonly label: string;
  readonly score: number | null;
  readonly weekAgo: number | null;
  /** Null when none of its feeds answered. */
  readonly count: number | null;
}

/** What the chart shows. */
export interface SentimentChartInput {
  /** BCP 47 locale of the chart's words and numbers. */
  readonly locale: string;
  readonly symbol: string;
  readonly gauges: readonly Gauge[];
  readonly series: readonly {
    readonly timeMs: number;
    readonly news: number | null;
    readonly reddit: number | null;
    readonly together: number | null;
  }[];
  readonly simulated: boolean;
}

/** The part of a report that its chart shows, with its labels in the reader's language. */
export function sentimentChartInput(report: SentimentReport, { t, locale }: Translator): SentimentChartInput {
  const gauge = (label: string, now: SentimentReading, then: SentimentReading | undefined): Gauge => ({
    label,
    score: now.score,
    weekAgo: then?.score ?? null,
    count: now.count,
  });
  const { coin, market, weekAgo, asset } = report;
  return {
    locale,
    symbol: asset.symbol,
    gauges: [
      gauge(t('sentiment.chartAll', { symbol: asset.symbol }), coin.together, weekAgo?.coin.together),
      gauge(t('sentiment.chartNews'), coin.news, weekAgo?.coin.news),
      gauge('Reddit', coin.reddit, weekAgo?.coin.reddit),
      gauge(t('sentiment.chartMarket'), market.together, weekAgo?.market.together),
    ],
    series: report.series.map(({ news, reddit, together }: SentimentViews) => ({
      timeMs: together.timeMs,
      news: news.score,
      reddit: reddit.score,
      together: together.score,
    })),
    simulated: report.simulated,
  };
}

const GAUGE = { left: 240, right: 536, top: 126, row: 66 } as const;
const PLOT = { left: 92, right: 612, top: 440, bottom: 640 } as const;
/** Middle of the words that name the lines. */
const LEGEND_Y = 412;
const BADGE = { width: 150, height: 36, size: 21 } as const;
/** Points that a line needs. */
const MIN_POINTS = 2;
/** The mean score of many headlines is small; on a scale to ±1 nothing would be visible. */
const MIN_BOUND = 0.4;

/** Half the width of the scale: the largest score shown, rounded up to a fifth. */
function boundOf({ gauges, series }: SentimentChartInput): number {
  const all = [
    ...gauges.flatMap(({ score, weekAgo }) => [score, weekAgo]),
    ...series.flatMap(({ news, reddit, together }) => [news, reddit, together]),
  ];
  const largest = Math.max(MIN_BOUND, ...all.map((score) => Math.abs(score ?? 0)));
  return Math.min(1, Math.ceil(largest * 5 - 1e-9) / 5);
}

const countText = (count: number | null, { t }: Translator) =>
  count === null ? t('sentiment.chartUnheard') : t('sentiment.stories', { count });

const bar = (middle: number, to: number, y: number, score: number, palette: ChartPalette) =>
  rectMark(
    Math.min(middle, to),
    y - 10,
    Math.max(Math.abs(to - middle), 2),
    20,
    score > 0 ? palette.up : palette.down,
    3,
    4,
  );

/** One bar that grows from the middle, to the right when positive; a hollow mark shows where it stood a week ago. */
function gaugeRow(gauge: Gauge, index: number, bound: number, palette: ChartPalette, translator: Translator): object[] {
  const y = GAUGE.top + index * GAUGE.row;
  const middle = (GAUGE.left + GAUGE.right) / 2;
  const x = (score: number) => middle + (Math.max(-bound, Math.min(bound, score)) / bound) * (GAUGE.right - middle);
  const { score, weekAgo } = gauge;
  const parts: object[] = [
    textMark(GAUGE.left - 12, y - 12, gauge.label, {
      size: Math.min(LABEL_SIZE, (GAUGE.left - 24) / (gauge.label.length * 0.54)),
      weight: index === 0 ? 600 : 400,
      fill: palette.text,
      align: 'right',
    }),
    textMark(GAUGE.left - 12, y + 14, countText(gauge.count, translator), {
      size: LABEL_SIZE,
      fill: palette.muted,
      align: 'right',
    }),
    rectMark(GAUGE.left, y - 13, GAUGE.right - GAUGE.left, 26, palette.panel, 1, 6),
  ];
  if (score === null) {
    // Beside the mark of a week ago, where there is one.
    const half = (GAUGE.right - GAUGE.left) / 4;
    const [at, words] =
      weekAgo === null
        ? [middle, translator.t('sentiment.chartNothing')]
        : [middle + (weekAgo < 0 ? half : -half), translator.t('sentiment.chartUnknown')];
    parts.push(textMark(at, y, words, { size: LABEL_SIZE, fill: palette.muted, align: 'center' }));
  } else {
    const to = x(score);
    parts.push(
      rectMark(middle - 1, y - 18, 2, 36, palette.divider, 2),
      // A score shown as 0.00 has no sign.
      ...(Math.abs(score) < 0.005 ? [] : [bar(middle, to, y, score, palette)]),
      textMark(GAUGE.right + 12, y, signedScore(score, translator), { size: 21, weight: 600, fill: palette.text }),
    );
  }
  if (weekAgo !== null) {
    parts.push({
      type: 'circle',
      z: 5,
      silent: true,
      shape: { cx: x(weekAgo), cy: y, r: 7 },
      style: { fill: palette.background, stroke: palette.lastPrice, lineWidth: 2.5 },
    });
  }
  return parts;
}

function graphics(input: SentimentChartInput, bound: number, palette: ChartPalette, translator: Translator): object[] {
  const { t } = translator;
  const { width } = SENTIMENT_CHART_SIZE;
  const title = t('sentiment.chartTitle', { symbol: input.symbol });
  const now = t('sentiment.chartNow');
  const parts: object[] = [
    textMark(24, 36, title, {
      size: Math.min(26, (width - 48 - (input.simulated ? BADGE.width + 16 : 0)) / (title.length * 0.58)),
      weight: 600,
      fill: palette.text,
    }),
    textMark(24, 74, now, { size: LABEL_SIZE, fill: palette.muted }),
    {
      type: 'circle',
      z: 5,
      silent: true,
      shape: { cx: 24 + wordsWidth(now, LABEL_SIZE) * 0.86 + 14, cy: 74, r: 6 },
      style: { fill: palette.background, stroke: palette.lastPrice, lineWidth: 2.5 },
    },
    ...input.gauges.flatMap((gauge, index) => gaugeRow(gauge, index, bound, palette, translator)),
  ];
  const scaleY = GAUGE.top + input.gauges.length * GAUGE.row - 22;
  const middle = (GAUGE.left + GAUGE.right) / 2;
  for (const [x, words] of [
    [GAUGE.left, signedScore(-bound, translator)],
    [middle, '0'],
    [GAUGE.right, signedScore(bound, translator)],
  ] as const) {
    parts.push(textMark(x, scaleY, words, { size: LABEL_SIZE, fill: palette.muted, align: 'center' }));
  }
  // Other colours than up and down, which would mean good and bad here.
  const legend = [
    [t('sentiment.chartTogether'), palette.median, 3.5],
    [t('sentiment.chartNews'), palette.bands[2], 2.5],
    ['Reddit', palette.muted, 2.5],
  ] as const;
  let x = 24;
  for (const [name, colour, lineWidth] of legend) {
    parts.push(
      {
        type: 'line',
        z: 10,
        silent: true,
        shape: { x1: x, y1: LEGEND_Y, x2: x + 24, y2: LEGEND_Y },
        style: { stroke: colour, lineWidth, ...(name === 'Reddit' ? { lineDash: [6, 4] } : {}) },
      },
      textMark(x + 32, LEGEND_Y, name, { size: LABEL_SIZE, fill: palette.muted }),
    );
    x += 32 + wordsWidth(name, LABEL_SIZE) + 18;
  }
  if (input.simulated) parts.push(...simulatedBadge(width, palette, BADGE, t('reply.simulatedBadge')));
  const known = input.series.filter(({ together }) => together !== null).length;
  if (known < MIN_POINTS) {
    const words = t(known === 0 ? 'sentiment.chartEmpty' : 'sentiment.chartShort');
    parts.push(
      textMark((PLOT.left + PLOT.right) / 2, PLOT.top + (PLOT.bottom - PLOT.top) * 0.375, words, {
        size: LABEL_SIZE,
        fill: palette.muted,
        align: 'center',
      }),
    );
  }
  return parts;
}

/** Builds the ECharts option of the sentiment chart: gauges, and below them the score over time. */
function sentimentChartOption(input: SentimentChartInput, theme: ChartTheme): echarts.EChartsCoreOption {
  const palette = PALETTES[theme];
  const bound = boundOf(input);
  const translator = translatorFor(input.locale);
  const label = { color: palette.muted, fontFamily: FONT, fontSize: LABEL_SIZE };
  const lineOf = (name: 'news' | 'reddit' | 'together', color: string, width: number, dashed = false) => ({
    type: 'line',
    name,
    silent: true,
    symbol: 'none',
    // A moment without headlines is a gap, not a zero.
    connectNulls: false,
    z: name === 'together' ? 4 : 3,
    lineStyle: { color, width, ...(dashed ? { type: [6, 4] } : {}) },
    data: input.series.map((one) => [one.timeMs, one[name]]),
  });
  return {
    animation: false,
    backgroundColor: palette.background,
    textStyle: { fontFamily: FONT },
    grid: {
      left: PLOT.left,
      top: PLOT.top,
      width: PLOT.right - PLOT.left,
      height: PLOT.bottom - PLOT.top,
      show: true,
      borderWidth: 0,
      backgroundColor: palette.panel,
    },
    xAxis: {
      type: 'value',
      min: input.series[0]?.timeMs ?? 0,
      max: input.series.at(-1)?.timeMs ?? 1,
      splitNumber: 4,
      interval: ((input.series.at(-1)?.timeMs ?? 4) - (input.series[0]?.timeMs ?? 0)) / 4,
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { show: false },
      axisLabel: {
        ...label,
        hideOverlap: true,
        showMaxLabel: true,
        alignMaxLabel: 'right',
        alignMinLabel: 'left',
        formatter: (timeMs: number) => axisDate(timeMs, false, 'UTC', input.locale),
      },
    },
    yAxis: {
      type: 'value',
      min: -bound,
      max: bound,
      interval: bound / 2,
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: palette.grid } },
      axisLabel: { ...label, formatter: (score: number) => signedScore(score, translator) },
    },
    series: [
      lineOf('news', palette.bands[2], 2.5),
      lineOf('reddit', palette.muted, 2.5, true),
      lineOf('together', palette.median, 3.5),
    ],
    graphic: graphics(input, bound, palette, translator),
  };
}

/** Draws the sentiment chart as an SVG document; pure. */
export function sentimentChartSvg(input: SentimentChartInput, theme: ChartTheme): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...SENTIMENT_CHART_SIZE });
  try {
    chart.setOption(sentimentChartOption(input, theme));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
