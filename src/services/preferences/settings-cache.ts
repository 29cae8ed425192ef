import { LRUCache } from 'lru-cache';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { type Clock, MINUTE_MS, type Sleep } from '../../core/time.ts';

/** Settings by the id of a person or a server, held in memory, so that no answer waits long for the database. */
export interface SettingsCache<Settings> {
  /** From memory where they were read in the last minute. Never throws: where the database does not answer in time, nothing is set. */
  of(id: string): Promise<Settings>;
  /** What is known without waiting; nothing set where it was not read lately. */
  recall(id: string): Settings;
  /** Holds what was just stored. */
  hold(id: string, value: Settings): Settings;
  /** Reads them anew the next time, because they were changed elsewhere. */
  forget(id: string): void;
}

/** Whose settings are held and how they are read. */
export interface SettingsCacheOptions<Settings> {
  readonly find: (id: string) => Promise<Settings>;
  readonly unset: Settings;
  readonly now: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** Settings held in memory; what they are when nothing is set takes as much room. */
const MAX_HELD = 20_000;
/** Another process that has changed them may not be able to say so at once. */
const HELD_MS = MINUTE_MS;
/** An answer waits for settings no longer. */
const WAIT_MS = 500;
/** After a failure nobody waits again for so long. */
const RETRY_MS = 5_000;

/** Makes the memory. */
export function createSettingsCache<Settings extends object>(
  options: SettingsCacheOptions<Settings>,
): SettingsCache<Settings> {
  const { find, unset, now, sleep, logger } = options;
  const held = new LRUCache<string, { readonly value: Settings; readonly untilMs: number }>({ max: MAX_HELD });
  const reading = new Map<string, Promise<Settings>>();
  let away = Number.NEGATIVE_INFINITY;

  const keep = (id: string, value: Settings): Settings => {
    held.set(id, { value, untilMs: now() + HELD_MS });
    return value;
  };

  function read(id: string): Promise<Settings> {
    const before = reading.get(id);
    if (before) return before;
    const found = find(id)
      .then((value) => {
        // Unless they were changed meanwhile.
        if (reading.get(id) === found) keep(id, value);
        return value;
      })
      .finally(() => {
        if (reading.get(id) === found) reading.delete(id);
      });
    reading.set(id, found);
    return found;
  }

  return {
    async of(id) {
      const known = held.get(id);
      const nowMs = now();
      if (known && nowMs < known.untilMs && nowMs >= known.untilMs - HELD_MS) return known.value;
      const fallback = known?.value ?? unset;
      if (nowMs < away && nowMs >= away - RETRY_MS) return fallback;
      const done = new AbortController();
      const found = read(id);
      const late = sleep(WAIT_MS, done.signal).then(
        () => {
          throw new CandlecastError('CC_TIMEOUT', 'The database did not give the settings in time.');
        },
        // The settings came first.
        () => unset,
      );
      try {
        return await Promise.race([found, late]);
      } catch (failure) {
        away = now() + RETRY_MS;
        // It may fail later, when nobody waits for it any more.
        found.catch(() => undefined);
        const error = asCandlecastError(failure);
        logger.warn({ code: error.code, err: error }, 'an answer is made without the settings of its person or server');
        return fallback;
      } finally {
        done.abort();
      }
    },
    recall: (id) => held.get(id)?.value ?? unset,
    hold(id, value) {
      reading.delete(id);
      return keep(id, value);
    },
    forget(id) {
      reading.delete(id);
      held.delete(id);
    },
  };
}
