import type { EvaluationReport, HorizonEvaluation } from '../../core/evaluation.ts';
import { PALETTES } from '../chart/chart-theme.ts';
import { intervalSeries, markOf, type Panel, type PanelBox, rangeOf, referenceLine } from './evaluation-marks.ts';

const palette = PALETTES.light;
const label = { color: palette.text, fontSize: 12 };
const quiet = { color: palette.muted, fontSize: 12 };
const gridLines = { show: true, lineStyle: { color: palette.grid } };
const noLine = { axisLine: { show: false }, axisTick: { show: false } };
const points = (value: number) => `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value)}`;

const skillAxis = (range: { min: number; max: number }) => ({
  type: 'value',
  ...range,
  ...noLine,
  splitNumber: 4,
  splitLine: gridLines,
  axisLabel: { ...quiet, showMinLabel: false, showMaxLabel: false, formatter: (value: number) => `${points(value)} %` },
});

const namesAxis = (names: readonly string[], show: boolean) => ({
  type: 'category',
  data: [...names],
  inverse: true,
  ...noLine,
  axisLabel: { ...label, show },
});

/** Skill of one horizon over every baseline: all coins, and below them those trained on (solid) and never seen (hollow). */
export function skillPanel(report: EvaluationReport, index: number, box: PanelBox): Panel {
  const horizon = report.horizons[index]!;
  const range = rangeOf(
    report.horizons.flatMap(({ pooled, seen, unseen }) =>
      [pooled, seen, unseen].flatMap(({ baselines }) => baselines.map(({ skillPct }) => skillPct)),
    ),
  );
  const names = horizon.pooled.baselines.map(({ name }) => name);
  const both = horizon.seen.n > 0 && horizon.unseen.n > 0;
  const of = (scores: HorizonEvaluation['pooled'], filled: boolean) =>
    scores.baselines.flatMap(({ skillPct }, category) => (skillPct ? [{ category, interval: skillPct, filled }] : []));
  return {
    title: `${horizon.name}: skill over`,
    box,
    xAxis: skillAxis(range),
    yAxis: namesAxis(names, index === 0),
    series: [
      referenceLine('xAxis', [0]),
      intervalSeries(of(horizon.pooled, true), markOf(index).color, {
        horizontal: true,
        offset: both ? -8 : 0,
        radius: 5,
      }),
      ...(both
        ? [
            intervalSeries(of(horizon.seen, true), palette.muted, { horizontal: true, offset: 2, radius: 3 }),
            intervalSeries(of(horizon.unseen, false), palette.muted, { horizontal: true, offset: 11, radius: 3 }),
          ]
        : []),
    ],
  };
}

/** How far the share of outcomes at or below each quantile is from its level, in points. */
export function reliabilityPanel(report: EvaluationReport, box: PanelBox): Panel {
  const worst = Math.max(
    3,
    ...report.horizons.flatMap(({ pooled }) =>
      pooled.reliability.map(({ level, share }) => 100 * Math.abs(share - level)),
    ),
  );
  const bound = 2 * Math.ceil(worst / 2);
  return {
    title: 'Reliability: share below each quantile minus its level (points)',
    box,
    xAxis: {
      type: 'value',
      min: 0,
      max: 100,
      ...noLine,
      splitLine: gridLines,
      axisLabel: { ...quiet, formatter: (value: number) => `${value} %` },
    },
    yAxis: {
      type: 'value',
      min: -bound,
      max: bound,
      interval: bound / 2,
      ...noLine,
      splitLine: gridLines,
      axisLabel: { ...quiet, formatter: points },
    },
    series: [
      referenceLine('yAxis', [0]),
      ...report.horizons.map(({ pooled }, index) => ({
        ...lineOf(index),
        data: pooled.n > 0 ? pooled.reliability.map(({ level, share }) => [100 * level, 100 * (share - level)]) : [],
      })),
    ],
  };
}

const lineOf = (index: number, width = 2) => ({
  type: 'line',
  silent: true,
  symbol: markOf(index).symbol,
  symbolSize: 6,
  lineStyle: { color: markOf(index).color, width },
  itemStyle: { color: markOf(index).color },
});

/** Share of outcomes inside the 50, 80 and 95 % bands, month by month. */
export function coveragePanel(report: EvaluationReport, box: PanelBox): Panel {
  const months = [...new Set(report.horizons.flatMap((horizon) => horizon.months.map(({ month }) => month)))].sort();
  return {
    title: 'Coverage of the 50, 80 and 95 % bands by month',
    box,
    xAxis: { type: 'category', data: months, ...noLine, axisLabel: { ...quiet, hideOverlap: true } },
    yAxis: {
      type: 'value',
      min: 20,
      max: 100,
      ...noLine,
      splitLine: gridLines,
      axisLabel: { ...quiet, formatter: (value: number) => `${value} %` },
    },
    series: [
      referenceLine('yAxis', [50, 80, 95]),
      ...report.horizons.flatMap((horizon, index) =>
        [0, 1, 2].map((band) => ({
          ...lineOf(index, band === 1 ? 2.5 : 1.2),
          symbolSize: band === 1 ? 5 : 0,
          data: horizon.months.map(({ month, coverage }) => [month, 100 * coverage[band]!]),
        })),
      ),
    ],
  };
}

/** Mean width of the 80 % band, the model's beside every baseline's. */
export function widthPanel(report: EvaluationReport, box: PanelBox): Panel {
  const names = ['model', ...(report.horizons[0]?.pooled.baselines.map(({ name }) => name) ?? [])];
  return {
    title: 'Mean width of the 80 % band (log return, %)',
    box,
    xAxis: { type: 'category', data: names, ...noLine, axisLabel: { ...label, interval: 0 } },
    yAxis: { type: 'value', min: 0, ...noLine, splitLine: gridLines, axisLabel: quiet },
    series: report.horizons.map(({ pooled }, index) => ({
      type: 'bar',
      silent: true,
      barGap: '15%',
      itemStyle: { color: markOf(index).color },
      data: [pooled.coverage[1]!.meanWidth, ...pooled.baselines.map(({ width }) => width[1]!)].map(
        (width) => 100 * width,
      ),
    })),
  };
}

const PARTS = [
  ['all', 'pooled'],
  ['calm', 'calm'],
  ['most volatile', 'volatile'],
  ['weeks after crashes', 'afterCrash'],
] as const;

/** Skill over climatology in calm and volatile times and after crashes, with the share inside the 80 % band. */
export function partsPanel(report: EvaluationReport, baseline: string, box: PanelBox): Panel {
  const skill = (horizon: HorizonEvaluation, key: (typeof PARTS)[number][1]) =>
    horizon[key]?.baselines.find(({ name }) => name === baseline)?.skillPct ?? null;
  const range = rangeOf(report.horizons.flatMap((horizon) => PARTS.map(([, key]) => skill(horizon, key))));
  const names = PARTS.map(([name, key]) => {
    const inside = report.horizons.map((horizon) => {
      const scores = horizon[key];
      return scores && scores.n > 0 ? (100 * scores.coverage[1]!.share).toFixed(0) : '–';
    });
    return `${name}\n80 % band held ${inside.join(' / ')} %`;
  });
  return {
    title: `Skill over ${baseline} in calm, volatile and bad times`,
    box,
    xAxis: skillAxis(range),
    yAxis: { ...namesAxis(names, true), axisLabel: { ...label, lineHeight: 15 } },
    series: [
      referenceLine('xAxis', [0]),
      ...report.horizons.map((horizon, index) =>
        intervalSeries(
          PARTS.flatMap(([, key], category) => {
            const interval = skill(horizon, key);
            return interval ? [{ category, interval, filled: true }] : [];
          }),
          markOf(index).color,
          { horizontal: true, offset: (index - (report.horizons.length - 1) / 2) * 12 },
        ),
      ),
    ],
  };
}

/** Skill over climatology coin by coin at one horizon; coins never seen in training are hollow. */
export function coinsPanel(
  report: EvaluationReport,
  index: number,
  baseline: string,
  box: PanelBox,
  last: boolean,
): Panel {
  const coins = report.horizons[index]!.coins;
  const skills = coins.map((coin) => coin.baselines.find(({ name }) => name === baseline)?.skillPct ?? null);
  const ends = skills.flatMap((skill) => (skill ? [skill.value] : []));
  const range = rangeOf(ends.map((value) => ({ value, low: value - 4, high: value + 4 })));
  const fontSize = coins.length > 60 ? 9 : 11;
  return {
    title: `${report.horizons[index]!.name}: skill over ${baseline}, coin by coin (hollow: never seen in training)`,
    box,
    xAxis: {
      type: 'category',
      data: coins.map(({ symbol }) => symbol),
      ...noLine,
      axisLabel: { ...quiet, show: last, interval: 0, rotate: coins.length > 12 ? 90 : 0, fontSize },
    },
    yAxis: skillAxis(range),
    series: [
      referenceLine('yAxis', [0]),
      intervalSeries(
        coins.flatMap(({ seen }, category) => {
          const interval = skills[category];
          return interval ? [{ category, interval, filled: seen }] : [];
        }),
        markOf(index).color,
        { horizontal: false, radius: coins.length > 60 ? 2.5 : 4 },
      ),
    ],
  };
}
