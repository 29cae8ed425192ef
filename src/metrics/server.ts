import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CandlecastError, describeError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Readiness } from '../core/metrics.ts';

/** What the server answers with. */
export interface ObservationOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Each check of this process, in a second at most; never rejects. */
  readonly readiness: () => Promise<Readiness>;
  /** The text of `/metrics`. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  readonly logger: Logger;
}

/** A server that is listening. */
export interface ObservationServer {
  readonly port: number;
  close(): Promise<void>;
}

/** A scraper, an orchestrator and a person with a browser; more at once are none of ours. */
const MAX_CONNECTIONS = 50;
const MAX_HEADER_BYTES = 8_192;
const HEADERS_MS = 5_000;
const REQUEST_MS = 10_000;
const IDLE_MS = 5_000;

/**
 * Serves `/livez`, `/readyz` and `/metrics` to GET on all interfaces, because Prometheus and an orchestrator ask from elsewhere. Throws
 * `CC_PORT_IN_USE` when the port cannot be taken.
 */
export async function serveObservations(options: ObservationOptions): Promise<ObservationServer> {
  const { readiness, metrics, logger } = options;
  let scraping: ReturnType<ObservationOptions['metrics']> | null = null;

  /** Scrapes at the same time get the same text. */
  function scrape(): ReturnType<ObservationOptions['metrics']> {
    scraping ??= metrics().finally(() => {
      scraping = null;
    });
    return scraping;
  }

  async function answer(path: string, response: ServerResponse): Promise<void> {
    switch (path) {
      case '/livez':
        // That it answers is the answer: the event loop runs.
        return send(response, 200, 'text/plain; charset=utf-8', 'alive\n');
      case '/readyz': {
        const checks = await readiness();
        const ready = Object.values(checks).every(({ ok }) => ok);
        return send(response, ready ? 200 : 503, 'application/json', `${JSON.stringify({ ready, checks })}\n`);
      }
      case '/metrics': {
        const { contentType, text } = await scrape();
        return send(response, 200, contentType, text);
      }
      default:
        return send(response, 404, 'text/plain; charset=utf-8', 'There are /livez, /readyz and /metrics.\n');
    }
  }

  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: IDLE_MS,
      connectionsCheckingInterval: HEADERS_MS,
    },
    (request, response) => {
      if (request.method !== 'GET') {
        // A body, if there is one, is not read.
        response.setHeader('connection', 'close');
        response.setHeader('allow', 'GET');
        return send(response, 405, 'text/plain; charset=utf-8', 'Use GET here.\n');
      }
      const path = (request.url ?? '').split('?', 1)[0]!;
      answer(path, response).catch((error: unknown) => {
        logger.error({ error: describeError(error), path }, 'a question about the process could not be answered');
        if (!response.headersSent) send(response, 500, 'text/plain; charset=utf-8', 'It could not be read.\n');
        else response.destroy();
      });
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(options.port);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw portError(error, options.port);
  }
  server.on('error', (error) => logger.error({ error: describeError(error) }, 'the server of metrics had a problem'));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

function portError(error: unknown, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return error;
  const what = code === 'EADDRINUSE' ? 'is already in use' : 'may not be used by this account';
  return new CandlecastError('CC_PORT_IN_USE', `Port ${port} of METRICS_PORT ${what}.`, {
    cause: error,
    context: { port },
    remedy:
      code === 'EADDRINUSE'
        ? 'Set METRICS_PORT to another port, or stop the program that uses it; each process on a machine needs its own.'
        : 'Set METRICS_PORT to a port above 1023.',
  });
}
