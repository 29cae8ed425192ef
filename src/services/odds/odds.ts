import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { Asking } from '../../core/fair-queue.ts';
import type { HorizonName } from '../../core/horizon.ts';
import { LIVE_GRACE_MS } from '../../core/ledger.ts';
import type { Logger } from '../../core/logger.ts';
import {
  endForecast,
  horizonReaching,
  levelOdds,
  ODDS_SPAN_MS,
  type OddsAnswer,
  type OddsDirection,
} from '../../core/odds.ts';
import { type Clock, MINUTE_MS } from '../../core/time.ts';
import type { AskedOddsRepository } from '../../storage/asked-odds-repository.ts';
import type { ForecastService } from '../forecast/forecast.ts';
import type { OddsRecordService } from './odds-record.ts';

/** One question about a level. */
export interface OddsQuestion {
  /** Symbol or name as typed. */
  readonly symbol: string;
  readonly direction: OddsDirection;
  /** In US dollars. */
  readonly level: number;
  /** The moment that is asked about, given the moment that the forecast counts from. */
  readonly by: (fromMs: number) => number;
  /** Whether it was asked before, and is shown in another way now: then it is not recorded again. */
  readonly isShownAgain?: boolean;
}

/** Odds of a price at a moment. */
export interface OddsService {
  /** The odds, which are recorded before they are returned where they start from the price of the moment. Throws `CC_USAGE` where the moment is too near or too far, and as the forecast does. */
  odds(question: OddsQuestion, asking?: Asking): Promise<OddsAnswer>;
}

/** What the service is built from. */
export interface OddsParts {
  /** Forecasts that are recorded, since they are shown. */
  readonly forecast: ForecastService;
  readonly askedOdds: Pick<AskedOddsRepository, 'add'>;
  readonly record: OddsRecordService;
  readonly clockIsRight: () => boolean;
  readonly logger: Logger;
  readonly now: Clock;
}

/** Somebody who types `1h`, or presses a button of an earlier reply, means an hour although moments pass on the way. */
const GRACE_MS = 5 * MINUTE_MS;

/** Makes the service. */
export function createOddsService({ forecast, askedOdds, record, clockIsRight, logger, now }: OddsParts): OddsService {
  /** Freezes odds before they are shown. Never throws: a failure is logged. */
  async function freeze({ forecast: report, level, direction, targetMs, above, touch }: Odds): Promise<void> {
    const { asset, originMs, lastPrice, price, climatology, horizon, model, unconfirmed } = report;
    const nowMs = now();
    // As with forecasts: from a price that nobody could have acted on, they would not be odds of this moment.
    const isOld = price.kind !== 'trade' && originMs - price.atMs > LIVE_GRACE_MS;
    if (unconfirmed || isOld || nowMs - originMs > LIVE_GRACE_MS || nowMs >= targetMs || !clockIsRight()) return;
    const { symbol } = asset;
    const usual = climatology && levelOdds(endForecast(report, report.targetMs, climatology), level, targetMs);
    const moment = { symbol, level, direction, originMs, targetMs, lastPrice, source: price.source };
    const said = { horizon: horizon.name, model: model.version, above, touch, usual };
    try {
      await askedOdds.add({ ...moment, ...said }, nowMs);
    } catch (error) {
      const known = asCandlecastError(error);
      logger.error({ symbol, code: known.code, err: known }, 'odds that are shown could not be written down');
    }
  }

  /** How such odds have held; null where it cannot be read, which is logged. */
  async function held(): Promise<OddsAnswer['record']> {
    try {
      return await record.report({});
    } catch (error) {
      const known = asCandlecastError(error);
      logger.warn({ code: known.code, err: known }, 'the record of odds cannot be read');
      return null;
    }
  }

  return {
    async odds({ symbol, direction, level, by, isShownAgain = false }, asking) {
      if (!Number.isFinite(level) || level <= 0) {
        throw new CandlecastError('CC_USAGE', 'A price is a number above 0.', {
          remedy: 'Give one, such as 100000.',
          said: { key: 'errors.pricePositive' },
        });
      }
      let horizon: HorizonName = horizonReaching(spanOf(by(now()), now()));
      for (;;) {
        const report = await forecast.forecast({ symbol, horizon }, asking);
        // Of files the newest close is the moment, and that is usually long ago.
        const spanMs = spanOf(by(report.originMs), report.originMs);
        const reaching = horizonReaching(spanMs);
        if (report.originMs + spanMs <= report.targetMs || reaching === horizon) {
          const targetMs = Math.min(report.originMs + spanMs, report.targetMs);
          const odds = { forecast: report, level, direction, targetMs, ...levelOdds(report, level, targetMs) };
          if (!isShownAgain) await freeze(odds);
          return { ...odds, record: await held() };
        }
        horizon = reaching;
      }
    },
  };
}

type Odds = Omit<OddsAnswer, 'record'>;

/** How far ahead a moment lies, within the bounds; throws `CC_USAGE` where it does not. */
function spanOf(atMs: number, fromMs: number): number {
  const spanMs = atMs - fromMs;
  const { least, most } = ODDS_SPAN_MS;
  if (spanMs < least - GRACE_MS || spanMs > most + GRACE_MS) {
    const message =
      spanMs < least ? 'That moment is less than an hour away, or over.' : 'That is more than 7 days away.';
    throw new CandlecastError('CC_USAGE', message, {
      remedy: 'Ask about a moment between 1 hour and 7 days ahead.',
      said: { key: spanMs < least ? 'errors.momentSoon' : 'errors.momentFar' },
      advice: { key: 'errors.momentBounds' },
    });
  }
  return Math.min(Math.max(spanMs, least), most);
}
