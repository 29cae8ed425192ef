import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Clock } from '../../../core/time.ts';
import type { HeadlineModel } from '../headlines.ts';
import type { PriceModel } from '../price-model.ts';

/** What every endpoint computes its answers from. */
export interface Simulation {
  readonly model: PriceModel;
  readonly news: HeadlineModel;
  readonly posts: HeadlineModel;
  readonly now: Clock;
}

/** A request as an endpoint gets it. */
export interface WireRequest {
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** What the capture groups of the path matched. */
  readonly parts: readonly string[];
}

/** What an endpoint answers. */
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

/** A whole number of the query, clamped to the limits; `fallback` where it is absent, null where it is not a number. */
export function wholeNumber(text: string | null, fallback: number, least: number, most: number): number | null {
  if (text === null || text === '') return fallback;
  if (!/^\d{1,16}$/.test(text)) return null;
  return Math.max(least, Math.min(most, Number(text)));
}

/** The providers that can be made to fail, each on its own. */
export type SimulatedProvider = 'binance' | 'coingecko' | 'blockchain' | 'news' | 'reddit' | 'feargreed' | 'rates';

/**
 * How a provider fails: an error status, no answer at all, a connection that closes in the middle of the body, or an HTML page
 * with status 200 instead of data.
 */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterS?: number }
  | { readonly kind: 'hang' }
  | { readonly kind: 'half-body' }
  | { readonly kind: 'html' };

/** Sends the answer, changed as the fault says. */
export function send(response: ServerResponse, answer: WireAnswer, fault: Fault | undefined): void {
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'status') {
    const retry = fault.retryAfterS === undefined ? {} : { 'Retry-After': String(fault.retryAfterS) };
    write(response, {
      status: fault.status,
      headers: { 'Content-Type': 'text/plain', ...retry },
      body: 'simulated fault',
    });
  } else if (fault?.kind === 'html') {
    const body = '<!DOCTYPE html><html><body><h1>Just a moment…</h1></body></html>';
    write(response, { status: 200, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body });
  } else if (fault?.kind === 'half-body') {
    const bytes = Buffer.from(answer.body);
    response.writeHead(answer.status, {
      'X-Simulated': 'true',
      ...answer.headers,
      'Content-Length': String(bytes.length),
    });
    response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
  } else {
    write(response, answer);
  }
}

function write(response: ServerResponse, { status, headers, body }: WireAnswer): void {
  response.writeHead(status, { 'X-Simulated': 'true', ...headers });
  response.end(body);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for XML elements and attributes. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** An XML element that contains text. */
export function element(name: string, text: string): string {
  return `<${name}>${escapeXml(text)}</${name}>`;
}
