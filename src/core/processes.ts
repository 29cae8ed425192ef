import type { ClockStatus } from './clock-check.ts';
import type { SourceHealth } from './market.ts';
import type { DriftStatus } from './model-info.ts';
import type { ShardRange } from './shards.ts';

/** The parts that a process can play: everything in one, or the gateway, the jobs, or the training. */
export const PROCESS_ROLES = ['all', 'shard', 'worker', 'trainer'] as const;

/** What a process tells the others about itself, for `/status`. */
export interface ProcessReport {
  /** What does not work there, one sentence each. */
  readonly problems: readonly string[];
  /** How the sources are that it asks. */
  readonly sources: readonly SourceHealth[];
  /** How the serving models do, where it is checked there. */
  readonly drift: readonly DriftStatus[];
  /** Whether it is connected only to take over when another process ends. */
  readonly waits: boolean;
  /** How its machine's clock is; null where it does not tell. */
  readonly clock: ClockStatus | null;
  /** The memory that it takes; null where it does not tell. */
  readonly memoryBytes: number | null;
}

/** A process of the bot that runs. */
export interface RunningProcess {
  readonly id: string;
  readonly role: (typeof PROCESS_ROLES)[number];
  readonly version: string;
  /** The shards that it holds, or is to hold; null where it has no gateway. */
  readonly shards: ShardRange | null;
  /** Whether all of these are connected. */
  readonly connected: boolean;
  readonly startedMs: number;
  /** How long ago it was heard from, ms. */
  readonly ageMs: number;
}

/**
 * What is wrong with the shards of the processes that run, one sentence each: several numbers of shards at once, so that servers have two shards or none;
 * and shards that two processes hold, which would both answer.
 */
export function shardConflicts(
  processes: readonly (Pick<RunningProcess, 'shards' | 'connected'> & {
    readonly report: Pick<ProcessReport, 'waits'>;
  })[],
): readonly string[] {
  const held = processes.flatMap(({ shards, connected, report }) =>
    shards && connected && !report.waits ? [shards] : [],
  );
  const counts = [...new Set(processes.flatMap(({ shards }) => (shards ? [shards.count] : [])))].sort((a, b) => a - b);
  const problems: string[] = [];
  if (counts.length > 1) {
    problems.push(
      `processes with ${counts.slice(0, 5).join(' and ')} shards run at once, so that some servers have two and some none; give all the same number in SHARDS`,
    );
  }
  for (const count of counts) {
    const times = new Map<number, number>();
    for (const { first, last } of held.filter((one) => one.count === count))
      for (let shard = first; shard <= last; shard++) times.set(shard, (times.get(shard) ?? 0) + 1);
    const twice = [...times].filter(([, n]) => n > 1).map(([shard]) => shard);
    if (twice.length > 0) {
      const which = twice.length === 1 ? `shard ${twice[0]}` : `shards ${twice.slice(0, 10).join(', ')}`;
      problems.push(`several processes hold ${which} of ${count}, and each answers its servers; stop all but one`);
    }
  }
  return problems;
}
