import type { OddsRecordPart, OddsRecordReport } from '../../core/odds-record.ts';
import type { Translator } from '../../language/translator.ts';
import { rounded, svgLine, svgRect, svgText } from '../chart/chart-style.ts';
import { type ChartPalette, type ChartTheme, FONT, PALETTES } from '../chart/chart-theme.ts';
import { oddsWho } from './odds-record-embed.ts';

/** One step of a reliability diagram; shares 0 … 1. */
interface DiagramStep {
  readonly said: number;
  readonly happened: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** One reliability diagram with its words in the reader's language. */
interface Diagram {
  readonly title: string;
  /** How many odds over how long, or that there are not enough. */
  readonly cases: string;
  readonly steps: readonly DiagramStep[];
  /** The most odds of a step, as the reader writes it. */
  readonly most: string;
}

/** What the picture shows, with its words: small enough to post to a worker. */
export interface OddsRecordChartInput {
  readonly title: string;
  /** What is shown and how to read it: a line each. */
  readonly lines: readonly string[];
  readonly said: string;
  readonly happened: string;
  readonly diagrams: readonly Diagram[];
  /** The word for a simulated market; null where it is real. */
  readonly simulated: string | null;
}

/** Size in its own units; a phone shows it about 340 wide. */
export const ODDS_RECORD_CHART_SIZE = { width: 640, height: 1096 } as const;

/** Of the first diagram; the other one is as large, below it. */
const PLOT = { left: 104, right: 604, top: 238, bottom: 468 } as const;
const APART = 460;
/** How many odds each step holds, below the diagram. */
const COUNTS = { top: 482, bottom: 536 } as const;
const LABEL_SIZE = 19;
const TICKS = [0, 0.25, 0.5, 0.75, 1] as const;
const BADGE = { width: 150, height: 36, size: 21 } as const;

/** The reliability diagrams of fixed odds, at the moment and on the way; empty where there are not enough of them. */
export function oddsRecordChartInput(report: OddsRecordReport, translator: Translator): OddsRecordChartInput {
  const { t, formats } = translator;
  const diagram = (title: string, { reliability, enough }: OddsRecordPart): Diagram => {
    const steps = enough && reliability ? reliability.steps : [];
    return {
      title,
      cases:
        enough && reliability
          ? t('oddsRecord.chartCases', { n: formats.count(reliability.n), days: reliability.days })
          : t('oddsRecord.chartFew'),
      steps: steps.map(({ n, stated, happened: { value, low, high } }) => {
        return { said: stated, happened: value, low, high, n };
      }),
      most: formats.count(Math.max(0, ...steps.map(({ n }) => n))),
    };
  };
  return {
    title: t('oddsRecord.chartTitle', { who: oddsWho(report, translator) }),
    lines: [t('accuracy.chartWhat'), t('oddsRecord.chartHelp'), t('oddsRecord.chartInterval')],
    said: t('oddsRecord.chartSaid'),
    happened: t('oddsRecord.chartHappened'),
    diagrams: [
      diagram(t('oddsRecord.endField'), report.fixed.end),
      diagram(t('oddsRecord.touchField'), report.fixed.touch),
    ],
    simulated: report.simulated ? t('reply.simulatedBadge') : null,
  };
}

/** Draws what was said against how often it happened, with intervals and counts; an SVG document. */
export function oddsRecordChartSvg(input: OddsRecordChartInput, theme: ChartTheme): string {
  const palette = PALETTES[theme];
  const { width, height } = ODDS_RECORD_CHART_SIZE;
  const muted = { room: width - 48 };
  const badgeLeft = width - 24 - BADGE.width;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${FONT}">`,
    svgRect(0, 0, width, height, palette.background),
    svgText(24, 36, input.title, 26, palette.text, { weight: 600, room: width - 48 }),
    ...input.lines.map((line, i) => svgText(24, 72 + i * 28, line, LABEL_SIZE, palette.muted, muted)),
    ...(input.simulated === null
      ? []
      : [
          `<rect x="${badgeLeft}" y="62" width="${BADGE.width}" height="${BADGE.height}" rx="8" fill="${palette.badge}"/>`,
          svgText(badgeLeft + BADGE.width / 2, 80, input.simulated, BADGE.size, palette.badgeText, {
            anchor: 'middle',
            weight: 600,
            room: BADGE.width - 16,
          }),
        ]),
    ...input.diagrams.flatMap((diagram, i) => drawn(diagram, i * APART, input, palette)),
    '</svg>',
  ].join('');
}

/** One diagram, `down` below the place of the first. */
function drawn(diagram: Diagram, down: number, words: OddsRecordChartInput, palette: ChartPalette): string[] {
  const { left, right } = PLOT;
  const [top, bottom] = [PLOT.top + down, PLOT.bottom + down];
  const counts = { top: COUNTS.top + down, bottom: COUNTS.bottom + down };
  const x = (share: number) => left + share * (right - left);
  const y = (share: number) => bottom - share * (bottom - top);
  const most = Math.max(1, ...diagram.steps.map(({ n }) => n));
  const bar = (n: number) => Math.max((n / most) * (counts.bottom - counts.top), 2);
  const room = right - 24;
  return [
    svgText(24, top - 62, diagram.title, 22, palette.text, { weight: 600, room }),
    svgText(24, top - 32, diagram.cases, LABEL_SIZE, palette.muted, { room }),
    ...TICKS.flatMap((share) => [
      svgLine(left, y(share), right, y(share), palette.grid, 1.5),
      svgText(left - 10, y(share), percent(share), LABEL_SIZE, palette.muted, { anchor: 'end' }),
      svgText(x(share), counts.bottom + 22, percent(share), LABEL_SIZE, palette.muted, { anchor: 'middle' }),
    ]),
    svgLine(left, counts.bottom, right, counts.bottom, palette.grid, 1.5),
    svgText(right, counts.bottom + 52, `${words.said} →`, LABEL_SIZE, palette.text, { anchor: 'end' }),
    svgText(left + 12, top + 18, `↑ ${words.happened}`, LABEL_SIZE, palette.text),
    svgLine(x(0), y(0), x(1), y(1), palette.divider, 2.5, '8 7'),
    ...diagram.steps.flatMap(({ said, happened, low, high, n }) => [
      svgLine(x(said), y(low), x(said), y(high), palette.bands[2], 4.5),
      `<circle cx="${rounded(x(said))}" cy="${rounded(y(happened))}" r="5.5" fill="${palette.median}"/>`,
      svgRect(x(said) - 6, counts.bottom - bar(n), 12, bar(n), palette.bands[2]),
    ]),
    ...(diagram.steps.length === 0
      ? []
      : [svgText(left - 10, counts.top + 16, diagram.most, LABEL_SIZE, palette.muted, { anchor: 'end', room: 80 })]),
  ];
}

const percent = (share: number) => `${Math.round(100 * share)} %`;
