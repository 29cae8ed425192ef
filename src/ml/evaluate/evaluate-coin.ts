import { INTERVAL_MS } from '../../core/candle.ts';
import type { EvaluationReport } from '../../core/evaluation.ts';
import { createEventSchedule, type ScheduledEvent } from '../../core/market-events.ts';
import { probabilityAbove, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { utcIso } from '../../core/time.ts';
import { eventKindsAt } from '../calibration/calendar-width.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import { rowOpenMs } from '../features/columns.ts';
import { headlinesKnown, SENTIMENT_COLUMNS, sentimentKnown } from '../features/sentiment-features.ts';
import type { RollingForecaster } from '../forecast/rolling-forecaster.ts';
import { addForecast, createScoreBook, type ScoreBook } from '../scoring/score-book.ts';
import { type EvaluationSpan, forecastOrigins, type OriginForecasts, type OriginSetting } from './forecast-origins.ts';
import { type CrashSpell, isAfterCrash } from './regimes.ts';

const LEVELS = QUANTILE_LEVELS.length;

/** What all coins share. */
export interface EvaluationSetting extends OriginSetting {
  readonly crashes: readonly CrashSpell[];
  /** Scheduled announcements; none where left out. */
  readonly events?: readonly ScheduledEvent[];
  /** Whether to write the lines of `--forecasts`. */
  readonly lines: boolean;
  /** Whether to forecast everything again with sentiment masked. */
  readonly ablate?: boolean;
}

/** Books of one horizon, by the part of the report they go into. */
export interface HorizonBooks {
  readonly all: ScoreBook;
  readonly calm: ScoreBook;
  readonly volatile: ScoreBook;
  readonly afterCrash: ScoreBook;
  readonly announcement: ScoreBook;
  /** The model beside itself without sentiment; null unless asked for. */
  readonly sentiment: AblationBooks | null;
}

/** Origins by what was known at them. */
export interface AblationBooks {
  readonly all: ScoreBook;
  readonly known: ScoreBook;
  readonly headlines: ScoreBook;
}

/** What one coin gives. */
export interface CoinEvaluation {
  readonly symbol: string;
  readonly horizons: readonly HorizonBooks[];
  readonly counts: EvaluationReport['counts'];
  /** Number of forecast origins at which sentiment was known, and headlines. */
  readonly sentimentOrigins: { readonly origins: number; readonly headlineOrigins: number };
  /** Lines of the file of forecasts, each ended; by horizon, then by origin. Empty unless asked for. */
  readonly lines: readonly string[];
}

/** Number of origins from `fromMs` to `toMs`, one every `periodMs`. */
export function periodCount({ interval, fromMs, toMs }: EvaluationSpan, periodMs = INTERVAL_MS[interval]): number {
  return Math.max(0, Math.floor((toMs - fromMs) / periodMs) + 1);
}

/**
 * Forecasts one coin at every origin of the span with the model and every baseline (see `forecastOrigins`), and scores them. Outcomes are the
 * closes of the file as they are. `masked`, if given, is the model without
 * sentiment; it is scored beside the model and is not one of the baselines.
 */
export function evaluateCoin(
  history: CoinHistory,
  setting: EvaluationSetting,
  model: RollingForecaster,
  baselines: readonly RollingForecaster[],
  masked: RollingForecaster | null = null,
): CoinEvaluation {
  const { interval, steps, fromMs, crashes } = setting;
  const step = INTERVAL_MS[interval];
  const originOf = (row: number) => rowOpenMs(history.raw, row) + step;
  const forecasters = [...(masked ? [masked] : []), model, ...baselines];
  const { rows, byRow, regimeAt, features, ...origins } = forecastOrigins(history, setting, forecasters);
  const { sentiment: inputs } = features;
  const isKnown = (row: number) => inputs != null && sentimentKnown(inputs, row, SENTIMENT_COLUMNS.length);
  const hasHeadlines = (row: number) => inputs != null && headlinesKnown(inputs, row, SENTIMENT_COLUMNS.length);
  const sentimentOrigins = { origins: rows.filter(isKnown).length, headlineOrigins: rows.filter(hasHeadlines).length };
  const names = baselines.map((baseline) => baseline.name);
  const schedule = createEventSchedule(setting.events ?? []);
  const lines: string[] = [];
  let withoutOutcome = 0;
  const horizons = steps.map((ahead, at): HorizonBooks => {
    const book = () => createScoreBook(periodCount(setting), names);
    const ablated = () => createScoreBook(periodCount(setting), masked ? [masked.name] : []);
    const sentiment = masked && { all: ablated(), known: ablated(), headlines: ablated() };
    const [calm, volatile, afterCrash, announcement] = [book(), book(), book(), book()];
    const books = { all: book(), calm, volatile, afterCrash, announcement, sentiment };
    const kinds = eventKindsAt(interval, ahead);
    for (const row of rows) {
      const originClose = history.raw.close[row]!;
      const actualClose = history.raw.close[row + ahead] ?? Number.NaN;
      if (Number.isNaN(actualClose)) {
        withoutOutcome++;
        continue;
      }
      const forecasts = forecastsAt(byRow, row, at);
      const withoutSentiment = masked ? forecasts.shift()! : null;
      const [own, ...others] = forecasts;
      const originMs = originOf(row);
      const forecast = {
        symbol: history.symbol,
        period: Math.round((originMs - fromMs) / step),
        outcome: Math.log(actualClose / originClose),
        model: own!,
        baselines: others,
      };
      addForecast(books.all, forecast);
      if (regimeAt.get(row) === 1) addForecast(books.calm, forecast);
      if (regimeAt.get(row) === 2) addForecast(books.volatile, forecast);
      if (isAfterCrash(crashes, originMs)) addForecast(books.afterCrash, forecast);
      if (schedule.within(originMs, ahead * step, kinds)) addForecast(books.announcement, forecast);
      if (sentiment) {
        const pair = { ...forecast, baselines: [withoutSentiment!] };
        addForecast(sentiment.all, pair);
        if (isKnown(row)) addForecast(sentiment.known, pair);
        if (hasHeadlines(row)) addForecast(sentiment.headlines, pair);
      }
      if (!setting.lines) continue;
      const targetMs = originMs + ahead * step;
      const where = { symbol: history.symbol, interval, steps: ahead, originMs, targetMs, originClose, actualClose };
      lines.push(`${forecastLine({ ...where, quantiles: own! })}\n`);
    }
    return books;
  });
  const counts = {
    origins: origins.origins,
    forecastOrigins: rows.length,
    notUsable: origins.origins - rows.length,
    recomputed: origins.recomputed,
    withoutOutcome,
  };
  return { symbol: history.symbol, horizons, counts, sentimentOrigins, lines };
}

function forecastsAt(byRow: OriginForecasts['byRow'], row: number, at: number): Float64Array[] {
  return byRow.get(row)!.map((values) => values.subarray(at * LEVELS, (at + 1) * LEVELS));
}

/** First line of a file of forecasts. */
export const FORECAST_HEADER = [
  'symbol',
  'interval',
  'horizon',
  'origin',
  'target',
  'origin_close',
  'actual_close',
  'p_up',
  ...QUANTILE_LEVELS.map((level) => `q${level}`),
].join(',');

/** One forecast whose outcome is known. */
export interface ForecastRow {
  readonly symbol: string;
  readonly interval: string;
  readonly steps: number;
  readonly originMs: number;
  readonly targetMs: number;
  readonly originClose: number;
  readonly actualClose: number;
  /** Log returns at QUANTILE_LEVELS, ascending. */
  readonly quantiles: ArrayLike<number>;
}

/** A line of the file, without its end; numbers in full precision, quantiles as prices at the target. */
export function forecastLine(row: ForecastRow): string {
  const { symbol, interval, steps, originMs, targetMs, originClose, actualClose, quantiles } = row;
  const cells = [symbol, interval, steps, utcIso(originMs), utcIso(targetMs), originClose, actualClose];
  let line = `${cells.join(',')},${probabilityAbove(quantiles, 0)}`;
  for (let k = 0; k < QUANTILE_LEVELS.length; k++) line += `,${originClose * Math.exp(quantiles[k]!)}`;
  return line;
}
