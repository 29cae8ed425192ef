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
  /** Reads those of each id, in their order. */
  readonly find: (ids: readonly string[]) => Promise<readonly Settings[]>;
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
/** Ids in one statement. */
const MAX_TOGETHER = 500;

/** One statement, which reads the settings of all that were asked for since the one before it began. */
interface Reading<Settings> {
  readonly ids: Set<string>;
  /** What it found, by id; null where the database failed or took too long, which has been logged then. Never rejects. */
  readonly inTime: Promise<ReadonlyMap<string, Settings> | null>;
}

/** Makes the memory. A thousand people who ask at once are read by a few statements. */
export function createSettingsCache<Settings extends object>(
  options: SettingsCacheOptions<Settings>,
): SettingsCache<Settings> {
  const { find, unset, now, sleep, logger } = options;
  const held = new LRUCache<string, { readonly value: Settings; readonly untilMs: number }>({ max: MAX_HELD });
  const readings = new Map<string, Reading<Settings>>();
  /** The reading that has not begun and still takes ids. */
  let next: Reading<Settings> | null = null;
  /** Resolves when the reading before has ended or taken too long. */
  let before: Promise<unknown> = Promise.resolve();
  let away = Number.NEGATIVE_INFINITY;

  const keep = (id: string, value: Settings): Settings => {
    held.set(id, { value, untilMs: now() + HELD_MS });
    return value;
  };

  function plan(): Reading<Settings> {
    const ids = new Set<string>();
    const found = before.then(async () => {
      if (next === reading) next = null;
      const asked = [...ids];
      try {
        const values = await find(asked);
        const byId = new Map(asked.map((id, at) => [id, values[at] ?? unset]));
        // Unless they were changed meanwhile.
        for (const [id, value] of byId) if (readings.get(id) === reading) keep(id, value);
        return byId;
      } finally {
        for (const id of asked) if (readings.get(id) === reading) readings.delete(id);
      }
    });
    const reading: Reading<Settings> = { ids, inTime: withinTime(found) };
    before = reading.inTime;
    return reading;
  }

  async function withinTime<T>(found: Promise<T>): Promise<T | null> {
    const done = new AbortController();
    const late = sleep(WAIT_MS, done.signal).then(
      () => {
        throw new CandlecastError('CC_TIMEOUT', 'The database did not give the settings in time.');
      },
      // The settings came first.
      () => null,
    );
    try {
      return await Promise.race([found, late]);
    } catch (failure) {
      away = now() + RETRY_MS;
      // It may fail later, when nobody waits for it any more.
      found.catch(() => undefined);
      const error = asCandlecastError(failure);
      logger.warn({ code: error.code, err: error }, 'answers are made without the settings of their people or servers');
      return null;
    } finally {
      done.abort();
    }
  }

  function read(id: string): Reading<Settings> {
    const known = readings.get(id);
    if (known) return known;
    if (!next || next.ids.size >= MAX_TOGETHER) next = plan();
    next.ids.add(id);
    readings.set(id, next);
    return next;
  }

  return {
    async of(id) {
      const known = held.get(id);
      const nowMs = now();
      if (known && nowMs < known.untilMs && nowMs >= known.untilMs - HELD_MS) return known.value;
      const fallback = known?.value ?? unset;
      if (nowMs < away && nowMs >= away - RETRY_MS) return fallback;
      return (await read(id).inTime)?.get(id) ?? fallback;
    },
    recall: (id) => held.get(id)?.value ?? unset,
    hold(id, value) {
      readings.delete(id);
      return keep(id, value);
    },
    forget(id) {
      readings.delete(id);
      held.delete(id);
    },
  };
}
