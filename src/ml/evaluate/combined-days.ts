import { INTERVAL_MS } from '../../core/candle.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { EvaluationReport } from '../../core/evaluation.ts';
import { HORIZONS } from '../../core/horizon.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { HOUR_MS } from '../../core/time.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import { type CandleColumns, rowOpenMs } from '../features/columns.ts';
import { combineQuantiles } from '../forecast/from-now.ts';
import { emptyForecasts, forecastPlace, type RollingForecaster } from '../forecast/rolling-forecaster.ts';
import type { RollingDaysRecord } from '../model/card.ts';
import { baselineOf, estimateOf, recordOf } from '../scoring/horizon-record.ts';
import { forecastOrigins, type OriginSetting } from './forecast-origins.ts';

const LEVELS = QUANTILE_LEVELS.length;
const DAY = HORIZONS['1d'];

/** What the hourly model says about 24 hours at origins `everyMs` apart: origins × QUANTILE_LEVELS, log returns; NaN where it says nothing. */
export interface DayByHours {
  readonly firstMs: number;
  readonly everyMs: number;
  readonly quantiles: Float64Array;
}

/** Forecasts a coin's 24 hours with the hourly model at every full hour of the span. */
export function forecastDayByHours(
  history: CoinHistory,
  setting: Omit<OriginSetting, 'interval' | 'steps'>,
  hourly: RollingForecaster,
): DayByHours {
  const { fromMs, toMs } = setting;
  const hours = { ...setting, interval: '1h', steps: [HORIZONS['24h'].steps] } as const;
  const { rows, byRow } = forecastOrigins(history, hours, [hourly]);
  const origins = Math.max(0, Math.round((toMs - fromMs) / HOUR_MS) + 1);
  const quantiles = new Float64Array(origins * LEVELS).fill(Number.NaN);
  for (const row of rows) {
    quantiles.set(byRow.get(row)![0]!, Math.round((rowOpenMs(history.raw, row + 1) - fromMs) / HOUR_MS) * LEVELS);
  }
  return { firstMs: fromMs, everyMs: HOUR_MS, quantiles };
}

/** Picks the origins from `firstMs` to `lastMs` that are `everyMs` apart, whole hours of those in `all`. */
export function pickOrigins(all: DayByHours, firstMs: number, lastMs: number, everyMs: number): DayByHours {
  const origins = Math.max(0, Math.floor((lastMs - firstMs) / everyMs) + 1);
  const quantiles = new Float64Array(origins * LEVELS);
  for (let i = 0; i < origins; i++) quantiles.set(quantilesAt(all, firstMs + i * everyMs), i * LEVELS);
  return { firstMs, everyMs, quantiles };
}

const nothing = new Float64Array(LEVELS).fill(Number.NaN);

function quantilesAt({ firstMs, everyMs, quantiles }: DayByHours, originMs: number): Float64Array {
  const at = Math.round((originMs - firstMs) / everyMs) * LEVELS;
  return at >= 0 && at < quantiles.length ? quantiles.subarray(at, at + LEVELS) : nothing;
}

/** The two models alone at one day, as they stand in tables beside their combination; at other horizons they say nothing. */
export const ALONE = ['daily model alone', 'hourly model alone'] as const;

/**
 * One day of both models, and each alone. The combination is the daily model at other horizons, and where the hourly one says nothing. Rows of
 * the coin are days, which may end at any hour.
 */
export function combinedForecasters(
  daily: RollingForecaster,
  hours: DayByHours,
): { readonly combined: RollingForecaster; readonly alone: readonly RollingForecaster[] } {
  const said = (columns: CandleColumns, row: number) =>
    quantilesAt(hours, rowOpenMs(columns, row) + INTERVAL_MS[DAY.interval]);
  /** The daily model's forecasts, those at one day replaced. */
  const withDay = (
    name: string,
    others: (steps: readonly number[], all: Float64Array, rows: Int32Array) => Float64Array,
    day: (ofDays: Float64Array, ofHours: Float64Array) => ArrayLike<number>,
  ): RollingForecaster => ({
    name,
    forecast(coin, steps, rows) {
      const all = daily.forecast(coin, steps, rows);
      const out = others(steps, all, rows);
      const at = steps.indexOf(DAY.steps);
      if (at < 0) return out;
      rows.forEach((row, i) => {
        const place = forecastPlace(i, at, steps.length);
        out.set(day(all.subarray(place, place + LEVELS), said(coin.series.columns, row)), place);
      });
      return out;
    },
  });
  const empty = (steps: readonly number[], _: Float64Array, rows: Int32Array) => emptyForecasts(rows, steps);
  return {
    combined: withDay(
      'combination',
      (_, all) => all.slice(),
      (ofDays, ofHours) => (Number.isNaN(ofHours[0]!) ? ofDays : combineQuantiles(ofHours, ofDays)),
    ),
    alone: [withDay(ALONE[0], empty, (ofDays) => ofDays), withDay(ALONE[1], empty, (_, ofHours) => ofHours)],
  };
}

/**
 * The record of days that end at every hour for a card, from a report of `evaluate --origins 1h`: the daily model at each horizon, and with `--with-hours`
 * one day of both models instead of the daily one's. Throws `CC_FILE` for other reports.
 */
export function rollingDaysRecord(description: string, report: EvaluationReport): RollingDaysRecord {
  const { horizons, rollingDays, withHours } = report;
  if (!rollingDays) throw new CandlecastError('CC_FILE', 'This is no report of days that end at every hour.');
  const day = withHours && horizons.find(({ steps }) => steps === HORIZONS['1d'].steps);
  return {
    description,
    records: horizons.filter((one) => one !== day).map(({ steps, pooled }) => recordOf(steps, pooled)),
    ...(withHours && day
      ? {
          combinedDay: {
            hoursShare: withHours.hoursShare,
            record: recordOf(day.steps, day.pooled),
            overDaily: estimateOf(baselineOf(day.pooled, ALONE[0]).skillPct),
            overHourly: estimateOf(baselineOf(day.pooled, ALONE[1]).skillPct),
          },
        }
      : {}),
  };
}
