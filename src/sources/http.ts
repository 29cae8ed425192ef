import axios, { type AxiosResponse } from 'axios';
import { ConstantBackoff, handleWhen, retry } from 'cockatiel';
import { z } from 'zod';
import type { ClockCheck } from '../core/clock-check.ts';
import { startDeadline } from '../core/concurrency.ts';
import { CandlecastError, type ErrorCode } from '../core/errors.ts';
import type { Asker } from '../core/fair-queue.ts';
import { type Metrics, noMetrics, type SourceRequestOutcome } from '../core/metrics.ts';
import { type Clock, type Sleep, steadyClock } from '../core/time.ts';
import {
  explainStatus,
  explainTransportError,
  jsonOrNull,
  MAX_JSON_BYTES,
  matchSchema,
  parseJson,
  pauseText,
  retryAfterMs,
} from './answer.ts';
import { createRateBudget, type RateLimit } from './rate-budget.ts';
import { SourceError } from './source-error.ts';

/** What every provider over HTTP is given; the adapters fill in the rest. */
export interface ProviderOptions {
  readonly baseUrl: string;
  readonly now: Clock;
  readonly sleep: Sleep;
  /** Uniform in [0, 1): the jitter of retries. */
  readonly random: () => number;
  /** For one attempt, from the connection to the last byte. Default 4 s. */
  readonly timeoutMs?: number;
  /** Replaces the provider's rate limits; an empty list means none. */
  readonly rateLimits?: readonly RateLimit[];
  /** Learns the time of the provider's host from its answers. */
  readonly clockCheck?: Pick<ClockCheck, 'begin'>;
  /** Counts the requests; nobody does without it. */
  readonly metrics?: Pick<Metrics, 'sourceRequest'>;
}

/** A provider's client: {@link ProviderOptions} with what is particular to the provider. */
export interface HttpClientOptions extends ProviderOptions {
  /** Name in errors, such as `binance`. */
  readonly source: string;
  /** Sent with every request; keys belong here, not into the URL. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Largest body after decompression. Default 8 MiB; JSON never more than 2 MiB. */
  readonly maxBytes?: number;
  /** How often a request is repeated that failed for a passing reason. Default 2. */
  readonly maxRetries?: number;
}

/** What any request may carry. */
export interface HttpRequest {
  /** Appended to the base URL; starts with a slash. Without it the base URL is asked as it is, query included. */
  readonly path?: string;
  readonly query?: Readonly<Record<string, string | number>>;
  /** Sent besides the client's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a form with POST instead of GET. */
  readonly form?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** The person on whose behalf it is sent, who gets a share of the rate; scheduled requests may use all of it. */
  readonly asker?: Asker;
  /** Goes only while half of the rate's burst is free, so that it keeps nobody waiting. */
  readonly background?: boolean;
  /** How many requests of the rate it counts for. Default 1. */
  readonly cost?: number;
  /** Sees the headers of every answer, its names in lower case. */
  readonly onHeaders?: (headers: Readonly<Record<string, unknown>>) => void;
}

/** One request whose answer is JSON. */
export interface JsonRequest<T> extends HttpRequest {
  readonly schema: z.ZodType<T>;
  /** Most commas, colons and opening brackets of the answer, where a list is longer than other answers; see parseJson. */
  readonly maxMarks?: number;
  /** Reads a 4xx answer (null where it is no JSON): the error it stands for, or null for the usual one. */
  readonly explain?: (status: number, body: unknown) => SourceError | null;
}

/** A body as it came, decompressed, with the headers that say what it is (lower-case names). */
export interface BytesAnswer {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Where it came from, redirects followed. */
  readonly url: string;
}

/** A client for one host. */
export interface HttpClient {
  /**
   * Throws `CC_SOURCE_TIMEOUT`, `_NETWORK`, `_HTTP`, `_RATE_LIMITED`, `_TOO_LARGE` or `_BAD_DATA`, each naming the source and
   * none holding a URL or a body; rejects with the signal's reason when it is aborted.
   */
  getJson<T>(request: JsonRequest<T>): Promise<T>;
  /** The same for an answer of any kind; "not modified" (304) gives null. */
  getBytes(request: HttpRequest): Promise<BytesAnswer | null>;
  /** Sends no request for that long: each fails with the returned `CC_SOURCE_RATE_LIMITED` meanwhile. */
  pause(ms: number): SourceError;
}

const landing = z.object({ res: z.object({ responseUrl: z.url() }) });
const USER_AGENT = 'candlecast/0.1 (Discord forecast bot)';
const RETRY_BASE_MS = 150;
/** A pause up to this long is waited out inside the call; longer ones leave the turn to the next source. */
const MAX_PAUSE_WAITED_MS = 1000;
const MAX_BUDGET_WAIT_MS = 3000;
/** What goes in the background waits longer, at a source that takes few requests a minute. */
const MAX_BACKGROUND_WAIT_MS = 8000;

/** How a request is counted by the code of its error. */
const OUTCOMES: Readonly<Partial<Record<ErrorCode, SourceRequestOutcome>>> = {
  CC_SOURCE_HTTP: 'http',
  CC_SOURCE_TIMEOUT: 'timeout',
  CC_SOURCE_NETWORK: 'network',
  CC_SOURCE_RATE_LIMITED: 'rate-limited',
  CC_SOURCE_TOO_LARGE: 'bad-data',
  CC_SOURCE_BAD_DATA: 'bad-data',
  // That a market is not listed is an answer.
  CC_SOURCE_UNKNOWN_MARKET: 'ok',
};

/** Makes the client of one host, with its own rate budget and pause. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { source, now, sleep, random, timeoutMs = 4000, maxBytes = 8 * 1024 * 1024, maxRetries = 2 } = options;
  const { metrics = noMetrics } = options;
  const base = new URL(options.baseUrl);
  const steady = steadyClock(now);
  const budget = createRateBudget(options.rateLimits ?? [], steady);
  const retries = retry(handleWhen(isWorthRetrying), { maxAttempts: maxRetries, backoff: new ConstantBackoff(0) });
  let pausedUntilMs = 0;

  function rateLimited(waitMs: number, why: string): SourceError {
    return new SourceError(source, 'CC_SOURCE_RATE_LIMITED', `${why} (next try in ${pauseText(waitMs)}).`, {
      pause: { waitMs, retryAtMs: now() + waitMs },
      retryable: true,
    });
  }

  function pause(ms: number): SourceError {
    pausedUntilMs = Math.max(pausedUntilMs, steady() + ms);
    return rateLimited(ms, 'asked us to slow down');
  }

  /** Says nothing about the source, which others may ask: so it is not paused, and its health stays. */
  function shareUsedUp(waitMs: number): SourceError {
    const why = `is busy with what people asked; your share is free again in ${pauseText(waitMs)}.`;
    return new SourceError(source, 'CC_BUSY', why, { countsAgainstHealth: false, context: { waitMs } });
  }

  /** What people and schedules ask goes first; that says nothing about the source either. */
  function busy(): SourceError {
    const why = 'is busy with what cannot wait as long.';
    return new SourceError(source, 'CC_BUSY', why, { countsAgainstHealth: false, retryable: true });
  }

  async function waitForBudget({ signal, asker, background = false, cost = 1 }: HttpRequest): Promise<void> {
    const pausedMs = pausedUntilMs - steady();
    if (pausedMs > 0) throw rateLimited(pausedMs, 'asked us to slow down');
    const waitMs = background
      ? budget.bookInBackground(MAX_BACKGROUND_WAIT_MS, cost)
      : budget.book(MAX_BUDGET_WAIT_MS, asker, cost);
    if (waitMs === null && background) throw busy();
    if (waitMs === null && budget.freeAtMs() - steady() > MAX_BUDGET_WAIT_MS)
      throw rateLimited(budget.freeAtMs() - steady(), 'has been asked as often as it allows');
    if (waitMs === null) throw shareUsedUp(budget.freeAtMs(asker) - steady());
    if (waitMs > 0) await sleep(waitMs, signal);
  }

  async function send(request: HttpRequest, responseType: 'text' | 'arraybuffer'): Promise<AxiosResponse<unknown>> {
    const { form, signal } = request;
    const url = urlOf(base, request);
    const timeout = () =>
      new SourceError(source, 'CC_SOURCE_TIMEOUT', `did not answer within ${timeoutMs / 1000} s.`, { retryable: true });
    const deadline = startDeadline(timeoutMs, timeout, signal);
    const limit = responseType === 'text' ? Math.min(maxBytes, MAX_JSON_BYTES) : maxBytes;
    let refused: SourceError | null = null;
    const compareClock = options.clockCheck?.begin();
    try {
      const response = await axios.request<unknown>({
        url: url.href,
        ...(form ? { method: 'post', data: new URLSearchParams(form) } : { method: 'get' }),
        signal: deadline.signal,
        headers: {
          Accept: 'application/json',
          'Accept-Encoding': 'gzip, deflate',
          'User-Agent': USER_AGENT,
          ...options.headers,
          ...request.headers,
        },
        responseType,
        transformResponse: (body: unknown) => body,
        validateStatus: () => true,
        maxContentLength: limit,
        maxRedirects: 3,
        beforeRedirect(target) {
          if (new URL(String(target['href'])).origin === url.origin) return;
          refused = new SourceError(source, 'CC_SOURCE_BAD_DATA', 'redirected to another host, which is not followed.');
          throw refused;
        },
        // HTTPS_PROXY and NO_PROXY hold for the outside as everywhere; a proxy cannot reach this machine's loopback.
        ...(isLoopback(url.hostname) ? { proxy: false as const } : {}),
      });
      compareClock?.(source, { date: response.headers['date'], age: response.headers['age'] });
      return response;
    } catch (error) {
      if (refused) throw refused;
      if (deadline.signal.aborted) throw deadline.signal.reason;
      throw explainTransportError(source, error, limit);
    } finally {
      deadline.dispose();
    }
  }

  /** One request; its answer is a success, or 304 where that was asked for. */
  async function exchange(
    request: HttpRequest,
    responseType: 'text' | 'arraybuffer',
    explain: (status: number, body: unknown) => SourceError | null = () => null,
  ): Promise<AxiosResponse<unknown>> {
    const response = await send(request, responseType);
    const { status, headers } = response;
    request.onHeaders?.(headers);
    if (status === 429 || status === 418) {
      const header: unknown = headers['retry-after'] ?? headers['x-ratelimit-reset'];
      throw pause(retryAfterMs(header, status, now()));
    }
    if (status >= 400 && status < 500)
      throw explain(status, jsonOrNull(response.data)) ?? explainStatus(source, status);
    const conditional = request.headers?.['If-None-Match'] ?? request.headers?.['If-Modified-Since'];
    if ((status < 200 || status >= 300) && !(status === 304 && conditional)) throw explainStatus(source, status);
    return response;
  }

  /** Makes a request when its turn has come, and counts how it ended; what was not sent counts for nothing. */
  async function counted<T>(request: HttpRequest, work: () => Promise<T>): Promise<T> {
    await waitForBudget(request);
    try {
      const value = await work();
      metrics.sourceRequest(source, 'ok');
      return value;
    } catch (error) {
      const code = error instanceof CandlecastError ? error.code : null;
      metrics.sourceRequest(source, request.signal?.aborted ? 'cancelled' : ((code && OUTCOMES[code]) ?? 'other'));
      throw error;
    }
  }

  function withRetries<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
    let last: unknown = null;
    return retries.execute(async (turn) => {
      if (turn.attempt > 0) await sleep(retryDelayMs(last, turn.attempt, random), signal);
      try {
        return await attempt();
      } catch (error) {
        last = error;
        throw error;
      }
    }, signal);
  }

  return {
    pause,
    getJson: (request) =>
      withRetries(request.signal, () =>
        counted(request, async () => {
          const { data } = await exchange(request, 'text', request.explain);
          return matchSchema(source, parseJson(source, String(data), request.maxMarks), request.schema);
        }),
      ),
    getBytes: (request) =>
      withRetries(request.signal, () =>
        counted(request, async () => {
          const { status, data, headers, request: sent } = await exchange(request, 'arraybuffer');
          if (status === 304) return null;
          if (!(data instanceof Uint8Array)) throw new SourceError(source, 'CC_SOURCE_BAD_DATA', 'sent no body.');
          const header = (name: string) => (typeof headers[name] === 'string' ? headers[name].slice(0, 500) : null);
          return {
            bytes: data,
            contentType: header('content-type') ?? '',
            etag: header('etag'),
            lastModified: header('last-modified'),
            // How follow-redirects names it, which axios uses.
            url: landing.safeParse(sent).data?.res.responseUrl ?? urlOf(base, request).href,
          };
        }),
      ),
  };
}

/** Faults that may be gone a moment later. A timeout is not among them: waiting again would eat the next source's time. */
function isWorthRetrying(error: unknown): boolean {
  if (!(error instanceof SourceError) || !error.retryable) return false;
  if (error.code === 'CC_SOURCE_RATE_LIMITED')
    return (error.pause?.waitMs ?? Number.POSITIVE_INFINITY) <= MAX_PAUSE_WAITED_MS;
  return error.code !== 'CC_SOURCE_TIMEOUT';
}

/** What the source asked for, else exponential with equal jitter: half fixed, half random. */
function retryDelayMs(last: unknown, attempt: number, random: () => number): number {
  if (last instanceof SourceError && last.pause) return last.pause.waitMs;
  return RETRY_BASE_MS * 2 ** attempt * (0.5 + random() / 2);
}

function urlOf(base: URL, request: HttpRequest): URL {
  const url = new URL(base);
  if (request.path !== undefined) url.pathname = base.pathname.replace(/(?<!\/)\/+$/, '') + request.path;
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, String(value));
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
