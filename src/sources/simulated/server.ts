import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CandlecastError } from '../../core/errors.ts';
import { type Logger, silentLogger } from '../../core/logger.ts';
import type { Clock } from '../../core/time.ts';
import { SIMULATED_COINS, type SimulatedCoin } from './coins.ts';
import { HeadlineModel } from './headlines.ts';
import { PriceModel } from './price-model.ts';
import { binanceEndpoints } from './wire/binance.ts';
import { blockchainEndpoints } from './wire/blockchain.ts';
import { coingeckoEndpoints } from './wire/coingecko.ts';
import { type Endpoint, type Fault, json, type SimulatedProvider, send, type WireAnswer } from './wire/endpoint.ts';
import { fearGreedEndpoints } from './wire/fear-greed.ts';
import { FEED_PATHS, feedEndpoints } from './wire/feeds.ts';
import { rateEndpoints } from './wire/rates.ts';
import { redditEndpoints } from './wire/reddit.ts';

const MAX_BODY_BYTES = 16_384;

/** What tests and the demo may know of and do to the simulated market, besides asking it over HTTP. */
export interface SimulatedMarket {
  readonly seed: number;
  readonly coins: readonly SimulatedCoin[];
  /** Prices and levels behind the answers, including those still to come; for tests. */
  readonly model: PriceModel;
  /** Makes every answer of that provider fail in that way from now on; null ends it. */
  fail(provider: SimulatedProvider, fault: Fault | null): void;
}

/** A simulated market that is listening. */
export interface RunningSimulation {
  /** Base URL of every provider, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Full URLs of the news feeds, for `NEWS_FEEDS`. */
  readonly feedUrls: readonly string[];
  readonly market: SimulatedMarket;
  /** Stops listening and drops every connection, hanging ones too. */
  close(): Promise<void>;
}

/**
 * Starts the simulated market on 127.0.0.1 at a free port: Binance's, CoinGecko's, blockchain.info's, alternative.me's and
 * Reddit's wire formats and four news feeds over real HTTP. The same seed and moment give the same answers.
 */
export async function createSimulatedMarket(options: {
  readonly seed: number;
  readonly now: Clock;
  readonly logger?: Logger;
}): Promise<RunningSimulation> {
  const { seed, now, logger = silentLogger } = options;
  const model = new PriceModel(seed);
  const simulation = {
    model,
    news: new HeadlineModel(model, 'news'),
    posts: new HeadlineModel(model, 'posts'),
    now,
  };
  const faults = new Map<SimulatedProvider, Fault>();
  const endpoints: readonly Endpoint[] = [
    ...binanceEndpoints(simulation),
    ...coingeckoEndpoints(simulation),
    ...blockchainEndpoints(simulation),
    ...feedEndpoints(simulation),
    ...redditEndpoints(simulation),
    ...fearGreedEndpoints(simulation),
    ...rateEndpoints(simulation),
  ];

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://simulated.invalid');
    const endpoint = endpoints.find(({ method, path }) => method === request.method && path.test(url.pathname));
    if (!endpoint) return send(response, url.pathname === '/' ? home(seed, now()) : notFound, undefined);
    const body = await readBody(request);
    if (body === null) return send(response, json({ error: 'too large' }, 413, { Connection: 'close' }), undefined);
    const parts = (endpoint.path.exec(url.pathname) ?? []).slice(1);
    const answer = await endpoint.answer({ query: url.searchParams, headers: request.headers, body, parts });
    logger.debug(
      { provider: endpoint.provider, path: url.pathname, status: answer.status },
      'Simulated market answers.',
    );
    send(response, answer, faults.get(endpoint.provider));
  }

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      logger.error({ err: error }, 'The simulated market could not answer.');
      if (response.headersSent) response.destroy();
      else send(response, json({ error: 'internal error of the simulated market' }, 500), undefined);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new CandlecastError('CC_INTERNAL', 'The simulated market cannot listen on 127.0.0.1.', { cause }));
    });
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    feedUrls: FEED_PATHS.map((path) => `${url}${path}`),
    market: {
      seed,
      coins: SIMULATED_COINS,
      model,
      fail(provider, fault) {
        if (fault) faults.set(provider, fault);
        else faults.delete(provider);
      },
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

const notFound: WireAnswer = json({ error: 'not found on the simulated market' }, 404);

function home(seed: number, nowMs: number): WireAnswer {
  return json({
    status: 'SIMULATED',
    message: 'Every price, headline and number here is invented. Nothing of it is a real market.',
    seed,
    time: new Date(nowMs).toISOString(),
    coins: SIMULATED_COINS.map((coin) => coin.symbol),
    feeds: FEED_PATHS,
  });
}

/** The body as text, or null when it is too large. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
