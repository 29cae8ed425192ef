import { BASE_CURRENCY } from './currency.ts';
import { CandlecastError } from './errors.ts';
import { DAY_MS } from './time.ts';

/** The reference rate of a currency on one day. */
export interface ExchangeRate {
  /** ISO 4217. */
  readonly currency: string;
  /** How much of it one US dollar is. */
  readonly perUsd: number;
  /** The day it was fixed, `YYYY-MM-DD`. */
  readonly day: string;
  /** Where it was read. */
  readonly source: string;
}

/** An older rate is not used: the price would be off by more than rounding. */
export const MAX_RATE_AGE_DAYS = 7;

/** The dollar in dollars. */
export const DOLLAR_RATE: ExchangeRate = { currency: BASE_CURRENCY, perUsd: 1, day: '', source: '' };

/** The day of a moment in UTC, as rates are dated. */
export const rateDay = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);

/** Midnight UTC of a rate's day. */
export const rateDayMs = (day: string): number => Date.parse(`${day}T00:00:00Z`);

/**
 * The newest rate of a currency that was known at a moment. Throws `CC_RATE_MISSING` where there is none or its day lies more than
 * {@link MAX_RATE_AGE_DAYS} before.
 */
export function rateAt(rates: readonly ExchangeRate[], currency: string, atMs: number): ExchangeRate {
  if (currency === BASE_CURRENCY) return DOLLAR_RATE;
  const day = rateDay(atMs);
  const newest = rates
    .filter((rate) => rate.currency === currency && rate.day <= day)
    .reduce<ExchangeRate | null>((best, rate) => (best === null || rate.day > best.day ? rate : best), null);
  if (newest !== null && atMs - rateDayMs(newest.day) <= (MAX_RATE_AGE_DAYS + 1) * DAY_MS) return newest;
  const message =
    newest === null
      ? `I have no exchange rate for ${currency}, so I cannot show that price.`
      : `My newest exchange rate for ${currency} is of ${newest.day}, which is too old to show that price.`;
  throw new CandlecastError('CC_RATE_MISSING', message, {
    said:
      newest === null
        ? { key: 'errors.rateMissing', values: { currency } }
        : { key: 'errors.rateOld', values: { currency, day: newest.day } },
  });
}
