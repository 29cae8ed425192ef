import { builtUrl } from '../../core/build-path.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { FetchedHeadline } from '../../core/headline.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import { SourceError } from '../source-error.ts';
import { type FeedAnswer, type FeedOrigin, readFeed } from './feed.ts';
import type { FeedRequest, task } from './feed-task.ts';

/** Reads feeds. */
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
  return {
    async read(source, { bytes, contentType }, origin, signal) {
      const request: FeedRequest = { source, answer: { bytes, contentType }, origin };
      try {
        return await pool.run('read', request, { signal });
      } catch (error) {
        signal?.throwIfAborted();
        throw asSourceError(source, error);
      }
    },
    close: () => pool.close(),
  };
}

/** Reads in the calling thread: for tests, and for text of one's own. */
export const directFeedReader: FeedReader = {
  read: async (source, answer, origin) => readFeed(source, answer, origin),
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
