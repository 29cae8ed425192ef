import { niceTicks } from '../chart/chart-layout.ts';
import { html, type Markup } from './html.ts';

/** Units of every chart: as wide as a phone, so that its letters can be read there. */
const WIDTH = 360;
const HEIGHT = 220;
const BOX = { left: 44, right: 348, top: 16, bottom: 190 } as const;

/** A chart before it is put together. Colours and strokes come from the style sheet, so that one picture fits both themes. */
export interface Plot {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  /** What it shows in words, for those who do not see it. */
  readonly description: string;
}

export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** Position of a value along the x axis, and along the y axis, to a tenth of a unit. */
export interface Scales {
  x(value: number): number;
  y(value: number): number;
}

export const PLOT_BOX = BOX;

const tenth = (value: number) => Math.round(value * 10) / 10;

/** Scales of both axes. */
export function scales(x: Pick<Axis, 'min' | 'max'>, y: Pick<Axis, 'min' | 'max'>): Scales {
  const along = (value: number, { min, max }: Pick<Axis, 'min' | 'max'>) =>
    max > min ? (value - min) / (max - min) : 0.5;
  return {
    x: (value) => tenth(BOX.left + along(value, x) * (BOX.right - BOX.left)),
    y: (value) => tenth(BOX.bottom - along(value, y) * (BOX.bottom - BOX.top)),
  };
}

/** An axis of round numbers around the values, with `unit` behind each. */
export function numberAxis(values: readonly number[], { unit = '', least = 0, wanted = 4, signed = false } = {}): Axis {
  const finite = values.filter(Number.isFinite);
  let [min, max] = finite.length === 0 ? [0, 1] : [Math.min(...finite), Math.max(...finite)];
  if (max - min < least) [min, max] = [(min + max - least) / 2, (min + max + least) / 2];
  const margin = (max - min) * 0.06;
  [min, max] = [min - margin, max + margin];
  const { values: at, decimals } = niceTicks(min, max, wanted);
  const label = (value: number) =>
    `${signed && value > 0 ? '+' : value < 0 ? '\u2212' : ''}${Math.abs(value).toFixed(decimals)}${unit}`;
  return { min, max, ticks: at.map((value) => ({ at: value, label: label(Math.abs(value) < 1e-9 ? 0 : value) })) };
}

const DAY = 86_400_000;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** A time axis from one moment to another: days, months or years, about four of them. */
export function timeAxis(fromMs: number, toMs: number): Axis {
  const span = Math.max(toMs - fromMs, DAY);
  const [min, max] = toMs - fromMs < DAY ? [fromMs - DAY / 2, fromMs + DAY / 2] : [fromMs, toMs];
  const ticks: { at: number; label: string }[] = [];
  const months = [1, 2, 3, 6, 12, 24].find((count) => span / (count * 30.4 * DAY) <= 4.5) ?? 48;
  if (span < 75 * DAY) {
    const step = DAY * ([1, 2, 5, 7, 14, 21].find((days) => span / (days * DAY) <= 4.2) ?? 28);
    for (let at = Math.ceil(min / step) * step; at <= max; at += step) {
      const day = new Date(at);
      ticks.push({ at, label: `${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]}` });
    }
    return { min, max, ticks };
  }
  const start = new Date(min);
  const firstMonth = Math.ceil((start.getUTCFullYear() * 12 + start.getUTCMonth()) / months) * months;
  for (let month = firstMonth; ; month += months) {
    const at = Date.UTC(Math.floor(month / 12), month % 12);
    if (at > max) break;
    if (at < min) continue;
    const [year, name] = [Math.floor(month / 12), MONTHS[month % 12]!];
    ticks.push({ at, label: months >= 12 ? String(year) : `${name} ${String(year).slice(2)}` });
  }
  return { min, max, ticks };
}

/** Puts a chart together: frame, grid and labels around what is drawn inside. */
export function drawn({ id, title, description }: Plot, x: Axis, y: Axis, inside: readonly Markup[]): Markup {
  const { x: atX, y: atY } = scales(x, y);
  return html`<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-description">
<title id="${id}-title">${title}</title><desc id="${id}-description">${description}</desc>
<defs><pattern id="${id}-hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-back" width="5" height="5"/><rect class="hatch-line" width="1.6" height="5"/></pattern>
<clipPath id="${id}-clip"><rect x="${BOX.left}" y="${BOX.top - 4}" width="${BOX.right - BOX.left}" height="${BOX.bottom - BOX.top + 8}"/></clipPath></defs>
${y.ticks.map(({ at, label }) => html`<line class="grid" x1="${BOX.left}" x2="${BOX.right}" y1="${atY(at)}" y2="${atY(at)}"/><text class="tick" x="${BOX.left - 6}" y="${atY(at) + 4}" text-anchor="end">${label}</text>`)}
${x.ticks.map(({ at, label }) => html`<line class="grid" x1="${atX(at)}" x2="${atX(at)}" y1="${BOX.bottom}" y2="${BOX.bottom + 4}"/><text class="tick" x="${atX(at)}" y="${BOX.bottom + 17}" text-anchor="${anchor(atX(at))}">${label}</text>`)}
<g clip-path="url(#${id}-clip)">${inside}</g>
<line class="axis" x1="${BOX.left}" x2="${BOX.right}" y1="${BOX.bottom}" y2="${BOX.bottom}"/></svg>`;
}

const anchor = (x: number) => (x > BOX.right - 16 ? 'end' : 'middle');

/** Shapes that tell series apart without colour. */
export const SHAPES = ['circle', 'square', 'triangle'] as const;
export type Shape = (typeof SHAPES)[number];

/** A point as a shape of about six units. */
export function marker(shape: Shape, x: number, y: number, kind: string): Markup {
  if (shape === 'circle') return html`<circle class="${kind}" cx="${x}" cy="${y}" r="3"/>`;
  if (shape === 'square')
    return html`<rect class="${kind}" x="${tenth(x - 2.8)}" y="${tenth(y - 2.8)}" width="5.6" height="5.6"/>`;
  return html`<path class="${kind}" d="M${x} ${tenth(y - 3.6)}l3.6 6.4h-7.2z"/>`;
}

/** A path through points. */
export const path = (points: readonly (readonly [number, number])[]): string =>
  points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('');
