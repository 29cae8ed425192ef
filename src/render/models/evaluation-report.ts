import { BarChart, CustomChart, LineChart } from 'echarts/charts';
import { GraphicComponent, GridComponent, MarkLineComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { EvaluationReport } from '../../core/evaluation.ts';
import { learningSpanText } from '../../core/model-info.ts';
import { utcDay } from '../../core/time.ts';
import { FONT, PALETTES } from '../chart/chart-theme.ts';
import { markOf, type Panel } from './evaluation-marks.ts';
import {
  coinsPanel,
  coveragePanel,
  partsPanel,
  reliabilityPanel,
  skillPanel,
  widthPanel,
} from './evaluation-panels.ts';

echarts.use([BarChart, CustomChart, LineChart, GraphicComponent, GridComponent, MarkLineComponent, SVGRenderer]);

const palette = PALETTES.light;
const WIDTH = 1280;
const LEFT = 130;
const RIGHT = 40;
const INNER = WIDTH - LEFT - RIGHT;
const TITLE_GAP = 38;
const HALF_GAP = 190;

const text = (words: string, left: number, top: number, size: number, fill: string, weight = 400) => ({
  type: 'text',
  left,
  top,
  silent: true,
  style: { text: words, fill, fontFamily: FONT, fontSize: size, fontWeight: weight },
});

/** Draws an evaluation as an SVG document: skill, reliability, coverage over time, widths, hard times and every coin. */
export function evaluationSvg(report: EvaluationReport): string {
  const { panels, headings, height } = layOut(report);
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: palette.background,
      textStyle: { fontFamily: FONT },
      grid: panels.map(({ box }) => ({ ...box, containLabel: false })),
      xAxis: panels.map(({ xAxis }, gridIndex) => ({ ...xAxis, gridIndex })),
      yAxis: panels.map(({ yAxis }, gridIndex) => ({ ...yAxis, gridIndex })),
      series: panels.flatMap(({ series }, index) =>
        series.map((one) => ({ ...one, xAxisIndex: index, yAxisIndex: index })),
      ),
      graphic: [
        ...headings,
        ...panels.map(({ title, box }) => text(title, box.left, box.top - 30, 15, palette.text, 600)),
      ],
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** Panels from the top down; the height follows from how many there are. */
function layOut(report: EvaluationReport): { panels: Panel[]; headings: object[]; height: number } {
  const { horizons } = report;
  const baseline = usualBaseline(report);
  const headings = heading(report);
  let top = (report.inSample ? 176 : 136) + TITLE_GAP;
  const panels: Panel[] = [];
  const third = (INNER - 24 * (horizons.length - 1)) / horizons.length;
  const skillHeight = 40 * Math.max(3, horizons[0]?.pooled.baselines.length ?? 0) + 10;
  horizons.forEach((_, index) => {
    panels.push(
      skillPanel(report, index, { left: LEFT + index * (third + 24), top, width: third, height: skillHeight }),
    );
  });
  if (horizons.some(({ seen, unseen }) => seen.n > 0 && unseen.n > 0)) {
    const words =
      'Coloured: all coins. Grey: coins the model was trained on (solid) and coins it has never seen (hollow).';
    headings.push(text(words, LEFT, top + skillHeight + 30, 12, palette.muted));
    top += 16;
  }
  top += skillHeight + 40 + TITLE_GAP;
  const half = (INNER - HALF_GAP) / 2;
  const right = LEFT + half + HALF_GAP;
  panels.push(reliabilityPanel(report, { left: LEFT, top, width: half, height: 220 }));
  panels.push(coveragePanel(report, { left: right - 110, top, width: half + 110, height: 220 }));
  top += 220 + 40 + TITLE_GAP;
  panels.push(widthPanel(report, { left: LEFT, top, width: half, height: 220 }));
  panels.push(partsPanel(report, baseline, { left: right, top, width: half, height: 220 }));
  top += 220 + 40 + TITLE_GAP;
  horizons.forEach((_, index) => {
    const last = index === horizons.length - 1;
    panels.push(coinsPanel(report, index, baseline, { left: LEFT, top, width: INNER, height: 120 }, last));
    top += 120 + TITLE_GAP + (last ? 40 : 6);
  });
  headings.push(
    text(
      `Bars: 95 % intervals by block bootstrap over time. Skill: percentage by which the mean pinball loss is below the baseline’s.`,
      LEFT,
      top - 14,
      12,
      palette.muted,
    ),
  );
  return { panels, headings, height: top + 26 };
}

/** Climatology where it is among the baselines, else the first. */
function usualBaseline({ horizons }: EvaluationReport): string {
  const names = horizons[0]?.pooled.baselines.map(({ name }) => name) ?? [];
  return names.find((name) => name === 'climatology') ?? names[0] ?? 'climatology';
}

function heading(report: EvaluationReport): object[] {
  const { model, horizons } = report;
  const n = horizons.map(({ name, pooled }) => `${pooled.n.toLocaleString('en')} at ${name}`).join(', ');
  const facts = [
    `Origins ${utcDay(report.fromMs)} to ${utcDay(report.toMs)}; coins the model was trained on: ${report.seen.length}, never seen: ${report.unseen.length}; forecasts: ${n}.`,
    `Model ${learningSpanText(model, utcDay)}, ${model.members} ${model.members === 1 ? 'net' : 'nets'}${model.treeShares ? ' and boosted trees' : ''}${report.marketContext ? '' : '; without Bitcoin’s candles'}.`,
  ];
  const parts: object[] = [
    text(`Evaluation of ${model.version} on ${report.interval} candles`, 40, 26, 24, palette.text, 600),
    ...facts.map((line, i) => text(line, 40, 66 + i * 20, 13, palette.muted)),
    ...horizons.flatMap(({ name }, index) => legend(name, index)),
  ];
  if (!report.inSample) return parts;
  const box = { x: 0, y: 0, width: WIDTH - 80, height: 34, r: 5 };
  return [
    ...parts,
    { type: 'rect', left: 40, top: 140, silent: true, shape: box, style: { fill: palette.badge } },
    text(`IN-SAMPLE  ${report.inSample.warning}`, 54, 147, 13, palette.badgeText, 600),
  ];
}

/** One entry of the horizons' legend, in the row under the facts. */
function legend(name: string, index: number): object[] {
  const { color, symbol } = markOf(index);
  const x = 40 + index * 70;
  const style = { fill: color };
  const mark =
    symbol === 'circle'
      ? { type: 'circle', shape: { cx: 6, cy: 6, r: 6 } }
      : symbol === 'triangle'
        ? {
            type: 'polygon',
            shape: {
              points: [
                [6, 0],
                [12, 12],
                [0, 12],
              ],
            },
          }
        : { type: 'rect', shape: { x: 0, y: 0, width: 12, height: 12 } };
  return [{ ...mark, left: x, top: 113, silent: true, style }, text(name, x + 20, 110, 13, palette.text, 600)];
}
