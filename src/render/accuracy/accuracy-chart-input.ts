import type { AccuracyReport, CalibrationStep, PastCall } from '../../core/accuracy.ts';
import { chosenHorizon, HORIZONS } from '../../core/horizon.ts';
import { BANDS, MEDIAN_INDEX } from '../../core/quantiles.ts';
import { axisDate } from '../chart/time-axis.ts';
import { formatCount } from '../format.ts';

/** One forecast that came due, on the chart's own scale. */
export interface AccuracyPoint {
  readonly timeMs: number;
  /** Edges of the 95, 80 and 50 % bands, outermost first, and the median; null where all coins share one set of bands. */
  readonly bands: readonly (readonly [number, number])[] | null;
  readonly median: number | null;
  readonly actual: number;
  readonly inside80: boolean;
}

/** What the chart shows: prices of one coin, or every coin's outcomes placed in their own bands. */
export interface AccuracyChartInput {
  readonly title: string;
  readonly subtitle: string;
  readonly scale: 'prices' | 'positions';
  readonly points: readonly AccuracyPoint[];
  readonly calibration: readonly CalibrationStep[];
  readonly simulated: boolean;
}

/** Fewer forecasts do not measure probabilities near one half. */
const MIN_FORECASTS_FOR_CALIBRATION = 200;

/** The part of a report that its chart shows. */
export function accuracyChartInput(report: AccuracyReport): AccuracyChartInput {
  const { symbol, past, shown, horizons, pastEvery } = report;
  const horizon = horizons.find((one) => one.horizon === shown);
  const scores = horizon?.enough && horizon.n >= MIN_FORECASTS_FOR_CALIBRATION ? horizon.scores : null;
  const coins = new Set(past.map((call) => call.symbol)).size;
  const who = symbol ?? (coins === 1 ? past[0]!.symbol : `${coins} coins`);
  const unit = HORIZONS[shown].interval === '1h' ? 'hour' : 'day';
  const every = pastEvery === 1 ? (unit === 'hour' ? 'an hour' : 'a day') : `every ${pastEvery} ${unit}s`;
  const date = (timeMs: number) => `${axisDate(timeMs, false)} ${new Date(timeMs).getUTCFullYear()}`;
  const [first, last] = [past[0], past.at(-1)];
  const span = first && last ? `, due ${date(first.targetMs)} to ${date(last.targetMs)}` : '';
  const what = symbol === null ? 'outcomes, each placed in its own bands' : `forecasts, one ${every}`;
  return {
    title: `${who}, ${HORIZONS[chosenHorizon(shown)].label} ahead: what was said and what happened`,
    subtitle: `${formatCount(past.length)} ${what}${span} (UTC)`,
    scale: symbol === null ? 'positions' : 'prices',
    points: past.map((call) => (symbol === null ? positionPoint(call) : pricePoint(call))),
    calibration: scores && scores.calibration.length >= 2 ? scores.calibration : [],
    simulated: report.simulated,
  };
}

const inside80 = ({ band }: PastCall) => band === 50 || band === 80;

function pricePoint(call: PastCall): AccuracyPoint {
  return {
    timeMs: call.targetMs,
    bands: [...BANDS].reverse().map(({ lower, upper }) => [call.quantiles[lower]!, call.quantiles[upper]!]),
    median: call.quantiles[MEDIAN_INDEX]!,
    actual: call.actualPrice,
    inside80: inside80(call),
  };
}

function positionPoint(call: PastCall): AccuracyPoint {
  return { timeMs: call.targetMs, bands: null, median: null, actual: call.position, inside80: inside80(call) };
}
