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
  readonly help: string;
  readonly said: string;
  readonly happened: string;
  readonly diagrams: readonly Diagram[];
  /** The word for a simulated market; null where it is real. */
  readonly simulated: string | null;
}

/** Size in its own units; a phone shows it 375 wide. */
export const ODDS_RECORD_CHART_SIZE = { width: 900, height: 640 } as const;

const PLOT = { top: 196, bottom: 456, width: 340, lefts: [92, 540] } as const;
/** How many odds each step holds, below the diagram. */
const COUNTS = { top: 474, bottom: 538 } as const;
const TICKS = [0, 0.25, 0.5, 0.75, 1] as const;

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
    help: t('oddsRecord.chartHelp'),
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
  const badge = 180;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${FONT}">`,
    svgRect(0, 0, width, height, palette.background),
    svgText(24, 42, input.title, 30, palette.text, { weight: 600, room: width - 48 }),
    svgText(24, 88, input.help, 23, palette.muted, {
      room: width - 48 - (input.simulated === null ? 0 : badge + 16),
    }),
    ...(input.simulated === null
      ? []
      : [
          `<rect x="${width - 24 - badge}" y="66" width="${badge}" height="42" rx="8" fill="${palette.badge}"/>`,
          svgText(width - 24 - badge / 2, 87, input.simulated, 25, palette.badgeText, {
            anchor: 'middle',
            weight: 600,
            room: badge - 20,
          }),
        ]),
    ...input.diagrams.flatMap((diagram, i) => drawn(diagram, PLOT.lefts[i]!, input, palette)),
    '</svg>',
  ].join('');
}

function drawn(diagram: Diagram, left: number, words: OddsRecordChartInput, palette: ChartPalette): string[] {
  const right = left + PLOT.width;
  const x = (share: number) => left + share * PLOT.width;
  const y = (share: number) => PLOT.bottom - share * (PLOT.bottom - PLOT.top);
  const most = Math.max(1, ...diagram.steps.map(({ n }) => n));
  const bar = (n: number) => Math.max((n / most) * (COUNTS.bottom - COUNTS.top), 2);
  const edge = left - 74;
  return [
    svgText(edge, 132, diagram.title, 25, palette.text, { weight: 600, room: right - edge }),
    svgText(edge, 166, diagram.cases, 21, palette.muted, { room: right - edge }),
    ...TICKS.flatMap((share) => [
      svgLine(left, y(share), right, y(share), palette.grid, 1.5),
      svgText(left - 10, y(share), percent(share), 20, palette.muted, { anchor: 'end' }),
      ...(share === 0.25 || share === 0.75
        ? []
        : [svgText(x(share), 560, percent(share), 20, palette.muted, { anchor: share === 1 ? 'end' : 'middle' })]),
    ]),
    svgLine(left, COUNTS.bottom, right, COUNTS.bottom, palette.grid, 1.5),
    svgText((left + right) / 2, 600, `${words.said} →`, 23, palette.text, { anchor: 'middle', room: PLOT.width }),
    svgText(left + 12, PLOT.top + 20, `↑ ${words.happened}`, 23, palette.text, { room: PLOT.width / 2 }),
    svgLine(x(0), y(0), x(1), y(1), palette.divider, 2.5, '8 7'),
    ...diagram.steps.flatMap(({ said, happened, low, high, n }) => [
      svgLine(x(said), y(low), x(said), y(high), palette.bands[2], 4.5),
      `<circle cx="${rounded(x(said))}" cy="${rounded(y(happened))}" r="5.5" fill="${palette.median}"/>`,
      svgRect(x(said) - 6, COUNTS.bottom - bar(n), 12, bar(n), palette.bands[2]),
    ]),
    ...(diagram.steps.length === 0
      ? []
      : [svgText(left - 10, COUNTS.top + 10, diagram.most, 20, palette.muted, { anchor: 'end', room: 74 })]),
  ];
}

const percent = (share: number) => `${Math.round(100 * share)} %`;
