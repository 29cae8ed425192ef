import type { LiveEstimate } from '../../core/accuracy.ts';
import { INTERVAL_MS } from '../../core/candle.ts';
import { HORIZONS } from '../../core/horizon.ts';
import { type HorizonTrack, type PublicRecord, RECORD_BASELINES } from '../../core/public-record.ts';
import { utcDay } from '../../core/time.ts';
import { formatCount, formatPercent, NBSP } from '../format.ts';
import { html, type Markup } from './html.ts';
import { SHAPES } from './plot.ts';
import { callTable, coinTable, numbers, table } from './record-tables.ts';
import { type Term, termLink } from './record-terms.ts';
import {
  baselineName,
  counted,
  edgeText,
  horizonLabel,
  shareText,
  sizeText,
  skillClause,
  skillText,
} from './record-text.ts';
import { pitChart, reliabilityChart } from './shape-charts.ts';
import { scheduleChart, type TimeFrame, type TimeLine, timeChart } from './time-charts.ts';

const BANDS = [50, 80, 95] as const;
const DAY_MS = 86_400_000;

const percent = ({ value, low, high }: LiveEstimate): LiveEstimate => ({
  value: 100 * value,
  low: low === null ? null : 100 * low,
  high: high === null ? null : 100 * high,
});

/** What a range's share says about it. */
function widthText({ value, low, high }: LiveEstimate, nominal: number): string {
  if (low === null || high === null) return 'too few to tell';
  if (low <= nominal && nominal <= high) return 'fits';
  return value > nominal ? 'too wide' : 'too narrow';
}

/** A chart with its heading, what it says, and its numbers. */
export function figure(id: string, term: Term, heading: string, reading: string, chart: Markup, data: Markup): Markup {
  return html`<figure class="panel" id="${id}"><figcaption><h3>${heading} ${termLink(term)}</h3><p>${reading}</p></figcaption>${chart}${data}</figure>`;
}

/** The frame of a horizon's charts over time. */
function frameOf({ horizon, fromMs, toMs, points }: HorizonTrack, record: PublicRecord): TimeFrame {
  const { interval } = HORIZONS[horizon];
  const step = INTERVAL_MS[interval];
  return {
    fromMs,
    toMs: Math.max(toMs, points.at(-1)?.toMs ?? 0),
    holes: record.outages
      .filter((outage) => outage.interval === interval)
      .map((outage) => ({ fromMs: outage.fromMs, toMs: outage.toMs + step })),
    changes: record.models.flatMap((model, i) =>
      model.interval === interval && model.fromMs !== null && model.fromMs > fromMs
        ? { atMs: model.fromMs, label: String(i + 1) }
        : [],
    ),
  };
}

/** Skill over each baseline, coverage, reliability, PIT and what was issued. */
function charts(track: HorizonTrack, record: PublicRecord): Markup {
  const { horizon, points, skills, coverage, reliability, pit, n } = track;
  const frame = frameOf(track, record);
  const { stepDays } = record;
  const when = ({ toMs }: { readonly toMs: number }) => utcDay(toMs - 1);
  const id = (name: string) => `${horizon}-${name}`;
  const where = `${horizonLabel(horizon)} ahead`;
  const skillFigures = RECORD_BASELINES.map((baseline, i) => {
    const lines = points.flatMap(({ toMs, skills: own }) =>
      own[i]!.skillPct ? { atMs: toMs, estimate: own[i]!.skillPct } : [],
    );
    const name = baselineName(baseline);
    const overall = skills[i]!;
    const reading = `All in all ${skillClause(overall)}; ${sizeText(overall.n)}. Above the dashed line: better than ${name}.`;
    const plot = {
      id: id(`skill-${i}`),
      title: `Skill over ${name}, ${where}`,
      description: `${reading} ${lines.length} points over time; the numbers are in the table below.`,
    };
    const line: TimeLine = { label: baseline, shape: SHAPES[i]!, points: lines, reference: 0 };
    const head = ['Days up to', 'Skill (95 % interval)', 'n'];
    const rows = points.map((point) => [
      when(point),
      skillText(point.skills[i]!.skillPct),
      formatCount(point.skills[i]!.n),
    ]);
    const chart =
      lines.length === 0
        ? html`<p class="empty">Nothing to compare: the candles of that time are not stored.</p>`
        : timeChart(plot, frame, [line], { signed: true, stepDays });
    return figure(id(`over-${i}`), 'skill', `Skill over ${name}`, reading, chart, numbers(plot.title, head, rows));
  });
  const held = BANDS.map((band, i): TimeLine => {
    const own = points.flatMap(({ toMs, coverage: shares }) =>
      shares[i] ? { atMs: toMs, estimate: percent(shares[i]) } : [],
    );
    return { label: `${band} %`, shape: SHAPES[i]!, points: own, reference: band };
  });
  const heldReading = `Of ${formatCount(n)}: ${BANDS.map((band, i) => `${band} % range held ${shareText(coverage[i]!)}: ${widthText(coverage[i]!, band / 100)}`).join('; ')}. Each line on its own dashed line: ranges are as wide as they should be.`;
  const heldPlot = { id: id('held-chart'), title: `Ranges held over time, ${where}`, description: heldReading };
  const rises = `Points on the dashed diagonal: P(up) is right. ${sizeText(n)}.`;
  const risesPlot = {
    id: id('rises-chart'),
    title: `Reliability of P(up), ${where}`,
    description: `${rises} ${reliability.map((bin) => `Said ${formatPercent(100 * bin.pUp)}, rose ${shareText(bin.rises)}, ${sizeText(bin.n)}`).join('; ')}.`,
  };
  const pitReading = `All bars on the dashed line: the ranges are right. ${sizeText(n)}.`;
  const pitPlot = {
    id: id('pit-chart'),
    title: `Where outcomes lay in their distributions, ${where}`,
    description: `${pitReading} Shares from lowest to highest twentieth: ${pit.map(({ share }) => formatPercent(100 * share.value)).join(', ')}.`,
  };
  return html`<p class="legend">Over time: shaded is the 95 % interval, hatched an outage, a dotted line with a number the start of another <a href="#models">model</a>. ${termLink('time')}</p><div class="grid">${skillFigures}
${figure(
  id('held'),
  'held',
  'Ranges held over time',
  heldReading,
  html`${timeChart(heldPlot, frame, held, { signed: false, stepDays })}<p class="legend">${BANDS.map((band, i) => html`<span class="key ${SHAPES[i]!}"><span aria-hidden="true">${['●', '■', '▲'][i]!}</span> ${band} % range</span>`)}</p>`,
  numbers(
    heldPlot.title,
    ['Days up to', '50 % range', '80 % range', '95 % range', 'n'],
    points.map((point) => [when(point), ...point.coverage.map(shareText), formatCount(point.n)]),
  ),
)}
${figure(
  id('rises'),
  'rises',
  'Reliability of P(up)',
  rises,
  html`${reliabilityChart(risesPlot, reliability)}<p class="legend">Across: P(up) said. Up: share that rose. Bars: how many.</p>`,
  numbers(
    risesPlot.title,
    ['P(up) said', 'Mean', 'Share that rose', 'n'],
    reliability.map((bin) => [
      `${formatPercent(100 * bin.low)} to ${formatPercent(100 * bin.high)}`,
      formatPercent(100 * bin.pUp),
      shareText(bin.rises),
      formatCount(bin.n),
    ]),
  ),
)}
${figure(
  id('pit'),
  'pit',
  'Place in the range (PIT)',
  pitReading,
  html`${pitChart(pitPlot, pit)}<p class="legend">Across: lowest to highest place in the forecast distribution. Up: share of outcomes.</p>`,
  numbers(
    pitPlot.title,
    ['Twentieth', 'Share', 'n'],
    pit.map(({ share, n: own }, i) => [`${i * 5} to ${(i + 1) * 5} %`, shareText(share), formatCount(own)]),
  ),
)}</div>`;
}

/** What was issued of what was due. */
function scheduleFigure({ horizon, issued, missing, waiting, unscored, days, revised }: HorizonTrack): Markup {
  const reading = `${counted(issued, 'forecast')} issued, ${formatCount(missing)} missing; ${formatCount(waiting)} waiting for their moment, ${formatCount(unscored)} without a price to score by, ${formatCount(revised)} scores revised.`;
  const plot = {
    id: `${horizon}-schedule-chart`,
    title: `Forecasts issued of those due, ${horizonLabel(horizon)} ahead`,
    description: `${reading} Hatched parts are missing.`,
  };
  const gaps = days.filter((day) => day.missing > 0);
  const rows = gaps.map(({ dayMs, issued: own, missing: gone }) => [
    utcDay(dayMs),
    formatCount(own),
    formatCount(gone),
  ]);
  const data =
    rows.length === 0 ? html`` : numbers('Days with missing forecasts', ['Day (UTC)', 'Issued', 'Missing'], rows);
  return figure(`${horizon}-schedule`, 'missing', 'Issued and missing', reading, scheduleChart(plot, days), data);
}

/** Direction, Brier score and errors. */
function scoreFigure({ horizon, n, direction, brier, error, noChange, skills, coverage }: HorizonTrack): Markup {
  const digits = (value: number) => `${(100 * value).toFixed(2)}${NBSP}%`;
  const rows: readonly (readonly string[])[] = [
    ...coverage.map((share, i) => [`${BANDS[i]!} % range held`, shareText(share), `${BANDS[i]!} %`, formatCount(n)]),
    ...skills.map((skill) => [
      `Skill over ${baselineName(skill.baseline)}`,
      `${skillText(skill.skillPct)}, ${edgeText(skill.skillPct)}`,
      '0',
      formatCount(skill.n),
    ]),
    [
      'Median on the right side',
      shareText(direction!),
      `${digits(direction!.baseRate)} (commoner side)`,
      formatCount(n),
    ],
    ['Brier score of P(up)', brier!.score.toFixed(4), `${brier!.baseRate.toFixed(4)} (share of rises)`, formatCount(n)],
    ['RMSE', digits(error!.rmse), `${digits(noChange!.rmse)} (no change)`, formatCount(n)],
    ['MAE', digits(error!.mae), `${digits(noChange!.mae)} (no change)`, formatCount(n)],
  ];
  const caption = `Scores at ${horizonLabel(horizon)}`;
  return html`<div class="panel" id="${horizon}-scores"><h3>All scores ${termLink('direction')}</h3>${table(caption, ['Figure', 'Value (95 % interval)', 'To beat or meet', 'n'], rows)}</div>`;
}

/** Why a horizon has no score. */
function nothingYet({ waiting, unscored, missing }: HorizonTrack): string {
  const parts = [
    ...(waiting > 0 ? [`${counted(waiting, 'forecast')} waiting for ${waiting === 1 ? 'its' : 'their'} moment`] : []),
    ...(unscored > 0 ? [`${formatCount(unscored)} without a price to score by`] : []),
    ...(missing > 0 ? [`${formatCount(missing)} missing`] : []),
  ];
  return `No forecast of this horizon has a score yet: ${parts.join(', ')}.`;
}

/** Everything about one horizon. */
export function horizonSection(track: HorizonTrack, record: PublicRecord): Markup {
  const { horizon, n, coins, fromMs, toMs, best, worst } = track;
  const span = Math.max(1, Math.round((toMs - fromMs) / DAY_MS) + 1);
  const what = html`<h2 id="${horizon}-heading">${horizonLabel(horizon)}</h2><p class="lead-in">${n === 0 ? `Issued: ${counted(track.issued, 'forecast')}` : `Came due: ${counted(n, 'forecast')} of ${counted(coins.length, 'coin')}`}, from ${utcDay(fromMs)} to ${utcDay(toMs)} (${counted(span, 'day')}). ${termLink('due')}</p>`;
  const body =
    n === 0
      ? html`<p class="panel">${nothingYet(track)}</p>`
      : html`${charts(track, record)}<div class="grid two">${scheduleFigure(track)}${scoreFigure(track)}</div>
<div class="panel"><h3>By coin ${termLink('skill')}</h3>${coinTable(track)}</div>
<div class="panel"><h3>Best calls ${termLink('calls')}</h3>${callTable(`Best calls at ${horizonLabel(horizon)}`, best)}<h3>Worst calls</h3>${callTable(`Worst calls at ${horizonLabel(horizon)}`, worst)}</div>`;
  return html`<section class="horizon" id="h-${horizon}" aria-labelledby="${horizon}-heading">${what}${body}</section>`;
}
