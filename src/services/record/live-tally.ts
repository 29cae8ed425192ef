import { getOrMake } from '../../core/get-or-make.ts';
import { CHOICES, chosenHorizon, HORIZONS, type HorizonChoice } from '../../core/horizon.ts';
import type { LiveTrack } from '../../core/public-record.ts';
import { DAY_MS, HOUR_MS } from '../../core/time.ts';
import type { RecordRow } from '../../storage/record-reader.ts';
import { BLOCK_DAYS } from './horizon-tally.ts';
import { createPeriodSums, type PeriodSums, scoresOf } from './score-sums.ts';

/** What was asked for and posted, added up as it is read. */
interface LiveTally {
  add(row: RecordRow): void;
  /** Horizons with forecasts, shortest first. */
  finish(): readonly LiveTrack[];
}

interface Counts {
  readonly sums: PeriodSums;
  asked: number;
  posted: number;
  counted: number;
}

/** Makes the empty tally. Of a coin and horizon the first forecast in each hour counts: people ask in bursts. */
export function createLiveTally(): LiveTally {
  const tracks = new Map<HorizonChoice, Counts>();
  /** The newest two hours of each coin and horizon: two processes may write in another order than that of the origins. */
  const hours = new Map<string, readonly number[]>();

  return {
    add(row) {
      const horizon = chosenHorizon(row.horizon);
      const own = getOrMake(tracks, horizon, () => {
        const sums = createPeriodSums(DAY_MS, BLOCK_DAYS[HORIZONS[horizon].interval], true);
        return { sums, asked: 0, posted: 0, counted: 0 };
      });
      if (row.cause === 'posted') own.posted++;
      else own.asked++;
      const key = `${row.symbol} ${row.horizon}`;
      const hour = Math.floor(row.originMs / HOUR_MS);
      const seen = hours.get(key) ?? [];
      if (seen.includes(hour) || seen.some((one) => hour < one - 1)) return;
      hours.set(key, [hour, ...seen].slice(0, 2));
      own.counted++;
      if (row.outcome) own.sums.add(row, row.outcome);
    },

    finish: () =>
      CHOICES.flatMap((horizon) => {
        const own = tracks.get(horizon);
        if (!own) return [];
        const { sums, asked, posted, counted } = own;
        return { ...scoresOf(sums), horizon, asked, posted, counted };
      }),
  };
}
