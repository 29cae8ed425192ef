import { parseCurrency } from '../../core/currency.ts';
import type { Logger } from '../../core/logger.ts';
import { DEFAULT_SERVER_SETTINGS, type ServerSettings } from '../../core/settings.ts';
import type { Clock, Sleep } from '../../core/time.ts';
import type { ServerSettingsRepository } from '../../storage/settings-repository.ts';
import { createSettingsCache } from '../preferences/settings-cache.ts';

/** What the managers of a server have set for it. */
export interface ServerSettingsService {
  /** From memory where they were read in the last minute. Never throws: where the database does not answer in time, nothing is set. */
  of(guildId: string): Promise<ServerSettings>;
  /** Changes what is given; returns all of it. Throws `CC_DATABASE`, `CC_UNKNOWN_CURRENCY`. */
  change(guildId: string, changes: Partial<ServerSettings>): Promise<ServerSettings>;
  /** Reads a server's settings anew the next time, because they were changed elsewhere. */
  forget(guildId: string): void;
  /**
   * Has `send` introduce the bot in a server, once in the life of its data; what could not be sent is tried again when the bot is invited
   * again. Throws `CC_DATABASE`.
   */
  welcome(guildId: string, send: () => Promise<boolean>): Promise<void>;
}

/** What the service is built from. */
export interface ServerSettingsParts {
  readonly repository: ServerSettingsRepository;
  /** Tells other processes that a server's settings have changed. */
  readonly onChange: (guildId: string) => void;
  readonly now: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** Makes the service. */
export function createServerSettingsService(parts: ServerSettingsParts): ServerSettingsService {
  const { repository, onChange, now } = parts;
  const held = createSettingsCache({ ...parts, find: repository.find, unset: DEFAULT_SERVER_SETTINGS });
  return {
    of: held.of,
    forget: held.forget,
    async change(guildId, { currency, ...changes }) {
      const chosen = currency === undefined ? {} : { currency: currency === null ? null : parseCurrency(currency) };
      const settings = { ...(await repository.find([guildId]))[0]!, ...changes, ...chosen };
      await repository.save(guildId, settings);
      onChange(guildId);
      return held.hold(guildId, settings);
    },
    async welcome(guildId, send) {
      if (!(await repository.claimWelcome(guildId, now()))) return;
      if (!(await send())) await repository.releaseWelcome(guildId);
    },
  };
}
