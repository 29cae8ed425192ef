import { rateDay } from '../../../core/currency.ts';
import { DAY_MS } from '../../../core/time.ts';
import { type Endpoint, json, type Simulation } from './endpoint.ts';

/** Invented units of each currency for one US dollar, near what they have been. */
const LEVELS: Readonly<Record<string, number>> = {
  ...{ EUR: 0.92, GBP: 0.79, JPY: 150, BRL: 5.4, TRY: 34, INR: 84, AUD: 1.52, CAD: 1.37, CHF: 0.88, CNY: 7.2 },
  ...{ KRW: 1_380, MXN: 19.5, PLN: 3.95, SEK: 10.5, NOK: 10.9, DKK: 6.86, CZK: 23.2, HUF: 370, RON: 4.57, HKD: 7.8 },
  ...{ SGD: 1.34, NZD: 1.67, ZAR: 18, IDR: 15_900, MYR: 4.5, PHP: 58, THB: 35, ILS: 3.7, ISK: 138, ARS: 1_000 },
  ...{ CLP: 950, COP: 4_300, PEN: 3.75, AED: 3.6725, SAR: 3.75, NGN: 1_600, KES: 129, EGP: 49, UAH: 41, RUB: 97 },
  ...{ KZT: 500, VND: 25_000, PKR: 278, BDT: 119, TWD: 32 },
};

/** The reference rates of the simulated market as frankfurter.dev answers; they sway by a percent over weeks. */
export function rateEndpoints({ now }: Pick<Simulation, 'now'>): readonly Endpoint[] {
  return [
    {
      provider: 'rates',
      method: 'GET',
      path: /^\/v1\/latest$/,
      answer() {
        const dayNumber = Math.floor(now() / DAY_MS);
        const rates = Object.entries(LEVELS).map(([code, level], i) => [
          code,
          Number((level * (1 + 0.01 * Math.sin(dayNumber / 11 + i))).toPrecision(6)),
        ]);
        return json({ amount: 1, base: 'USD', date: rateDay(now()), rates: Object.fromEntries(rates) });
      },
    },
  ];
}
