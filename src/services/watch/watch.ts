import { LRUCache } from 'lru-cache';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { Clock } from '../../core/time.ts';
import { WATCH_LIMIT, type WatchChange } from '../../core/watch.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import type { WatchRepository } from '../../storage/watch-repository.ts';

/** Keeps each person's list of coins. */
export interface WatchService {
  /** In the order in which they were added. Throws `CC_DATABASE`. */
  list(userId: string): Promise<readonly string[]>;
  /** Adds coins given by ticker or name. Throws `CC_UNKNOWN_SYMBOL` and the like before anything is added, `CC_WATCH_LIMIT`, `CC_DATABASE`. */
  add(userId: string, typed: readonly string[]): Promise<WatchChange>;
  /** Removes coins given by ticker or name, also those that no longer exist. Throws `CC_DATABASE`. */
  remove(userId: string, typed: readonly string[]): Promise<WatchChange>;
  /** The list as last read, at once; where it is not remembered, it is read in the background for the next call. */
  recall(userId: string): readonly string[];
  /** Reads the list anew the next time, because it was deleted. */
  forget(userId: string): void;
}

/** What the service is built from. */
export interface WatchParts {
  readonly watches: WatchRepository;
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  readonly now: Clock;
  readonly logger: Logger;
}

/** Lists kept for suggestions. */
const MAX_REMEMBERED = 1_000;

/** Makes the service. */
export function createWatchService({ watches, assets, now, logger }: WatchParts): WatchService {
  const remembered = new LRUCache<string, readonly string[]>({ max: MAX_REMEMBERED });

  async function list(userId: string): Promise<readonly string[]> {
    const found = await watches.list(userId);
    remembered.set(userId, found);
    return found;
  }

  /** The ticker that a name stands for; what is typed where it is known no more, so that it can be removed. */
  function tickerOf(text: string): string {
    try {
      return assets.resolve(text).symbol;
    } catch {
      return text.trim().toUpperCase();
    }
  }

  return {
    list,

    async add(userId, typed) {
      if (typed.length === 0) {
        throw new CandlecastError('CC_USAGE', 'No coin was named.', {
          remedy: 'Give tickers such as BTC, ETH, SOL.',
          said: { key: 'errors.noCoin' },
          advice: { key: 'errors.noCoinAdvice' },
        });
      }
      // Many more names than fit are refused before they are resolved one by one.
      if (typed.length > 2 * WATCH_LIMIT) throw tooMany();
      const wanted = [...new Set(typed.map((text) => assets.resolve(text).symbol))];
      const { added, leftOut } = await watches.add(userId, wanted, WATCH_LIMIT, now());
      const symbols = await list(userId);
      if (leftOut.length > 0 && added.length === 0) throw tooMany();
      return {
        changed: added,
        unchanged: wanted.filter((symbol) => !added.includes(symbol) && !leftOut.includes(symbol)),
        leftOut,
        symbols,
      };
    },

    async remove(userId, typed) {
      const wanted = new Set(typed.slice(0, 2 * WATCH_LIMIT).map(tickerOf));
      // A coin that has become another one since may stand there under its old ticker.
      const plain = typed.map((text) => text.trim().toUpperCase());
      const removed = await watches.remove(userId, [...new Set([...wanted, ...plain])].slice(0, 4 * WATCH_LIMIT));
      return {
        changed: removed,
        unchanged: removed.length > 0 ? [] : [...wanted],
        leftOut: [],
        symbols: await list(userId),
      };
    },

    recall(userId) {
      const known = remembered.get(userId);
      // Suggestions are optional: where they cannot be read, there are none.
      if (!known) {
        list(userId).catch((error: unknown) => {
          logger.warn({ err: asCandlecastError(error) }, 'a watch list could not be read for suggestions');
        });
      }
      return known ?? [];
    },

    forget(userId) {
      remembered.delete(userId);
    },
  };
}

function tooMany(): CandlecastError {
  return new CandlecastError('CC_WATCH_LIMIT', `Your list may hold ${WATCH_LIMIT} coins at most.`);
}
