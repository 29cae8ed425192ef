import { asCandlecastError } from '../../core/errors.ts';
import type { TrackRecord } from '../../core/forecast.ts';
import type { HorizonName } from '../../core/horizon.ts';
import type { Logger } from '../../core/logger.ts';
import { type Clock, DAY_MS, MINUTE_MS } from '../../core/time.ts';
import type { OutcomeRepository } from '../../storage/outcome-repository.ts';
import { liveRecord } from '../forecast/track-record.ts';
import { horizonAccuracy } from './horizon-accuracy.ts';

/** What `createLiveRecords` reads from. */
export interface LiveRecordParts {
  readonly outcomes: Pick<OutcomeRepository, 'sums' | 'counts' | 'schedule'>;
  readonly logger: Logger;
  readonly now: Clock;
}

/** The days by which the label "no measurable edge" is decided. */
const LIVE_DAYS = 180;
const FRESH_MS = 10 * MINUTE_MS;

/**
 * Makes the function that says how the scheduled forecasts of all coins did at a horizon over the last 180 days, whichever models made
 * them; null while that is too little, or cannot be read. It answers from memory but for the first time, and never throws.
 */
export function createLiveRecords({ outcomes, logger, now }: LiveRecordParts) {
  const known = new Map<HorizonName, { atMs: number; record: Promise<TrackRecord | null> }>();

  async function read(horizon: HorizonName): Promise<TrackRecord | null> {
    const nowMs = now();
    const filter = { horizon, symbol: null, model: null, fromMs: nowMs - LIVE_DAYS * DAY_MS, toMs: nowMs };
    return liveRecord(await horizonAccuracy(outcomes, filter, [], nowMs, null));
  }

  return async (horizon: HorizonName): Promise<TrackRecord | null> => {
    const held = known.get(horizon);
    if (held && now() - held.atMs < FRESH_MS) return held.record;
    const record = read(horizon).catch((error: unknown) => {
      logger.warn({ horizon, err: asCandlecastError(error) }, 'the live record cannot be read');
      return held?.record ?? null;
    });
    // Whoever asks while it is read anew gets the one before.
    const next = { atMs: now(), record: held ? held.record : record };
    known.set(horizon, next);
    void record.then((value) => {
      next.record = Promise.resolve(value);
    });
    return next.record;
  };
}
