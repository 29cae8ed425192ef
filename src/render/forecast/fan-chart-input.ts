import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import type { FanPoint, ForecastReport } from '../../core/forecast.ts';
import { chosenHorizon, type Horizon, type HorizonChoice, type HorizonName } from '../../core/horizon.ts';
import { historySlots, type Past, type Slot } from '../chart/chart-layout.ts';
import { currencyOfReport } from './forecast-currency.ts';

/** The part of a report that the fan chart shows: small enough to post to a worker; its hash is the cache's key. */
export interface FanChartInput {
  readonly symbol: string;
  readonly name: string;
  readonly horizon: Horizon;
  readonly originMs: number;
  readonly targetMs: number;
  readonly lastPrice: number;
  /** ISO 4217 code of the currency of all prices. */
  readonly currency: string;
  readonly quantiles: readonly number[];
  readonly fan: readonly FanPoint[];
  /** The past before the origin: equally long pieces, and how long each is, in ms. */
  readonly history: readonly Slot[];
  readonly slotMs: number;
  /** IANA name of the zone whose clock the times are written by. */
  readonly timeZone: string;
  /** BCP 47 locale of the chart's words and numbers. */
  readonly locale: string;
  readonly simulated: boolean;
}

/** How much of the past goes with a horizon: enough for context, little enough that the fan is not pressed flat. */
const FROM_HOURS: Readonly<Record<HorizonChoice, Omit<Past, 'interval'>>> = {
  '1h': { each: 1, count: 24 },
  '4h': { each: 1, count: 36 },
  '1d': { each: 8, count: 42 },
  '3d': { each: 12, count: 42 },
  '7d': { each: 12, count: 42 },
};
/** The same where only daily candles are known. */
const FROM_DAYS: Omit<Past, 'interval'> = { each: 1, count: 28 };

/** The past that is drawn beside a horizon's fan. */
export function pastOf(horizon: HorizonName, interval: Interval): Past {
  return { interval, ...(interval === '1h' ? FROM_HOURS[chosenHorizon(horizon)] : FROM_DAYS) };
}

/** The part of a report that its chart shows, with times in a zone (IANA name) and words and numbers of a locale (BCP 47). */
export function fanChartInput(report: ForecastReport, timeZone = 'UTC', locale = 'en-US'): FanChartInput {
  const past = pastOf(report.horizon.name, report.historyInterval);
  return {
    symbol: report.asset.symbol,
    name: report.asset.name,
    horizon: report.horizon,
    originMs: report.originMs,
    targetMs: report.targetMs,
    lastPrice: report.lastPrice,
    currency: currencyOfReport(report),
    quantiles: report.quantiles,
    fan: report.fan,
    history: historySlots(report.history, past, report.originMs),
    slotMs: past.each * INTERVAL_MS[past.interval],
    timeZone,
    locale,
    simulated: report.simulated,
  };
}
