import { LRUCache } from 'lru-cache';
import { parseCurrency } from '../../core/currency.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import { chosenHorizon, parseHorizon } from '../../core/horizon.ts';
import type { Logger } from '../../core/logger.ts';
import { NO_PREFERENCES, type Preferences } from '../../core/preferences.ts';
import { type Clock, MINUTE_MS, type Sleep } from '../../core/time.ts';
import { parseTimeZone } from '../../core/time-zones.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import type { PreferenceRepository } from '../../storage/preference-repository.ts';

/** Settings as a person typed them; null takes one back, and what is absent stays. */
export type PreferenceInput = Pick<Partial<Preferences>, 'language'> & {
  readonly [Name in Exclude<keyof Preferences, 'language'>]?: string | null;
};

/** What people have chosen with /me. */
export interface PreferenceService {
  /** From memory where they were read in the last minute. Never throws: where the database does not answer in time, the person has chosen nothing. */
  of(userId: string): Promise<Preferences>;
  /** What is known without waiting; nothing chosen where it was not read lately. */
  recall(userId: string): Preferences;
  /** Throws `CC_DATABASE`, and for a value that means nothing as {@link AssetDirectory.resolve}, `CC_UNKNOWN_HORIZON`, `CC_UNKNOWN_CURRENCY`, `CC_UNKNOWN_TIME_ZONE`. */
  change(userId: string, input: PreferenceInput): Promise<Preferences>;
  /** Takes everything back. Throws `CC_DATABASE`. */
  reset(userId: string): Promise<void>;
  /** Reads a person's settings anew the next time, because they were changed elsewhere. */
  forget(userId: string): void;
}

/** What the service is built from. */
export interface PreferenceParts {
  readonly repository: PreferenceRepository;
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  /** Tells other processes that a person's settings have changed. */
  readonly onChange: (userId: string) => void;
  readonly now: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** People whose settings are held in memory; what they are when nothing was chosen takes as much room. */
const MAX_HELD = 20_000;
/** Another process that has changed them may not be able to say so at once. */
const HELD_MS = MINUTE_MS;
/** An answer waits for its person's settings no longer. */
const WAIT_MS = 500;
/** After a failure nobody waits again for so long. */
const RETRY_MS = 5_000;

/** Makes the service. */
export function createPreferenceService(parts: PreferenceParts): PreferenceService {
  const { repository, assets, onChange, now, sleep, logger } = parts;
  const held = new LRUCache<string, { readonly value: Preferences; readonly untilMs: number }>({ max: MAX_HELD });
  const reading = new Map<string, Promise<Preferences>>();
  let away = Number.NEGATIVE_INFINITY;

  const hold = (userId: string, value: Preferences): Preferences => {
    held.set(userId, { value, untilMs: now() + HELD_MS });
    return value;
  };

  function read(userId: string): Promise<Preferences> {
    const before = reading.get(userId);
    if (before) return before;
    const found = repository
      .find(userId)
      .then((value) => {
        // Unless they were changed meanwhile.
        if (reading.get(userId) === found) hold(userId, value);
        return value;
      })
      .finally(() => {
        if (reading.get(userId) === found) reading.delete(userId);
      });
    reading.set(userId, found);
    return found;
  }

  const stored = (userId: string, value: Preferences): Preferences => {
    reading.delete(userId);
    onChange(userId);
    return hold(userId, value);
  };

  return {
    async of(userId) {
      const known = held.get(userId);
      const nowMs = now();
      if (known && nowMs < known.untilMs && nowMs >= known.untilMs - HELD_MS) return known.value;
      const fallback = known?.value ?? NO_PREFERENCES;
      if (nowMs < away && nowMs >= away - RETRY_MS) return fallback;
      const done = new AbortController();
      const found = read(userId);
      const late = sleep(WAIT_MS, done.signal).then(
        () => {
          throw new CandlecastError('CC_TIMEOUT', 'The database did not give the settings in time.');
        },
        // The settings came first.
        () => NO_PREFERENCES,
      );
      try {
        return await Promise.race([found, late]);
      } catch (failure) {
        away = now() + RETRY_MS;
        // It may fail later, when nobody waits for it any more.
        found.catch(() => undefined);
        const error = asCandlecastError(failure);
        logger.warn({ code: error.code, err: error }, 'an answer is made without its person’s settings');
        return fallback;
      } finally {
        done.abort();
      }
    },

    recall: (userId) => held.get(userId)?.value ?? NO_PREFERENCES,

    async change(userId, input) {
      const change = parsed(input, assets);
      return stored(userId, await repository.change(userId, change, now()));
    },

    async reset(userId) {
      await repository.remove(userId);
      stored(userId, NO_PREFERENCES);
    },

    forget(userId) {
      reading.delete(userId);
      held.delete(userId);
    },
  };
}

/** Checks every value; throws as `change`. */
function parsed(input: PreferenceInput, assets: Pick<AssetDirectory, 'resolve'>): Partial<Preferences> {
  const read = <T>(value: string | null | undefined, parse: (text: string) => T): T | null | undefined =>
    typeof value === 'string' ? parse(value) : value;
  const change = {
    symbol: read(input.symbol, (text) => assets.resolve(text).symbol),
    horizon: read(input.horizon, (text) => chosenHorizon(parseHorizon(text).name)),
    currency: read(input.currency, parseCurrency),
    timeZone: read(input.timeZone, parseTimeZone),
    language: input.language,
  };
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}
