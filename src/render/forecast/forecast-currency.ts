import { timesRate } from '../../core/candle.ts';
import { BASE_CURRENCY, type ExchangeRate } from '../../core/currency.ts';
import type { ForecastReport } from '../../core/forecast.ts';

/** ISO 4217 code of the currency that the prices of a report are in. */
export const currencyOfReport = ({ shownIn }: Pick<ForecastReport, 'shownIn'>): string =>
  shownIn?.rate?.currency ?? BASE_CURRENCY;

/** Converted reports by the one in dollars: the same one again shares its picture and its card. */
const SHOWN = new WeakMap<ForecastReport, Map<string, ForecastReport>>();

/**
 * A report in dollars as a reader sees it who wants prices in another currency: every price times the rate, or in dollars where there is none. Chances,
 * changes and volatility stay. What the notes quote from sources stays in dollars.
 */
export function reportInCurrency(report: ForecastReport, wanted: string, rate: ExchangeRate | null): ForecastReport {
  if (wanted === BASE_CURRENCY) return report;
  const shown = SHOWN.get(report) ?? new Map<string, ForecastReport>();
  SHOWN.set(report, shown);
  const key = `${wanted} ${rate?.day} ${rate?.perUsd}`;
  const known = shown.get(key);
  if (known) return known;
  const made = { ...(rate ? converted(report, rate.perUsd) : report), shownIn: { wanted, rate } };
  shown.set(key, made);
  return made;
}

function converted(report: ForecastReport, perUsd: number): ForecastReport {
  const convert = (price: number) => price * perUsd;
  return {
    ...report,
    lastPrice: convert(report.lastPrice),
    quantiles: report.quantiles.map(convert),
    fan: report.fan.map(({ timeMs, quantiles }) => ({ timeMs, quantiles: quantiles.map(convert) })),
    history: report.history.map((candle) => timesRate(candle, perUsd)),
    climatology: report.climatology?.map(convert) ?? null,
  };
}
