import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { DataOwner, KeptCounts } from '../../core/privacy.ts';
import type { Clock } from '../../core/time.ts';
import type { PrivacyRepository } from '../../storage/privacy-repository.ts';

/** A file with everything kept about somebody. */
export interface DataExport {
  readonly name: string;
  readonly contentType: string;
  readonly data: Uint8Array;
}

/** Whether the bot is in a server; null where it cannot be told now. */
export type AskMembership = (guildId: string) => Promise<boolean | null>;

/** What is kept about people and servers: shown, exported and deleted, at once on request and after a server has removed the bot. */
export interface PrivacyService {
  /** Throws `CC_DATABASE`. */
  kept(of: DataOwner): Promise<KeptCounts>;
  /** Everything kept, as JSON. Throws `CC_DATABASE`, and `CC_FILE` where it does not fit into a file that Discord takes. */
  exportData(of: DataOwner): Promise<DataExport>;
  /** Deletes a server's data; of a person it removes the id. Throws `CC_DATABASE`. */
  deleteData(of: DataOwner): Promise<KeptCounts>;
  /**
   * Notes servers that the bot is no longer in, and those it is in again, of those that `isCovered` holds for: with several shards a process
   * knows only its own servers. A failure is logged; the next start tries again.
   */
  syncServers(present: ReadonlySet<string>, isCovered: (guildId: string) => boolean): Promise<void>;
  serverLeft(guildId: string): Promise<void>;
  serverJoined(guildId: string): Promise<void>;
  /** Sets how to ask whether the bot is in a server; nothing is deleted before. */
  connect(membership: AskMembership): void;
  /** Deletes the data of servers that removed the bot before `ms`, each only after asking again. Returns how many. */
  deleteDeparted(ms: number): Promise<number>;
}

/** Rows of one table in an export. */
const MAX_ROWS = 50_000;
/** A larger export is compressed. */
const PLAIN_BYTES = 1_000_000;
/** A larger file is refused: Discord takes ten million bytes. */
const MAX_BYTES = 9_000_000;

/** Servers about which Discord may fail to say something in one night; each such question may take half a minute. */
const MAX_UNANSWERED = 10;

/** What the service is built from. */
export interface PrivacyParts {
  readonly repository: PrivacyRepository;
  /** Whether the clock is known to be right: a wrong one would shorten the thirty days. */
  readonly clockIsRight: () => boolean;
  /** Called with whose data was deleted, so that nothing of it stays in memory. */
  readonly onDeleted?: (of: DataOwner) => void;
  readonly now: Clock;
  readonly logger: Logger;
}

/** Makes the service. */
export function createPrivacyService({
  repository,
  clockIsRight,
  onDeleted,
  now,
  logger,
}: PrivacyParts): PrivacyService {
  let membership: AskMembership = async () => null;

  /** Runs a note that a later start would make again. */
  async function noted(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      logger.warn({ err: asCandlecastError(error) }, 'it could not be noted which servers the bot is in');
    }
  }

  async function noteLeft(guildId: string): Promise<void> {
    if (clockIsRight()) await repository.noteDeparture(guildId, now());
  }

  return {
    kept: (of) => (of.kind === 'server' ? repository.countGuild(of.guildId) : repository.countPerson(of.userId)),

    async exportData(of) {
      const rows = await (of.kind === 'server'
        ? repository.readGuild(of.guildId, MAX_ROWS)
        : repository.readPerson(of.userId, MAX_ROWS));
      const cut = Object.keys(rows).filter((table) => rows[table]!.length >= MAX_ROWS);
      const about = of.kind === 'server' ? { server: of.guildId } : { person: of.userId };
      const text = JSON.stringify(
        { ...about, exportedAt: new Date(now()).toISOString(), onlyTheNewestOf: cut, ...rows },
        (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value),
        2,
      );
      const plain = Buffer.from(text);
      const name = `candlecast-${of.kind}.json`;
      if (plain.length <= PLAIN_BYTES) return { name, contentType: 'application/json', data: plain };
      const data = await promisify(gzip)(plain);
      if (data.length > MAX_BYTES) {
        throw new CandlecastError('CC_FILE', 'The export is larger than a file that Discord takes.', {
          remedy: 'Ask whoever runs this bot for it.',
        });
      }
      return { name: `${name}.gz`, contentType: 'application/gzip', data };
    },

    async deleteData(of) {
      const removed = await (of.kind === 'server'
        ? repository.deleteGuild(of.guildId)
        : repository.forgetPerson(of.userId));
      onDeleted?.(of);
      logger.info({ of: of.kind, ...removed }, 'data was deleted on request');
      return removed;
    },

    syncServers: (present, isCovered) =>
      noted(async () => {
        for (const guildId of await repository.guilds()) {
          if (present.has(guildId)) await repository.removeDeparture(guildId);
          else if (isCovered(guildId)) await noteLeft(guildId);
        }
      }),
    serverLeft: (guildId) => noted(() => noteLeft(guildId)),
    serverJoined: (guildId) => noted(() => repository.removeDeparture(guildId)),

    connect(ask) {
      membership = ask;
    },

    async deleteDeparted(ms) {
      let deleted = 0;
      let unanswered = 0;
      for (const guildId of await repository.departedBefore(ms)) {
        const present = await membership(guildId);
        if (present === null && ++unanswered >= MAX_UNANSWERED) break;
        if (present === true) await repository.removeDeparture(guildId);
        if (present !== false) continue;
        const removed = await repository.deleteGuild(guildId);
        logger.info({ ...removed }, 'the data of a server that removed the bot was deleted');
        deleted++;
      }
      return deleted;
    },
  };
}
