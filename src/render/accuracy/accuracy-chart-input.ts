import type { AccuracyReport, CalibrationStep, PastCall } from '../../core/accuracy.ts';
import { chosenHorizon, HORIZONS, horizonMs } from '../../core/horizon.ts';
import { BANDS, MEDIAN_INDEX } from '../../core/quantiles.ts';
import type { Translator } from '../../language/translator.ts';
import { fullDate } from '../chart/time-axis.ts';

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
  /** What is shown, how much of it, and when it came due: a line each. */
  readonly lines: readonly string[];
  /** BCP 47 locale of the chart's words and numbers. */
  readonly locale: string;
  readonly scale: 'prices' | 'positions';
  readonly points: readonly AccuracyPoint[];
  readonly calibration: readonly CalibrationStep[];
  readonly simulated: boolean;
}

/** Fewer forecasts do not measure probabilities near one half. */
const MIN_FORECASTS_FOR_CALIBRATION = 200;

/** The part of a report that its chart shows, with its words in the reader's language. */
export function accuracyChartInput(report: AccuracyReport, { t, formats, locale }: Translator): AccuracyChartInput {
  const { symbol, past, shown, horizons, pastEvery } = report;
  const horizon = horizons.find((one) => one.horizon === shown);
  const scores = horizon?.enough && horizon.n >= MIN_FORECASTS_FOR_CALIBRATION ? horizon.scores : null;
  const coins = new Set(past.map((call) => call.symbol)).size;
  const who = symbol ?? (coins === 1 ? past[0]!.symbol : t('reply.coins', { count: coins }));
  const ahead = formats.duration(horizonMs(HORIZONS[chosenHorizon(shown)]));
  const [first, last] = [past[0], past.at(-1)];
  const hourly = HORIZONS[shown].interval === '1h';
  const what = symbol === null ? 'accuracy.chartOutcomes' : hourly ? 'accuracy.chartHourly' : 'accuracy.chartDaily';
  return {
    title: t('accuracy.chartTitle', { who, ahead }),
    lines: [
      t('accuracy.chartWhat'),
      ...(first && last
        ? [
            t(what, { count: formats.count(past.length), every: pastEvery }),
            t('accuracy.chartDue', { from: fullDate(first.targetMs, locale), to: fullDate(last.targetMs, locale) }),
          ]
        : [t('accuracy.chartEmpty')]),
    ],
    locale,
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
