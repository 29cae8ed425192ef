import type { ServerResponse } from 'node:http';
import type { WireAnswer } from './wire/endpoint.ts';

/** The providers that can be made to fail, each on its own. */
export const SIMULATED_PROVIDERS = ['binance', 'coingecko', 'blockchain', 'news', 'reddit', 'feargreed'] as const;
export type SimulatedProvider = (typeof SIMULATED_PROVIDERS)[number];

/**
 * What goes wrong: an error status, no answer at all, a connection that breaks in the middle of the body, or a page for
 * people with status 200 where data was asked for.
 */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterS?: number }
  | { readonly kind: 'hang' }
  | { readonly kind: 'half-body' }
  | { readonly kind: 'html' };

/** Sends the answer as it is, or as the fault spoils it. */
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
