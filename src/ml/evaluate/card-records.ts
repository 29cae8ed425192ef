import { CandlecastError } from '../../core/errors.ts';
import type { EvaluationReport } from '../../core/evaluation.ts';
import { HORIZONS } from '../../core/horizon.ts';
import type { RollingDaysRecord } from '../model/card.ts';
import { baselineOf, estimateOf, recordOf } from '../scoring/horizon-record.ts';
import { ALONE } from './combined-days.ts';

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
