import type { LiveEstimate } from '../../core/accuracy.ts';
import type { ScheduleDay } from '../../core/public-record.ts';
import { html, type Markup } from './html.ts';
import {
  type Axis,
  drawn,
  marker,
  numberAxis,
  PLOT_BOX,
  type Plot,
  path,
  type Scales,
  type Shape,
  scales,
  timeAxis,
} from './plot.ts';

/** One line of a chart over time. */
export interface TimeLine {
  readonly label: string;
  readonly shape: Shape;
  readonly points: readonly { readonly atMs: number; readonly estimate: LiveEstimate }[];
  /** Value that a perfect or an unskilled forecaster has. */
  readonly reference: number;
}

/** What all charts over time of one horizon share. */
export interface TimeFrame {
  readonly fromMs: number;
  readonly toMs: number;
  /** Times without forecasts. */
  readonly holes: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Moments at which another model began to serve, with its number in the table of models. */
  readonly changes: readonly { readonly atMs: number; readonly label: string }[];
}

const DAY = 86_400_000;
/** Shorter ones cannot be seen at this scale; the chart of the schedule shows them. */
const SHOWN_HOLE_MS = DAY / 2;

const shownHoles = ({ holes }: TimeFrame) => holes.filter(({ fromMs, toMs }) => toMs - fromMs >= SHOWN_HOLE_MS);

/** Hatched stripes where the bot was down. */
function holeMarks(frame: TimeFrame, { x }: Scales, id: string): Markup[] {
  return shownHoles(frame).map(({ fromMs, toMs }) => {
    const [left, right] = [x(fromMs), x(toMs)];
    return html`<rect class="hole" fill="url(#${id}-hatch)" x="${left}" y="${PLOT_BOX.top}" width="${Math.max(2, Math.round((right - left) * 10) / 10)}" height="${PLOT_BOX.bottom - PLOT_BOX.top}"/>`;
  });
}

function changeMarks({ changes }: TimeFrame, { x }: Scales): Markup[] {
  let lastLabel = Number.NEGATIVE_INFINITY;
  return changes.map(({ atMs, label }) => {
    const at = x(atMs);
    const hasRoom = at - lastLabel > 14;
    if (hasRoom) lastLabel = at;
    return html`<line class="change" x1="${at}" x2="${at}" y1="${PLOT_BOX.top}" y2="${PLOT_BOX.bottom}"/>${hasRoom && html`<text class="change-label" x="${at + 3}" y="${PLOT_BOX.top + 8}">${label}</text>`}`;
  });
}

/** Points between two holes: none is drawn in a hole, and no line over one. */
function runs<Point extends { readonly atMs: number }>(
  points: readonly Point[],
  frame: TimeFrame,
  stepMs: number,
): Point[][] {
  const parts: Point[][] = [];
  let before: number | null = null;
  const isInside = (atMs: number) => shownHoles(frame).some(({ fromMs, toMs }) => atMs > fromMs && atMs <= toMs);
  for (const point of points.filter(({ atMs }) => !isInside(atMs))) {
    const isBroken =
      before === null ||
      point.atMs - before > stepMs * 1.5 ||
      shownHoles(frame).some(({ fromMs, toMs }) => fromMs < point.atMs && toMs > before!);
    if (isBroken) parts.push([]);
    parts.at(-1)!.push(point);
    before = point.atMs;
  }
  return parts;
}

/** Draws shares or skills in per cent over time, each with its interval, and breaks the lines at holes. */
export function timeChart(
  plot: Plot,
  frame: TimeFrame,
  lines: readonly TimeLine[],
  options: { readonly signed: boolean; readonly stepDays: number },
): Markup {
  const values = lines.flatMap(({ points, reference }) => [reference, ...points.map(({ estimate }) => estimate.value)]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  // One interval of few forecasts does not press everything else flat.
  const reach = Math.max(1.6 * (high - low), 2);
  const ends = lines.flatMap(({ points }) =>
    points.flatMap(({ estimate }) => [estimate.low ?? estimate.value, estimate.high ?? estimate.value]),
  );
  const within = ends.map((end) => Math.min(Math.max(end, low - reach), high + reach));
  const y = numberAxis([...values, ...within], { unit: '%', least: 4, signed: options.signed });
  const x = timeAxis(frame.fromMs, frame.toMs);
  const at = scales(x, y);
  const clipped = (value: number) => at.y(Math.min(Math.max(value, y.min), y.max));
  const drawnLines = lines.map(({ points, shape, reference }) => {
    const parts = runs(points, frame, options.stepDays * DAY);
    return html`<line class="reference" x1="${PLOT_BOX.left}" x2="${PLOT_BOX.right}" y1="${at.y(reference)}" y2="${at.y(reference)}"/>
${parts.map((part) => {
  const sure = part.filter(({ estimate }) => estimate.low !== null);
  const edge = (which: 'low' | 'high') =>
    sure.map(({ atMs, estimate }) => [at.x(atMs), clipped(estimate[which]!)] as const);
  const isDense = part.length > 25;
  return html`${sure.length > 1 && html`<path class="interval ${shape}" d="${path([...edge('low'), ...edge('high').reverse()])}Z"/>`}
${sure.length === 1 && html`<path class="whisker" d="${path([edge('low')[0]!, edge('high')[0]!])}"/>`}
<path class="line ${shape}" d="${path(part.map(({ atMs, estimate }) => [at.x(atMs), clipped(estimate.value)]))}"/>
${part
  .filter((_, i) => !isDense || i % 5 === 0 || i === part.length - 1)
  .map(({ atMs, estimate }) =>
    marker(shape, at.x(atMs), clipped(estimate.value), estimate.low === null ? 'point unsure' : `point ${shape}`),
  )}`;
})}`;
  });
  return drawn(plot, x, y, [...holeMarks(frame, at, plot.id), ...changeMarks(frame, at), ...drawnLines]);
}

/** Bars at most; days are put together where there are more. */
const MAX_BARS = 76;

/** Draws which share of the forecasts that were due was issued, by day or by several days; what is missing is hatched. */
export function scheduleChart(plot: Plot, days: readonly ScheduleDay[]): Markup {
  const each = Math.ceil(days.length / MAX_BARS);
  const bars = [];
  for (let i = 0; i < days.length; i += each) {
    const part = days.slice(i, i + each);
    const sum = (what: 'issued' | 'missing') => part.reduce((total, day) => total + day[what], 0);
    bars.push({
      fromMs: part[0]!.dayMs,
      toMs: part.at(-1)!.dayMs + DAY,
      issued: sum('issued'),
      missing: sum('missing'),
    });
  }
  const x = timeAxis(days[0]!.dayMs, days.at(-1)!.dayMs + DAY);
  const y: Axis = { min: 0, max: 100, ticks: [0, 50, 100].map((at) => ({ at, label: `${at}%` })) };
  const at = scales(x, y);
  const rects = bars.map(({ fromMs, toMs, issued, missing }) => {
    const due = issued + missing;
    const [left, right] = [at.x(fromMs), at.x(toMs)];
    const gap = right - left > 3 ? 0.6 : 0;
    const width = Math.max(0.6, Math.round((right - left - gap) * 10) / 10);
    const top = due === 0 ? PLOT_BOX.bottom : at.y((100 * issued) / due);
    return html`${missing > 0 && html`<rect class="hole" fill="url(#${plot.id}-hatch)" x="${left}" y="${PLOT_BOX.top}" width="${width}" height="${Math.round((top - PLOT_BOX.top) * 10) / 10}"/>`}${issued > 0 && html`<rect class="bar" x="${left}" y="${top}" width="${width}" height="${Math.round((PLOT_BOX.bottom - top) * 10) / 10}"/>`}`;
  });
  return drawn(plot, x, y, rects);
}
