import { LRUCache } from 'lru-cache';
import type { Asset } from '../../core/asset.ts';
import { createSharedCalls } from '../../core/concurrency.ts';
import { asCandlecastError, type ErrorCode } from '../../core/errors.ts';
import type { Asking } from '../../core/fair-queue.ts';
import type { ForecastReport, TrackRecord } from '../../core/forecast.ts';
import { HORIZONS, type Horizon, type HorizonName, parseHorizon } from '../../core/horizon.ts';
import type { LiveCause } from '../../core/ledger.ts';
import { type EventSchedule, NO_EVENTS } from '../../core/market-events.ts';
import type { Clock } from '../../core/time.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import type { LivePrices } from '../../market/live-price.ts';
import type { CloseForecast, CloseForecasts } from './close-forecast.ts';
import { forecastReport } from './forecast-report.ts';

/** The input of a forecast. */
export interface ForecastRequest {
  /** Symbol or name as typed. */
  readonly symbol: string;
  readonly horizon: HorizonName;
  /** Fetch newer candles even where the stored ones are recent. */
  readonly refresh?: boolean;
  /** For a coin that became another one, forecast that other one; without it that is an error. */
  readonly follow?: boolean;
  /** What the ledger is told that it is shown for; default `asked`. */
  readonly shownAs?: LiveCause;
}

/** Forecasts of one coin at one horizon, counted from the moment they are asked for. */
export interface ForecastService {
  /**
   * Throws errors of the family in core/errors.ts, and the signal's reason; everything that is only degraded is in the report's notes. Equal
   * requests at the same time are one.
   */
  forecast(request: ForecastRequest, asking?: Asking): Promise<ForecastReport>;
}

/** What the service is built from. */
export interface ForecastParts {
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  readonly close: CloseForecasts;
  readonly prices: Pick<LivePrices, 'lastTrade'>;
  readonly simulated: () => boolean;
  /** Scheduled announcements; none where left out. */
  readonly schedule?: () => EventSchedule;
  /** The live record of a horizon once it is long enough; it then replaces the card's evaluation. Never throws. */
  readonly liveRecord?: (horizon: HorizonName) => Promise<TrackRecord | null>;
  readonly now: Clock;
}

/** A report takes about 25 kB. */
const REPORTS_KEPT = 300;
/** A report counts as made now for this long while its price and its models' forecasts are the same, so that many people at once cost one. */
const SAME_MOMENT_MS = 20_000;

/** Why one of two models may be missing: the candles of one interval, or the model itself. Any other failure ends the forecast. */
const MISSING_PART: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CC_HISTORY_TOO_SHORT',
  'CC_CANDLES_STALE',
  'CC_SOURCE_UNAVAILABLE',
  'CC_UNKNOWN_SYMBOL',
  'CC_MARKET_HALTED',
  'CC_PRICE_UNCONFIRMED',
  'CC_MODEL_MISSING',
  'CC_MODEL_DAMAGED',
]);

/** The newest report of a coin at a horizon, and what it was made from. */
interface Reported {
  readonly inputs: string;
  readonly report: ForecastReport;
}

/** What a forecast from now is made of: one part, or those of hours and of days. */
interface Parts {
  readonly hours: CloseForecast | null;
  readonly days: CloseForecast | null;
}

/** Makes the service. */
export function createForecastService({
  assets,
  close,
  prices,
  simulated,
  schedule = () => NO_EVENTS,
  liveRecord,
  now,
}: ForecastParts): ForecastService {
  const forecasting = createSharedCalls<ForecastReport>();
  const reports = new LRUCache<string, Reported>({ max: REPORTS_KEPT });
  const numberOf = createNumbering();

  /** The models' forecasts. Of a day or more, one of the two may be missing. */
  async function partsOf(asset: Asset, horizon: Horizon, refresh: boolean, asking: Asking): Promise<Parts> {
    if (horizon.interval === '1h') {
      return { hours: await close.atClose({ asset, horizon, refresh }, asking), days: null };
    }
    const [hours, days] = await Promise.allSettled([
      close.atClose({ asset, horizon: HORIZONS['24h'], refresh }, asking),
      close.atClose({ asset, horizon, refresh, rolling: true }, asking),
    ]);
    asking.signal?.throwIfAborted();
    // Without the model of days there is nothing beyond one day.
    if (days.status === 'rejected' && (hours.status === 'rejected' || horizon.steps > 1)) throw days.reason;
    for (const one of [hours, days]) {
      if (one.status === 'rejected' && !MISSING_PART.has(asCandlecastError(one.reason).code)) throw one.reason;
    }
    return {
      hours: hours.status === 'fulfilled' ? hours.value : null,
      days: days.status === 'fulfilled' ? days.value : null,
    };
  }

  async function make(asset: Asset, horizon: Horizon, refresh: boolean, asking: Asking): Promise<ForecastReport> {
    // Begun together; a price that fails after the candles have failed has no other listener.
    const pricing = prices.lastTrade(asset.symbol, asking);
    pricing.catch(() => {});
    const parts = await partsOf(asset, horizon, refresh, asking);
    const price = await pricing;
    const live = (await liveRecord?.(horizon.name)) ?? null;
    const nowMs = now();
    const name = `${asset.symbol} ${horizon.name}`;
    const numbers = [price, live].map(numberOf);
    const inputs = [JSON.stringify(asset), ...numbers, parts.hours?.key ?? '', parts.days?.key ?? ''].join(' ');
    const before = reports.get(name);
    if (before?.inputs === inputs && isSameMoment(before.report.issuedAtMs, nowMs)) return before.report;
    const report = forecastReport({
      ...parts,
      asset,
      horizon,
      price,
      live,
      nowMs,
      simulated: simulated(),
      schedule: schedule(),
    });
    reports.set(name, { inputs, report });
    return report;
  }

  return {
    async forecast(request, { asker, signal } = {}) {
      const horizon = parseHorizon(request.horizon);
      const asset = assets.resolve(request.symbol, request.follow);
      const { refresh = false } = request;
      return forecasting.run(`${asset.symbol} ${horizon.name} ${refresh}`, signal, (wanted) =>
        make(asset, horizon, refresh, { asker, signal: wanted }),
      );
    },
  };
}

const isSameMoment = (issuedAtMs: number, nowMs: number) => nowMs >= issuedAtMs && nowMs - issuedAtMs < SAME_MOMENT_MS;

/** Numbers objects, so that what they are can be compared later without holding them: a series of candles takes 400 kB. */
function createNumbering(): (input: object | null) => number {
  const numbers = new WeakMap<object, number>();
  let last = 0;
  return (input) => {
    if (!input) return 0;
    const number = numbers.get(input) ?? ++last;
    numbers.set(input, number);
    return number;
  };
}
