import { mapLimited, orAborted } from '../../core/concurrency.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { Asking } from '../../core/fair-queue.ts';
import type { ForecastReport } from '../../core/forecast.ts';
import type { Logger } from '../../core/logger.ts';
import { type CoinGlance, coinLine } from '../../core/outlook.ts';
import type { Sleep } from '../../core/time.ts';
import type { ForecastService } from '../forecast/forecast.ts';

/** Looks at many coins at once. */
export interface GlanceService {
  /**
   * The forecast of one day of each coin, in the order given; one that fails or does not come in time says so and costs the others nothing. Throws the
   * signal's reason alone.
   */
  glances(symbols: readonly string[], asking?: Asking): Promise<readonly CoinGlance[]>;
}

/** What the service is built from. */
export interface GlanceParts {
  /** Forecasts that are recorded, since they are shown. */
  readonly forecast: ForecastService;
  readonly logger: Logger;
  readonly sleep: Sleep;
  /** How long all coins together may take. */
  readonly limitMs?: number;
}

/** Coins forecast at once. */
const AT_ONCE = 4;
const LIMIT_MS = 25_000;

/** Makes the service. */
export function createGlanceService({ forecast, logger, sleep, limitMs = LIMIT_MS }: GlanceParts): GlanceService {
  return {
    async glances(symbols, { asker, signal } = {}) {
      const limit = new AbortController();
      const over = new AbortController();
      void sleep(limitMs, over.signal).then(
        () => limit.abort(new CandlecastError('CC_TIMEOUT', 'It did not come in time.', { retryable: true })),
        () => undefined,
      );
      const both = signal ? AbortSignal.any([signal, limit.signal]) : limit.signal;
      try {
        return await mapLimited(symbols, AT_ONCE, async (symbol): Promise<CoinGlance> => {
          try {
            both.throwIfAborted();
            // A list goes on with what its coin has become.
            const asked = forecast.forecast({ symbol, horizon: '1d', follow: true }, { asker, signal: both });
            const report: ForecastReport = await orAborted(asked, both);
            return { symbol, line: coinLine(report), problem: null };
          } catch (failure) {
            signal?.throwIfAborted();
            const problem = asCandlecastError(failure);
            logger.warn({ symbol, code: problem.code, err: problem }, 'a coin of a table has no forecast');
            return { symbol, line: null, problem };
          }
        });
      } finally {
        over.abort();
      }
    },
  };
}
