import { CandlecastError } from '../../core/errors.ts';
import type { Asking } from '../../core/fair-queue.ts';
import type { HorizonName } from '../../core/horizon.ts';
import { horizonReaching, levelOdds, ODDS_SPAN_MS, type OddsAnswer, type OddsDirection } from '../../core/odds.ts';
import { type Clock, MINUTE_MS } from '../../core/time.ts';
import type { ForecastService } from '../forecast/forecast.ts';

/** One question about a level. */
export interface OddsQuestion {
  /** Symbol or name as typed. */
  readonly symbol: string;
  readonly direction: OddsDirection;
  /** In US dollars. */
  readonly level: number;
  /** The moment that is asked about, given the moment that the forecast counts from. */
  readonly by: (fromMs: number) => number;
}

/** Odds of a price at a moment. */
export interface OddsService {
  /** Throws `CC_USAGE` where the moment is too near or too far, and as the forecast does. */
  odds(question: OddsQuestion, asking?: Asking): Promise<OddsAnswer>;
}

/** What the service is built from. */
export interface OddsParts {
  readonly forecast: ForecastService;
  readonly now: Clock;
}

/** Somebody who types `1h`, or presses a button of an earlier reply, means an hour although moments pass on the way. */
const GRACE_MS = 5 * MINUTE_MS;

/** Makes the service. */
export function createOddsService({ forecast, now }: OddsParts): OddsService {
  return {
    async odds({ symbol, direction, level, by }, asking) {
      if (!Number.isFinite(level) || level <= 0) {
        throw new CandlecastError('CC_USAGE', 'A price is a number above 0.', { remedy: 'Give one, such as 100000.' });
      }
      let horizon: HorizonName = horizonReaching(spanOf(by(now()), now()));
      for (;;) {
        const report = await forecast.forecast({ symbol, horizon }, asking);
        // Of files the newest close is the moment, and that is usually long ago.
        const spanMs = spanOf(by(report.originMs), report.originMs);
        const reaching = horizonReaching(spanMs);
        if (report.originMs + spanMs <= report.targetMs || reaching === horizon) {
          const targetMs = Math.min(report.originMs + spanMs, report.targetMs);
          return { forecast: report, level, direction, targetMs, ...levelOdds(report, level, targetMs) };
        }
        horizon = reaching;
      }
    },
  };
}

/** How far ahead a moment lies, within the bounds; throws `CC_USAGE` where it does not. */
function spanOf(atMs: number, fromMs: number): number {
  const spanMs = atMs - fromMs;
  const { least, most } = ODDS_SPAN_MS;
  if (spanMs < least - GRACE_MS || spanMs > most + GRACE_MS) {
    const message =
      spanMs < least ? 'That moment is less than an hour away, or over.' : 'That is more than 7 days away.';
    throw new CandlecastError('CC_USAGE', message, { remedy: 'Ask about a moment between 1 hour and 7 days ahead.' });
  }
  return Math.min(Math.max(spanMs, least), most);
}
