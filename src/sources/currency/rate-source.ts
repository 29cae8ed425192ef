import { z } from 'zod';
import { CURRENCIES, type ExchangeRate, rateDay, rateDayMs } from '../../core/currency.ts';
import type { SourceHealth } from '../../core/market.ts';
import { DAY_MS, MINUTE_MS } from '../../core/time.ts';
import { monitorSource } from '../health.ts';
import { createHttpClient, type HttpClient, type ProviderOptions } from '../http.ts';
import { SourceError } from '../source-error.ts';

/** A source of daily reference rates. */
export interface RateSource {
  readonly name: string;
  /** Its newest rates. Throws `CC_SOURCE_*` errors, and the signal's reason. */
  fetchRates(signal?: AbortSignal): Promise<readonly ExchangeRate[]>;
  health(): SourceHealth;
}

/** The wire format of a provider: its answer as the day and units of each currency for one unit of `base`. */
interface Quotation {
  readonly day: string;
  readonly base: string;
  readonly rates: Readonly<Record<string, number>>;
}

const RATE_LIMITS = [{ requests: 4, perMs: MINUTE_MS }];
const MAX_BYTES = 256 * 1024;

const rate = z.number().positive().max(1e9);
const day = z.iso.date();
const rates = z.record(z.string().max(10), rate);
const frankfurterAnswer = z.object({ base: z.string().length(3), date: day, rates });
const erApiAnswer = z.object({
  result: z.literal('success'),
  base_code: z.literal('USD'),
  time_last_update_unix: z.int().positive().max(1e11),
  rates,
});

type Reader = (http: HttpClient, name: string, signal: AbortSignal | undefined) => Promise<Quotation>;

const passed = (signal: AbortSignal | undefined) => (signal ? { signal } : {});

/** How each provider is read. */
const READERS = {
  /** The European Central Bank's own file: `<Cube time="2026-11-30"><Cube currency="USD" rate="1.08"/>…`, units for one euro. */
  ecb: async (http, name, signal) => {
    const answer = await http.getBytes({ path: '/stats/eurofxref/eurofxref-daily.xml', ...passed(signal) });
    const text = Buffer.from(answer?.bytes ?? []).toString('utf8');
    const fixed = day.safeParse(/<Cube\s+time=["'](\d{4}-\d{2}-\d{2})["']/.exec(text)?.[1]);
    const found = [...text.matchAll(/<Cube\s+currency=["']([A-Z]{3})["']\s+rate=["']([\d.]{1,20})["']/g)];
    const read = rates.safeParse(Object.fromEntries(found.map(([, code, value]) => [code, Number(value)])));
    if (!fixed.success || !read.success || found.length === 0)
      throw new SourceError(name, 'CC_SOURCE_BAD_DATA', 'sent no list of rates.');
    return { day: fixed.data, base: 'EUR', rates: read.data };
  },
  /** `{"base":"USD","date":"2026-11-30","rates":{"EUR":0.92,…}}` (https://frankfurter.dev). */
  frankfurter: async (http, _name, signal) => {
    const query = { base: 'USD' };
    const answer = await http.getJson({ path: '/v1/latest', query, schema: frankfurterAnswer, ...passed(signal) });
    return { day: answer.date, base: answer.base, rates: answer.rates };
  },
  /** `{"result":"success","base_code":"USD","time_last_update_unix":…,"rates":{"EUR":0.92,…}}` (https://www.exchangerate-api.com/docs/free). */
  'er-api': async (http, _name, signal) => {
    const answer = await http.getJson({ path: '/v6/latest/USD', schema: erApiAnswer, ...passed(signal) });
    return { day: rateDay(answer.time_last_update_unix * 1_000), base: 'USD', rates: answer.rates };
  },
} as const satisfies Readonly<Record<string, Reader>>;

/** What the setting `RATE_SOURCES` may name. */
export type RateSourceName = keyof typeof READERS;

/** Makes a source of rates that is read as `kind`; `name` is how it is called in replies and errors. */
export function createRateSource(kind: RateSourceName, options: ProviderOptions, name: string = kind): RateSource {
  const { now } = options;
  const http = createHttpClient({
    rateLimits: RATE_LIMITS,
    maxBytes: MAX_BYTES,
    timeoutMs: 10_000,
    ...options,
    source: name,
  });
  const monitored = monitorSource({ name }, now, {}, 'index');
  return {
    name,
    fetchRates: (signal) =>
      monitored.callUnlessBlocked(async () => perDollar(await READERS[kind](http, name, signal), name, now())),
    health: () => monitored.health(),
  };
}

/** The currencies that prices are shown in, for one US dollar. Throws `CC_SOURCE_BAD_DATA` without the dollar, or of a day to come. */
function perDollar({ day, base, rates }: Quotation, source: string, nowMs: number): readonly ExchangeRate[] {
  // A day begins up to 14 hours earlier elsewhere.
  if (rateDayMs(day) > nowMs + DAY_MS)
    throw new SourceError(source, 'CC_SOURCE_BAD_DATA', 'sent rates of a day to come.');
  const all: Readonly<Record<string, number>> = { ...rates, [base]: 1 };
  const dollar = all['USD'];
  if (dollar === undefined) throw new SourceError(source, 'CC_SOURCE_BAD_DATA', 'sent rates without the US dollar.');
  return CURRENCIES.flatMap((currency) => {
    const own = all[currency];
    return currency === 'USD' || own === undefined ? [] : [{ currency, perUsd: own / dollar, day, source }];
  });
}
