import { cutText } from './cut-text.ts';
import { UnknownNameError } from './errors.ts';

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
