import type { PitBin, RecordedCall, ReliabilityBin } from '../../core/public-record.ts';
import { html, type Markup } from './html.ts';
import { drawn, marker, numberAxis, PLOT_BOX, type Plot, path, scales } from './plot.ts';

/** Fewer forecasts make a hollow point. */
const MIN_IN_BIN = 20;
/** Height of the tallest bar of counts. */
const COUNT_HEIGHT = 34;

/** Draws how often the price rose against the P(up) that was said: on the diagonal where P(up) is right. Bars below say how many forecasts. */
export function reliabilityChart(plot: Plot, bins: readonly ReliabilityBin[]): Markup {
  const share = ({ pUp, rises }: ReliabilityBin) => [100 * pUp, 100 * rises.value];
  const shown = bins.flatMap((bin) =>
    bin.n < MIN_IN_BIN
      ? []
      : [...share(bin), 100 * (bin.rises.low ?? bin.rises.value), 100 * (bin.rises.high ?? bin.rises.value)],
  );
  const reach = Math.max(12, ...(shown.length > 0 ? shown : bins.flatMap(share)).map((value) => Math.abs(value - 50)));
  const range = [Math.max(0, 50 - reach), Math.min(100, 50 + reach)];
  const y = numberAxis(range, { unit: '%' });
  const x = numberAxis(range, { unit: '%' });
  const at = scales(x, y);
  const most = Math.max(...bins.map(({ n }) => n));
  const clip = (value: number) => Math.min(Math.max(value, y.min), y.max);
  const counts = bins.map(({ pUp, n }) => {
    const height = Math.max(1, Math.round((COUNT_HEIGHT * n) / most));
    return html`<rect class="count" x="${at.x(clip(100 * pUp)) - 4}" y="${PLOT_BOX.bottom - height}" width="8" height="${height}"/>`;
  });
  const solid = bins.filter(({ n }) => n >= MIN_IN_BIN);
  const points = bins.map((bin) => {
    const [px, py] = [at.x(clip(100 * bin.pUp)), at.y(clip(100 * bin.rises.value))];
    const { low, high } = bin.rises;
    const whisker =
      low !== null &&
      high !== null &&
      html`<path class="whisker" d="${path([
        [px, at.y(clip(100 * low))],
        [px, at.y(clip(100 * high))],
      ])}"/>`;
    return html`${whisker}${marker('circle', px, py, bin.n < MIN_IN_BIN ? 'point unsure' : 'point circle')}`;
  });
  const diagonal = html`<path class="reference" d="${path([
    [at.x(x.min), at.y(x.min)],
    [at.x(x.max), at.y(x.max)],
  ])}"/>`;
  const line = html`<path class="line circle" d="${path(solid.map(({ pUp, rises }) => [at.x(clip(100 * pUp)), at.y(clip(100 * rises.value))]))}"/>`;
  return drawn(plot, x, y, [...counts, diagonal, solid.length > 1 ? line : html``, ...points]);
}

/** Draws the share of outcomes in each twentieth of their forecast distributions: all as high as the dashed line where the ranges are right. */
export function pitChart(plot: Plot, bins: readonly PitBin[]): Markup {
  const even = 100 / bins.length;
  const tops = bins.flatMap(({ share }) => [
    100 * share.value,
    Math.min(100 * (share.high ?? share.value), 3 * even + 100 * share.value),
  ]);
  const y = { ...numberAxis([0, Math.max(2 * even, ...tops)], { unit: '%' }), min: 0 };
  const x = { min: 0, max: 100, ticks: [0, 25, 50, 75, 100].map((at) => ({ at, label: `${at}%` })) };
  const at = scales(x, y);
  const width = Math.round((at.x(even) - at.x(0) - 1) * 10) / 10;
  const bars = bins.map(({ share }, i) => {
    const [left, top] = [at.x(i * even), at.y(100 * share.value)];
    const middle = Math.round((left + width / 2) * 10) / 10;
    const { low, high } = share;
    return html`<rect class="bar" x="${left}" y="${top}" width="${width}" height="${Math.round((PLOT_BOX.bottom - top) * 10) / 10}"/>${
      low !== null &&
      high !== null &&
      html`<path class="whisker" d="${path([
        [middle, at.y(100 * low)],
        [middle, at.y(Math.min(100 * high, y.max))],
      ])}"/>`
    }`;
  });
  const reference = html`<line class="reference" x1="${PLOT_BOX.left}" x2="${PLOT_BOX.right}" y1="${at.y(even)}" y2="${at.y(even)}"/>`;
  return drawn(plot, x, y, [...bars, reference]);
}

const BANDS = [
  [0, 20],
  [2, 18],
  [5, 15],
] as const;

/** A call's 95, 80 and 50 % ranges as a strip with what happened; the cells beside it say the same in numbers. */
export function callStrip({ quantiles, lastPrice, logReturn, band }: RecordedCall): Markup {
  const returns = quantiles.map((price) => Math.log(price / lastPrice));
  const [low, high] = [Math.min(returns[0]!, logReturn), Math.max(returns[20]!, logReturn)];
  const x = (value: number) =>
    Math.round((4 + (112 * (value - low)) / Math.max(high - low, Number.MIN_VALUE)) * 10) / 10;
  const at = x(logReturn);
  return html`<svg class="strip" viewBox="0 0 120 20" aria-hidden="true">${BANDS.map(([from, to], i) => {
    const [left, right] = [x(returns[from]!), x(returns[to]!)];
    return html`<rect class="band-${i}" x="${left}" y="5" width="${Math.max(1, Math.round((right - left) * 10) / 10)}" height="10"/>`;
  })}${band === null || band === 95 ? html`<path class="missed" d="M${at} 4l5 6-5 6-5-6z"/>` : html`<circle class="hit" cx="${at}" cy="10" r="4"/>`}</svg>`;
}
