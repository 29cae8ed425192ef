import { CandlecastError } from '../../core/errors.ts';
import type { ScheduledEvent } from '../../core/market-events.ts';
import type { FetchedHeadline } from '../../core/sentiment.ts';
import { builtUrl } from '../../workers/worker-channel.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import { SourceError } from '../source-error.ts';
import { type FeedAnswer, type FeedOrigin, readFeed } from './feed.ts';
import { type CalendarRequest, type FeedRequest, readCalendar, type task } from './feed-task.ts';

/** Reads feeds and official calendars. */
export interface FeedReader {
  /**
   * The headlines of a feed. Throws `CC_SOURCE_BAD_DATA` for anything else and for a text that takes too long to read, `CC_WORKER_DIED`,
   * `CC_BUSY`, `CC_STOPPING` once the reader is closed, and the signal's reason.
   */
  read(
    source: string,
    answer: FeedAnswer,
    origin: FeedOrigin,
    signal?: AbortSignal,
  ): Promise<readonly FetchedHeadline[]>;
  /** The events to come of an official calendar. Throws as `read`. */
  readCalendar(request: CalendarRequest, signal?: AbortSignal): Promise<readonly ScheduledEvent[]>;
  /** Ends the worker; resolves when it is gone. */
  close(): Promise<void>;
}

/** How long a feed may be read, waiting included, and by what. */
export interface FeedReaderOptions {
  /** Default 10 s: feeds take milliseconds, the worker's start up to seconds on a busy machine. */
  readonly timeoutMs?: number;
  /** Module of the worker's task. */
  readonly module?: URL;
}

/** Makes a reader that runs in a worker, started with the first feed, whose end the time limit is. */
export function createFeedReader(options: FeedReaderOptions = {}): FeedReader {
  const { timeoutMs = 10_000, module = builtUrl('./feed-task.js', import.meta.url) } = options;
  const pool = createWorkerPool<typeof task>(module, { setup: null, noun: 'feed', maxWaiting: 64, timeoutMs });
  async function asked<T>(source: string, signal: AbortSignal | undefined, answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      signal?.throwIfAborted();
      throw asSourceError(source, error);
    }
  }
  return {
    read(source, { bytes, contentType }, origin, signal) {
      const request: FeedRequest = { source, answer: { bytes, contentType }, origin };
      return asked(source, signal, pool.run('read', request, { signal }));
    },
    readCalendar: (request, signal) => asked(request.source, signal, pool.run('readCalendar', request, { signal })),
    close: () => pool.close(),
  };
}

/** Reads in the calling thread: for tests, and for text of one's own. */
export const directFeedReader: FeedReader = {
  read: async (source, answer, origin) => readFeed(source, answer, origin),
  readCalendar: async (request) => readCalendar(request),
  close: async () => {},
};

/** Errors lose their class on the way from the worker. */
function asSourceError(source: string, error: unknown): unknown {
  if (!(error instanceof CandlecastError)) return error;
  if (error.code === 'CC_TIMEOUT') {
    return new SourceError(source, 'CC_SOURCE_BAD_DATA', 'sent a feed that takes too long to read.', { cause: error });
  }
  if (error.code !== 'CC_SOURCE_BAD_DATA') return error;
  return new SourceError(source, error.code, error.message.slice(source.length + 1), { cause: error.cause });
}
