import { asCandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { type ProcessReport, type RunningProcess, shardConflicts } from '../../core/processes.ts';
import type { ShardRange } from '../../core/shards.ts';
import { type Clock, HOUR_MS, type Sleep } from '../../core/time.ts';
import type { ProcessRepository } from '../../storage/process-repository.ts';

/** A process that was not heard from for this long counts as ended. */
export const ALIVE_MS = 20_000;
const BEAT_MS = 5_000;
/** Rows of ended processes are removed after this. */
const SILENT_MS = HOUR_MS;
/** A conflict is an error of the settings once it has lasted this long: while one process takes over from another it is none. */
const CONFLICT_BEATS = 6;

/** The gateway of a process. */
export interface GatewayState {
  /** The shards that it holds or is to hold; null before Discord has said how many there are. */
  readonly shards: ShardRange | null;
  /** Whether all of these are connected. */
  readonly connected: boolean;
  /** Whether another process answers for them, and this one takes over when that ends. */
  readonly waits: boolean;
}

/** The processes of the bot, as each tells the others that it runs. */
export interface ProcessRegistry {
  readonly id: string;
  /** Sets how the gateway is; a process without one never calls it. */
  connect(gateway: () => GatewayState): void;
  /** Begins to say that this process runs. */
  start(): void;
  /** Says how it is now, out of turn. A failure is logged. */
  beat(): Promise<void>;
  /** The processes that run, with what they report. Throws `CC_DATABASE`. */
  alive(): Promise<readonly (RunningProcess & { readonly report: ProcessReport })[]>;
  /** Whether others ran at the last heartbeat. */
  hasOthers(): boolean;
  /** Says that this process has ended, and waits for that. */
  stop(): Promise<void>;
}

/** What a registry is made of. */
export interface ProcessRegistryParts {
  readonly repository: ProcessRepository;
  readonly id: string;
  readonly role: RunningProcess['role'];
  readonly version: string;
  readonly report: () => Omit<ProcessReport, 'waits'>;
  readonly now: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** Makes the registry. Where the database is away, the next heartbeat tries again. */
export function createProcessRegistry(parts: ProcessRegistryParts): ProcessRegistry {
  const { repository, id, role, version, now, sleep, logger } = parts;
  const startedMs = now();
  const ending = new AbortController();
  let gateway: () => GatewayState = () => ({ shards: null, connected: false, waits: false });
  let running: Promise<void> | null = null;
  let failing = false;
  let conflictBeats = 0;
  let others = false;

  async function write(): Promise<void> {
    const { waits, ...state } = gateway();
    await repository.beat({ id, role, version, startedMs, report: { ...parts.report(), waits }, ...state });
  }

  async function checkConflicts(): Promise<void> {
    const running = await repository.alive(ALIVE_MS);
    others = running.some((one) => one.id !== id);
    const conflicts = shardConflicts(running);
    conflictBeats = conflicts.length > 0 ? conflictBeats + 1 : 0;
    if (conflictBeats === CONFLICT_BEATS) for (const conflict of conflicts) logger.error({}, conflict);
  }

  async function beat(): Promise<void> {
    try {
      await write();
      await checkConflicts();
      failing = false;
    } catch (error) {
      const known = asCandlecastError(error);
      if (!failing && !ending.signal.aborted) logger.warn({ code: known.code, err: known }, 'a heartbeat failed');
      failing = true;
    }
  }

  async function run(): Promise<void> {
    const { signal } = ending;
    await repository.removeSilent(SILENT_MS).catch(() => undefined);
    while (!signal.aborted) {
      await beat();
      await sleep(BEAT_MS, signal).catch(() => undefined);
    }
  }

  return {
    id,
    connect(state) {
      gateway = state;
    },
    start() {
      running ??= run();
    },
    beat,
    alive: () => repository.alive(ALIVE_MS),
    hasOthers: () => others,
    async stop() {
      ending.abort();
      await running;
      try {
        await repository.end(id);
      } catch (error) {
        logger.warn({ code: asCandlecastError(error).code }, 'the end of this process could not be noted');
      }
    },
  };
}
