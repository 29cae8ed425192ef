import { CandlecastError } from '../../core/errors.ts';
import type { EvaluationReport } from '../../core/evaluation.ts';
import { HORIZONS } from '../../core/horizon.ts';
import type { RollingDaysRecord } from '../model/card.ts';
import { baselineOf, estimateOf, recordOf } from '../scoring/horizon-record.ts';
import { ALONE } from './combined-days.ts';

/**
 * The record of days that end at every hour for a card, from a report of `evaluate --origins 1h`, and that of one day of both models where one
 * with `--with-hours` is given. Throws `CC_FILE` for other reports.
 */
export function rollingDaysRecord(
  description: string,
  daily: EvaluationReport,
  both: EvaluationReport | null,
): RollingDaysRecord {
  if (!daily.rollingDays || daily.withHours) throw wrongReport('days that end at every hour, of the daily model alone');
  const day = both?.horizons.find(({ steps }) => steps === HORIZONS['1d'].steps)?.pooled;
  if (both && !(both.withHours && day)) throw wrongReport('one day of both models');
  return {
    description,
    records: daily.horizons.map(({ steps, pooled }) => recordOf(steps, pooled)),
    ...(both?.withHours && day
      ? {
          combinedDay: {
            hoursShare: both.withHours.hoursShare,
            record: recordOf(HORIZONS['1d'].steps, day),
            overDaily: estimateOf(baselineOf(day, ALONE[0]).skillPct),
            overHourly: estimateOf(baselineOf(day, ALONE[1]).skillPct),
          },
        }
      : {}),
  };
}

const wrongReport = (wanted: string) => new CandlecastError('CC_FILE', `This is no report of ${wanted}.`);
