import { BASE_CURRENCY, parseCurrency } from '../../core/currency.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { ForecastReport } from '../../core/forecast.ts';
import { reportInCurrency } from '../../render/forecast/forecast-currency.ts';
import type { Caller, CommandContext, OptionValues } from '../command.ts';

/** The currency that prices are shown in, and whether it was named with the coin: then dollars are no answer. */
export interface Money {
  readonly currency: string;
  readonly isNamed: boolean;
}

/** The coin of `BTC`, `BTC/EUR` or `BTC EUR`, and its currency: the one named with it, else the one `given` as an option, else the person's or the server's. */
export function askedFor(
  typed: string,
  caller: Caller,
  { services }: CommandContext,
  given?: OptionValues[string],
): { readonly symbol: string; readonly money: Money } {
  const named = given === undefined ? null : parseCurrency(String(given));
  const asks = services.price.read(typed);
  const [ask] = asks;
  if (asks.length === 1 && ask?.quote && 'currency' in ask.quote) {
    return { symbol: ask.coin, money: { currency: ask.quote.currency, isNamed: true } };
  }
  // Anything else, a pair of two coins among it, is a coin or is refused with the reason.
  const currency = named ?? caller.preferences.currency ?? BASE_CURRENCY;
  return { symbol: typed, money: { currency, isNamed: named !== null } };
}

/** The report in the currency wanted. Without a rate it says so and stays in dollars; where the currency was named with the coin, throws `CC_RATE_MISSING`. */
export async function shownIn(
  report: ForecastReport,
  { currency, isNamed }: Money,
  { services, logger }: CommandContext,
): Promise<ForecastReport> {
  if (currency === BASE_CURRENCY) return report;
  try {
    return reportInCurrency(report, currency, await services.price.rate(currency, report.originMs));
  } catch (failure) {
    if (isNamed) throw failure;
    const { code } = asCandlecastError(failure);
    if (code !== 'CC_RATE_MISSING') logger.warn({ currency, code, err: failure }, 'no exchange rate could be read');
    return reportInCurrency(report, currency, null);
  }
}
