import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../../core/time.ts';
import type { SimulatedProvider } from '../faults.ts';
import type { HeadlineModel } from '../headlines.ts';
import type { PriceModel } from '../price-model.ts';

/** What every endpoint draws on. */
export interface Simulation {
  readonly model: PriceModel;
  readonly news: HeadlineModel;
  readonly posts: HeadlineModel;
  readonly now: Clock;
}

export interface WireRequest {
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** What the pattern's groups caught. */
  readonly parts: readonly string[];
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One path of one provider. */
export interface Endpoint {
  readonly provider: SimulatedProvider;
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  answer(request: WireRequest): WireAnswer | Promise<WireAnswer>;
}

/** An answer in JSON. */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): WireAnswer {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  };
}

/** A whole number of the query inside the limits, `fallback` where it is absent, or null where it is none. */
export function wholeNumber(text: string | null, fallback: number, least: number, most: number): number | null {
  if (text === null || text === '') return fallback;
  if (!/^\d{1,16}$/.test(text)) return null;
  return Math.max(least, Math.min(most, Number(text)));
}
