import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { describeError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { KEY_PREFIX, type RedisLink } from './redis.ts';

/** What processes tell each other: the database holds something new, so look there now rather than at the next turn. */
export const NOTICE_KINDS = [
  'model-changed',
  'subscription-changed',
  'channel-facts-changed',
  'preferences-changed',
  'server-settings-changed',
] as const;

/** One of {@link NOTICE_KINDS}. */
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/**
 * Notices between processes. One may be lost, come twice, or come before the change can be read from a replica: receivers also look by
 * themselves from time to time.
 */
export interface Notices {
  /** Tells the listeners of this process at once, and those of the others; `about` says what has changed, such as an interval or a server's id. */
  publish(kind: NoticeKind, about: string): void;
  /** Calls the listener for each notice of the kind, from whichever process; returns the function that ends this. What it throws is logged. */
  subscribe(kind: NoticeKind, listener: (about: string) => void): () => void;
}

const CHANNEL = `${KEY_PREFIX}notices`;
const MAX_LENGTH = 1_000;

/** A newer version may send other kinds, which are ignored. */
const message = z.object({ from: z.string(), kind: z.enum(NOTICE_KINDS), about: z.string().max(200) });

/** Makes the notices of this process, passed on to others where there is a Redis. */
export function createNotices(redis: RedisLink | null, logger: Logger): Notices {
  const from = randomUUID();
  const listeners = new Map<NoticeKind, Set<(about: string) => void>>(NOTICE_KINDS.map((kind) => [kind, new Set()]));
  const deliver = (kind: NoticeKind, about: string): void => {
    for (const listener of listeners.get(kind)!) {
      try {
        listener(about);
      } catch (error) {
        // The other listeners hear of it all the same.
        logger.error({ kind, error: describeError(error) }, 'a notice could not be acted on');
      }
    }
  };
  redis?.listen(CHANNEL, (text) => {
    if (text.length > MAX_LENGTH) return;
    const read = message.safeParse(parseJson(text));
    if (read.success && read.data.from !== from) deliver(read.data.kind, read.data.about);
  });
  return {
    publish(kind, about) {
      deliver(kind, about);
      void redis?.ask((client) => client.publish(CHANNEL, JSON.stringify({ from, kind, about })));
    },
    subscribe(kind, listener) {
      // A wrapper, so that a function that listens twice is called twice and ends once.
      const own = (about: string) => listener(about);
      listeners.get(kind)!.add(own);
      return () => void listeners.get(kind)!.delete(own);
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
