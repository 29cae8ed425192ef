import { parseCurrency } from '../../core/currency.ts';
import { chosenHorizon, parseHorizon } from '../../core/horizon.ts';
import type { Logger } from '../../core/logger.ts';
import { NO_PREFERENCES, type Preferences } from '../../core/settings.ts';
import type { Clock, Sleep } from '../../core/time.ts';
import { parseTimeZone } from '../../core/time-zones.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import type { PreferenceRepository } from '../../storage/settings-repository.ts';
import { createSettingsCache } from './settings-cache.ts';

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

/** Makes the service. */
export function createPreferenceService(parts: PreferenceParts): PreferenceService {
  const { repository, assets, onChange, now } = parts;
  const held = createSettingsCache({ ...parts, find: repository.find, unset: NO_PREFERENCES });
  const stored = (userId: string, value: Preferences): Preferences => {
    onChange(userId);
    return held.hold(userId, value);
  };
  return {
    of: held.of,
    recall: held.recall,
    forget: held.forget,
    async change(userId, input) {
      const change = parsed(input, assets);
      return stored(userId, await repository.change(userId, change, now()));
    },
    async reset(userId) {
      await repository.remove(userId);
      stored(userId, NO_PREFERENCES);
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
