import { DAY_MS, HOUR_MS, MINUTE_MS } from '../core/time.ts';
import type { MessageKey, MessageValues } from './message.ts';

/** A no-break space, as between a number and its unit. */
export const NBSP = '\u00a0';
/** A true minus sign. */
export const MINUS = '\u2212';

/** What ISO 4217 has; any other code is a coin's symbol. */
const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Signs that several currencies have. */
const SHARED_SIGNS: ReadonlySet<string> = new Set(['$', '£', '¥', 'kr']);

/** Writes numbers as a reader of one locale expects them. */
export interface Formats {
  /** A number with exactly `decimals` decimals and separators of thousands. */
  number(value: number, decimals: number): string;
  /** A count with separators of thousands. */
  count(count: number): string;
  /**
   * Writes prices with the decimals that suit `reference`, so that the prices of one reply line up. A price far below the reference keeps three
   * significant digits; beyond 1e15 and below 1e-10 it is written as a power of ten. `currency` is an ISO 4217 code, or a coin's symbol.
   */
  prices(reference: number, currency?: string): (price: number) => string;
  /** One price with decimals that suit its own size, such as `$98,123` or `$0.000012345`. */
  price(price: number, currency?: string): string;
  /** An amount of a currency with exactly `decimals` decimals, such as `$98,100`, with a true minus sign where it is negative. */
  amount(value: number, decimals: number, currency?: string): string;
  /** A percentage (already × 100) such as `1.6 %`, with a true minus sign where it is negative. */
  percent(percent: number): string;
  /** A percentage (already × 100) with a plus where it is positive, such as `+1.6 %`. */
  signedPercent(percent: number): string;
  /** A change from one price to another with its sign, such as `+1.6 %`. */
  change(from: number, to: number): string;
  /** A probability, never as 0 or 100 %: `52 %`, `under 1 %`, `over 99 %`. */
  probability(probability: number): string;
  /** A length of time in its largest fitting unit, such as `3 days`, `5 hours`, `12 minutes` or `under a minute`. */
  duration(durationMs: number): string;
  /** A month of a year such as `September 2024` (UTC). */
  month(ms: number): string;
  /** A list such as `BTC, ETH and SOL`. */
  list(items: readonly string[], type?: 'and' | 'or'): string;
}

/** Decimals that give a price about five significant digits, and none from five digits before the point on. */
function priceDecimals(price: number): number {
  const magnitude = Math.floor(Math.log10(Math.abs(price)));
  if (magnitude >= 4) return 0;
  if (magnitude >= 2) return 2;
  return 4 - magnitude;
}

/** Makes the formats of a locale; `t` gives the few words they need. */
export function createFormats(locale: string, t: (key: MessageKey, values?: MessageValues) => string): Formats {
  /** By currency and number of decimals; making one takes longer than using it a hundred times. */
  const made = new Map<string, Intl.NumberFormat>();
  const formatOf = (decimals: number, currency: string | null): Intl.NumberFormat => {
    const key = `${currency ?? ''}${decimals}`;
    let format = made.get(key);
    if (!format) {
      format = new Intl.NumberFormat(locale, {
        minimumFractionDigits: decimals,
        maximumFractionDigits: decimals,
        ...(currency === null ? {} : { style: 'currency', currency, currencyDisplay: displayOf(currency) }),
      });
      made.set(key, format);
    }
    return format;
  };
  /** `$` is the US dollar alone, and a sign that several currencies share stands with more of its name: `CA$`, `CN¥`, `SEK`. */
  const displayOf = (currency: string): 'narrowSymbol' | 'symbol' => {
    const parts = new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
    const sign = parts.formatToParts(0).find(({ type }) => type === 'currency')?.value ?? '';
    return currency !== 'USD' && SHARED_SIGNS.has(sign) ? 'symbol' : 'narrowSymbol';
  };
  const number: Formats['number'] = (value, decimals) => formatOf(decimals, null).format(value);
  const unknown = (): string => t('common.unknown');

  /** An amount that is not negative, with its currency; a code that ISO 4217 does not have is a coin's. */
  const amount = (size: number, decimals: number, currency: string): string =>
    CURRENCIES.has(currency)
      ? formatOf(decimals, currency).format(size)
      : `${number(size, decimals)}${NBSP}${currency}`;

  const prices: Formats['prices'] =
    (reference, currency = 'USD') =>
    (price) => {
      if (!Number.isFinite(price)) return unknown();
      if (price === 0) return amount(0, 0, currency);
      const sign = price < 0 ? MINUS : '';
      const size = Math.abs(price);
      if (size >= 1e15 || size < 1e-10) return sign + amount(0, 0, currency).replace('0', size.toExponential(3));
      const own = priceDecimals(price);
      const wanted = Number.isFinite(reference) && reference !== 0 ? priceDecimals(reference) : own;
      const decimals = Math.min(Math.max(wanted, size * 10 ** wanted < 100 ? own - 2 : 0, 0), 16);
      return sign + amount(size, decimals, currency);
    };

  /** Digits of a percentage: two decimals below 0.1, one below 100, then none; with its size as they show it. */
  const percentDigits = (percent: number): { readonly digits: string; readonly isZero: boolean } => {
    const size = Math.abs(percent);
    if (size >= 1e7) return { digits: size.toExponential(1), isZero: false };
    const decimals = size >= 99.95 ? 0 : size < 0.0995 && size > 0 ? 2 : 1;
    return { digits: number(size, decimals), isZero: Number(size.toFixed(decimals)) === 0 };
  };
  const percent: Formats['percent'] = (value) => {
    if (!Number.isFinite(value)) return unknown();
    const { digits, isZero } = percentDigits(value);
    return `${value < 0 && !isZero ? MINUS : ''}${digits}${NBSP}%`;
  };

  const lists = {
    and: new Intl.ListFormat(locale, { type: 'conjunction' }),
    or: new Intl.ListFormat(locale, { type: 'disjunction' }),
  };

  return {
    number,
    count: (count) => (Number.isFinite(count) ? number(count, 0) : unknown()),
    prices,
    price: (price, currency) => prices(price, currency)(price),
    amount: (value, decimals, currency = 'USD') =>
      `${value < 0 ? MINUS : ''}${amount(Math.abs(value), decimals, currency)}`,
    percent,
    signedPercent: (value) => `${value > 0 ? '+' : ''}${percent(value)}`,
    change(from, to) {
      const value = (to / from - 1) * 100;
      if (!Number.isFinite(value)) return unknown();
      const { digits, isZero } = percentDigits(value);
      return `${isZero ? '±' : value < 0 ? MINUS : '+'}${digits}${NBSP}%`;
    },
    probability(probability) {
      if (!Number.isFinite(probability)) return unknown();
      if (probability < 0.01) return t('common.under', { value: `1${NBSP}%` });
      if (probability > 0.99) return t('common.over', { value: `99${NBSP}%` });
      return `${Math.round(probability * 100)}${NBSP}%`;
    },
    month: (ms) => new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(ms),
    duration(durationMs) {
      const size = Math.abs(durationMs);
      for (const [unitMs, smallerMs, key] of [
        [DAY_MS, HOUR_MS, 'common.days'],
        [HOUR_MS, MINUTE_MS, 'common.hours'],
        [MINUTE_MS, 0, 'common.minutes'],
      ] as const) {
        // 59.7 minutes are an hour, not 60 minutes.
        if (size >= unitMs - smallerMs / 2) return t(key, { count: Math.round(size / unitMs) });
      }
      return t('common.underAMinute');
    },
    list: (items, type = 'and') => lists[type].format(items),
  };
}
