import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** How a loopback server answers a request. */
export type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

/** A server on this machine that ends with the test that started it. */
export interface LoopbackServer {
  readonly url: string;
  /** Every request so far, oldest first. */
  readonly requests: { readonly url: URL; readonly headers: IncomingMessage['headers'] }[];
  /** Replaces the answer from the next request on. */
  answer(handler: Handler): void;
  close(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startServer(handler: Handler): Promise<LoopbackServer> {
  let current = handler;
  const requests: LoopbackServer['requests'] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    requests.push({ url, headers: request.headers });
    // The tests' clocks stand at moments of their own, so a server tells the time only where a test gives it one.
    response.sendDate = false;
    current(request, response, url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close,
    answer(next) {
      current = next;
    },
  };
}

/** Answers every request with the value as JSON. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Handler {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  };
}

/** Answers every request with the text. */
export function text(body: string, status = 200, headers: Record<string, string> = {}): Handler {
  return (_request, response) => {
    response.writeHead(status, headers).end(body);
  };
}

/** Takes the request and never answers. */
export const hang: Handler = () => {};
