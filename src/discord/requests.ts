import { AsyncLocalStorage } from 'node:async_hooks';
import { DefaultRestOptions, type InternalRequest, RateLimitError, REST, type RESTOptions, Routes } from 'discord.js';
import type { RequestKind, RequestLimit } from '../cluster/request-limit.ts';
import { type ClockCheck, DISCORD_HOST } from '../core/clock-check.ts';
import { CandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import type { Clock } from '../core/time.ts';

/** What the edge of the requests needs. */
export interface RequestEdgeOptions {
  /** Base URL of the REST API, ending in `/api`; Discord's own when absent. */
  readonly apiUrl: string | undefined;
  readonly token: string;
  /** Called once, when Discord has refused the token and refuses it again when it is asked about it. */
  readonly onTokenRefused: (error: CandlecastError) => void;
  readonly logger: Logger;
  /** Learns Discord's time from its answers. */
  readonly clockCheck?: Pick<ClockCheck, 'begin'> | undefined;
  /** Counts the requests; nobody does without it. */
  readonly metrics?: RequestCounter | undefined;
  /** Grants every request with the token; absent where nothing else uses it. */
  readonly limit?: RequestLimit | undefined;
}

type RequestCounter = Pick<Metrics, 'discordRequest' | 'discordRateLimited'>;

type MakeRequest = RESTOptions['makeRequest'];
type RawResponse = Awaited<ReturnType<MakeRequest>>;

const CONFIRM_LIMIT_MS = 10_000;
/** Discord's own limit of requests a second stays with discord.js; longer waits than this reject. */
const MAX_RATE_LIMIT_MS = 60_000;

/**
 * Makes the settings that every REST client of the bot shares. discord.js alone forgets the token at the first 401, so that every later
 * request fails until a restart, and repeats at once and without end what Cloudflare refuses with a 429 that is a web page. Here
 * a 401 is answered by asking Discord about the token: while it is accepted the request is made once more. Requests reject with a
 * retryable `CandlecastError` where a 401 was a mistake, with `CC_DISCORD_TOKEN` where the token is refused, and with
 * `CC_DISCORD_REFUSED` where the address of this machine is blocked.
 */
export function requestOptions(options: RequestEdgeOptions): Partial<RESTOptions> {
  const api = options.apiUrl?.replace(/(?<!\/)\/+$/, '');
  return {
    ...(api === undefined ? {} : { api }),
    invalidRequestWarningInterval: 500,
    // An answer would come too late, and a start would hang for hours.
    rejectOnRateLimit: ({ timeToReset, retryAfter }) => Math.max(timeToReset, retryAfter) > MAX_RATE_LIMIT_MS,
    makeRequest: createEdge(options, api ?? DefaultRestOptions.api),
  };
}

/**
 * The REST client of discord.js, mended in three ways. A request with the bot's token waits for the limit that all processes share before
 * anything else, so that one that is given up meanwhile was certainly not sent. It keeps moments of the wall clock at which its limits end: where the clock is set back, it
 * would refuse requests until that moment comes again, a month later after a month ahead. Here such limits are forgotten; Discord says new ones
 * with its next answer. And each of its requests leaves a listener on the caller's signal, which may live as long as the program: here each has a
 * signal of its own, which ends with it.
 */
export class BotRest extends REST {
  readonly #now: Clock;
  #latestMs: number;
  /** How often the clock was found set back. */
  #timesBack = 0;

  readonly #limit: RequestLimit | undefined;

  constructor(options: Partial<RESTOptions>, now: Clock, limit?: RequestLimit) {
    super(options);
    this.#now = now;
    this.#limit = limit;
    this.#latestMs = now();
  }

  override async queueRequest(request: InternalRequest): ReturnType<REST['queueRequest']> {
    const { signal } = request;
    if (!this.#limit || request.auth === false) return this.#withSignal(request, signal);
    try {
      await this.#limit.take(kindOf(request.fullRoute), signal ?? undefined);
    } catch (error) {
      throw new NotSentError(error);
    }
    return grants.run({ untilMs: performance.now() + GRANT_MS }, () => this.#withSignal(request, signal));
  }

  async #withSignal(request: InternalRequest, signal: InternalRequest['signal']): ReturnType<REST['queueRequest']> {
    if (!signal) return this.#queue(request);
    const own = new AbortController();
    const follow = () => own.abort(signal.reason);
    if (signal.aborted) follow();
    else signal.addEventListener('abort', follow, { once: true });
    try {
      return await this.#queue({ ...request, signal: own.signal });
    } finally {
      signal.removeEventListener('abort', follow);
    }
  }

  async #queue(request: InternalRequest): ReturnType<REST['queueRequest']> {
    const timesBack = this.#noticeClock();
    try {
      return await super.queueRequest(request);
    } catch (error) {
      // It waited for its turn while the clock was set back; it was not sent.
      if (!(error instanceof RateLimitError) || this.#noticeClock() === timesBack) throw error;
      return super.queueRequest(request);
    }
  }

  /** Forgets the limits where the clock is behind the newest moment that it has shown at a request. */
  #noticeClock(): number {
    const nowMs = this.#now();
    if (nowMs < this.#latestMs) {
      this.#timesBack++;
      this.handlers.clear();
      this.globalReset = -1;
      this.globalDelay = null;
    }
    this.#latestMs = nowMs;
    return this.#timesBack;
  }
}

/** A grant of the limit that the request under way has not used yet, and until when it counts. */
const grants = new AsyncLocalStorage<{ untilMs: number }>();
/** A request that discord.js then holds back for longer asks again: what waited together would else be sent together. */
const GRANT_MS = 250;

/** A request that was given up while it waited for its turn. */
export class NotSentError extends CandlecastError {
  constructor(cause: unknown) {
    super('CC_STOPPING', 'The request was given up before it was sent.', { cause, retryable: true });
  }
}

const kindOf = (route: string): RequestKind => (route.startsWith('/channels/') ? 'channel' : 'other');

/** Makes requests that carry the token when the limit grants it, and lets the limit know where Discord asks the whole bot to wait. */
function grantedRequests(makeRequest: MakeRequest, limit: RequestLimit, api: string): MakeRequest {
  const prefix = `${new URL(api).pathname}/v${DefaultRestOptions.version}`;
  return async (url, init) => {
    if (!carriesToken(init.headers)) return makeRequest(url, init);
    const grant = grants.getStore();
    if (grant && performance.now() < grant.untilMs) grant.untilMs = 0;
    else await limit.take(kindOf(new URL(url).pathname.slice(prefix.length)), init.signal ?? undefined);
    const response = await makeRequest(url, init);
    if (response.status === 429 && response.headers.has('x-ratelimit-global')) {
      limit.pause(Number(response.headers.get('retry-after')) * 1_000);
    }
    return response;
  };
}

/** Answers to interactions carry no token, and Discord does not count them. */
function carriesToken(headers: Parameters<MakeRequest>[1]['headers']): boolean {
  return Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'authorization');
}

/** Requests under way at once: at a tenth of a second each, more than a thousand acknowledgements a second and half as many answers. */
const ACKNOWLEDGEMENTS_AT_ONCE = 128;
const ANSWERS_AT_ONCE = 64;

/**
 * The settings of the client, which only answers interactions and asks for the gateway: Discord's limit of fifty requests a second is not for
 * those. A thousand people at once do not open a thousand connections, and acknowledgements, for which Discord waits three
 * seconds, never wait behind answers, for which it waits fifteen minutes.
 */
export function interactionRequests(requests: Partial<RESTOptions>): Partial<RESTOptions> {
  const makeRequest = requests.makeRequest ?? DefaultRestOptions.makeRequest;
  const acknowledge = limited(makeRequest, ACKNOWLEDGEMENTS_AT_ONCE);
  const others = limited(makeRequest, ANSWERS_AT_ONCE);
  return {
    ...requests,
    globalRequestsPerSecond: Number.POSITIVE_INFINITY,
    makeRequest: (url, init) =>
      url.split('?', 1)[0]!.endsWith('/callback') ? acknowledge(url, init) : others(url, init),
  };
}

/** Makes `atOnce` requests at the same time; the others wait in order. One that is given up meanwhile fails when its turn comes. */
function limited(makeRequest: MakeRequest, atOnce: number): MakeRequest {
  const waiting: (() => void)[] = [];
  let underWay = 0;
  return async (url, init) => {
    if (underWay >= atOnce) await new Promise<void>((start) => waiting.push(start));
    else underWay++;
    try {
      return await makeRequest(url, init);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else underWay--;
    }
  };
}

/** Makes requests as discord.js does, and compares the clock with the answers. */
export function comparingRequests({ begin }: Pick<ClockCheck, 'begin'>): MakeRequest {
  return async (url, init) => {
    const compareClock = begin();
    const response = await DefaultRestOptions.makeRequest(url, init);
    compareClock(DISCORD_HOST, { date: response.headers.get('date'), age: response.headers.get('age') });
    return response;
  };
}

/** Scopes of Discord's limits, as its header says them. */
const SCOPES: ReadonlySet<string> = new Set(['user', 'global', 'shared']);

/** Counts each request by its route and status, and the answers that ask to slow down. */
function countingRequests(makeRequest: MakeRequest, metrics: RequestCounter, api: string): MakeRequest {
  return async (url, init) => {
    const [method, route] = [init.method ?? 'GET', routeOf(url.slice(api.length))];
    let response: RawResponse;
    try {
      response = await makeRequest(url, init);
    } catch (error) {
      metrics.discordRequest(method, route, 'none');
      throw error;
    }
    metrics.discordRequest(method, route, response.status);
    if (response.status === 429) {
      const scope = response.headers.get('x-ratelimit-scope') ?? '';
      // Without Discord's header it is the proxy in front of it that refuses the address.
      metrics.discordRateLimited(SCOPES.has(scope) ? scope : 'address');
    }
    return response;
  };
}

/** The route of a path such as `/v10/channels/123…/messages?limit=1`, in the form of discord.js' buckets: no ids and no tokens. */
export function routeOf(path: string): string {
  return path
    .split('?', 1)[0]!
    .replace(/^\/v\d+/, '')
    .replace('%40', '@')
    .replace(/\d{17,20}/g, ':id')
    .replace(/^\/(interactions|webhooks)\/:id\/[^/]+/, '/$1/:id/:token')
    .replace(/\/reactions\/.*/, '/reactions/:reaction');
}

function createEdge(options: RequestEdgeOptions, api: string): MakeRequest {
  const { token, onTokenRefused, logger, clockCheck, metrics, limit } = options;
  const plain = clockCheck ? comparingRequests(clockCheck) : DefaultRestOptions.makeRequest;
  const counted = metrics ? countingRequests(plain, metrics, api) : plain;
  const measured = soundLimits(counted);
  const makeRequest = completeAnswers(limit ? grantedRequests(measured, limit, api) : measured);
  let asking: Promise<'accepted' | 'refused' | 'unknown'> | null = null;
  let isRefused = false;

  /** Asks Discord about the token, once for all requests that wait for it. */
  async function askAboutToken(userAgent: string): Promise<'accepted' | 'refused' | 'unknown'> {
    try {
      const response = await makeRequest(`${api}/v${DefaultRestOptions.version}${Routes.gatewayBot()}`, {
        method: 'GET',
        headers: { authorization: `Bot ${token}`, 'user-agent': userAgent },
        signal: AbortSignal.timeout(CONFIRM_LIMIT_MS),
      });
      await response.arrayBuffer();
      return response.ok ? 'accepted' : response.status === 401 ? 'refused' : 'unknown';
    } catch {
      return 'unknown';
    }
  }

  /** What a 401 means for its request: returns where it may be made again, else throws. */
  async function weigh(userAgent: string): Promise<void> {
    asking ??= askAboutToken(userAgent).finally(() => {
      asking = null;
    });
    const verdict = await asking;
    logger.warn({ token: verdict }, 'Discord refused a request as unauthorised, and was asked about the token');
    if (verdict === 'accepted') return;
    if (verdict === 'unknown')
      throw mistaken('Discord refuses a request, and does not say whether the token is valid.');
    const error = new CandlecastError('CC_DISCORD_TOKEN', 'Discord does not accept the bot token.');
    if (!isRefused) onTokenRefused(error);
    isRefused = true;
    throw error;
  }

  return async (url, init) => {
    const response = await makeRequest(url, init);
    // A proxy that keeps Discord's limits answers 429 without any body, and discord.js waits for as long as it says.
    const isPage = response.status === 403 || (response.status === 429 && response.headers.has('content-type'));
    if (isPage && !isJson(response)) throw await blocked(response);
    const { Authorization: authorization, 'User-Agent': userAgent } = (init.headers ?? {}) as Record<string, string>;
    // Answers to interactions carry no token; a 401 there concerns the interaction alone.
    if (response.status !== 401 || authorization === undefined) return response;
    await response.arrayBuffer();
    await weigh(userAgent ?? '');
    const again = await makeRequest(url, init);
    if (again.status !== 401) return again;
    await again.arrayBuffer();
    throw mistaken('Discord refuses a request as unauthorised, although it accepts the token.');
  };
}

/** Discord's limits of channels end within the hour; a longer one would silence the bot by a single odd header. */
const MAX_LIMIT_S = 3_600;
/** How long to wait after a 429 that does not say it. */
const UNSAID_LIMIT_S = 3;

/** discord.js takes what these headers say as it is: it repeats a 429 without a wait at once and without end, and keeps a limit of years. */
function soundLimits(makeRequest: MakeRequest): MakeRequest {
  return async (url, init) => {
    const response = await makeRequest(url, init);
    for (const name of ['retry-after', 'x-ratelimit-reset-after']) {
      const said = response.headers.get(name);
      if (said === null) continue;
      if (!(Number(said) >= 0)) response.headers.delete(name);
      else if (Number(said) > MAX_LIMIT_S) response.headers.set(name, String(MAX_LIMIT_S));
    }
    const isUnsaid = response.status === 429 && !(Number(response.headers.get('retry-after')) > 0);
    if (isUnsaid) response.headers.set('retry-after', String(UNSAID_LIMIT_S));
    return response;
  };
}

/**
 * Discord's answers are JSON. A 200 without is of something on the way that has failed, as @discordjs/proxy does for errors it does not know; what
 * became of the request is not known then, as after a 502.
 */
function completeAnswers(makeRequest: MakeRequest): MakeRequest {
  return async (url, init) => {
    const response = await makeRequest(url, init);
    if (response.status !== 200 || isJson(response)) return response;
    await response.arrayBuffer();
    return new Response(null, { status: 502 }) as unknown as RawResponse;
  };
}

function mistaken(message: string): CandlecastError {
  return new CandlecastError('CC_DISCORD_UNREACHABLE', message, { retryable: true });
}

function isJson(response: RawResponse): boolean {
  return response.headers.get('content-type')?.startsWith('application/json') ?? false;
}

/** Cloudflare, in front of Discord, refuses the address of this machine; the bot and its permissions have nothing to do with it. */
export class AddressBlockedError extends CandlecastError {
  /** How long to wait, where it was said. */
  readonly retryAfterMs: number | null;

  constructor(status: number, retryAfterMs: number | null) {
    super('CC_DISCORD_REFUSED', 'Discord blocks the network address that I run on.', {
      retryable: true,
      remedy: 'It passes by itself; look whether another program on this address sends Discord many wrong requests.',
      context: { status, retryAfterMs },
    });
    this.retryAfterMs = retryAfterMs;
  }
}

async function blocked(response: RawResponse): Promise<AddressBlockedError> {
  await response.arrayBuffer();
  const seconds = Number(response.headers.get('retry-after'));
  return new AddressBlockedError(response.status, seconds > 0 ? seconds * 1_000 : null);
}
