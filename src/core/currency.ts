import { cutText } from './cut-text.ts';
import { CandlecastError, UnknownNameError } from './errors.ts';
import type { PriceQuote } from './market.ts';
import { DAY_MS } from './time.ts';

/** The currency that markets are read in, and the one used when a person names none. */
export const BASE_CURRENCY = 'USD';

/**
 * ISO 4217 codes of the currencies that prices can be shown in, the most used first. Those up to ISK have a daily reference rate of the European Central
 * Bank; of the others only some sources know one.
 */
export const CURRENCIES = [
  ...['USD', 'EUR', 'GBP', 'JPY', 'BRL', 'TRY', 'INR', 'AUD', 'CAD', 'CHF', 'CNY', 'KRW', 'MXN', 'PLN', 'SEK', 'NOK'],
  ...['DKK', 'CZK', 'HUF', 'RON', 'HKD', 'SGD', 'NZD', 'ZAR', 'IDR', 'MYR', 'PHP', 'THB', 'ILS', 'ISK'],
  ...['ARS', 'CLP', 'COP', 'PEN', 'AED', 'SAR', 'NGN', 'KES', 'EGP', 'UAH', 'RUB', 'KZT', 'VND', 'PKR', 'BDT', 'TWD'],
] as const;

const CODES: ReadonlySet<string> = new Set(CURRENCIES);

/** What people type in place of a code. */
const COMMON_NAMES: Readonly<Record<string, string>> = {
  $: 'USD',
  US$: 'USD',
  DOLLAR: 'USD',
  DOLLARS: 'USD',
  '€': 'EUR',
  EURO: 'EUR',
  EUROS: 'EUR',
  '£': 'GBP',
  POUND: 'GBP',
  POUNDS: 'GBP',
  STERLING: 'GBP',
  '¥': 'JPY',
  YEN: 'JPY',
  R$: 'BRL',
  REAL: 'BRL',
  REAIS: 'BRL',
  '₺': 'TRY',
  LIRA: 'TRY',
  '₹': 'INR',
  RUPEE: 'INR',
  RUPEES: 'INR',
  '₩': 'KRW',
  WON: 'KRW',
  YUAN: 'CNY',
  RMB: 'CNY',
  FRANKEN: 'CHF',
  ZLOTY: 'PLN',
  '₴': 'UAH',
  '₽': 'RUB',
  '₦': 'NGN',
  NAIRA: 'NGN',
};

/** The code of a currency from its code, its sign or a common name; null for anything else, coins included. */
export function findCurrency(text: string): string | null {
  const typed = text.trim().toUpperCase();
  return CODES.has(typed) ? typed : (COMMON_NAMES[typed] ?? null);
}

/** As {@link findCurrency}; throws `CC_UNKNOWN_CURRENCY` with the nearest codes. */
export function parseCurrency(text: string): string {
  const found = findCurrency(text);
  if (found) return found;
  const typed = cutText(text.trim(), 20);
  const near = CURRENCIES.filter((code) => code[0] === typed[0]?.toUpperCase()).slice(0, 3);
  throw new UnknownNameError('CC_UNKNOWN_CURRENCY', `I know no currency "${typed}".`, near, {
    said: { key: 'errors.currencyUnknown', values: { typed } },
  });
}

/** A currency as it is suggested. */
export interface CurrencySuggestion {
  readonly code: string;
  /** Such as `EUR (Euro)`. */
  readonly label: string;
}

/** Currencies by code or by their name in the language of the locale, the most used first; answered from memory. */
export function searchCurrencies(text: string, locale: string, limit: number): readonly CurrencySuggestion[] {
  const typed = text.trim().toLowerCase();
  const names = new Intl.DisplayNames(locale, { type: 'currency' });
  const known = findCurrency(text);
  return CURRENCIES.map((code) => ({ code, name: names.of(code) ?? code }))
    .filter(
      ({ code, name }) => code === known || code.toLowerCase().startsWith(typed) || name.toLowerCase().includes(typed),
    )
    .slice(0, limit)
    .map(({ code, name }) => ({ code, label: `${code} (${name})` }));
}

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

/** A price at a moment. */
export interface PricePoint {
  readonly timeMs: number;
  readonly price: number;
}

/** What a coin costs, and what it has cost in the last day, in a currency or in another coin. */
export interface CoinPrice extends PriceQuote {
  /** ISO 4217 code, or the ticker of the coin that the price is in. */
  readonly currency: string;
  /** The reference rate that dollars were converted with; null for dollars and for coins. */
  readonly rate: ExchangeRate | null;
  /** The price 24 hours before; null where it is not known. */
  readonly dayAgo: number | null;
  /** Lowest and highest price of the last 24 hours; null where it is not known, and in another coin, whose own moves between hours are not compared. */
  readonly range: { readonly low: number; readonly high: number } | null;
  /** Closes of the last 24 hours and the price now, ascending; of days where no hours are known. */
  readonly points: readonly PricePoint[];
}

/** A coin that could not be answered for, as it was typed. */
export interface FailedPrice {
  readonly typed: string;
  readonly error: CandlecastError;
}

/** Several prices that were asked for together. */
export interface PriceBoard {
  readonly prices: readonly CoinPrice[];
  readonly failed: readonly FailedPrice[];
}
