import { randomUUID } from 'node:crypto';
import type { Notices } from '../cluster/notices.ts';
import type { ProcessReport } from '../core/processes.ts';
import type { ShardRange } from '../core/shards.ts';
import { createProcessRegistry, type ProcessRegistry } from '../services/processes/process-registry.ts';
import { createShardHold, type ShardHold } from '../services/processes/shard-hold.ts';
import type { ChannelFactRepository } from '../storage/channel-fact-repository.ts';
import type { AppData } from './data.ts';

/** What the processes on one database know of each other. */
export interface Siblings {
  readonly processes: ProcessRegistry;
  /** What shards write about channels, and workers read; null where no worker can be. */
  readonly channelFacts: ChannelFactRepository | null;
  /** What processes tell each other at once, where there is a way. */
  readonly notices: Notices;
  /** Takes shards for this process, all where none are named; `say` tells the person who started it that it waits. */
  holdShards(shards: ShardRange | undefined, say: (line: string) => void): ShardHold;
}

/** Builds it; null where no other process can use the database. */
export function buildSiblings(
  { options, storage, cluster }: AppData,
  report: () => Omit<ProcessReport, 'waits'>,
): Siblings | null {
  const { shardLeases } = storage;
  if (shardLeases === null || options.surface === 'terminal') return null;
  const { config, logger, sleep, version } = options;
  const processes = createProcessRegistry({
    repository: storage.processes,
    id: randomUUID(),
    role: config.ROLE,
    version,
    report,
    now: options.clock.now,
    sleep,
    logger,
  });
  return {
    processes,
    channelFacts: storage.kind === 'postgres' ? storage.channelFacts : null,
    notices: cluster.notices,
    holdShards: (shards, say) =>
      createShardHold({
        repository: shardLeases,
        leases: storage.leases,
        registry: processes,
        shards,
        sleep,
        monotonic: options.clock.monotonic,
        logger,
        say,
      }),
  };
}
