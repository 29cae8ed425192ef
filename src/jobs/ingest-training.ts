import { MINUTE_MS } from '../core/time.ts';
import type { Universe, UniverseReport } from '../services/universe/universe.ts';
import { counted, type Job } from './job.ts';

/** A run ends by itself after this, so that one which was cut off with its process is soon taken up again. */
const RUN_MS = 4 * MINUTE_MS;

/**
 * Fetches the candles of the coins that models learn from, in a lane of its own: at first years of them, in a few runs, then what is new, a little
 * after midnight. A run with nothing to fetch asks nobody.
 */
export function ingestTrainingJob(universe: Pick<Universe, 'ingest'>): Job {
  return {
    name: 'ingest-training',
    schedule: '3-58/5 * * * *',
    timeZone: 'UTC',
    lane: 'universe',
    timeLimitMs: RUN_MS + MINUTE_MS / 2,
    retries: 0,
    jitterMs: 0,
    atFirstStart: true,
    async run(signal) {
      const reports = await universe.ingest(signal, RUN_MS);
      return reports.map(reportText).join('; ');
    },
  };
}

function reportText({ interval, coins, withCandles, left, failures }: UniverseReport): string {
  const failed =
    failures.length > 0 ? `, ${failures.length} failed (${failures[0]!.symbol}: ${failures[0]!.code})` : '';
  const more = left > 0 ? `, ${left} to be asked for` : '';
  return `${interval === '1d' ? 'days' : 'hours'} of ${withCandles} of ${counted(coins, 'coin')}${more}${failed}`;
}
