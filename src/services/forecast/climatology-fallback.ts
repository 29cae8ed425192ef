import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { Horizon } from '../../core/horizon.ts';
import type { MarketSeries, SourceFailure } from '../../core/market.ts';
import { DAY_MS, utcDay } from '../../core/time.ts';
import { priceUnconfirmed, type UnconfirmedPrice } from '../../core/unconfirmed-price.ts';
import { toColumns } from '../../ml/features/columns.ts';
import { type CoinForecast, climatologyForecast } from '../../ml/forecast/forecaster.ts';
import type { ModelCard } from '../../ml/model/card.ts';

/** Maximum age of the newest candle for a forecast of the net. */
const STALE_INTERVALS = 2;
/** Maximum age of the newest candle for any forecast. */
const REFUSED_INTERVALS = 10;
/**
 * Maximum time since the last candle of a net's training data. Nets 2.7 to 3.8 years behind still scored 2.0, 1.2 and 1.2 % over climatology at
 * 1, 3 and 7 days, within 0.3 points of one fitted to the day (docs/models.md); older nets have not been measured.
 */
export const MODEL_LIMIT_MS = 4 * 365 * DAY_MS;

/** The age of what a forecast would be made from. */
export interface Ages {
  readonly symbol: string;
  readonly horizon: Horizon;
  /** Close of the newest candle. */
  readonly originMs: number;
  readonly nowMs: number;
  /** The candles come from files; their end counts as now. */
  readonly staticHistory: boolean;
  /** The last candle of the model's training data. */
  readonly modelDataUntilMs: number;
  /** Sources that could not give the newest candle, for the reason in words. */
  readonly failures: readonly SourceFailure[];
  /** A price newer than the origin that is not believed yet. */
  readonly unconfirmed: UnconfirmedPrice | null;
  /** Why the price history should not be trusted; empty when it may be. */
  readonly faults: readonly string[];
}

const CANDLE: Readonly<Record<Interval, string>> = { '1d': 'days', '1h': 'hours' };

/**
 * Why climatology must replace the net, in a sentence; null when it need not. Throws `CC_CANDLES_STALE` when the candles are
 * too old for any forecast, or so old that the target has passed; `CC_MARKET_HALTED` when they are that old because nobody trades the coin,
 * and `CC_PRICE_UNCONFIRMED` when newer prices are not believed.
 */
export function climatologyReason(ages: Ages): string | null {
  const { symbol, horizon, originMs, nowMs, staticHistory, modelDataUntilMs } = ages;
  const { interval } = horizon;
  const late = (nowMs - originMs) / INTERVAL_MS[interval];
  if (!staticHistory && ages.unconfirmed && (late > REFUSED_INTERVALS || late >= horizon.steps)) {
    throw priceUnconfirmed(ages.unconfirmed);
  }
  if (!staticHistory && late > STALE_INTERVALS) {
    if (late > REFUSED_INTERVALS || late >= horizon.steps) {
      const halted = ages.failures.filter(({ code }) => code === 'CC_SOURCE_HALTED').map(({ reason }) => reason);
      if (halted.length > 0) {
        const message = `${halted.join(' ')} The newest candle of ${symbol} closed at ${new Date(originMs).toISOString()}.`;
        throw new CandlecastError('CC_MARKET_HALTED', message, { context: { originMs } });
      }
      throw new CandlecastError(
        'CC_CANDLES_STALE',
        `The newest complete candle of ${symbol} closed at ${new Date(originMs).toISOString()}${
          late > REFUSED_INTERVALS ? '' : `; a forecast ${horizon.label} ahead of it would end in the past`
        }.`,
        { context: { originMs } },
      );
    }
    return `the newest candle closed ${Math.floor(late)} ${CANDLE[interval]} ago`;
  }
  if (originMs - modelDataUntilMs > MODEL_LIMIT_MS) {
    return `the model last saw candles of ${utcDay(modelDataUntilMs)}, beyond its limit of ${MODEL_LIMIT_MS / (365 * DAY_MS)} years; \`npm run train\` makes a newer one`;
  }
  return ages.faults.length > 0 ? 'its price history should not be trusted' : null;
}

/** Climatology in the model's place, at the model's horizons. Throws `CC_HISTORY_TOO_SHORT`. */
export function climatologyInstead({ steps }: ModelCard, series: MarketSeries, reason: string): CoinForecast {
  const horizons = climatologyForecast(toColumns(series.candles, series.interval), steps);
  if (!horizons) {
    const message = `The model cannot be used (${reason}), and ${series.symbol} has too short a history for climatology.`;
    throw new CandlecastError('CC_HISTORY_TOO_SHORT', message);
  }
  return {
    horizons,
    outOfRange: [],
    shock: null,
    windowGaps: 0,
    marketContext: true,
    candles: series.candles.length,
    calibration: null,
  };
}
